"""An official warning goes from the feed's file into the store with all that came beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.database import reading
from pipeline.feeds.client import read_file
from pipeline.intake import Intake
from pipeline.observation import KnownBasis
from pipeline.site.pack import load
from pipeline.store import official
from pipeline.store.fetches import FetchStatus
from pipeline.store.quarantine import quarantined
from pipeline.world import Mode, World
from tests.feeds.sample_cap import ROWS, alert, cap_spec, index
from tests.valley import VALLEY

NOW = datetime(2024, 7, 15, 12, 3, tzinfo=UTC)
WORLD = World("valley", Mode.REPLAY, "test")


@pytest.fixture
def take(engine, tmp_path):
    def run(content: bytes, at: datetime, **declared: object):
        spec, path = cap_spec(**declared), tmp_path / "w.xml"
        path.write_bytes(content)
        intake = Intake(
            engine, load(VALLEY, tmp_path), WORLD, spec, spec.basis, lambda: at, None
        )  # fmt: skip
        return intake.take([read_file(spec, path, fetched_at=at)], 1, None)

    return run


def known(engine, at):
    with reading(engine) as connection:
        found = official.load(connection, site="valley", start=at, known_before=at)
    return [m.warning.identifier for m in found.at(at, at)]


def test_warnings_are_stored_once_and_counted_as_new_or_repeated(engine, take):
    first = take(index(ROWS), NOW)
    assert (first.status, first.readings, first.repeated) == (FetchStatus.OK, 3, 0)
    again = take(index([*ROWS, alert(number=9)]), NOW + timedelta(minutes=5))
    assert (again.readings, again.repeated) == (1, 3)
    assert known(engine, NOW) == ["W1", "W2", "W3"]
    assert known(engine, NOW + timedelta(minutes=5)) == ["W1", "W2", "W3", "W9"]


def test_what_is_no_real_warning_is_in_quarantine(engine, take):
    assert take(alert(status="Exercise").encode(), NOW).faults == 1
    with reading(engine) as connection:
        (kept,) = quarantined(connection, "valley")
    assert kept.fault.field == "status"
    assert known(engine, NOW) == []


def test_an_archive_is_known_from_the_sending_of_each_and_the_feeds_latency(engine, take):
    take(alert().encode(), NOW, basis=KnownBasis.DECLARED, latency_min=7)
    sent = datetime(2024, 7, 15, 11, tzinfo=UTC)
    assert known(engine, sent + timedelta(minutes=6)) == []
    assert known(engine, sent + timedelta(minutes=7)) == ["W1"]


@pytest.mark.parametrize("kind", ["Alert", "Cancel"])
def test_a_warning_dated_ahead_of_our_clock_neither_stands_nor_ends_another(engine, take, kind):
    def dated(ahead):
        sent = (NOW + ahead).isoformat()
        references = "office@example.org,W1,2024-07-15T11:00:00+00:00"
        return alert(number=9, sent=sent, msgType=kind, references=references)

    allowed, minute = timedelta(minutes=10), timedelta(minutes=1)
    assert take(dated(allowed + minute).encode(), NOW).readings == 0
    assert take(dated(timedelta(days=30_000)).encode(), NOW).faults == 1
    assert known(engine, NOW) == []
    with reading(engine) as connection:
        assert {kept.fault.field for kept in quarantined(connection, "valley")} == {"sent"}
    assert take(dated(allowed).encode(), NOW).readings == 1
    assert known(engine, NOW) == ["W9"]
