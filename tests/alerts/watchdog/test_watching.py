"""A pass of the watch against what really breaks: database, scheduler, mail, disk."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from sqlalchemy import make_url, select, update

from alerts.cli.app import run
from alerts.contacts.register import Act, take_in
from alerts.contacts.rota import plan_shift, take_over
from alerts.people.shift import Shift
from alerts.people.tables import person
from alerts.roster import CONTACTS, Roster
from alerts.watchdog import machine_facts, remembered, sight
from alerts.watchdog.alarm import Kind
from alerts.watchdog.findings import Facts
from alerts.watchdog.short_list import WATCH, ShortList
from pipeline.database import connect
from pipeline.settings import PEOPLE, people_url
from pipeline.world import Mode
from tests.alerts.night import WALL
from tests.alerts.post_office import free_port
from tests.alerts.watchdog.watched import LIST, airflow, ids, listed
from tests.valley import VALLEY


@pytest.fixture
def people_kept(night, monkeypatch):
    """Give the home of a night whose people were taken into a database the day before."""
    monkeypatch.delenv("FLOODWARN_PEOPLE_URL", raising=False)
    act = Act("county_duty-1", WALL - timedelta(days=1))
    take_in(night.home, Roster.load(night.home).contacts, (), act)
    return night.home


def test_each_gets_one_digest_in_their_language_and_no_second_within_the_hour(watcher, post, at):
    passed = watcher.once()
    assert ids(passed) == set()
    assert passed.told == 2
    (chief,), (deputy,) = post.of("chief"), post.of("deputy")
    assert "rain" in deputy.get_content()
    assert "stage" in deputy.get_content()
    assert "数据源 rain 中断" in chief.get_content()
    assert "演练" in chief["Subject"]
    assert "EXERCISE" in deputy["Subject"]
    assert post.of("stranger") == [], "not marked for exercises"
    at.later(1)
    assert watcher.once().told == 0
    at.later(60)
    assert watcher.once().told == 2
    assert "STILL SO" in post.of("deputy")[1].get_content()


def test_the_list_is_told_with_the_database_down_and_of_its_end(watcher, post, at, night):
    fine = watcher.settings
    watcher.once()
    down = make_url("postgresql+psycopg://nobody@127.0.0.1/none").set(port=free_port())
    watcher.settings = replace(fine, database_url=down.render_as_string())
    at.later(1)
    assert ids(watcher.once()) == {"database:unusable"}
    assert "database" in post.of("deputy")[-1].get_content().lower()
    told = len(post.of("deputy"))
    for _ in range(8):
        at.later(1)
        watcher.once()
    assert len(post.of("deputy")) == told, "what it hides is not over"
    watcher.settings = fine
    for _ in range(8):
        at.later(1)
        watcher.once()
    (last,) = post.of("deputy")[told:]
    assert "OVER: The database cannot be used" in last.get_content()


def test_an_absent_file_is_no_database_and_is_not_made(watcher, night, tmp_path):
    gone = tmp_path / "gone.db"
    watcher.settings = replace(watcher.settings, database_url=f"sqlite:///{gone}")
    assert ids(watcher.once()) == {"database:absent"}
    assert not gone.exists()


def test_a_database_that_never_answers_holds_up_no_pass(watcher, monkeypatch):
    monkeypatch.setattr(sight, "LOOK_S", 0.3)
    with silent_server() as port:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{port}/none"
        watcher.settings = replace(watcher.settings, database_url=url)
        for _ in range(2 * machine_facts.MOST_LEFT):
            assert ids(watcher.once()) == {"database:no answer"}
        hanging = [t for t in threading.enumerate() if t.name == machine_facts.LOOKING]
        assert len(hanging) <= machine_facts.MOST_LEFT
    for thread in hanging:
        thread.join(20)


@contextmanager
def silent_server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_who_was_not_reached_is_told_at_the_next_pass(watcher, post, at):
    post.behaviour["chief"], post.times["chief"] = "451 recipient", 1
    passed = watcher.once()
    assert (passed.told, passed.untold) == (1, 1)
    at.later(1)
    assert watcher.once().told == 1
    assert [len(post.of(name)) for name in ("chief", "deputy")] == [1, 1]


def test_a_torn_roster_is_an_alarm_that_still_reaches_the_watchs_own_list(watcher, post, night):
    (night.home / CONTACTS).write_text("[[")
    assert "roster" in ids(watcher.once())
    assert "contacts.toml" in post.of("deputy")[0].get_content()


def test_a_peoples_database_that_is_away_or_broken_is_an_alarm_and_no_end_of_the_watch(
    watcher, post, monkeypatch, tmp_path
):
    away = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    monkeypatch.setenv("FLOODWARN_PEOPLE_URL", away)
    assert "roster" in ids(watcher.once())
    assert len(post.of("deputy")) == 1
    monkeypatch.setattr(sight, "LOOK_S", 0.3)
    with silent_server() as port:
        silent = f"postgresql+psycopg://nobody@127.0.0.1:{port}/none"
        monkeypatch.setenv("FLOODWARN_PEOPLE_URL", silent)
        assert "roster" in ids(watcher.once())
    for thread in threading.enumerate():
        if thread.name == PEOPLE:
            thread.join(20)


def test_a_person_whom_no_key_opens_is_an_alarm_though_the_others_are_known(watcher, people_kept):
    assert "roster" not in ids(watcher.once())
    other = connect(people_url(people_kept))
    with other.begin() as connection:
        one = select(person.c.ref).where(person.c.email.is_not(None)).limit(1).scalar_subquery()
        connection.execute(update(person).where(person.c.ref == one).values(email="torn"))
    other.dispose()
    assert "roster" in ids(watcher.once())


def test_whatever_the_ledger_raises_is_an_alarm_and_no_end_of_the_watch(watcher, monkeypatch):
    def torn(*_):
        raise KeyError("secret words")

    monkeypatch.setattr(sight, "ledger_facts", torn)
    assert "database:unusable" in ids(watcher.once())


def test_a_shift_that_nobody_took_is_told_after_ten_minutes_until_somebody_does(
    watcher, people_kept, at
):
    by = Act("county_duty-1", at.at)
    shift = Shift("county_duty", at.at, at.at + timedelta(hours=8), "county_duty-1")
    plan_shift(people_kept, shift, by)
    at.later(9)
    assert "shift:county_duty" not in ids(watcher.once())
    at.later(1)
    assert "shift:county_duty" in ids(watcher.once())
    take_over(people_kept, Act("county_duty-1", at.at))
    assert "shift:county_duty" not in ids(watcher.once())


def test_an_edit_of_the_file_excuses_nobody_whom_the_database_knows(watcher, people_kept):
    os.utime(people_kept / CONTACTS, (4e9, 4e9))
    people, _ = sight._people(watcher.settings, Facts(watcher.clock()))
    assert people.since == WALL - timedelta(days=1)


def test_a_watch_whose_clock_was_ahead_tells_again_after_an_hour_of_the_right_time(
    watcher, post, at, night
):
    (night.home / CONTACTS).chmod(0o644)
    at.later(60 * 24 * 365)
    watcher.once()
    at.later(-60 * 24 * 365)
    watcher.once()
    told = len(post.of("deputy"))
    at.later(60)
    watcher.once()
    (letter,) = post.of("deputy")[told:]
    assert "[roster]" in letter.get_content()


def test_a_torn_site_is_an_alarm_and_no_error(watcher, post, tmp_path):
    (tmp_path / "site.toml").write_text("[site")
    watcher.settings = replace(watcher.settings, site_folder=tmp_path)
    assert ids(watcher.once()) == {"site"}
    assert len(post.of("deputy")) == 1


def test_one_bad_contact_of_the_list_takes_no_other_with_it(watcher, post, night):
    listed(night, text=LIST + '\n[[contacts]]\nref = "x"\nemail = "secret-address"\n')
    assert "watch:list" in ids(watcher.once())
    assert len(post.of("deputy")) == 1
    faults = ShortList.load(night.home).faults
    assert len(faults) == 1
    assert "secret-address" not in faults[0]


def test_a_list_that_others_can_read_is_not_used(watcher, post, night):
    (night.home / WATCH).chmod(0o644)
    assert "watch:list" in ids(watcher.once())
    assert post.mails == []


def test_a_scheduler_is_well_only_where_airflow_says_so(watcher, night):
    ill = {"scheduler": {"status": "unhealthy"}}
    for answer, well in (
        ({}, True), ({"body": ill}, False), ({"status": 500}, False), ({"body": []}, False),
    ):  # fmt: skip
        with airflow(**answer) as url:
            listed(night, f'airflow = "{url}"')
            assert ("scheduler" in ids(watcher.once())) != well
    listed(night, f'airflow = "http://127.0.0.1:{free_port()}"')
    assert "scheduler" in ids(watcher.once())


def test_an_airflow_that_is_stopped_holds_up_no_pass(watcher, night, monkeypatch):
    monkeypatch.setattr(machine_facts, "ASK_S", 0.5)
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        port = server.stdout.readline().split("port ")[1].split()[0]
        os.kill(server.pid, signal.SIGSTOP)
        listed(night, f'airflow = "http://127.0.0.1:{port}"')
        assert "scheduler" in ids(watcher.once())
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_what_cannot_be_written_down_is_told_once_all_the_same(watcher, post, at, monkeypatch):
    def refuse(_home, _memory):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(remembered, "write", refuse)
    watcher.once()
    at.later(1)
    watcher.once()
    assert len(post.of("deputy")) == 1


def test_a_certificate_that_runs_out_is_told_and_one_that_is_absent_too(
    watcher,
    night,
    certificate,
    at,
):
    listed(night, f'certificates = ["{certificate[0]}", "gone.pem"]')
    assert ids(watcher.once()) == {"key:gone.pem"}
    until = x509.load_pem_x509_certificate(certificate[0].read_bytes()).not_valid_after_utc
    at.at = until - timedelta(days=2)
    assert "key:cert.pem" in ids(watcher.once())


def test_a_replay_tells_nobody(watcher, post, night):
    watcher.settings = replace(watcher.settings, mode=Mode.REPLAY)
    assert ids(watcher.once()) == set()
    assert post.mails == []


def test_it_goes_on_after_a_bad_minute_and_ends_when_told(watcher, post, monkeypatch):
    stop, tried = threading.Event(), []

    def fail_once(*args, **more):
        tried.append(1)
        if len(tried) == 1:
            raise RuntimeError("secret words")
        stop.set()
        return sight.look(*args, **more)

    monkeypatch.setattr("alerts.watchdog.watching.look", fail_once)
    watcher.loop(stop, every_s=0.05)
    assert len(tried) == 2
    assert len(post.of("deputy")) == 1


def test_the_command_prints_what_it_finds_and_ends_with_one(night, post, monkeypatch, capfdbinary):
    listed(night)
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    monkeypatch.setenv("FLOODWARN_HOME", str(night.home))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv("FLOODWARN_SMTP_PORT", str(night.port))
    url = night.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FLOODWARN_DATABASE_URL", url)
    (night.home / CONTACTS).chmod(0o644)
    assert run(["watch"]) == 1
    assert "The roster cannot be read" in capfdbinary.readouterr().out.decode()
    assert run(["watch", "--json", "-"]) == 1
    answer = json.loads(capfdbinary.readouterr().out)
    assert answer["schema"] == "floodwarn.watch/1"
    assert [each["id"] for each in answer["alarms"]] == ["roster"]
    assert len(post.of("deputy")) == 1
    (night.home / CONTACTS).chmod(0o600)
    assert run(["watch"]) == 0
    assert Kind.ROSTER.value not in capfdbinary.readouterr().out.decode()
