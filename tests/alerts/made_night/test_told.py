"""What is told of a night: no orders are no proof, and what was never taken is told as such."""

from datetime import UTC, datetime, timedelta

from alerts.made_night.parts import REACH_S, Marks, Sent
from alerts.made_night.storm import Storm
from alerts.made_night.told import Measured, lines
from pipeline.bulletin import canonical

FIRST = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
STORM = Storm(gauges=4, struck=2, groups=1, step=STEP, first=FIRST)
SLOT = FIRST + STEP
PLAYED = {
    "machine": {"cpu": "one", "cores": 2, "memory_gb": 8.0, "load": 0.5},
    "load": 2.5,
    "database": "sqlite",
    "limits": ["60 a minute, 1 at once"],
    "county": {"villages": 2000, "gauges": 1000, "cycle_minutes": 5, "past_h": 24.0},
}


def at(seconds: float) -> datetime:
    return SLOT + timedelta(seconds=seconds)


def measured(*seconds: float | None) -> Measured:
    sent = tuple(Sent(SLOT, 4, None if each is None else at(each)) for each in seconds)
    return Measured(STORM, sent, {SLOT: Marks(at(1), at(2), at(3), at(4))})


def test_the_reach_is_of_the_orders_and_to_the_second():
    assert measured(REACH_S).reached
    assert not measured(REACH_S + 0.1).reached


def test_a_night_without_orders_proves_nothing():
    assert not measured().reached
    assert measured().answer()["sensor_to_sent"] is None


def test_an_order_that_was_never_taken_is_not_left_out():
    answer = measured(10, None).answer()
    assert (answer["orders"], answer["never_taken"], answer["reached"]) == (2, 1, False)
    assert answer["sensor_to_sent"]["p95"] is None
    canonical(answer)


def test_whatever_was_measured_on_is_said_with_it():
    said = "\n".join(lines(measured(10, None).answer() | PLAYED))
    for told in (
        "one",
        "up to 2.5",
        "2 cores",
        "8.0 GB",
        "sqlite",
        "60 a minute",
        "2,000 villages",
        "never",
    ):
        assert told in said
    assert said.endswith("NOT REACHED")


def test_a_night_in_which_nothing_was_taken_can_be_told():
    assert "0 orders" in "\n".join(lines(measured().answer() | PLAYED))
