"""A feed's health is what the fetch log says of it, in one world."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.feed_health import FeedState, feed_health
from pipeline.observe import ObserveFailed, observe
from pipeline.site.pack import load
from pipeline.world import Mode, World
from tests.valley import STORM_PEAK, copied

WORLD = World("valley", Mode.EXERCISE, "test")
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path):
    return copied(tmp_path)


def health(engine, site, *, now=NOW, world=WORLD):
    return {each.feed_id: each for each in feed_health(engine, world, load(site, site), now=now)}


def take(engine, site, now, feed_id="rain"):
    window = {"start": STORM_PEAK, "end": STORM_PEAK}
    return observe(engine, load(site, site), WORLD, feed_id, **window, now=now)


def test_a_feed_that_was_never_asked_is_told_so(engine, site):
    assert {each.state for each in health(engine, site).values()} == {FeedState.NEVER}


def test_a_feed_that_answers_is_fresh_until_two_of_its_cadences_are_over(engine, site):
    take(engine, site, NOW)
    assert health(engine, site)["rain"].state is FeedState.FRESH
    assert health(engine, site)["stage"].state is FeedState.NEVER
    assert health(engine, site, now=NOW + 2 * HOUR)["rain"].state is FeedState.FRESH
    assert health(engine, site, now=NOW + 3 * HOUR)["rain"].state is FeedState.LATE


def test_worlds_do_not_see_each_others_attempts(engine, site):
    take(engine, site, NOW)
    other = World("valley", Mode.EXERCISE, "other")
    assert health(engine, site, world=other)["rain"].state is FeedState.NEVER


def test_a_failing_feed_says_why_and_how_often_until_it_answers_again(engine, site):
    path = site / "recordings/rain.csv"
    good = path.read_bytes()
    take(engine, site, NOW)
    path.write_bytes(b"something else\n")
    for hour in (1, 2):
        with pytest.raises(ObserveFailed):
            take(engine, site, NOW + hour * HOUR)
    failing = health(engine, site, now=NOW + 2 * HOUR)["rain"]
    assert (failing.state, failing.failures) == (FeedState.FAILING, 2)
    assert failing.last_success is not None
    assert failing.last_success < NOW + HOUR
    assert "column is missing" in (failing.detail or "")
    path.write_bytes(good)
    take(engine, site, NOW + 3 * HOUR)
    again = health(engine, site, now=NOW + 3 * HOUR)["rain"]
    assert (again.state, again.failures, again.detail) == (FeedState.FRESH, 0, None)
