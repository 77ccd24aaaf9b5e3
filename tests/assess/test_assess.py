"""One cycle through the store: its cutoff, its retries, and what it leaves behind."""

from datetime import datetime, timedelta

import pytest

from pipeline.assess import assess, bulletins, due_slots, last_slot
from pipeline.bulletin import RiskLevel
from pipeline.code_version import code_version
from pipeline.database import Engine, reading
from pipeline.store import versions
from pipeline.world import Mode, World, live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, bulletin, config, dry

WORLD = World("small", Mode.REPLAY, "test")
LATER = NOON + timedelta(days=1)


def judged(engine: Engine, slot: datetime = NOON, **changes):
    at = {"cutoff": slot + DELAY, "now": LATER} | changes
    return assess(engine, config(), at.pop("world", WORLD), slot, **at)


@pytest.fixture
def stormy(engine) -> Engine:
    """A store with a dry window, and 31 mm in the hour before noon."""
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 31.0)
    weather.store(engine)
    return engine


def test_a_cycle_through_the_store_is_the_judgement_of_its_rows(stormy):
    weather = dry(Weather(), NOON - HOUR)
    weather.rain(NOON, 31.0)
    found = judged(stormy)
    assert found.levels == bulletin(weather).levels
    assert found.inputs_sha256 == bulletin(weather).inputs_sha256
    assert found.code_version == code_version()


def test_what_was_assessed_can_be_read_again(stormy):
    found = judged(stormy)
    assert bulletins(stormy, WORLD, after=None) == [found]
    assert bulletins(stormy, WORLD, after=NOON) == []
    assert last_slot(stormy, WORLD) == NOON


def test_a_retry_uses_the_first_cutoff_and_gives_the_first_answer(stormy):
    first = judged(stormy)
    late = Weather()
    late.rain(NOON, 99.0, known=NOON + 2 * DELAY)
    late.store(stormy)
    again = judged(stormy, cutoff=NOON + HOUR)
    assert again.to_bytes() == first.to_bytes()


def test_a_cycle_that_died_before_its_bulletin_keeps_its_cutoff(stormy):
    from pipeline.store import cycles

    with stormy.begin() as connection:
        cycles.open_cycle(connection, WORLD, NOON, NOON + DELAY)
    late = Weather()
    late.rain(NOON, 99.0, known=NOON + 2 * DELAY)
    late.store(stormy)
    assert judged(stormy, cutoff=NOON + HOUR).cutoff == NOON + DELAY


def test_worlds_do_not_see_each_others_cycles(stormy):
    judged(stormy)
    other = World("small", Mode.REPLAY, "other")
    assert last_slot(stormy, other) is None
    assert judged(stormy, world=other).to_bytes() == judged(stormy).to_bytes()


def test_a_lived_cycle_reads_only_what_was_stored_by_then(engine):
    weather = dry(Weather(), NOON)
    weather.store(engine, stored_at=NOON)
    stray = Weather()
    stray.rain(NOON, 50.0, known=NOON + timedelta(minutes=1))
    stray.store(engine, stored_at=NOON + HOUR)  # another writer, slow to commit
    lived = judged(engine, world=live("small"), now=NOON + DELAY)
    assert lived.of("upper").level == RiskLevel.NONE
    assert judged(engine).of("upper").level == RiskLevel.RED


def test_the_configuration_of_a_decision_is_kept(stormy):
    found = judged(stormy)
    with reading(stormy) as connection:
        kept = versions.version(connection, "risk", found.risk_config_sha256)
    assert kept == config().to_bytes()


def test_due_slots_are_those_after_the_last_one_judged(stormy):
    hour = {"first": NOON - HOUR, "interval": HOUR}
    all_due = [NOON - HOUR, NOON, NOON + HOUR]
    assert due_slots(stormy, WORLD, now=NOON + HOUR + DELAY, **hour) == all_due
    judged(stormy)
    assert due_slots(stormy, WORLD, now=NOON + HOUR + DELAY, **hour) == [NOON + HOUR]
    assert due_slots(stormy, WORLD, now=NOON + DELAY, **hour) == []
