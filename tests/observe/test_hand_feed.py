"""A file that a person feeds is shown with what it would do, answered for, and told for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pipeline.assess import assess
from pipeline.bulletin import DataState, RiskLevel, StationEventKind
from pipeline.database import metadata, reading
from pipeline.errors import NotConfirmed
from pipeline.feed_health import feed_health
from pipeline.hand_feed import preview, take_file
from pipeline.observation import Decoded, KnownBasis, Reading
from pipeline.observe import observe
from pipeline.replay import Verdict, rebuild
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.store import batches, hand_feeds
from pipeline.store.batches import Incoming
from pipeline.store.compaction import compact
from pipeline.store.tables import batch, hand_fed
from pipeline.units import Variable
from pipeline.world import live
from tests.valley import ARCHIVE_FIRST, ARCHIVE_LAST, STORM_PEAK, VALLEY

HOUR = timedelta(hours=1)
LIVE = live("valley")
CALM = ARCHIVE_FIRST + timedelta(days=11)
"""When every village is at level 0 and every station has spoken."""
RECEIVED = KnownBasis.RECEIVED
WORD = ("role:hydrologist", "read at the staff gauge, the line is down")
STAGES = "time,青溪上,青溪下\n"


@pytest.fixture
def valley(tmp_path):
    return load(VALLEY, tmp_path)


@pytest.fixture
def lived(engine, valley):
    """The valley's recording as it came, up to its peak."""
    for feed_id in ("rain", "stage"):
        span = {"start": ARCHIVE_FIRST, "end": STORM_PEAK, "now": ARCHIVE_FIRST}
        observe(engine, valley, LIVE, feed_id, **span)
    return engine


@pytest.fixture
def stage_file(tmp_path):
    def write(at, *, upper, lower=0.55):
        path = tmp_path / "staff.csv"
        path.write_text(f"{STAGES}{at + timedelta(hours=8):%Y-%m-%d %H:%M},{upper},{lower}\n")
        return path

    return write


def counts(engine):
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def fed(engine, valley, path, now, word=WORD):
    return take_file(engine, valley, LIVE, "stage", path, word, now=now, basis=RECEIVED)


def judged(engine, valley, slot, cutoff):
    return assess(engine, risk_config(valley), LIVE, slot, cutoff=cutoff, now=cutoff)


def test_an_old_file_is_told_and_judged_by_no_present_cycle(engine, valley):
    path, now = VALLEY / "recordings/rain.csv", ARCHIVE_LAST + timedelta(days=900)
    found = preview(engine, valley, "rain", path, now=now)
    assert (found.rows, found.effect, found.faults) == (5 * (24 * 17 - 1), None, ())
    assert (found.first, found.last) == (ARCHIVE_FIRST, ARCHIVE_LAST)


def test_a_preview_says_who_rises_and_stores_nothing(lived, valley, stage_file):
    before, now = counts(lived), CALM + timedelta(minutes=5)
    found = preview(lived, valley, "stage", stage_file(CALM, upper=3.0), now=now, basis=RECEIVED)
    assert found.rows == 2
    assert found.effect.slot == CALM
    assert set(found.effect.rise) >= {"zhangjiatai", "rp-upper"}
    assert found.effect.fall == ()
    assert counts(lived) == before


@pytest.fixture
def rising(lived):
    """The upper station at red, as its feed said a minute after the hour."""
    high = Reading("H01", Variable.STAGE, 0, CALM, 3.0)
    minute = CALM + timedelta(minutes=1)
    with lived.begin() as connection:
        incoming = Incoming(
            site="valley", feed_id="stage", basis=RECEIVED, known_at=minute,
            payload_sha256="1" * 64, stored_at=minute, decoded=Decoded((high,)),
        )  # fmt: skip
        batches.append(connection, incoming)
    return lived


def test_a_preview_says_who_would_fall_and_they_are_held(rising, valley, stage_file):
    now, path = CALM + timedelta(minutes=5), stage_file(CALM, upper=0.4)
    found = preview(rising, valley, "stage", path, now=now, basis=RECEIVED)
    assert (found.effect.rise, "rp-upper" in found.effect.fall) == ((), True)
    fed(rising, valley, path, now)
    assert judged(rising, valley, CALM, now + timedelta(minutes=5)).of("rp-upper").level == 4


def test_what_the_rules_doubt_is_shown_before_it_is_stored(lived, valley, stage_file):
    now, path = CALM + timedelta(minutes=5), stage_file(CALM, upper=42.0)
    (doubt,) = preview(lived, valley, "stage", path, now=now, basis=RECEIVED).effect.doubted
    assert doubt.where.startswith("H01 stage_m")
    assert "42 is suspect" in doubt.message


def test_a_time_that_cannot_be_is_refused_before_it_is_stored(lived, valley, stage_file):
    path = stage_file(CALM + timedelta(days=1), upper=0.4)
    found = preview(lived, valley, "stage", path, now=CALM, basis=RECEIVED)
    assert (found.rows, len(found.faults)) == (0, 2)


@pytest.mark.parametrize("word", [("", ""), ("role:duty", " "), (" ", "line down")])
def test_nothing_of_a_recent_file_is_stored_without_a_name_and_a_reason(
    lived, valley, stage_file, word
):
    before = counts(lived)
    with pytest.raises(NotConfirmed):
        fed(lived, valley, stage_file(CALM, upper=3.0), CALM, word)
    assert counts(lived) == before


def test_rows_fed_by_hand_raise_and_are_told_from_fetched_ones_for_ever(lived, valley, stage_file):
    now = CALM + timedelta(minutes=5)
    observed = fed(lived, valley, stage_file(CALM, upper=3.0), now)
    assert (observed.feed_id, observed.readings) == ("stage@hand", 2)
    cutoff = CALM + timedelta(minutes=10)
    found = judged(lived, valley, CALM, cutoff)
    upper = found.of("rp-upper")
    assert upper.level is RiskLevel.RED
    assert all(WORD[0] in e.fed_by and WORD[1] in e.fed_by for e in upper.evidence if e.fed_by)
    assert any(e.fed_by for e in upper.evidence)
    events = {e.station_id for e in found.events if e.kind is StationEventKind.HAND_FED}
    assert events == {"H01", "H02"}
    with lived.begin() as connection:
        compact(connection, site="valley", before=ARCHIVE_LAST, stored_at=cutoff)
    with reading(lived) as connection:
        rows = batches.load(
            connection, site="valley", start=CALM - HOUR, end=CALM, known_before=None
        )
        (word,) = hand_feeds.said(connection, "valley", known_before=None)
    assert rows.at(None, CALM - HOUR, CALM).by_hand == {"stage@hand"}
    assert (word.by_ref, word.reason, word.first, word.last) == (*WORD, CALM, CALM)
    assert rebuild(lived, LIVE, CALM).verdict is Verdict.IDENTICAL


def test_a_slip_of_the_hand_is_put_right_by_feeding_the_same_time_again(lived, valley, stage_file):
    fed(lived, valley, stage_file(CALM, upper=3.0), CALM + timedelta(minutes=5))
    fed(lived, valley, stage_file(CALM, upper=0.42), CALM + timedelta(minutes=9))
    found = judged(lived, valley, CALM, CALM + timedelta(minutes=15))
    assert found.of("rp-upper").level is RiskLevel.NONE


def test_a_word_is_not_heard_before_it_was_said(lived, valley, stage_file):
    before = judged(lived, valley, CALM, CALM + timedelta(minutes=2)).to_bytes()
    fed(lived, valley, stage_file(CALM, upper=3.0), CALM + timedelta(minutes=5))
    found = rebuild(lived, LIVE, CALM)
    assert (found.verdict, found.rebuilt.to_bytes()) == (Verdict.IDENTICAL, before)


def test_a_file_in_place_of_a_dead_feed_makes_neither_it_nor_its_villages_well(
    engine, valley, stage_file
):
    span = {"start": ARCHIVE_FIRST, "end": STORM_PEAK, "now": ARCHIVE_FIRST}
    observe(engine, valley, LIVE, "rain", **span)
    now = CALM + timedelta(minutes=5)
    fed(engine, valley, stage_file(CALM, upper=0.42), now)
    (stage,) = [f for f in feed_health(engine, LIVE, valley, now=now) if f.feed_id == "stage"]
    assert stage.last_success is None
    found = judged(engine, valley, CALM, now + timedelta(minutes=5)).of("rp-upper")
    assert found.data_state is not DataState.COMPLETE
    assert found.level is RiskLevel.NONE


def test_an_old_file_fills_its_feed_and_its_word_is_kept(engine, valley):
    path, now = VALLEY / "recordings/rain.csv", ARCHIVE_LAST + timedelta(days=900)
    observed = take_file(engine, valley, LIVE, "rain", path, now=now)
    assert observed.feed_id == "rain"
    with reading(engine) as connection:
        (word,) = hand_feeds.said(connection, "valley", known_before=None)
        sources = set(connection.execute(select(batch.c.payload_sha256, batch.c.stored_at)))
        kept = set(connection.execute(select(hand_fed.c.payload_sha256, hand_fed.c.stored_at)))
    assert (word.feed_id, word.first, word.last) == ("rain", ARCHIVE_FIRST, ARCHIVE_LAST)
    assert sources == kept
