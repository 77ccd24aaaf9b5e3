"""A lull is no end: nothing falls between two waves, and what rises in a hold is told at once."""

from datetime import UTC, datetime

from tests.alerts.hard_nights.night import subjects

MORNING = datetime(2026, 7, 14, 7, tzinfo=UTC)
STAND_BY = "Mill: stand by"
STAND_DOWN = "Mill: you need not stand by any more"
UP_THE_LOFT = "The mill lane: do not set out, go to the mill's loft now"


def test_two_waves_with_a_false_calm_between_them_are_one_night_that_never_falls(begin):
    night = begin(cycle_min=30)
    first = night.calm(2, R1=5.5, R2=3.5)
    assert "The quay: get ready to leave" in subjects(first, "ferry")
    assert subjects(first, "mill") == {STAND_BY}
    assert night.calm(5) == []  # longer than Mill's hold, every reading there and dry
    second = night.calm(2, R1=8.0, R2=5.0)
    assert {"The quay: leave now", "The care home: leave now"} == subjects(second, "ferry")
    assert subjects(second, "mill") == {UP_THE_LOFT}
    assert {
        "Ferry: red (raised, before: orange)",
        "Mill: red (raised, before: yellow)",
    } <= subjects(second)
    assert not [s for s in night.sent if "return" in s.text or "any more" in s.text]


def yellow_morning(begin):
    """Give a day on which Mill stands by, and since when it has been calm for 90 minutes."""
    night = begin(slot=MORNING, cycle_min=30)
    assert subjects(night.calm(2, R1=0.0, R2=3.5), "mill") == {STAND_BY}
    assert night.calm(4) == []
    return night


def test_a_hold_that_nothing_breaks_ends_by_the_clock(begin):
    night = yellow_morning(begin)
    ended = night.calm(2)
    assert subjects(ended, "mill") == {STAND_DOWN}
    assert {s.to for s in ended if s.village} == {"mill/responsible"}


def test_a_rise_during_the_hold_is_told_at_once_and_nobody_is_stood_down(begin):
    night = yellow_morning(begin)
    rise = night.lived(R1=0.0, R2=9.5)
    assert subjects(rise, "mill") == {UP_THE_LOFT}
    assert "Mill: red (raised, before: yellow)" in subjects(rise)
    assert night.calm(3) == []  # past the end that the hold had
    assert STAND_DOWN not in subjects(night.sent, "mill")
