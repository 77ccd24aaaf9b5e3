"""Temporary factors of a site as arrays: by how much less rain a village floods at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from pipeline import instants
from pipeline.risk.thresholds import Bools, Floats, Ints
from pipeline.site.factor import TemporaryFactor
from pipeline.site.model import RiskConfig


@dataclass(frozen=True, slots=True, eq=False)
class FactorArrays:
    """The factors of a site, one entry each.

    Attributes
    ----------
    reach : the villages of each, dims (factor, village)
    since_us, until_us : [since, until), dims (factor)
    """

    factors: tuple[TemporaryFactor, ...]
    reach: Bools
    since_us: Ints
    until_us: Ints

    @classmethod
    def of(cls, config: RiskConfig, villages: tuple[str, ...]) -> Self:
        """Return the factors of a configuration; one whose reach is wrong holds for its village."""
        below = {village.village_id: village.downstream_id for village in config.villages}
        reaches = [set(row.reach(below) or (row.village_id,)) for row in config.factors]
        return cls(
            factors=config.factors,
            reach=np.array([[v in own for v in villages] for own in reaches], np.bool_).reshape(
                -1, len(villages)
            ),
            since_us=np.array([instants.to_us(row.since) for row in config.factors], np.int64),
            until_us=np.array([instants.to_us(row.until) for row in config.factors], np.int64),
        )

    def at(self, us: int) -> Floats:
        """Return the largest factor in force at an instant, dims (village); 1 where there is none.

        The largest alone, not their product: one cause is often stated twice.
        """
        values = np.array([row.factor for row in self.factors])
        found = np.where(self._held(us), values[:, None], 1.0)
        return np.asarray(found.max(axis=0, initial=1.0))

    def reason(self, us: int, village: int) -> str | None:
        """Return by what the village's thresholds are divided at an instant, why and by whom."""
        if not self.factors:  # asked of every evidence, and most sites have none
            return None
        held = np.flatnonzero(self._held(us)[:, village])
        if not len(held):
            return None
        row = max((self.factors[i] for i in held), key=lambda one: one.factor)
        return f"{row.factor:g}: {row.reason} ({row.author}, until {instants.text(row.until)})"

    def _held(self, us: int) -> Bools:
        """Return where each factor is in force, dims (factor, village)."""
        in_force = (self.since_us <= us) & (us < self.until_us)
        return np.asarray(self.reach & in_force[:, None])
