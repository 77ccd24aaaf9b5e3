"""A stored decision rebuilt from the store alone: identical, other code, differs, pruned."""

import zlib
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from pipeline.assess import assess
from pipeline.errors import NotKept
from pipeline.observation import Reading
from pipeline.replay import Verdict, rebuild
from pipeline.store.tables import batch, config_version, cycle
from pipeline.units import Variable
from pipeline.world import Mode, World, live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry
from tests.store.old_points import write_points

WORLD = World("small", Mode.REPLAY, "test")


@pytest.fixture
def judged(engine):
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 31.0)
    weather.point("H", NOON, 2.2)
    weather.store(engine)
    assess(engine, config(), WORLD, NOON, cutoff=NOON + DELAY, now=NOON + HOUR)
    return engine


def test_a_decision_is_rebuilt_to_the_byte_from_the_store_alone(judged):
    found = rebuild(judged, WORLD, NOON)
    assert (found.verdict, found.where) == (Verdict.IDENTICAL, ())
    assert found.rebuilt is not None
    assert found.rebuilt.to_bytes() == found.stored.to_bytes()


def test_rows_that_became_known_later_change_nothing(judged):
    late = Weather()
    late.rain(NOON, 99.0, known=NOON + HOUR)
    late.store(judged)
    assert rebuild(judged, WORLD, NOON).verdict is Verdict.IDENTICAL


def test_a_lived_cycle_is_rebuilt_from_what_was_stored_by_then(judged):
    assess(judged, config(), live("small"), NOON, cutoff=NOON + DELAY, now=NOON + DELAY)
    slow = Weather()
    slow.rain(NOON, 99.0, known=NOON + timedelta(minutes=1))
    slow.store(judged, stored_at=NOON + HOUR)
    assert rebuild(judged, live("small"), NOON).verdict is Verdict.IDENTICAL


def test_other_code_with_the_same_answer_says_so(judged, monkeypatch):
    monkeypatch.setattr("pipeline.replay.code_version", lambda: "9.9.9+other")
    assert rebuild(judged, WORLD, NOON).verdict is Verdict.SAME_DECISION


def test_a_stored_row_that_was_tampered_with_is_found(judged):
    forged = write_points([Reading("H", Variable.STAGE, 0, NOON, 0.2)])
    with judged.begin() as connection:
        last = connection.execute(
            select(batch.c.payload_sha256)
            .where(batch.c.feed_id == "river")
            .order_by(batch.c.known_at.desc())
        ).scalars()
        connection.execute(
            update(batch).where(batch.c.payload_sha256 == next(last)).values(content=forged)
        )
    found = rebuild(judged, WORLD, NOON)
    assert found.verdict is Verdict.DIFFERS
    assert {"inputs_sha256", "levels"} <= set(found.where)


def test_a_stored_bulletin_that_was_tampered_with_is_found(judged):
    with judged.begin() as connection:
        content = zlib.decompress(connection.execute(select(cycle.c.bulletin)).scalar_one())
        forged = zlib.compress(content.replace(b'"level":3', b'"level":1'))
        connection.execute(update(cycle).values(bulletin=forged))
    found = rebuild(judged, WORLD, NOON)
    assert (found.verdict, found.where) == (Verdict.DIFFERS, ("details",))


def test_without_its_configuration_a_decision_is_pruned(judged):
    with judged.begin() as connection:
        connection.execute(delete(config_version))
    found = rebuild(judged, WORLD, NOON)
    assert (found.verdict, found.rebuilt) == (Verdict.PRUNED, None)


def test_a_slot_that_was_never_judged_has_nothing_to_rebuild(judged):
    with pytest.raises(NotKept):
        rebuild(judged, WORLD, NOON + HOUR)
