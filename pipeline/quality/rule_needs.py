"""What each check needs of its rule, so that a rule that cannot mean anything is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable

PARAMETERS: Final = (
    "window_min", "eps", "above", "values", "radius_km", "climb_m", "neighbours", "reference",
)  # fmt: skip
AROUND: Final = frozenset({"radius_km", "climb_m", "window_min", "neighbours"})
OF_RAIN: Final = frozenset({Check.LONE_BURST, Check.FAULTY_ZERO})
"""They ask what fell around a station: a river has nothing to be compared so."""


@dataclass(frozen=True, slots=True)
class RuleNeeds:
    """The unit of a check's thresholds, and the parameters that it takes.

    Attributes
    ----------
    unit : of the variable (value), the same an hour (rate), minutes, or a number of readings
    must, may : parameters without which it is no rule, and those that it may have
    """

    unit: Literal["value", "rate", "minutes", "number"]
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


NEEDS: Final = {
    Check.GROSS_RANGE: RuleNeeds("value"),
    Check.SPIKE: RuleNeeds("value", may=frozenset({"window_min", "above"})),
    Check.RATE_OF_CHANGE: RuleNeeds("rate", may=frozenset({"window_min", "above"})),
    Check.FLAT_LINE: RuleNeeds("minutes", may=frozenset({"window_min", "eps", "above"})),
    Check.GAP: RuleNeeds("minutes", may=frozenset({"above"})),
    Check.FUTURE_STAMP: RuleNeeds("minutes"),
    Check.ANCIENT_STAMP: RuleNeeds("minutes"),
    Check.CLOCK_SKEW: RuleNeeds("minutes", may=frozenset({"window_min", "neighbours"})),
    Check.COUNTER_RESET: RuleNeeds("value", may=frozenset({"eps"})),
    Check.ACCUMULATION: RuleNeeds("value", may=frozenset({"above"})),
    Check.SECOND_SOURCE: RuleNeeds("value", must=frozenset({"reference", "window_min"})),
    Check.SENTINEL: RuleNeeds("number", must=frozenset({"values"}), may=frozenset({"eps"})),
    Check.INTERPOLATED: RuleNeeds("number", may=frozenset({"above"})),
    Check.LONE_BURST: RuleNeeds("value", may=AROUND),
    Check.FAULTY_ZERO: RuleNeeds("value", may=AROUND),
    Check.WRONG_UNIT: RuleNeeds("value", may=AROUND),
}
WRONG_LEVEL: Final = RuleNeeds("value", may=frozenset({"window_min", "above"}))
"""Of `wrong_unit` where it judges a level or a flow, which is its own measure."""


def needs_of(check: Check, variable: Variable) -> RuleNeeds:
    """Return what a check needs of a rule for a variable."""
    return WRONG_LEVEL if check is Check.WRONG_UNIT and not variable.is_sum else NEEDS[check]


def unit_of(check: Check, variable: Variable) -> str:
    """Return the unit in which a rule must state its thresholds."""
    kinds = {"value": variable.unit, "rate": f"{variable.unit}/h", "minutes": "min", "number": "1"}
    return kinds[needs_of(check, variable).unit]


def problems(rule: QualityRule) -> Iterator[tuple[str, str]]:
    """Yield the field and the fault of everything for which a rule cannot be used."""
    unit = unit_of(rule.check, rule.variable)
    if rule.unit != unit:
        message = f"{rule.unit!r} is not the unit of {rule.check} of {rule.variable}, {unit!r} is"
        yield "unit", message
    if rule.check in OF_RAIN and not rule.variable.is_sum:
        yield "variable", f"{rule.check} judges rain, not {rule.variable}"
    yield from _parameters(rule, needs_of(rule.check, rule.variable))
    if rule.check is Check.GROSS_RANGE:
        yield from _range(rule)
    elif rule.check is Check.WRONG_UNIT:
        yield from _factor(rule)
    elif rule.suspect is None and rule.fail is None:
        yield "suspect", "states neither suspect nor fail, so it flags nothing"
    if rule.suspect is not None and rule.fail is not None and rule.suspect > rule.fail:
        yield "suspect", f"{rule.suspect:g} is above fail, {rule.fail:g}"


def _parameters(rule: QualityRule, needs: RuleNeeds) -> Iterator[tuple[str, str]]:
    given = {name for name in PARAMETERS if getattr(rule, name) not in {None, ()}}
    for name in sorted(needs.must - given):
        yield name, f"{rule.check} needs it"
    for name in sorted(given - needs.must - needs.may):
        yield name, f"{rule.check} does not use it"
    if rule.check is not Check.GROSS_RANGE:
        for name in ("suspect_below", "fail_below"):
            if getattr(rule, name) is not None:
                yield name, f"{rule.check} does not use it"


def _factor(rule: QualityRule) -> Iterator[tuple[str, str]]:
    if rule.fail is not None:
        yield "fail", f"{rule.check} only ever doubts"
    if rule.suspect is not None and not rule.variable.is_sum:
        yield "suspect", f"{rule.check} of {rule.variable} has no threshold"


def _range(rule: QualityRule) -> Iterator[tuple[str, str]]:
    low, high = (rule.fail_below, rule.suspect_below), (rule.suspect, rule.fail)
    ladder = [limit for limit in (*low, *high) if limit is not None]
    if not ladder:
        yield "suspect", "states no limit, so it flags nothing"
    elif ladder != sorted(ladder):
        yield "suspect", "fail_below, suspect_below, suspect and fail must rise in this order"
