"""Rules as quality.toml may state them, and series of hours to judge by them."""

import numpy as np

from pipeline.quality.rule_needs import unit_of
from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable

HOUR_US = 3_600_000_000
FIRST_US = 1_720_000_800_000_000
STATED = {
    Check.GROSS_RANGE: {"fail_below": -1.0, "suspect_below": 0.0, "suspect": 5.0, "fail": 9.0},
    Check.SENTINEL: {"values": (99.9, 999.9), "suspect": 0, "fail": 1},
    Check.SPIKE: {"suspect": 1.0, "fail": 3.0},
    Check.RATE_OF_CHANGE: {"suspect": 1.0, "fail": 3.0},
    Check.FLAT_LINE: {"suspect": 120, "fail": 300, "eps": 0.05},
    Check.GAP: {"suspect": 60, "fail": 600},
    Check.FUTURE_STAMP: {"suspect": 0, "fail": 5},
    Check.ANCIENT_STAMP: {"suspect": 60, "fail": 1440},
    Check.CLOCK_SKEW: {"suspect": 30, "fail": 300},
    Check.COUNTER_RESET: {"suspect": 10.0, "fail": 50.0},
    Check.ACCUMULATION: {"suspect": 1.0, "fail": 5.0},
    Check.INTERPOLATED: {"suspect": 1, "fail": 4},
    Check.LONE_BURST: {"suspect": 5.0, "fail": 15.0},
    Check.FAULTY_ZERO: {"suspect": 5.0, "fail": 20.0},
    Check.WRONG_UNIT: {"suspect": 20.0},
    Check.SECOND_SOURCE: {"suspect": 0.3, "fail": 1.0, "reference": "f", "window_min": 90},
}


def rule(check: Check, variable: Variable = Variable.STAGE, **changes: object) -> QualityRule:
    """Return the rule of a check; `changes` replace what it states, None takes it away."""
    stated = {"unit": unit_of(check, variable), **STATED[check], **changes}
    given = {name: value for name, value in stated.items() if value is not None}
    return QualityRule(check=check, variable=variable, source="by hand", **given)


def only(check: Check, **stated: object) -> QualityRule:
    """Return a rule of a check with nothing but what is stated."""
    return rule(check, **{**dict.fromkeys(STATED[check]), **stated})


def hours(n: int) -> np.ndarray:
    return FIRST_US + HOUR_US * np.arange(n)
