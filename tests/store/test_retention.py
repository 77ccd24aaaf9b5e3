"""What has had its time goes; what a kept decision was made of stays, to the byte."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from pipeline.assess import assess
from pipeline.compaction import compact
from pipeline.database import reading
from pipeline.errors import NotKept
from pipeline.observation import Fault
from pipeline.replay import Verdict, rebuild
from pipeline.retention import Keep, Pruned, give_back, prune
from pipeline.site.store_settings import StoreSettings
from pipeline.store import archive, fetches, pruning, spans
from pipeline.store.batches import append
from pipeline.store.fetches import FetchRecord, FetchStatus
from pipeline.store.quarantine import quarantine, quarantined
from pipeline.store.tables import batch as log
from pipeline.store.tables import cycle, fetch, payload, pruned, segment
from pipeline.world import Mode, World, live
from tests.property.test_store_laws import DATED, LAST, LOGS, at, loaded, taken
from tests.risk.small_site import DELAY, NOON, Weather, config, dry
from tests.store import samples
from tests.store.samples import HOUR, batch, stage

DAY = timedelta(days=1)
LATER = NOON + 400 * DAY
LIVE = live("small")
WINDOW = timedelta(hours=78)


def count(engine: Engine, table) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def gone(engine: Engine, keep: Keep, site="small", *, needed=(), confirm=True, now=LATER) -> Pruned:
    return prune(engine, site, keep, needed=needed, now=now, confirm=confirm)


@pytest.fixture
def judged(engine):
    """Two decisions, a hundred days apart, each on a window of its own."""
    for noon in (NOON, NOON + 100 * DAY):
        weather = dry(Weather(), noon - HOUR)
        weather.rain(noon, 31.0)
        weather.point("H", noon, 2.2)
        weather.store(engine)
        assess(engine, config(), LIVE, noon, cutoff=noon + DELAY, now=noon + DELAY)
    return engine


EVERYTHING = Keep(observations=timedelta(days=120))


def test_what_a_kept_decision_read_stays_and_the_other_is_explained_as_pruned(judged) -> None:
    found = gone(judged, EVERYTHING, needed={(LIVE, NOON)})
    assert (found.needed, found.batches > 0) == (1, True)
    assert rebuild(judged, LIVE, NOON).verdict is Verdict.IDENTICAL
    assert rebuild(judged, LIVE, NOON + 100 * DAY).verdict is Verdict.PRUNED


def test_segments_stay_or_go_as_batches_do(judged) -> None:
    compact(judged, "small", before=LATER, now=LATER)
    assert count(judged, segment) > 1
    found = gone(judged, EVERYTHING, needed={(LIVE, NOON + 100 * DAY)})
    assert found.segments > 0
    assert rebuild(judged, LIVE, NOON).verdict is Verdict.PRUNED
    assert rebuild(judged, LIVE, NOON + 100 * DAY).verdict is Verdict.IDENTICAL


def test_unconfirmed_it_counts_what_would_go_and_touches_nothing(judged) -> None:
    before = count(judged, log)
    found = gone(judged, EVERYTHING, confirm=False)
    assert (count(judged, log), count(judged, pruned)) == (before, 0)
    assert found == gone(judged, EVERYTHING)
    assert count(judged, log) == before - found.batches == 0


def test_what_is_not_old_stays(judged) -> None:
    found = gone(judged, EVERYTHING, now=NOON + 120 * DAY)
    assert rebuild(judged, LIVE, NOON + 100 * DAY).verdict is Verdict.IDENTICAL
    assert found.batches > 0
    assert gone(judged, Keep()) == Pruned()


def test_a_decision_that_was_tampered_with_is_not_excused_by_what_was_pruned(judged) -> None:
    gone(judged, EVERYTHING, needed={(LIVE, NOON)})
    with judged.begin() as connection:
        connection.execute(log.delete().where(log.c.feed_id == "river"))
    assert rebuild(judged, LIVE, NOON).verdict is Verdict.DIFFERS


def test_another_site_keeps_what_is_its_own(judged) -> None:
    with judged.begin() as connection:
        append(connection, batch(stage(1.0)))
    gone(judged, EVERYTHING)
    with reading(judged) as connection:
        assert set(connection.execute(select(log.c.site)).scalars()) == {"test"}


HOURS = st.integers(-50, 50)
NEEDED = st.lists(st.tuples(HOURS, st.integers(0, 9)).map(lambda p: (p[0], p[0] + p[1])))


@given(needed=NEEDED, before=HOURS)
def test_an_hour_is_free_where_it_is_old_and_nobody_needs_it_and_only_there(needed, before) -> None:
    hour = spans.HOUR_US
    free = spans.free([(a * hour, b * hour) for a, b in needed], before * hour)
    for one in range(-60, 60):
        is_free = any(first <= one * hour <= last for first, last in free)
        assert is_free == (one < before and not any(a <= one <= b for a, b in needed))
    assert all(first <= last for first, last in free)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payloads=LOGS, basis=DATED, compacted=st.booleans())
def test_no_reading_of_a_kept_hour_changes_at_any_cutoff(engine, payloads, basis, compacted):
    site = f"s{count(engine, log)}{len(payloads)}{basis[:2]}"
    taken(engine, site, payloads, basis)
    long_ago = samples.NOON - 300 * DAY
    with engine.begin() as connection:
        append(connection, batch(stage(7.0, long_ago), known_at=long_ago, site=site, payload="e"))
    before = [at(loaded(engine, site), known).sha256 for known in range(-1, LAST + 1)]
    if compacted:
        compact(engine, site, before=LATER, now=LATER)
    found = gone(engine, EVERYTHING, site, now=samples.NOON + DAY)
    assert found.batches + found.segments == 1
    after = [at(loaded(engine, site), known).sha256 for known in range(-1, LAST + 1)]
    assert after == before


def attempt(world: World, started_at, sha256=None) -> FetchRecord:
    return FetchRecord(
        world=world,
        feed_id="river",
        started_at=started_at,
        ended_at=started_at,
        status=FetchStatus.OK,
        source="https://example.org/a.csv",
        payload_sha256=sha256,
    )


@pytest.fixture
def fetched(engine):
    """One payload fetched by a site, at noon."""
    with engine.begin() as connection:
        sha256 = archive.keep(connection, samples.payload(), stored_at=NOON)
        fetches.record(connection, attempt(LIVE, NOON, sha256))
    return engine, sha256


RAW = Keep(raw=DAY, fetches=DAY, quarantine=DAY)


def test_payloads_and_attempts_go_and_a_payload_asked_for_says_so(fetched) -> None:
    engine, sha256 = fetched
    found = gone(engine, RAW)
    assert (found.payloads, found.fetches) == (1, 1)
    with reading(engine) as connection, pytest.raises(NotKept):
        archive.content(connection, sha256)


def test_a_payload_of_which_something_is_still_refused_stays(fetched) -> None:
    engine, sha256 = fetched
    with engine.begin() as connection:
        quarantine(
            connection, "small", "river", [Fault("a.csv", "no number", row=3)],
            payload_sha256=sha256, stored_at=LATER - HOUR,
        )  # fmt: skip
    gone(engine, RAW)
    with reading(engine) as connection:
        assert archive.content(connection, sha256) == samples.payload().content
        assert len(quarantined(connection, "small")) == 1
    gone(engine, RAW, now=LATER + 2 * DAY)
    assert count(engine, payload) == 0


def test_a_payload_that_another_site_fetched_too_is_that_sites_as_well(fetched) -> None:
    engine, sha256 = fetched
    with engine.begin() as connection:
        fetches.record(connection, attempt(live("other"), NOON, sha256))
        archive.keep(connection, replace(samples.payload(), content=b"the other's"), stored_at=NOON)
    gone(engine, RAW)
    assert count(engine, payload) == 2


def test_of_an_exercise_whose_clock_is_the_floods_no_attempt_goes(engine) -> None:
    with engine.begin() as connection:
        fetches.record(connection, attempt(World("small", Mode.EXERCISE, "x"), NOON))
    assert gone(engine, RAW).fetches == 0
    assert count(engine, fetch) == 1


def test_cycles_of_replays_go_and_those_that_were_lived_stay(judged) -> None:
    replayed = World("small", Mode.REPLAY, "r1")
    assess(judged, config(), replayed, NOON, cutoff=NOON + DELAY, now=NOON + DELAY)
    found = gone(judged, Keep(replays=DAY))
    assert found.cycles == 1
    with reading(judged) as connection:
        assert set(connection.execute(select(cycle.c.mode)).scalars()) == {"live"}


def test_more_rows_than_one_transaction_takes_go_all_the_same(engine, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.retention.AT_ONCE", 2)
    with engine.begin() as connection:
        for number in range(5):
            fetches.record(connection, attempt(LIVE, NOON + number * HOUR))
    assert gone(engine, RAW).fetches == 5
    assert count(engine, fetch) == 0


def test_the_room_is_given_back_and_the_store_reads_as_before(judged) -> None:
    gone(judged, EVERYTHING, needed={(LIVE, NOON)})
    give_back(judged)
    assert rebuild(judged, LIVE, NOON).verdict is Verdict.IDENTICAL


def test_a_site_that_says_nothing_keeps_everything() -> None:
    assert Keep.of(StoreSettings()) == Keep()
    assert Keep.of(StoreSettings(observation_days=200)).observations == 200 * DAY


def test_a_window_is_pruned_where_it_shares_an_hour_with_what_went(judged) -> None:
    gone(judged, EVERYTHING, needed={(LIVE, NOON + 100 * DAY)})
    with reading(judged) as connection:
        assert pruning.was_pruned(connection, "small", NOON - WINDOW, NOON)
        start = NOON + 100 * DAY - WINDOW
        assert not pruning.was_pruned(connection, "small", start, start + WINDOW)
        assert not pruning.was_pruned(connection, "other", NOON - WINDOW, NOON)
