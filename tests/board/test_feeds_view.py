"""The feed page may never show silence as health, nor what is not known as zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.board.facts import Facts
from alerts.board.feeds_view import MOST_SOURCES, feeds_view
from alerts.board.metrics import metrics
from alerts.board.pages import page
from pipeline.feed_health import FeedHealth, FeedState
from pipeline.observation import QcFlag
from pipeline.source_health import SourceHealth
from pipeline.units import Variable
from pipeline.world import Mode

NOW = datetime(2024, 7, 15, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WELL = SourceHealth(
    feed_id="rain",
    source_id="R01",
    variable=Variable.RAIN,
    newest=NOW - 5 * MINUTE,
    latency_now=2 * MINUTE,
    latency_usual=3 * MINUTE,
    latency_worst=40 * MINUTE,
    got=288,
    expected=288,
    flags=((QcFlag.GOOD, 288),),
)
SILENT = replace(
    WELL,
    source_id="R02",
    newest=None,
    latency_now=None,
    latency_usual=None,
    latency_worst=None,
    got=0,
    flags=(),
)
EVENTS = replace(WELL, source_id="R03", got=3, expected=None, flags=((QcFlag.GOOD, 3),))
FEED = FeedHealth("rain", Variable.RAIN, FeedState.FRESH, NOW, NOW, 0, None)


def facts() -> Facts:
    return Facts(
        site_name="<i>Site</i>",
        config_readable=True,
        mode=Mode.EXERCISE,
        zone=ZoneInfo("Asia/Shanghai"),
        patience=timedelta(hours=1),
        now=NOW,
        flood_now=None,
        ended=False,
        villages=(),
        bulletin=None,
        episodes=MappingProxyType({}),
        sent=(),
    )


@pytest.mark.parametrize(
    "ill",
    [
        SILENT,
        replace(WELL, got=200),
        replace(WELL, flags=((QcFlag.GOOD, 287), (QcFlag.SUSPECT, 1))),
        replace(WELL, flags=((QcFlag.GOOD, 287), (QcFlag.FAIL, 1))),
    ],
)
def test_whatever_is_silent_incomplete_or_doubted_stands_above_what_is_well(ill):
    view = feeds_view(facts(), (FEED,), (replace(WELL, source_id="A"), ill))
    assert [row.is_well for row in view.sources] == [False, True]
    assert sum(card.bad for card in view.cards) >= 1


def test_a_source_that_never_spoke_is_told_as_never_and_as_no_share_of_its_promise():
    view = feeds_view(facts(), (FEED,), (SILENT,))
    (row,) = view.sources
    assert (row.newest, row.age, row.lag, row.share, row.came) == ("never", "-", "-", 0, "0 of 288")


def test_a_source_of_events_promises_nothing_and_is_never_called_incomplete():
    (row,) = feeds_view(facts(), (FEED,), (EVENTS,)).sources
    assert (row.share, row.came, row.is_well) == (None, "3", True)


def test_every_feed_that_is_not_fresh_is_counted_as_trouble():
    feeds = [replace(FEED, state=state) for state in FeedState]
    view = feeds_view(facts(), feeds, ())
    assert (view.cards[0].value, view.cards[0].bad) == (f"1 of {len(FeedState)}", True)


@pytest.mark.parametrize("cycles", [0, 3])
def test_late_data_that_would_have_changed_a_level_are_told_and_nothing_else_is(cycles):
    cards = feeds_view(facts(), (FEED,), (WELL,), late=cycles).cards
    told = [card.value for card in cards if "late data" in card.label]
    assert told == ([str(cycles)] if cycles else [])


def test_of_more_sources_than_a_browser_shows_the_rest_is_counted():
    many = tuple(replace(WELL, source_id=f"R{n}") for n in range(MOST_SOURCES + 7))
    view = feeds_view(facts(), (FEED,), (*many, SILENT))
    assert (view.sources[0].source_id, view.untold) == ("R02", 8)


def test_what_a_feed_says_is_shown_as_text_not_as_markup():
    told = replace(FEED, state=FeedState.FAILING, detail="<script>alert(1)</script>")
    html = bytes(page("feeds.html", view=feeds_view(facts(), (told,), (WELL,)), base="/").body)
    assert b"<script>" not in html
    assert b"&lt;script&gt;" in html


def samples(*sources: SourceHealth) -> dict[tuple[str, ...], float]:
    text = metrics((FEED,), sources, at=NOW).decode()
    return {
        (family.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_say_what_the_page_says():
    found = samples(WELL)
    source = ("R01", "rain", "rain_mm")
    assert found["floodwarn_source_age_seconds", *source] == 300
    assert found["floodwarn_source_latency_seconds", *source, "worst"] == 2400
    assert found["floodwarn_source_completeness_ratio", *source] == 1
    assert found["floodwarn_source_readings", "R01", "good", "rain", "rain_mm"] == 288
    assert found["floodwarn_feed_state", "fresh", "rain"] == 1
    assert found["floodwarn_feed_state", "failing", "rain"] == 0


def test_what_is_not_known_has_no_sample_for_zero_would_be_an_answer():
    found = samples(SILENT)
    assert not [key for key in found if key[0] == "floodwarn_source_age_seconds"]
    assert not [key for key in found if key[0] == "floodwarn_source_latency_seconds"]
    assert found["floodwarn_source_completeness_ratio", "R02", "rain", "rain_mm"] == 0
