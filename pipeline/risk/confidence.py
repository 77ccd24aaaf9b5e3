"""How well a level is supported: a rule that an officer can check, not a probability.

low     data are not complete, or the level rests on a loss or on forecast rain alone, or nothing
        was seen
high    complete data, and rain (or the model that it runs through) and a river, or a person at
        it, each reach the village's level
medium  everything else
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.bulletin import Confidence, DataState, Evidence, Indicator, RiskLevel

OF_RAIN = frozenset({Indicator.RAIN, Indicator.MODEL})


def confidence(level: RiskLevel, state: DataState, evidence: Sequence[Evidence]) -> Confidence:
    """Return the confidence in a village's level."""
    if state is not DataState.COMPLETE:
        return Confidence.LOW
    speaking = {e.indicator for e in evidence if e.level == level}
    if speaking == {Indicator.FORECAST}:
        return Confidence.LOW
    kinds = {indicator in OF_RAIN for indicator in speaking - {Indicator.FORECAST}}
    return Confidence.HIGH if len(kinds) > 1 else Confidence.MEDIUM
