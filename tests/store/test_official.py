"""Official warnings have two clocks, are kept once, and are read as they were known."""

from datetime import timedelta

import pytest

from pipeline.assess import assess
from pipeline.database import reading
from pipeline.observation import KnownBasis, WarningKind
from pipeline.replay import Verdict, rebuild, replay
from pipeline.risk.official import STANDS
from pipeline.site.model import OfficialFeed
from pipeline.store import official
from pipeline.world import KnownAs, Mode, World, live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, config, dry
from tests.risk.warnings import area, incoming, message, names, store

MAP = OfficialFeed(feed_id="cap", area_map={"county": ("t",)})
CONFIG = config(official=(MAP,))
REPLAY = World("small", Mode.REPLAY, "test")
RED = message(1, areas=(area(4),))
END = message(
    2, kind=WarningKind.CANCEL, sent=NOON + HOUR, references=names(1), areas=()
)  # fmt: skip


def at(engine, cutoff, *, instant=None, **fields):
    with reading(engine) as connection:
        found = official.load(
            connection, site="small", start=instant or cutoff, known_before=cutoff, **fields
        )
    return [m.warning for m in found.at(instant or cutoff, cutoff)]


def test_a_cutoff_never_shows_what_came_after_it(engine):
    store(engine, RED, known_at=NOON)
    assert at(engine, NOON - timedelta(seconds=1)) == []
    assert at(engine, NOON) == [RED]


def test_appending_twice_is_once_and_what_a_hub_shows_again_is_not_kept_again(engine):
    assert store(engine, RED, RED, known_at=NOON) == 1
    assert store(engine, RED, known_at=NOON) == 0
    assert store(engine, RED, known_at=NOON + HOUR, payload_sha256="b" * 64) == 0


def test_an_identity_that_says_something_else_is_read_as_it_came_last(engine):
    changed = message(1, areas=(area(2),))
    store(engine, RED, known_at=NOON)
    assert store(engine, changed, known_at=NOON + HOUR, payload_sha256="b" * 64) == 1
    assert at(engine, NOON) == [RED]
    assert at(engine, NOON + HOUR) == [changed]
    assert store(engine, RED, known_at=NOON + 2 * HOUR, payload_sha256="c" * 64) == 1
    assert at(engine, NOON + 2 * HOUR) == [RED]


def test_a_declared_warning_is_known_when_it_was_sent_and_its_latency_later(engine):
    archive = incoming(RED, known_at=NOON + 99 * HOUR, basis=KnownBasis.DECLARED)
    with engine.begin() as connection:
        assert official.append(connection, archive, timedelta(minutes=10)) == 1
        assert official.append(connection, archive, timedelta(minutes=10)) == 0
    known = RED.sent + timedelta(minutes=10)
    assert at(engine, known - timedelta(seconds=1)) == []
    assert at(engine, known) == [RED]
    assert at(engine, known, basis=KnownBasis.RECEIVED) == []
    assert at(engine, known, stored_before=NOON) == []


def test_a_drills_warning_is_never_read_in_the_live_world(engine):
    store(engine, RED, known_at=NOON, scenario="drill")
    assert at(engine, NOON) == []
    assert at(engine, NOON, scenario="drill") == [RED]


def test_what_was_sent_too_long_ago_is_not_read(engine):
    store(engine, RED, known_at=NOON)
    assert at(engine, RED.sent + STANDS) == []


@pytest.fixture
def night(engine):
    dry(Weather(), NOON + 3 * HOUR).store(engine)
    store(engine, RED, known_at=NOON)
    store(engine, END, known_at=NOON + HOUR + timedelta(minutes=30), payload_sha256="b" * 64)
    return engine


def evidence(bulletin):
    return [e.station_id for e in bulletin.of("upper").evidence]


def test_a_cycle_reads_the_warnings_that_it_knew_and_a_replay_the_same(night):
    slots = [NOON + n * HOUR for n in range(-1, 4)]
    one_by_one = [
        assess(night, CONFIG, REPLAY, slot, cutoff=slot + DELAY, now=slot) for slot in slots
    ]
    found = [evidence(bulletin) for bulletin in one_by_one]
    assert found == [[], ["cap/office"], ["cap/office"], [], []]
    replayed = replay(night, CONFIG, start=slots[0], end=slots[-1], assess_delay=DELAY)
    assert [b.to_bytes() for b in replayed] == [b.to_bytes() for b in one_by_one]


def test_known_now_reads_what_had_been_sent(night):
    span = {"start": NOON - HOUR, "end": NOON + HOUR, "assess_delay": DELAY}
    found = [evidence(b) for b in replay(night, CONFIG, **span, known=KnownAs.NOW)]
    assert found == [["cap/office"], ["cap/office"], []]


def test_a_lived_cycle_is_explained_with_what_was_stored_by_then(night):
    world = live("small")
    assess(night, CONFIG, world, NOON, cutoff=NOON + DELAY, now=NOON + DELAY)
    early = message(3, areas=(area(3),))
    store(
        night, early, known_at=NOON, stored_at=NOON + 2 * HOUR, payload_sha256="d" * 64,
        basis=KnownBasis.SOURCE,
    )  # fmt: skip
    assert rebuild(night, world, NOON).verdict is Verdict.IDENTICAL


def test_what_became_known_after_the_cutoff_changes_no_byte(night):
    before = assess(night, CONFIG, REPLAY, NOON, cutoff=NOON + DELAY, now=NOON)
    late = NOON + DELAY + timedelta(seconds=1)
    ends = message(7, kind=WarningKind.CANCEL, references=names(1), areas=())
    store(night, ends, message(8), known_at=late, payload_sha256="e" * 64)
    other = World("small", Mode.REPLAY, "again")
    again = assess(night, CONFIG, other, NOON, cutoff=NOON + DELAY, now=late)
    assert again.to_bytes() == before.to_bytes()
