"""What one cycle is judged on, and all that was found in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from pipeline import instants
from pipeline.risk.as_read import AsRead
from pipeline.risk.blindness import Sight
from pipeline.risk.hand_fed import HandFed, is_by_hand
from pipeline.risk.indicators import RainIndicators
from pipeline.risk.official import FeedWarning
from pipeline.risk.rain_ahead import HOUR_US
from pipeline.risk.reported import Report
from pipeline.risk.river_levels import RiverIndicators
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.suspension import Suspension
from pipeline.risk.thresholds import Bools, Floats, Ints
from pipeline.risk.warned import Warned
from pipeline.risk.watch import Watched


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle is judged on: its instants, and what was read at the cutoff.

    Attributes
    ----------
    messages : of official warnings, each identity of a feed once
    suspensions : those that stand at the cutoff; the rows of their stations are not used
    hand_fed : what persons said of the files that they fed by hand, as known at the cutoff
    reports : of persons at the water, those that count at the cutoff
    """

    slot: datetime
    cutoff: datetime
    as_read: AsRead
    messages: tuple[FeedWarning, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    hand_fed: tuple[HandFed, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def suspended(self) -> frozenset[str]:
        """The stations whose rows are not used."""
        return frozenset(s.station_id for s in self.suspensions)

    @property
    def is_fed(self) -> bool:
        """Whether something of it was fed by hand."""
        return bool(self.as_read.by_hand) or any(is_by_hand(m.feed_id) for m in self.messages)

    @property
    def fetched(self) -> Cycle:
        """The cycle without what was fed by hand."""
        if not self.is_fed:
            return self
        own = tuple(m for m in self.messages if not is_by_hand(m.feed_id))
        return replace(self, as_read=self.as_read.fetched, messages=own, hand_fed=())


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """All that one cycle found, by village.

    Attributes
    ----------
    only_foreseen : where a forecast alone brings the level, dims (village)
    """

    cycle: Cycle
    rain: RainIndicators
    rivers: RiverIndicators
    stations: tuple[Watched, ...]
    sight: Sight
    warned: Warned
    levels: Ints
    only_foreseen: Bools

    def reports_of(self, village: int) -> tuple[Report, ...]:
        """Return the reports that count in a village."""
        name = self.site.villages[village]
        return tuple(r for r in self.cycle.reports if r.village_id == name)

    def foreseen_h(self, village: int) -> Floats | None:
        """Return hours after the slot until the water of forecast rain; None = none is foreseen."""
        foreseen = self.rain.foreseen
        if foreseen is None or np.isnan(foreseen.water_h[village]).any():
            return None
        since_h = (instants.to_us(self.cycle.slot) - self.rain.seen.end_us) / HOUR_US
        return np.asarray(np.maximum(foreseen.water_h[village] - since_h, 0.0))

    @property
    def site(self) -> SiteArrays:
        return self.rain.site

    @property
    def cutoff_us(self) -> int:
        return instants.to_us(self.cycle.cutoff)
