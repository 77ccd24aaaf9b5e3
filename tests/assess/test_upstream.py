"""The threat up the river is shown below it, across every border, and raises nobody."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bulletin import RiskLevel
from pipeline.site.model import Village
from pipeline.upstream import SHOWN_FROM, UpstreamThreat, upstream_threats
from tests.risk.small_site import village

ORANGE, RED, YELLOW = RiskLevel.ORANGE, RiskLevel.RED, RiskLevel.YELLOW


def river(*pairs: tuple[str, str | None]) -> list[Village]:
    return [
        village(name, None).model_copy(update={"downstream_id": below, "township": f"of {name}"})
        for name, below in pairs
    ]


CHAIN = river(("spring", "gorge"), ("gorge", "bridge"), ("brook", "bridge"), ("bridge", None))


def test_a_threat_is_shown_to_every_place_below_whatever_its_township():
    found = upstream_threats(CHAIN, {"spring": RED})
    assert found == {
        "gorge": (UpstreamThreat("spring", RED, 1),),
        "bridge": (UpstreamThreat("spring", RED, 2),),
    }


def test_the_nearest_place_at_a_level_speaks_for_those_further_up():
    found = upstream_threats(CHAIN, {"spring": ORANGE, "gorge": RED, "brook": ORANGE})
    assert found["bridge"] == (
        UpstreamThreat("gorge", RED, 1),
        UpstreamThreat("brook", ORANGE, 1),
    )
    assert upstream_threats(CHAIN, {"spring": RED, "gorge": ORANGE})["bridge"] == (
        UpstreamThreat("spring", RED, 2),
        UpstreamThreat("gorge", ORANGE, 1),
    )


def test_less_than_orange_is_shown_to_nobody():
    assert upstream_threats(CHAIN, {"spring": YELLOW}) == {}


@st.composite
def rivers(draw):
    size = draw(st.integers(1, 12))
    below = [draw(st.none() | st.integers(i + 1, size - 1)) if i + 1 < size else None
             for i in range(size)]  # fmt: skip
    names = [f"v{i}" for i in range(size)]
    levels = draw(st.lists(st.sampled_from(list(RiskLevel)), min_size=size, max_size=size))
    places = river(
        *((n, None if b is None else names[b]) for n, b in zip(names, below, strict=True))
    )
    return places, dict(zip(names, levels, strict=True))


@given(rivers())
def test_nobody_below_is_left_without_the_highest_threat_above(given_river):
    places, levels = given_river
    found = upstream_threats(places, levels)
    above: dict[str, list[str]] = {p.village_id: [] for p in places}
    for place in places:
        at = place.downstream_id
        while at is not None:
            above[at].append(place.village_id)
            at = next(p.downstream_id for p in places if p.village_id == at)
    for place in places:
        worst = max((levels[v] for v in above[place.village_id]), default=RiskLevel.NONE)
        shown = found.get(place.village_id, ())
        assert (shown[0].level if shown else RiskLevel.NONE) == (
            worst if worst >= SHOWN_FROM else 0
        )
        assert np.all(np.diff([t.level for t in shown]) <= 0)
