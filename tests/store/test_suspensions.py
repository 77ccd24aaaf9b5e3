"""A suspension is known from its instant on, ends by itself, and is part of what was read."""

from datetime import timedelta

import pytest

from pipeline.assess import assess
from pipeline.bulletin import DataState, RiskLevel, StationEventKind
from pipeline.errors import StoreError
from pipeline.replay import Verdict, rebuild, replay
from pipeline.risk.suspension import Suspension
from pipeline.suspensions import keep
from pipeline.world import KnownAs, live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry

WORLD = live("small")


@pytest.fixture
def flooded(engine):
    weather = dry(Weather())
    for hours in range(6):
        weather.rain(NOON + hours * HOUR, 0.0)
        weather.point("H", NOON + hours * HOUR, 3.5)
    weather.store(engine)
    return engine


def suspend(engine, at, until, stored_at=None):
    with engine.begin() as connection:
        word = Suspension("H", at, until, "it shows a bridge", "role:duty")
        keep(connection, WORLD, word, stored_at=stored_at or at)


def judged(engine, slot):
    return assess(engine, config(), WORLD, slot, cutoff=slot + DELAY, now=slot + DELAY)


def test_a_suspended_station_is_not_used_and_its_villages_are_never_calm(flooded):
    assert judged(flooded, NOON).of("ford").level == RiskLevel.RED
    suspend(flooded, NOON + HOUR, NOON + 3 * HOUR)
    during = judged(flooded, NOON + HOUR)
    assert during.of("ford").level == RiskLevel.NONE
    assert during.of("ford").data_state is DataState.BLIND
    assert during.of("lower").data_state is DataState.DEGRADED
    assert "station H suspended" in (during.of("lower").cause or "")
    (event,) = during.events
    assert (event.kind, event.since) == (StationEventKind.SUSPENDED, NOON + HOUR)
    assert judged(flooded, NOON + 3 * HOUR).of("ford").level == RiskLevel.RED


def test_who_resumes_a_station_ends_its_suspension(flooded):
    suspend(flooded, NOON, NOON + 5 * HOUR)
    suspend(flooded, NOON + HOUR, None)
    assert judged(flooded, NOON).of("ford").level == RiskLevel.NONE
    assert judged(flooded, NOON + HOUR).of("ford").level == RiskLevel.RED


def test_a_suspension_is_part_of_the_inputs_and_only_where_it_stands(flooded):
    plain = judged(flooded, NOON)
    suspend(flooded, NOON + DELAY + HOUR, NOON + 3 * HOUR)
    (again,) = replay(flooded, config(), start=NOON, end=NOON, assess_delay=DELAY)
    assert again.to_bytes() == plain.to_bytes()
    during = judged(flooded, NOON + 2 * HOUR)
    start = NOON + 2 * HOUR
    (replayed,) = replay(
        flooded, config(), start=start, end=start, known=KnownAs.DECLARED, assess_delay=DELAY
    )
    assert replayed.to_bytes() == during.to_bytes()
    suspend(flooded, NOON + 2 * HOUR + timedelta(minutes=1), None)
    (other,) = replay(flooded, config(), start=start, end=start, assess_delay=DELAY)
    assert other.inputs_sha256 != during.inputs_sha256


def test_what_was_said_or_stored_later_changes_no_decision(flooded):
    judged(flooded, NOON)
    suspend(flooded, NOON + timedelta(minutes=1), NOON + HOUR, stored_at=NOON + HOUR)
    suspend(flooded, NOON + HOUR, NOON + 2 * HOUR)
    assert rebuild(flooded, WORLD, NOON).verdict is Verdict.IDENTICAL


def test_two_words_of_one_instant_are_refused(flooded):
    suspend(flooded, NOON, NOON + HOUR)
    with pytest.raises(StoreError, match="same instant"):
        suspend(flooded, NOON, NOON + 2 * HOUR)
