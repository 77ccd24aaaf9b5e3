"""Only rows with a possible time and value enter the log; the rest says why."""

from datetime import timedelta

import pytest

from pipeline.observation import Decoded, Fault, KnownBasis, Reading
from pipeline.store.admission import admit, scheduled_window
from tests.store.samples import HOUR, MINUTE, NOON, batch, rain, stage

KNOWN = NOON + 5 * MINUTE


def admitted(row: Reading, **fields: object) -> bool:
    found = admit(batch(row, known_at=KNOWN, **fields))
    assert len(found.readings) + len(found.faults) == 1
    return bool(found.readings)


def test_a_station_whose_clock_runs_ahead_is_believed_for_ten_minutes() -> None:
    assert admitted(stage(1.0, KNOWN + 10 * MINUTE))
    assert not admitted(stage(1.0, KNOWN + 11 * MINUTE))


def test_an_archive_cannot_know_a_reading_before_it_was_made() -> None:
    archive = {"basis": KnownBasis.SOURCE}
    assert admitted(stage(1.0, known_at=NOON - 10 * MINUTE), **archive)
    assert not admitted(stage(1.0, known_at=NOON - 11 * MINUTE), **archive)


def test_a_source_cannot_say_when_we_received_it() -> None:
    assert admitted(stage(1.0, known_at=NOON - HOUR), basis=KnownBasis.RECEIVED)


def test_a_forecast_may_be_about_the_future_but_not_made_there() -> None:
    assert admitted(stage(1.0, KNOWN + 6 * HOUR, reference_time=NOON))
    assert not admitted(stage(1.0, KNOWN + 6 * HOUR, reference_time=KNOWN + HOUR))


def test_a_scheduled_fetch_looks_forty_days_back() -> None:
    window = {"valid_window": scheduled_window(KNOWN)}
    assert admitted(stage(1.0, KNOWN - timedelta(days=40)), **window)
    assert not admitted(stage(1.0, KNOWN - timedelta(days=41)), **window)


def test_a_window_takes_whole_hours_so_that_no_batch_is_cut() -> None:
    window = {"valid_window": (NOON - HOUR + 20 * MINUTE, NOON - 30 * MINUTE)}
    assert admitted(stage(1.0, NOON - HOUR), **window)
    assert admitted(stage(1.0, NOON - MINUTE), **window)
    assert not admitted(stage(1.0, NOON - HOUR - MINUTE), **window)
    assert not admitted(stage(1.0, NOON), **window)


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_value_is_a_finite_number(value: float) -> None:
    assert not admitted(stage(value))


def test_what_is_refused_says_where_which_field_and_why() -> None:
    broken = Fault("stage.csv", "is no number", row=7, field="value")
    late = stage(1.0, NOON + HOUR)
    decoded = Decoded(
        readings=(stage(1.0), late), grids=(rain([1] * 6, NOON + HOUR),), faults=(broken,)
    )
    found = admit(batch(known_at=KNOWN, decoded=decoded))
    assert found.readings == (stage(1.0),)
    assert found.grids == ()
    assert found.faults[0] == broken
    assert found.faults[1].field == "valid_time"
    assert "s1 stage_m 2014-11-04T13:00:00Z" in found.faults[1].where
    assert "g1 rain_mm 2014-11-04T13:00:00Z" in found.faults[2].where
    assert "2014-11-04T12:05:00Z" in found.faults[1].message


@pytest.mark.parametrize("order", [1, -1])
def test_where_a_payload_contradicts_itself_the_greater_value_enters(order: int) -> None:
    lesser, greater, missing = stage(1.0), stage(2.0), stage(None)
    found = admit(batch(*[lesser, greater, missing][::order], greater))
    assert found.readings == (greater,)
    assert {fault.message for fault in found.faults} == {
        "contradicts a greater one in the same payload"
    }
    dry, wet = rain([0] * 6), rain([0, 0, 0, 0, 0, 1])
    assert admit(batch(*[dry, wet][::order])).grids == (wet,)


def test_a_row_that_a_payload_says_twice_is_one_row_and_no_fault() -> None:
    found = admit(batch(stage(1.0), stage(1.0), rain([1] * 6), rain([1] * 6)))
    assert (len(found.readings), len(found.grids), found.faults) == (1, 1, ())


def test_two_revisions_in_one_archive_are_no_contradiction() -> None:
    rows = [stage(v, known_at=NOON + v * MINUTE) for v in (1.0, 2.0)]
    found = admit(batch(*rows, basis=KnownBasis.SOURCE))
    assert (found.readings, found.faults) == (tuple(rows), ())
