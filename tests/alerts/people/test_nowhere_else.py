"""A person's number stands in the message to them and nowhere else (seeded, and looked for)."""

import logging
import re
import traceback

import pytest
from sqlalchemy import MetaData, select

from alerts.channels import channels
from alerts.cli.app import run
from alerts.errors import AlertError
from alerts.people import store
from alerts.people.keyring import KEYS
from alerts.roster import CONTACTS, Roster
from pipeline.database import connect
from pipeline.settings import PEOPLE, people_url
from tests.alerts.channels.conftest import certificate  # noqa: F401 - a fixture
from tests.alerts.channels.receiver import receiving, said
from tests.alerts.channels.test_gateway import CONFIGURED, TAKEN, private
from tests.alerts.night import levels, only
from tests.databases import schema_of_its_own

PERSON, OFFICER = "hekou/responsible", "county_duty-1"
SEEDS = {PERSON: "+8613977312584", OFFICER: "+8613977398406"}
DIGITS = re.compile("|".join(number[-7:] for number in SEEDS.values()))
MAILS = re.compile("li-si-hekou|wang-wu-county")


@pytest.fixture(scope="module")
def open_gateway(certificate):  # noqa: F811
    with receiving(certificate) as server:
        yield server


@pytest.fixture(params=["file", "server"])
def people(request, monkeypatch):
    """Keep people in a file of the home, and then on a server."""
    monkeypatch.delenv("FLOODWARN_PEOPLE_URL", raising=False)
    if request.param == "file":
        yield
        return
    with schema_of_its_own() as url:
        monkeypatch.setenv("FLOODWARN_PEOPLE_URL", url)
        yield


@pytest.fixture
def seeded(night, post, people, open_gateway, monkeypatch, certificate, caplog):  # noqa: F811
    """Take two people in whose addresses are known to the test, and delete the file."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SMS_TOKEN", "s3cr3t")
    monkeypatch.setenv("FLOODWARN_CA_BUNDLE", str(certificate[0]))
    monkeypatch.setenv("FLOODWARN_HOME", str(night.home))
    open_gateway.default, open_gateway.posted = TAKEN, []
    text = CONFIGURED.format(port=open_gateway.server_port, budget_s=2)
    private(night.home, text + text.partition("\n\n")[2].replace("[sms]", "[voice]"))
    only(night, PERSON, OFFICER)
    path = night.home / CONTACTS
    for ref, name in ((PERSON, "li-si-hekou"), (OFFICER, "wang-wu-county")):
        told = f'ref = "{ref}"\nphone = "{SEEDS[ref]}"\nchannels = ["sms", "email"]\n'
        path.write_text(path.read_text().replace(f'ref = "{ref}"\n', told))
        own = re.compile(rf'(ref = "{ref}".*?email = ")[^@]+', re.DOTALL)
        path.write_text(own.sub(rf"\g<1>{name}", path.read_text(), count=1))
    assert run(["contacts", "import", str(path), "--by", OFFICER]) == 0
    path.unlink()
    return night


def holds(text):
    return bool(DIGITS.search(text) or MAILS.search(text))


def logged(caplog):
    """Return all that was logged but by the tests' own post office."""
    ours = (record for record in caplog.records if record.name != "mail.log")
    return "\n".join(f"{record.name} {record.getMessage()} {record.exc_info}" for record in ours)


def database(url):
    engine, tables = connect(url), MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        told = [repr(row) for t in tables.tables.values() for row in connection.execute(select(t))]
    engine.dispose()
    return "\n".join(told)


def files(home, *but):
    return {
        path.relative_to(home).as_posix(): path.read_bytes().decode(errors="replace")
        for path in home.rglob("*")
        if path.is_file() and path.name not in but
    }


def test_a_night_with_its_import_deliveries_and_export_leaves_no_number_anywhere(
    seeded, open_gateway, post, caplog, capsys
):
    night = seeded
    open_gateway.default = said(500, f'{{"error": "no {SEEDS[PERSON]}"}}'.encode())
    night.warned(levels(hekou=4))
    night.delivered(channels=channels(night.settings))
    open_gateway.default = TAKEN
    night.delivered(after_s=60, channels=channels(night.settings))
    reached = "".join(posted.body.decode() for posted in open_gateway.posted)
    assert all(number in reached for number in SEEDS.values())
    assert {to.partition("@")[0] for to, _ in post.mails} == {"li-si-hekou", "wang-wu-county"}
    assert run(["contacts", "list"]) == 0
    assert run(["contacts", "rotate", "--by", OFFICER]) == 0
    assert run(["contacts", "export", str(night.home / "book.xlsx"), "--by", OFFICER]) == 0
    assert run(["contacts", "import", str(night.home / "book.xlsx"), "--by", OFFICER]) == 0
    said_to_people = capsys.readouterr()
    assert not holds(said_to_people.out + said_to_people.err)
    assert not holds(logged(caplog))
    assert not holds(repr(Roster.load(night.home)) + repr(store.read(night.home)))
    assert not holds(database(night.engine.url.render_as_string(hide_password=False)))
    assert not holds(database(people_url(night.home)))
    kept = files(night.home, "book.xlsx")
    assert {name for name, text in kept.items() if holds(text)} == set()
    assert (PEOPLE in kept) is people_url(night.home).startswith("sqlite")
    assert run(["contacts", "list", "--show", "--by", OFFICER]) == 0
    assert holds(capsys.readouterr().out)  # so that the search itself is seen to find them


def test_no_error_on_the_way_says_a_number(seeded, caplog, capsys):
    night = seeded
    (night.home / "bad.xlsx").write_bytes(SEEDS[PERSON].encode())
    assert run(["contacts", "import", str(night.home / "bad.xlsx"), "--by", OFFICER]) == 1
    (night.home / KEYS).write_bytes(b"torn\n")
    with pytest.raises(AlertError) as caught:
        Roster.load(night.home)
    assert not holds("".join(traceback.format_exception(caught.value)))
    assert run(["contacts", "list"]) == 3
    said_to_people = capsys.readouterr()
    assert not holds(said_to_people.out + said_to_people.err + logged(caplog))
