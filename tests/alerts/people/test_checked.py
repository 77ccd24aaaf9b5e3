"""`floodwarn check` and the commands: what is wrong with people is said, each with its cure."""

from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from alerts.cli.app import COULD_NOT_RUN, REFUSED, run
from alerts.contacts.book_read import read_contacts
from alerts.contacts.register import Act, hand_out, take_in
from alerts.contacts.rota import leave
from alerts.first_run import init_home
from alerts.people.absence import Absence
from alerts.people.keyring import KEYS
from alerts.readiness import findings_of
from alerts.roster import CONTACTS, Right, Roster
from pipeline.settings import PEOPLE
from pipeline.world import Mode
from tests.alerts.people.persons import NOW
from tests.alerts.roster.test_private_home import TODAY, settings
from tests.golden.samples import VALLEY, valley

GOOD, USAGE = 0, 2
CHIEF, DEPUTY = "county_duty-1", "county_duty-2"
BY = Act(CHIEF, NOW)


@pytest.fixture
def moved(home):
    """Give an exercise whose people were taken into the database."""
    init_home(home, valley(), Mode.EXERCISE)
    take_in(home, Roster.load(home).contacts, (), BY)
    return home


def found(home):
    return {(f.severity, f.file, f.field) for f in findings_of(settings(home), TODAY)}


def test_a_database_of_people_is_as_good_as_a_file(moved):
    in_both = found(moved)
    (moved / CONTACTS).unlink()
    assert init_home(moved, valley(), Mode.EXERCISE) == ()
    assert not (moved / CONTACTS).exists()
    in_database = found(moved)
    assert {f for f in in_database if f[0] == "error"} == set()
    assert in_both - in_database == {("warning", f"FLOODWARN_HOME/{CONTACTS}", "ref")}


def test_who_stands_in_the_file_too_is_told_and_the_file_is_not_read(moved):
    path = moved / CONTACTS
    path.write_text(path.read_text().replace('ref = "county_duty-1"', 'ref = "another"'))
    assert Roster.load(moved).contact("another") is None
    both, alone = [f for f in findings_of(settings(moved), TODAY) if f.file.endswith(CONTACTS)]
    assert f"stand in {PEOPLE} too" in both.message
    assert both.cure.startswith("delete")
    assert alone.message.startswith("another stand in contacts.toml alone")


SIREN = """
[[contacts]]
ref = "horn"
role = "siren"
villages = ["hekou"]
channels = ["siren"]
siren = { device = "hekou-1" }
"""


def test_where_the_file_has_sirens_it_is_not_to_be_deleted_and_torn_it_is_a_fault(moved):
    path = moved / CONTACTS
    path.write_text(path.read_text() + SIREN)
    cures = [f.cure for f in findings_of(settings(moved), TODAY) if f.file.endswith(CONTACTS)]
    assert any("leave its sirens" in cure for cure in cures)
    assert not any("delete" in cure for cure in cures)
    path.chmod(0o644)
    roster = Roster.load(moved)
    assert [str(fault) for fault in roster.hidden] == ["contacts.toml is open to others: chmod 600"]
    assert roster.contact(CHIEF) is not None


def test_a_siren_is_not_in_the_book_of_people(moved, tmp_path):
    path = moved / CONTACTS
    path.write_text(path.read_text() + SIREN)
    someone = Roster.load(moved).contact(CHIEF)
    reader = someone.model_copy(update={"rights": someone.rights | {Right.PERSONAL}})
    take_in(moved, (reader,), (), BY)
    assert Roster.load(moved).contact("horn") is not None
    content, book = hand_out(moved, BY, "en")
    assert book.contact("horn") is None
    assert "horn" not in {c.ref for c in read_contacts(content).contacts}
    assert read_contacts(content).faults == ()


def test_an_absence_without_a_deputy_is_told_until_it_is_over(moved):
    (moved / CONTACTS).unlink()
    leave(moved, Absence(CHIEF, NOW, TODAY + timedelta(days=2)), BY)
    leave(moved, Absence(DEPUTY, NOW, TODAY + timedelta(days=2), CHIEF), BY)
    leave(moved, Absence("hekou/responsible", NOW - timedelta(days=9), NOW - timedelta(days=8)), BY)
    assert ("warning", f"FLOODWARN_HOME/{PEOPLE}", CHIEF) in found(moved)
    assert ("warning", f"FLOODWARN_HOME/{PEOPLE}", DEPUTY) not in found(moved)
    assert ("warning", f"FLOODWARN_HOME/{PEOPLE}", "hekou/responsible") not in found(moved)


def test_a_log_that_was_changed_and_keys_that_are_gone_are_errors(moved, people_engine):
    (moved / CONTACTS).unlink()
    with people_engine.begin() as connection:
        connection.execute(text("update people_audit set about = 'nothing'"))
    assert ("error", f"FLOODWARN_HOME/{PEOPLE}: people_audit", "chain_sha256") in found(moved)
    (moved / KEYS).unlink()
    assert ("error", f"FLOODWARN_HOME/{PEOPLE}", None) in found(moved)


@pytest.fixture
def commanded(moved, monkeypatch):
    monkeypatch.setenv("FLOODWARN_HOME", str(moved))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_DATABASE_URL", f"sqlite:///{moved}/floodwarn.db")
    monkeypatch.delenv("FLOODWARN_MODE", raising=False)
    (moved / CONTACTS).unlink()
    return moved


def test_people_go_out_as_a_book_and_what_is_corrected_comes_back(commanded, tmp_path, capsys):
    book = tmp_path / "people.xlsx"
    assert run(["contacts", "export", str(book), "--by", CHIEF, "--language", "zh"]) == GOOD
    assert book.stat().st_mode & 0o077 == 0
    opened = load_workbook(book)
    page = opened["联系人"]
    at = {cell.value: cell.column for cell in page[1]}
    page.cell(3, at["contacts:phone"]).value = "138 0000 1111"
    page.cell(3, at["contacts:channels"]).value = "短信; 邮件"
    page.cell(4, at["contacts:email"]).value = "13800001111"
    opened.save(book)
    book.chmod(0o600)
    capsys.readouterr()
    arguments = ["contacts", "import", str(book), "--by", CHIEF, "--country", "86"]
    assert run([*arguments, "--dry-run"]) == REFUSED
    assert Roster.load(commanded).contact(CHIEF).phone is None
    assert run(arguments) == REFUSED  # one person's fault keeps that person as they were
    said = capsys.readouterr()
    assert "联系人!G4" in said.out
    assert f"{CHIEF}: changed" in said.out
    assert f"{DEPUTY}: refused" in said.out
    assert "1 changed, 0 removed, 1 refused" in said.err
    assert "3800001111" not in said.out + said.err
    chief = Roster.load(commanded).contact(CHIEF)
    assert chief.phone.get_secret_value() == "+8613800001111"
    assert chief.channels == ("sms", "email")
    assert run(["contacts", "list"]) == GOOD
    assert "138****1111" in capsys.readouterr().out


def test_who_may_not_or_does_not_say_who_they_are_is_shown_nothing(commanded, tmp_path, capsys):
    book = tmp_path / "people.xlsx"
    assert run(["contacts", "list", "--show"]) == USAGE
    assert run(["contacts", "list", "--show", "--by", "hekou/responsible"]) == REFUSED
    assert run(["contacts", "export", str(book), "--by", "hekou/responsible"]) == REFUSED
    assert run(["contacts", "purge", "--by", "hekou/responsible", "--confirm"]) == REFUSED
    assert not book.exists()
    assert capsys.readouterr().out == ""
    (commanded / KEYS).unlink()
    assert run(["contacts", "list"]) == COULD_NOT_RUN


def test_absence_duty_and_hold_are_commands(commanded, capsys):
    away = ["--from", "2026-01-01T00:00Z", "--to", "2036-01-01T00:00Z", "--by", CHIEF]
    assert run(["contacts", "absent", DEPUTY, *away, "--deputy", CHIEF]) == GOOD
    assert run(["contacts", "list"]) == GOOD
    assert f"{DEPUTY} (away)" in capsys.readouterr().out
    assert run(["contacts", "back", DEPUTY, "--by", CHIEF]) == GOOD
    assert Roster.load(commanded).present([Roster.load(commanded).contact(DEPUTY)], TODAY)
    assert run(["duty", "plan", "county_duty", CHIEF, *away]) == GOOD
    assert run(["duty", "list"]) == GOOD
    assert "nobody took it over" in capsys.readouterr().out
    assert run(["duty", "take", "--by", CHIEF]) == GOOD
    assert run(["duty", "list"]) == GOOD
    assert f"taken by {CHIEF}" in capsys.readouterr().out
    assert run(["duty", "take", "--by", CHIEF]) == REFUSED
    assert run(["hold", "no-such-episode", "--by", CHIEF]) == REFUSED
    assert run(["contacts", "purge", "--by", CHIEF]) == GOOD
    assert run(["contacts", "check", "--by", CHIEF]) == REFUSED  # a replay asks nobody
