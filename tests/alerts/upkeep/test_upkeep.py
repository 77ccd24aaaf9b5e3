"""Upkeep: what was waiting is held after a restore, and every order stays explained."""

from datetime import timedelta

import pytest

from alerts.explain import explain
from alerts.outbox import standing
from alerts.outbox.held import REASON
from alerts.tables import delivery
from alerts.upkeep import prune, restore
from pipeline import database
from pipeline.backup import back_up
from pipeline.database import reading
from pipeline.replay import Verdict
from pipeline.retention import Keep
from tests.alerts.explain.test_explain import storm  # noqa: F401 - a fixture
from tests.alerts.night import WALL, Night, home_of, levels
from tests.databases import schema_of_its_own
from tests.services import require

DAY = timedelta(days=1)
SOON = WALL + timedelta(hours=1)
EVERYTHING = Keep(*[timedelta(days=1)] * 5)


@pytest.fixture
def night(engine, tmp_path):
    """Give a night with orders in the outbox, none of them sent."""
    night = Night(engine, home_of(tmp_path / "home"))
    night.warned(levels(baishi=4))
    assert night.states().keys() == {"pending"}
    return night


def other(kind, folder):
    if kind == "sqlite":
        yield database.connect(f"sqlite:///{folder}/other.db")
        return
    require("postgresql")
    with schema_of_its_own() as url:
        yield database.connect(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """Give a database that was never used."""
    for engine in other(request.param, tmp_path):
        yield engine
        engine.dispose()


def restored(night, empty, folder):
    """Restore a night on another host, with a home of its own."""
    there = Night(empty, home_of(folder / "there"))
    back_up(night.engine, folder / "backup.zip", now=WALL)
    return there, restore(empty, folder / "backup.zip", there.settings, now=WALL)


def test_after_a_restore_what_was_waiting_is_uncertain_and_shown(night, empty, tmp_path) -> None:
    waiting = sum(night.states().values())
    there, done = restored(night, empty, tmp_path)
    assert done.held == waiting
    assert there.states() == {"uncertain": waiting}
    with reading(empty) as connection:
        unsettled = standing.unsettled(connection, there.world)
    assert len(unsettled) == waiting
    assert {one.reason for one in unsettled} == {REASON}


def test_what_was_sent_before_the_backup_stays_as_it_was(night, empty, tmp_path) -> None:
    night.delivered()
    before = {
        row.delivery_key: row.state for row in night.rows(delivery) if row.ended_at is not None
    }
    there, _ = restored(night, empty, tmp_path)
    after = {row.delivery_key: row.state for row in there.rows(delivery)}
    assert before.items() <= after.items()


def test_messages_of_every_kind_are_identical_after_all_else_was_pruned(storm) -> None:  # noqa: F811
    found = prune(storm.engine, "valley", EVERYTHING, now=WALL + 90 * DAY, confirm=True)
    assert found.needed > 0
    assert found.batches + found.segments > 0
    messages = storm.one_of_each()
    verdicts = {explain(storm.engine, row.message_id).verdict for row in messages}
    assert verdicts == {Verdict.IDENTICAL}


def test_asked_for_explicitly_they_go_too_and_say_so(storm) -> None:  # noqa: F811
    prune(storm.engine, "valley", EVERYTHING, now=WALL + 90 * DAY, confirm=True, spare=False)
    found = [explain(storm.engine, row.message_id) for row in storm.one_of_each()]
    assert {each.verdict for each in found} == {Verdict.PRUNED}


def test_a_restored_storm_explains_itself_on_the_other_database(storm, empty, tmp_path) -> None:  # noqa: F811
    restored(storm, empty, tmp_path)
    assert {explain(empty, row.message_id).verdict for row in storm.one_of_each()} == {
        Verdict.IDENTICAL
    }
