"""The made gauges answer as a feed does: what is over by now, and nothing that is not asked for."""

import urllib.error
from datetime import UTC, datetime, timedelta

import pytest

from alerts.local_stack import DIRECT
from alerts.made_night.sensors import Gauges, served
from alerts.made_night.storm import Storm

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
STORM = Storm(gauges=3, struck=1, groups=1, step=timedelta(minutes=5), first=NOON)


@pytest.fixture
def feed():
    with served(Gauges(STORM, lambda: NOON)) as url:
        yield url


def asked(url: str, start: str, end: str) -> list[str]:
    with DIRECT.open(url.format(start=start, end=end), timeout=10) as answer:
        return answer.read().decode().splitlines()


def test_it_has_what_was_asked_for_as_far_as_it_is_over(feed):
    _, *rows = asked(feed, "2026-07-01T11:55Z", "2026-07-01T13:00Z")
    assert [row.split(",")[2] for row in rows[::3]] == [
        "2026-07-01T11:55:00Z",
        "2026-07-01T12:00:00Z",
    ]
    assert rows[3] == "made-00000,rain_mm,2026-07-01T12:00:00Z,18.0"


@pytest.mark.parametrize("start", ["", "yesterday"])
def test_without_times_there_is_no_answer(feed, start):
    with pytest.raises(urllib.error.HTTPError):
        asked(feed, start, "2026-07-01T13:00Z")
