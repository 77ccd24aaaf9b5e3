"""The rules that the quality report tries the checks by: assumed, and the same for every site.

The thresholds are those of small mountain rivers and of gauges that tip at 0.2 mm. A site's own
rules are its quality.toml; these judge nothing but the report.
"""

from __future__ import annotations

from typing import Any, Final

from pipeline.quality.record_rain import record_mm
from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable

ASSUMED: Final = "assumed for the quality report"
HOUR_S: Final = 3600
DAY_MIN: Final = 1440
SENTINELS: Final = (-99.9, 999.9, 6553.5)


def trial_rules(variable: Variable, interval_s: int) -> tuple[QualityRule, ...]:
    """Return the rules for one variable and interval, seconds; none for what they do not know."""
    match variable:
        case Variable.RAIN:
            return _of_hours(interval_s) if interval_s >= HOUR_S else _of_minutes(interval_s)
        case Variable.STAGE:
            return _of_rivers(variable, spike=0.5, rate=2.0, least=0.1)
        case Variable.DISCHARGE:
            return _of_rivers(variable, spike=60.0, rate=200.0, least=0.5)
        case _:
            return ()


def _of_minutes(interval_s: int) -> tuple[QualityRule, ...]:
    return (
        *_of_rain(interval_s),
        _rule(Check.FLAT_LINE, Variable.RAIN, "min", suspect=20.0, above=1.0),
        _rule(Check.LONE_BURST, Variable.RAIN, suspect=5.0, fail=15.0),
        _rule(Check.WRONG_UNIT, Variable.RAIN, suspect=20.0),
    )


def _of_hours(interval_s: int) -> tuple[QualityRule, ...]:
    return (
        *_of_rain(interval_s),
        _rule(Check.FLAT_LINE, Variable.RAIN, "min", suspect=180.0, above=1.0),
        _rule(Check.LONE_BURST, Variable.RAIN, suspect=20.0, fail=100.0),
        _rule(Check.WRONG_UNIT, Variable.RAIN, suspect=20.0, window_min=2 * DAY_MIN),
    )


def _of_rain(interval_s: int) -> tuple[QualityRule, ...]:
    step_min = interval_s / 60.0
    return (
        _rule(Check.GROSS_RANGE, Variable.RAIN, fail_below=0.0, fail=record_mm(interval_s)),
        _rule(Check.SENTINEL, Variable.RAIN, "readings", values=SENTINELS, suspect=0.0, fail=1.0),
        _rule(Check.GAP, Variable.RAIN, "min", suspect=2.5 * step_min),
        _rule(Check.FUTURE_STAMP, Variable.RAIN, "min", suspect=10.0),
        _rule(Check.FAULTY_ZERO, Variable.RAIN, suspect=5.0, fail=20.0, window_min=180),
    )


def _of_rivers(
    variable: Variable, *, spike: float, rate: float, least: float
) -> tuple[QualityRule, ...]:
    return (
        _rule(Check.GROSS_RANGE, variable, fail_below=0.0),
        _rule(Check.SENTINEL, variable, "readings", values=SENTINELS, suspect=0.0, fail=1.0),
        _rule(Check.SPIKE, variable, suspect=spike, window_min=180),
        _rule(Check.RATE_OF_CHANGE, variable, f"{variable.unit}/h", suspect=rate, window_min=180),
        _rule(Check.FLAT_LINE, variable, "min", suspect=DAY_MIN / 2, above=10 * least),
        _rule(Check.GAP, variable, "min", suspect=180.0),
        _rule(Check.FUTURE_STAMP, variable, "min", suspect=10.0),
        _rule(Check.INTERPOLATED, variable, "points", suspect=2.0),
        _rule(Check.WRONG_UNIT, variable, above=least),
    )


def _rule(
    check: Check,
    variable: Variable,
    unit: str | None = None,
    **limits: Any,  # noqa: ANN401 - the fields of a rule
) -> QualityRule:
    unit = unit or variable.unit
    return QualityRule(check=check, variable=variable, unit=unit, source=ASSUMED, **limits)
