"""Stations on probation: they may raise to orange and corroborate, and support no fall.

A station is on probation if stations.csv gives it a `probation_until`: until the end of that day,
and on until nothing of it is `unsigned`.

| a village | with stations on probation | without them | what counts |
|---|---|---|---|
| level | red | below orange | orange |
| level | red | orange or red | red: corroborated |
| level | anything else | - | what all stations say |
| data | complete | not complete | degraded: nothing falls on their word |

Source: users.md 24.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np

from pipeline.bulletin import DataState, RiskLevel
from pipeline.risk.blindness import Sight
from pipeline.risk.thresholds import Ints
from pipeline.site.model import Station


def on_probation(stations: Iterable[Station], slot: datetime) -> frozenset[str]:
    """Return the stations whose probation lasts beyond the UTC day of a slot, or ends with it."""
    day = slot.date()
    return frozenset(
        s.station_id
        for s in stations
        if s.probation_until is not None and (day <= s.probation_until or s.unsigned(day))
    )


def capped(levels: Ints, trusted: Ints) -> Ints:
    """Return the levels by all stations; no red that the trusted ones do not bear out.

    Parameters
    ----------
    levels, trusted : dims (village): by all stations, and by those that are not on probation
    """
    alone = (levels == RiskLevel.RED) & (trusted < RiskLevel.ORANGE)
    return np.where(alone, RiskLevel.ORANGE, levels)


def doubted(view: Sight, trusted: Sight, names: frozenset[str]) -> Sight:
    """Return the view, degraded where it is complete by stations on probation alone."""
    why = f"rests on probation of {', '.join(sorted(names))}"
    states, causes = [*view.states], [*view.causes]
    for village, (state, sure) in enumerate(zip(view.states, trusted.states, strict=True)):
        if state is DataState.COMPLETE and sure is not DataState.COMPLETE:
            states[village], causes[village] = DataState.DEGRADED, why
    return replace(view, states=tuple(states), causes=tuple(causes))
