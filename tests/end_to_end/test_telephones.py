"""A flood through real Airflow in which every contact is a telephone that answers by itself.

`floodwarn run --phones` as a person starts it, the telephones sixty times as fast as people. When
the flood is over and nothing is under way, what we have, what the board lists and what the
telephones wrote themselves agree line by line. The Cance is played so by hand: README.
"""

import json
import ssl
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from sqlalchemy import Connection, select

from alerts import supervisor
from alerts.channels.gateway import GATEWAYS
from alerts.cli.app import run
from alerts.drill import record_of
from alerts.drill_score import Record
from alerts.outbox.delivery import State
from alerts.phones.book import Line
from alerts.phones.server import CERTIFICATE, lines_of
from alerts.roster import CONTACTS, Roster
from alerts.said import Said
from alerts.tables import delivery
from pipeline.database import connect, reading, within
from pipeline.runs import last_exercise
from pipeline.settings import STORE, embedded
from pipeline.world import Mode
from tests.end_to_end.airflow_stack import eventually
from tests.end_to_end.local_run import LocalRun, start
from tests.end_to_end.test_flood_night import site

__all__ = ["site"]
FAST = ("--phones", "--seed", "3", "--hasten", "60")
SOON = """
[warning.ladder.red]
tries = 2
try_minutes = 1
[[warning.ladder.red.rungs]]
after_minutes = 1
roles = ["township_duty"]
"""
"""The next is called after a minute: what is played is the wiring, not people's patience."""
UNDER_WAY = (State.PENDING.value, State.LEASED.value)


@pytest.fixture(scope="module")
def night(site, tmp_path_factory) -> Iterator[LocalRun]:
    folder = tmp_path_factory.mktemp("telephones")
    rules = site / "site.toml"
    rules.write_text(rules.read_text("utf-8") + SOON, "utf-8")
    with ExitStack() as stack:
        begun = start(site, folder / "home", folder / "said", *FAST)
        begun.home = begun.home / "phones"
        stack.callback(begun.process.wait, 40)
        stack.callback(supervisor.stop, begun.home)
        begun.await_start()
        yield begun


@contextmanager
def store_of(night: LocalRun) -> Iterator[Connection]:
    engine = connect(embedded(night.home / STORE))
    with reading(engine) as connection:
        yield connection
    engine.dispose()


def world_of(night: LocalRun):
    engine = connect(embedded(night.home / STORE))
    world = last_exercise(engine, "valley", None).world
    engine.dispose()
    return world


def lines(night: LocalRun) -> tuple[Line, ...]:
    return lines_of(night.home / "phones.jsonl")


def record(night: LocalRun) -> Record:
    with store_of(night) as connection:
        return record_of(connection, world_of(night))


def is_quiet(night: LocalRun) -> bool:
    """Tell whether nothing is being sent, and no telephone has anything left to say."""
    url = tomllib.loads((night.home / GATEWAYS).read_text())["sms"]["url"]
    context = ssl.create_default_context(cafile=str(night.home / CERTIFICATE))
    left = httpx.get(url.replace("/sms", "/healthz"), verify=context).json()["left"]
    with store_of(night) as connection:
        under_way = connection.execute(
            select(delivery.c.delivery_key).where(
                within(delivery, world_of(night)), delivery.c.state.in_(UNDER_WAY)
            )
        ).all()
    return left == 0 and not under_way


def test_every_contact_is_a_telephone_and_the_flood_reaches_nobody_else(night):
    contacts = Roster.load(night.home).contacts
    assert contacts
    assert {contact.channels for contact in contacts} == {("sms", "voice")}
    assert "nobody but the telephones" in night.output
    eventually(lambda: len(lines(night)) > 0, 150, "a telephone rings")
    assert world_of(night).mode is Mode.EXERCISE
    assert {sent.channel for sent in record(night).sent} <= {"sms", "voice"}


def test_when_all_is_quiet_our_record_the_board_and_their_log_agree_line_by_line(
    night, site, tmp_path, monkeypatch, capfd
):
    def has_answers_and_a_second_try() -> bool:
        found = record(night)
        said = {each for order in found.listed for each in order.said}
        return bool(found.climbed) and said >= {Said.RECEIVED, Said.COUNTED} and is_quiet(night)

    eventually(has_answers_and_a_second_try, 240, "answers came, the ladder was climbed, all quiet")
    monkeypatch.setenv("FLOODWARN_SITE", str(site))
    monkeypatch.setenv("FLOODWARN_HOME", str(night.home))
    where = tmp_path / "report.json"
    code = run(["drill", "report", "--json", str(where), "--html", str(tmp_path / "page.html")])
    capfd.readouterr()
    said = json.loads(where.read_text())["log"]
    assert said["differences"] == []
    assert code == 0
    assert said["lines"] >= len(record(night).sent) > 0
    assert said["listed"] > 0
    assert "Every delivery, receipt and answer agrees." in (tmp_path / "page.html").read_text()


def test_no_number_is_anywhere_but_in_the_contacts(night):
    phones = [contact.phone for contact in Roster.load(night.home).contacts]
    numbers = [phone.get_secret_value().removeprefix("+").encode() for phone in phones]
    assert len(numbers) > 10
    looked_at = 0
    for path in night.home.rglob("*"):
        if path.is_file() and path.name != CONTACTS and "sample" not in path.parts:
            content = path.read_bytes()
            looked_at += len(content)
            assert not [number for number in numbers if number in content], path
    assert looked_at > 1_000_000
