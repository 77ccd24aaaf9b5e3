"""A replay is the cycles as they would have been, byte for byte, and writes nothing."""

import pytest

from pipeline.assess import assess, last_slot
from pipeline.bulletin import RiskLevel
from pipeline.observation import KnownBasis
from pipeline.replay import replay, replay_world
from pipeline.world import KnownAs
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry, settings

START, END = NOON - 6 * HOUR, NOON + 6 * HOUR
SPAN = {"start": START, "end": END, "assess_delay": DELAY}


@pytest.fixture
def stored(engine):
    """Twelve hours with a storm, a late hour, a correction, and a river that falls silent."""
    weather = dry(Weather(), START)
    for hour in range(1, 13):
        late = 2 * HOUR if hour == 5 else 0 * HOUR
        weather.rain(START + hour * HOUR, 6.0 * (hour % 5), known=START + hour * HOUR + late)
        if hour < 7:
            weather.point("H", START + hour * HOUR, 0.3 * hour)
    weather.rain(START + 3 * HOUR, 40.0, known=START + 6 * HOUR)
    weather.store(engine)
    return engine


def test_a_replay_gives_the_bytes_of_the_cycles_one_by_one(stored):
    replayed = list(replay(stored, config(), **SPAN))
    world = replay_world(config())
    one_by_one = [
        assess(stored, config(), world, b.slot, cutoff=b.slot + DELAY, now=END) for b in replayed
    ]
    assert [b.to_bytes() for b in replayed] == [b.to_bytes() for b in one_by_one]
    assert len({b.levels for b in replayed}) > 2


def test_a_second_replay_gives_the_same_bytes(stored):
    first, second = (
        b"".join(b.to_bytes() for b in replay(stored, config(), **SPAN)) for _ in range(2)
    )
    assert first == second


def test_a_replay_writes_nothing(stored):
    list(replay(stored, config(), **SPAN))
    assert last_slot(stored, replay_world(config())) is None


def test_where_the_block_begins_changes_no_byte(stored, monkeypatch):
    whole = [b.to_bytes() for b in replay(stored, config(), **SPAN)]
    monkeypatch.setattr("pipeline.replay.BLOCK", 5)
    assert [b.to_bytes() for b in replay(stored, config(), **SPAN)] == whole


def test_progress_is_told_up_to_the_end(stored):
    told = []
    list(replay(stored, config(), **SPAN, progress=lambda done, all_: told.append((done, all_))))
    assert told[-1] == (13, 13)


def test_known_now_reads_what_came_late(stored):
    def at_three(known: KnownAs):
        return list(replay(stored, config(), **SPAN, known=known))[3].of("upper").level

    assert at_three(KnownAs.DECLARED) < at_three(KnownAs.NOW) == RiskLevel.RED


def test_as_received_reads_only_what_our_own_clock_saw(stored):
    received = Weather()
    received.rain(NOON, 45.0)
    received.store(stored, basis=KnownBasis.RECEIVED)
    found = {b.slot: b for b in replay(stored, config(), **SPAN, known=KnownAs.RECEIVED)}
    assert found[NOON].of("upper").level == RiskLevel.RED
    assert found[NOON - HOUR].newest_inputs == (None,) * 4


def test_a_replays_world_is_named_by_what_it_rests_on():
    one = replay_world(config())
    assert one == replay_world(config())
    assert one != replay_world(config(), KnownAs.NOW)
    assert one != replay_world(config(risk=settings(rain_around_mm=12.0)))


def test_no_slot_is_no_bulletin(engine):
    late = {"start": NOON, "end": NOON - HOUR, "assess_delay": DELAY}
    assert list(replay(engine, config(), **late)) == []
