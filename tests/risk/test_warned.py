"""Official warnings are evidence of the villages they speak of; alone they move nobody."""

from dataclasses import replace

import pytest

from pipeline.bulletin import DataState, Indicator, RiskLevel, Signal, from_bytes
from pipeline.feeds.cap_area import MOST_CORNERS
from pipeline.risk.judgement import judge
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import OfficialFeed
from tests.feeds.watchdog import watched
from tests.risk.small_site import NOON, Weather, config, dry, village
from tests.risk.warnings import EVERYWHERE, area, message, read

SEEN = ("upper", "lower", "ford")
VILLAGES = tuple(
    village(name, 10.0).model_copy(update={"township": town, "lon": lon, "lat": 0.0})
    for name, town, lon in (
        ("upper", "north", 1.0), ("lower", "south", 5.0), ("ford", "south", None),
        ("lonely", "north", 2.0),
    )
)  # fmt: skip
MAP = OfficialFeed(
    feed_id="cap",
    area_map={"N": ("north",), "South district": ("south",), "South, district": ("south",)},
)
SITE = SiteArrays.of(config(villages=VILLAGES, official=(MAP,)))


def judged(*warnings, weather=None, site=SITE, feed="cap"):
    made = dry(Weather()) if weather is None else weather
    cycle = replace(made.cycle(site, NOON), messages=read(*warnings, feed=feed))
    (bulletin,) = judge([cycle], site, code_version="test")
    return bulletin


def official(bulletin, name):
    found = bulletin.of(name).evidence
    return [e for e in found if e.indicator is Indicator.OFFICIAL]


def warned(bulletin):
    return {v: e.value for v in bulletin.villages for e in official(bulletin, v)}


def test_an_area_with_a_code_or_name_of_ours_is_its_townships():
    by_code = message(areas=(area(3, "?", geocodes=(("x", "N"),)),))
    assert warned(judged(by_code)) == {"upper": 3, "lonely": 3}
    for names in ("Elsewhere; South district", "South district、别处", "Souths; South, district"):
        by_name = message(areas=(area(2, names),))
        assert warned(judged(by_name)) == {"lower": 2, "ford": 2}


def test_an_area_that_we_do_not_know_is_its_shape_and_a_village_without_a_place_is_in_none():
    ring = ((0.0, -1.0), (3.0, -1.0), (3.0, 1.0), (0.0, 1.0), (0.0, -1.0))
    shaped = message(areas=(area(3, polygons=(ring,)),))
    assert warned(judged(shaped)) == {"upper": 3, "lonely": 3}
    assert warned(judged(message(areas=(area(polygons=(EVERYWHERE,)),)))).keys() == {
        "upper", "lower", "lonely"
    }  # fmt: skip


def test_a_ring_that_crosses_itself_is_what_it_encloses():
    bow = ((0.0, -1.0), (6.0, 1.0), (6.0, -1.0), (0.0, 1.0), (0.0, -1.0))
    assert "upper" in warned(judged(message(areas=(area(polygons=(bow,)),))))


def test_a_ring_that_crosses_itself_without_end_stops_no_cycle():
    turns = [(i * 0.618 % 1 * 9, (i * 0.414 % 1 - 0.5) * 9) for i in range(MOST_CORNERS)]
    with watched():
        bulletin = judged(message(areas=(area(3, polygons=((*turns, turns[0]),)),)))
    assert set(warned(bulletin).values()) <= {3}


def test_each_village_has_the_highest_colour_of_its_own_areas():
    areas = (area(2, "N"), area(4, "N"), area(3, "South district"))
    assert warned(judged(message(areas=areas))) == {
        "upper": 4, "lonely": 4, "lower": 3, "ford": 3
    }  # fmt: skip


def test_the_map_of_one_feed_speaks_for_no_other():
    assert warned(judged(message(areas=(area(4, "N"),)), feed="other")) == {}


def test_a_sender_is_one_evidence_its_highest_and_newest():
    low, high = message(1, areas=(area(2, "N"),)), message(2, areas=(area(3, "N"),))
    other = message(3, sender="ministry", areas=(area(1, "N"),))
    found = official(judged(low, high, other), "upper")
    assert [(e.station_id, e.value) for e in found] == [("cap/ministry", 1), ("cap/office", 3)]
    assert {(e.basis, e.level, e.unit) for e in found} == {("rule", RiskLevel.NONE, "level")}
    assert {e.age_s for e in found} == {3600 + 300}


def test_alone_it_moves_no_village_that_is_seen():
    calm, under = judged(), judged(message(areas=(area(4, "N"), area(4, "South district"))))
    for name in SEEN:
        before, after = calm.of(name), under.of(name)
        assert after.level is before.level is RiskLevel.NONE
        assert (after.signal, after.data_state) == (Signal.NONE, before.data_state)
    assert under.closeness == calm.closeness


def test_a_calm_village_under_a_warning_is_in_the_details_so_that_an_officer_sees_it():
    quiet, under = judged(), judged(message(areas=(area(1, "N"),)))
    assert "upper" not in {d.village_id for d in quiet.details}
    assert "upper" in {d.village_id for d in under.details}
    assert from_bytes(under.to_bytes()) == under


def test_blind_under_an_official_red_is_orange():
    blind = judged(message(areas=(area(4, "N"),)), weather=Weather())
    found = blind.of("upper")
    assert found.data_state is DataState.BLIND
    assert (found.level, found.signal) == (RiskLevel.ORANGE, Signal.PREPARE)
    assert found.onset is not None
    assert blind.of("lower").level is RiskLevel.NONE


@pytest.mark.parametrize("level", [1, 2, 3])
def test_blind_under_less_than_red_stays_blind(level):
    blind = judged(message(areas=(area(level, "N"),)), weather=Weather())
    assert blind.of("upper").level is RiskLevel.NONE


def test_the_digest_covers_warnings_and_is_as_it_was_where_there_are_none():
    rows = dry(Weather()).cycle(SITE, NOON).as_read.sha256
    expired = message(expires=NOON)
    assert judged().inputs_sha256 == judged(expired).inputs_sha256 == rows
    one, two = judged(message()), judged(message(areas=(area(3),)))
    assert len({rows, one.inputs_sha256, two.inputs_sha256}) == 3


def test_a_site_without_area_maps_keeps_the_hash_of_its_configuration():
    assert b"official" not in config().to_bytes()
    assert type(SITE.config).model_validate_json(SITE.config.to_bytes()) == SITE.config
