"""A temporary factor: less rain is enough for a while, and everyone reads why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bulletin import Indicator, RiskLevel, from_bytes
from pipeline.instants import to_us
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.village_case import village_case
from pipeline.site.factor import TemporaryFactor
from tests.risk.modelled_site import modelled
from tests.risk.small_site import HOUR, NOON, Weather, bulletin, config, dry

LATER = NOON + timedelta(days=30)


def factor(value: float = 1.5, **changes: object) -> TemporaryFactor:
    fields = {
        "village_id": "upper", "factor": value, "since": NOON - timedelta(days=3), "until": LATER,
        "author": "role.hydrologist", "reason": "burnt slope",
    }  # fmt: skip
    return TemporaryFactor.model_validate(fields | changes)


def site(*factors: TemporaryFactor, model: bool = False) -> SiteArrays:
    return SiteArrays.of(modelled(1, factors=factors) if model else config(factors=factors))


def stormy(mm: float) -> Weather:
    made = dry(Weather(), hours=24 * 11)
    for back in range(3):
        made.rain(NOON - back * HOUR, mm)
    return made


def level(weather: Weather, at: SiteArrays, village: str = "upper") -> RiskLevel:
    return bulletin(weather, site=at).of(village).level


def test_two_thirds_of_the_rain_do_where_the_factor_is_one_and_a_half():
    for mm in (10.0, 14.0, 20.0):
        assert level(stormy(mm), site(factor(1.5))) == level(stormy(1.5 * mm), site())


@pytest.mark.parametrize("model", [False, True])
@given(mm=st.floats(0, 40), value=st.floats(1, 10))
@settings(max_examples=30)
def test_a_factor_never_lowers_a_level_and_never_delays_the_water(model, mm, value):
    weather = stormy(mm)
    plain, sooner = (bulletin(weather, site=site(*f, model=model)) for f in ((), (factor(value),)))
    for village in ("upper", "lower"):
        assert sooner.of(village).level >= plain.of(village).level
    own = plain.of("upper").onset
    if own is not None:
        assert sooner.of("upper").onset.earliest <= own.earliest


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [(NOON, LATER, True), (NOON + HOUR, LATER, False), (NOON - 2 * HOUR, NOON, False)],
    ids=["from its instant on", "not before", "not at its end"],
)
def test_a_factor_holds_from_its_beginning_up_to_its_end(since, until, holds):
    of = site(factor(3.0, since=since, until=until))
    assert (level(stormy(10.0), of) > level(stormy(10.0), site())) == holds


def test_of_several_factors_the_largest_counts_and_no_product():
    both = site(factor(1.5), factor(2.0, reason="works"))
    alone = site(factor(2.0, reason="works"))
    found = [bulletin(stormy(9.0), site=each).of("upper") for each in (both, alone)]
    assert found[0] == found[1]


def test_a_factor_on_a_reach_holds_for_each_village_down_to_its_lower_end():
    below = {"upper": "lower", "lower": "ford"}
    villages = tuple(
        v.model_copy(update={"downstream_id": below.get(v.village_id)}) for v in config().villages
    )
    of = SiteArrays.of(config(villages=villages, factors=(factor(2.0, down_to="lower"),)))
    at = dict(zip(of.villages, of.factors.at(to_us(NOON)), strict=True))
    assert at == {"upper": 2.0, "lower": 2.0, "ford": 1.0, "lonely": 1.0}


@pytest.mark.parametrize("model", [False, True])
def test_the_evidence_says_the_factor_its_reason_and_its_author(model):
    of = site(factor(2.0), model=model)
    found = bulletin(stormy(25.0), site=of)
    said = "2: burnt slope (role.hydrologist, until 2024-08-13T12:00:00Z)"
    by = {e.lowered_by for e in found.of("upper").evidence if e.indicator is not Indicator.UPSTREAM}
    assert by == {said}
    assert {e.lowered_by for e in found.of("lower").evidence} <= {None}
    assert from_bytes(found.to_bytes()).of("upper") == found.of("upper")
    case = village_case(stormy(25.0).cycle(of, NOON), of, "upper")
    assert case.lowered_by == said
    plain = village_case(stormy(25.0).cycle(site(model=model), NOON), site(model=model), "upper")
    for ours, own in zip(case.guidance, plain.guidance, strict=True):
        assert ours.mm[RiskLevel.RED] < own.mm[RiskLevel.RED]


def test_the_basis_of_a_lowered_threshold_is_that_of_the_table():
    own = bulletin(stormy(25.0), site=site(factor(1.7))).of("upper")
    assert {e.basis for e in own.evidence} == {"computed"}


def test_a_site_without_factors_has_the_bytes_it_always_had():
    assert b"factors" not in config().to_bytes()
    assert b"lowered_by" not in bulletin(stormy(25.0)).to_bytes()


def test_a_factor_below_one_or_that_ends_before_it_begins_is_refused():
    for changes in ({"factor": 0.9}, {"until": datetime(2024, 7, 1, tzinfo=UTC)}):
        with pytest.raises(ValueError, match="factor|until"):
            factor(**changes)
