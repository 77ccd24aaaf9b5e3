"""Late data have lived slots judged again, as replays: numbers for officers, and no page."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import alerts.tables
from pipeline import late
from pipeline.assess import assess
from pipeline.bulletin import RiskLevel
from pipeline.compaction import compact
from pipeline.database import reading
from pipeline.instants import to_us
from pipeline.late import Change, Lived, review, reviews, touched
from pipeline.store import arrivals, chain
from pipeline.store.arrivals import Arrival
from pipeline.store.tables import official_warning
from pipeline.world import live
from tests.risk.small_site import DELAY, HOUR, NOON, Weather, bulletin, config, dry

LIVE = live("small")
DAY = timedelta(days=1)
LATER = NOON + 6 * HOUR


@pytest.fixture
def lived(engine):
    """Six calm hours, each judged as it was lived through."""
    dry(Weather(), NOON).store(engine)
    for back in range(5, -1, -1):
        slot = NOON - back * HOUR
        assess(engine, config(), LIVE, slot, cutoff=slot + DELAY, now=slot + DELAY)
    return engine


def came_late(engine, *, hours=1, mm=31.0, at=LATER, valid=NOON - HOUR) -> None:
    weather = Weather()
    for back in range(hours):
        weather.rain(valid - back * HOUR, mm, known=at)
    weather.store(engine, stored_at=at)


def reviewed(engine, now=LATER + HOUR, horizon=DAY):
    return review(engine, LIVE, horizon=horizon, now=now)


def rows(engine, but=()):
    with reading(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in chain.tables()
            if table.name not in but
        }


def test_rain_that_came_late_changes_the_slots_that_it_fell_in_or_before(lived) -> None:
    came_late(lived)
    found = reviewed(lived)
    assert [each.slot for each in found] == [NOON - HOUR, NOON]
    changes = found[0].changes
    assert Change("upper", RiskLevel.NONE, RiskLevel.ORANGE) in changes
    assert {change.village_id for change in changes} == {"upper", "lower"}
    assert all(each.lived_sha256 != each.late_sha256 for each in found)
    assert late.changed(lived, LIVE, after=NOON - DAY) == sum(bool(e.changes) for e in found) > 0


def test_what_came_between_the_cutoff_and_a_belated_assessment_is_reviewed(engine) -> None:
    dry(Weather(), NOON).store(engine)
    came_late(engine, at=NOON + HOUR, valid=NOON)
    assess(engine, config(), LIVE, NOON, cutoff=NOON + DELAY, now=NOON + 2 * HOUR)
    assert [each.slot for each in reviewed(engine) if each.changes] == [NOON]


def test_nothing_late_is_nothing_to_review(lived) -> None:
    assert reviewed(lived) == ()


def test_what_was_reviewed_is_not_reviewed_again_until_more_comes(lived) -> None:
    came_late(lived)
    first = reviewed(lived)
    assert reviewed(lived, now=LATER + 2 * HOUR) == ()
    came_late(lived, mm=12.0, at=LATER + 3 * HOUR)
    second = reviewed(lived, now=LATER + 4 * HOUR)
    assert [each.slot for each in second] == [each.slot for each in first]
    assert reviews(lived, LIVE, after=NOON - DAY) == second


def test_a_correction_back_to_what_was_lived_changes_nothing_in_the_end(lived) -> None:
    came_late(lived)
    assert reviewed(lived)[0].changes
    came_late(lived, mm=0.0, at=LATER + 3 * HOUR)
    assert not any(each.changes for each in reviewed(lived, now=LATER + 4 * HOUR))
    assert late.changed(lived, LIVE, after=NOON - DAY) == 0


def test_slots_beyond_the_horizon_are_left_alone(lived) -> None:
    came_late(lived, hours=4)
    found = reviewed(lived, horizon=LATER + HOUR - NOON + HOUR / 2)
    assert [each.slot for each in found] == [NOON]


def test_it_is_seen_also_where_a_compaction_came_in_between(lived) -> None:
    came_late(lived)
    weather = Weather()
    weather.point("H", NOON - HOUR, 2.2, known=LATER)
    weather.store(lived, stored_at=LATER)
    done = compact(lived, "small", before=NOON + 3 * DAY, now=LATER + HOUR / 2)
    assert done.segments
    changed = {c.village_id for each in reviewed(lived) for c in each.changes}
    assert "ford" in changed


def test_an_official_warning_that_came_late_counts_from_when_it_was_sent(engine) -> None:
    row = {
        "site": "small", "scenario": "", "feed_id": "cap", "known_basis": "received",
        "payload_sha256": "c" * 64, "content": b"", "known_at": to_us(LATER),
        "stored_at": to_us(LATER), "sent": to_us(NOON),
    }  # fmt: skip
    with engine.begin() as connection:
        for number, scenario in enumerate(("", "drill")):
            values = row | {"identity_sha256": str(number), "scenario": scenario}
            connection.execute(official_warning.insert().values(**values))
    with reading(engine) as connection:
        since = [
            arrivals.since(connection, "small", at, start=NOON - DAY, end=NOON)
            for at in (NOON, LATER)
        ]
    assert since == [[Arrival(to_us(NOON), to_us(NOON), to_us(LATER))], []]


def test_the_rain_of_a_drill_is_not_late_data(lived) -> None:
    from dataclasses import replace

    from pipeline.store.batches import append
    from tests.store import samples

    drill = samples.batch(
        samples.stage(99.0, NOON, station_id="H"), known_at=LATER, site="small", payload="d"
    )
    with lived.begin() as connection:
        append(connection, replace(drill, scenario="drill"))
    assert reviewed(lived) == ()


def test_nobody_is_told_and_no_other_table_changes(lived) -> None:
    came_late(lived)
    before = rows(lived, but={"late_review"})
    assert reviewed(lived)
    assert rows(lived, but={"late_review"}) == before
    with reading(lived) as connection:
        assert connection.execute(select(alerts.tables.delivery)).all() == []


def test_what_other_code_judged_is_left_out(lived, monkeypatch) -> None:
    came_late(lived)
    monkeypatch.setattr("pipeline.late.code_version", lambda: "9.9.9+other")
    assert reviewed(lived) == ()


HOURS = st.integers(-30, 30)
ARRIVALS = st.lists(st.tuples(HOURS, HOURS), max_size=8)
WINDOW = 6 * HOUR


@given(arrivals=ARRIVALS, slot=HOURS, judged=HOURS)
def test_a_slot_is_touched_by_what_its_window_holds_and_was_stored_since(arrivals, slot, judged):
    at = NOON + slot * HOUR
    lived = Lived(bulletin(Weather(), at), NOON + judged * HOUR, "")
    arrived = [
        Arrival(to_us(NOON + v * HOUR), to_us(NOON + v * HOUR) + 1, to_us(NOON + s * HOUR))
        for v, s in arrivals
    ]
    wanted = any(s > judged and slot - 6 <= v <= slot for v, s in arrivals)
    assert bool(touched([lived], arrived, WINDOW)) == wanted
