"""An outage is told once, and its end once; what cannot matter tonight waits for the morning."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outage import AT_MOST_EVERY, Kind, Notice, Source, Word
from pipeline.bulletin import StationEventKind, StationFreshness
from tests.alerts.outage.county import (
    FEED_OF,
    NOON,
    STEP,
    TOWNSHIP,
    Told,
    event,
    feed,
    ground,
    heard,
    warned,
    without,
)

RAIN, STAGE = Source(Kind.FEED, "rain"), Source(Kind.FEED, "stage")
ALDER, BIRCH = Source(Kind.TOWNSHIP, "Alder"), Source(Kind.TOWNSHIP, "Birch")
OF = {name: tuple(s for s, own in FEED_OF.items() if own == name) for name in ("rain", "stage")}
HOURS_AGO = NOON - timedelta(hours=2)
MIDNIGHT = datetime(2026, 7, 15, 0, tzinfo=UTC)
SPEAKS = st.lists(st.frozensets(st.sampled_from(sorted(FEED_OF))), min_size=1, max_size=30)
"""Which stations speak at each slot."""


def words(notices: list[Notice]) -> list[tuple[Source, Word]]:
    return [(notice.source, notice.word) for notice in notices]


def silent(*stations: str, since: datetime = HOURS_AGO) -> dict[str, datetime | None]:
    return dict.fromkeys(stations, since)


def lived(speaks, *, begins=NOON, **config) -> list[list[Notice]]:
    """Return what each slot told, where these stations spoke at it and no others."""
    told, last = Told(ground(**config)), dict.fromkeys(FEED_OF, begins - STEP)
    found = []
    for number, speaking in enumerate(speaks):
        at = begins + number * STEP
        last |= dict.fromkeys(speaking, at)
        found.append(told.hear(heard(last, at)))
    return found


def by_source(told: list[list[Notice]]) -> dict[Source, list[Notice]]:
    found: dict[Source, list[Notice]] = {}
    for notice in (notice for slot in told for notice in slot):
        found.setdefault(notice.source, []).append(notice)
    return found


# ---------------------------------------------------------------------------------- once


@given(SPEAKS)
def test_silence_and_return_are_told_by_turns_and_no_source_pages_twice_an_hour(speaks):
    for notices in by_source(lived(speaks)).values():
        assert [n.word for n in notices] == [
            Word.HEARD if number % 2 else Word.SILENT for number in range(len(notices))
        ]
        pages = [n.slot for n in notices if n.word is Word.SILENT]
        assert all(b - a >= AT_MOST_EVERY for a, b in pairwise(pages))


@given(SPEAKS, st.frozensets(st.sampled_from(sorted(FEED_OF))))
def test_what_lasts_is_told_within_an_hour_and_never_again(speaks, alive):
    told = lived([*speaks, *[alive] * 40])
    assert not any(told[len(speaks) + 5 :])
    last = {source: notices[-1].word for source, notices in by_source(told).items()}
    for name, stations in OF.items():
        is_silent = not alive & set(stations)
        assert (last.get(Source(Kind.FEED, name)) is Word.SILENT) == is_silent


@given(SPEAKS)
def test_a_bulletin_told_again_says_nothing(speaks):
    told, last = Told(ground()), dict.fromkeys(FEED_OF, NOON - STEP)
    for number, speaking in enumerate(speaks):
        at = NOON + number * STEP
        last |= dict.fromkeys(speaking, at)
        told.hear(heard(last, at))
        assert told.hear(heard(last, at)) == []


def test_a_feed_that_flaps_each_half_hour_pages_once_an_hour_and_is_told_back_each_time():
    flapping = [frozenset(FEED_OF) if number % 4 == 0 else frozenset() for number in range(24)]
    told = by_source(lived(flapping))[RAIN]
    assert [n.slot - NOON for n in told if n.word is Word.SILENT][:2] == [3 * STEP, 11 * STEP]
    assert [n.slot - NOON for n in told if n.word is Word.HEARD][:2] == [4 * STEP, 12 * STEP]


def test_an_outage_that_ages_out_of_the_window_is_not_back():
    told = Told(ground())
    assert words(told.hear(heard(silent(*OF["rain"])))) == [(RAIN, Word.SILENT)]
    gone = dict.fromkeys(OF["rain"])
    assert told.hear(heard(gone, NOON + 30 * STEP)) == []
    assert words(told.hear(heard({}, NOON + 31 * STEP))) == [(RAIN, Word.HEARD)]


def test_an_old_reading_that_a_gap_is_filled_with_is_not_back():
    told = Told(ground())
    told.hear(heard(silent(*OF["rain"])))
    filled = silent(*OF["rain"], since=HOURS_AGO + STEP)
    assert told.hear(heard(filled, NOON + STEP)) == []


# ---------------------------------------------------------------------------------- one line


def test_a_dead_feed_is_one_line_however_many_stations_and_townships_it_takes():
    (notice,) = Told(ground()).hear(heard(silent(*OF["rain"])))
    assert (notice.source, notice.since) == (RAIN, HOURS_AGO)
    assert notice.stations == ("R1", "R2", "R3")
    assert (notice.villages, notice.blind, notice.degraded) == (("a1", "a2", "b1"), 1, 2)


def test_a_township_whose_stations_died_while_the_feeds_live_is_one_line():
    (notice,) = Told(ground()).hear(heard(silent("R3", "H2")))
    assert (notice.source, notice.stations) == (BIRCH, ("H2", "R3"))
    assert (notice.villages, notice.blind) == (("b1",), 1)


@given(st.sampled_from(sorted(FEED_OF)))
def test_a_station_that_leaves_others_in_its_township_is_no_line(station):
    assert Told(ground()).hear(heard(silent(station))) == []


@given(st.frozensets(st.sampled_from(sorted(FEED_OF))))
def test_no_township_is_told_for_its_feeds_silence_alone(dead):
    told = dict(words(Told(ground()).hear(heard(silent(*dead)))))
    feeds = {name for name, own in OF.items() if set(own) <= dead}
    assert {source.name for source in told if source.kind is Kind.FEED} == feeds
    apart = {s for s in dead if FEED_OF[s] not in feeds}
    for township in set(TOWNSHIP.values()):
        own = {"Alder": {"R1", "R2", "H1"}, "Birch": {"R3", "H2"}}[township]
        is_told = own <= dead and bool(own & apart)
        assert (Source(Kind.TOWNSHIP, township) in told) == is_told


def test_a_township_is_back_with_the_first_word_from_one_of_its_stations():
    told = Told(ground())
    told.hear(heard(silent("R3", "H2")))
    (back,) = told.hear(heard(silent("R3"), NOON + STEP))
    assert (back.source, back.word, back.since) == (BIRCH, Word.HEARD, HOURS_AGO)
    assert (back.blind, back.degraded) == (0, 1)


def test_a_township_is_not_back_because_its_feeds_fall_silent_too():
    told = Told(ground())
    told.hear(heard(silent("R3", "H2")))
    every = told.hear(heard(silent(*FEED_OF), NOON + STEP))
    assert words(every) == [(RAIN, Word.SILENT), (STAGE, Word.SILENT)]


# ---------------------------------------------------------------------------------- what it needs


@given(st.integers(15, 120), st.integers(0, 90), st.integers(31, 400))
def test_a_feed_is_silent_only_beyond_what_its_cadence_and_latency_allow(cadence, latency, age):
    slow = feed("rain", cadence_min=cadence, latency_min=latency)
    last = silent(*OF["rain"], since=NOON - timedelta(minutes=age))
    told = Told(ground(slow)).hear(heard(last))
    assert bool(told) == (age > 2 * cadence + latency)


def test_a_station_that_a_person_suspended_or_that_is_new_makes_no_outage():
    told = Told(ground())
    new = event(StationEventKind.PROBATION, "H2")
    assert told.hear(heard(silent("R3", "H2"), events=(new,)))  # R3 is not new, and is b1's own
    known = without(without(heard(silent("H1", "H2")), "H1"), "H2")
    assert Told(ground()).hear(known) == []


def test_what_a_person_feeds_by_hand_is_no_feed_and_brings_none_back():
    told = Told(ground())
    told.hear(heard(silent(*OF["stage"])))
    hand = StationFreshness("H9", "stage@hand", NOON, "fresh")
    assert told.hear(heard(silent(*OF["stage"]), NOON + STEP, rows=(hand,))) == []
    old = StationFreshness("H9", "other@hand", HOURS_AGO, "silent")
    assert Told(ground()).hear(heard({}, rows=(old,))) == []


def test_a_silent_rain_grid_speaks_for_all_villages_and_a_forecast_for_none():
    radar, model = feed("radar"), feed("model", forecast_h=24)
    rows = tuple(StationFreshness(f"{n}-grid", n, HOURS_AGO, "silent") for n in ("radar", "model"))
    told = {n.source.name: n for n in Told(ground(radar, model)).hear(heard({}, rows=rows))}
    assert told["radar"].villages == ("a1", "a2", "b1")
    assert (told["model"].villages, told["model"].grave) == ((), False)


# ---------------------------------------------------------------------------------- at night


NIGHT = {"quiet_from": 22, "quiet_to": 6}


@given(SPEAKS)
def test_at_night_only_what_is_grave_is_told_and_the_rest_in_the_morning(speaks):
    to_dawn = [*speaks, *[frozenset({"R1"})] * 40]
    told = lived(to_dawn, begins=MIDNIGHT, **NIGHT)
    for number, slot in enumerate(told):
        hour = (MIDNIGHT + number * STEP).hour
        assert 6 <= hour < 22 or all(notice.grave for notice in slot)
    assert by_source(told)[STAGE][-1].word is Word.SILENT


def test_a_dead_river_feed_that_blinds_no_village_wakes_nobody_and_is_told_at_six():
    told = Told(ground(**NIGHT))
    last = silent(*OF["stage"], since=MIDNIGHT - timedelta(hours=1))
    assert told.hear(heard(last, MIDNIGHT)) == []
    assert told.hear(heard(last, MIDNIGHT + timedelta(hours=5.75))) == []
    assert words(told.hear(heard(last, MIDNIGHT + timedelta(hours=6)))) == [(STAGE, Word.SILENT)]


def test_it_wakes_at_once_where_a_village_is_at_yellow_and_so_does_its_return():
    told = Told(ground(**NIGHT))
    last = silent(*OF["stage"], since=MIDNIGHT - timedelta(hours=1))
    assert told.hear(heard(last, MIDNIGHT, levels={"a1": 1, "a2": 4})) == []  # a2 has no river
    woken = told.hear(heard(last, MIDNIGHT + STEP, levels={"a1": 2}))
    back = told.hear(heard({}, MIDNIGHT + 2 * STEP))
    assert words([*woken, *back]) == [(STAGE, Word.SILENT), (STAGE, Word.HEARD)]


@pytest.mark.parametrize(("colour", "wakes"), [(1, False), (2, True), (4, True)])
def test_another_authoritys_warning_wakes_as_the_level_does(colour, wakes):
    last = silent(*OF["stage"], since=MIDNIGHT - timedelta(hours=1))
    told = Told(ground(**NIGHT)).hear(warned(heard(last, MIDNIGHT), a1=colour))
    assert bool(told) == wakes


def test_the_quiet_hours_are_the_sites_own():
    last = silent(*OF["stage"], since=MIDNIGHT - timedelta(hours=1))
    far = {"zone": "Asia/Shanghai", **NIGHT}  # eight in the morning there
    assert Told(ground(**far)).hear(heard(last, MIDNIGHT))
    assert Told(ground(quiet_from=7, quiet_to=7)).hear(heard(last, MIDNIGHT))
