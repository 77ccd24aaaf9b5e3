"""What makes a village flood sooner for a while: a burnt slope, a blocked bridge, a works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Self

from pydantic import AwareDatetime, Field, model_validator

from pipeline.site.frozen import Frozen

FACTORS_FILE: Final = "factors.csv"


class TemporaryFactor(Frozen):
    """One row of factors.csv: until then, what rain it takes there is divided by the factor.

    It is never below 1: what makes a place safer is stated as thresholds, by who measured them.

    Attributes
    ----------
    village_id, down_to : one village, or the reach from it down to the other
    since, until : [since, until); it ends by itself, and is stated again if it does not
    author : a role or a reference into the roster, not a number
    reason : as officers read it
    """

    village_id: str
    down_to: str | None = None
    factor: float = Field(ge=1, le=10, allow_inf_nan=False)
    since: AwareDatetime
    until: AwareDatetime
    author: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$")
    reason: str = Field(min_length=1, max_length=120)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.since >= self.until:
            raise ValueError("since is not before until")
        return self

    def reach(self, below: Mapping[str, str | None]) -> tuple[str, ...] | None:
        """Return the villages from the upper down to the lower end; None if it is not below.

        Parameters
        ----------
        below : the next village down the river; a network without circles
        """
        if self.down_to is None:
            return (self.village_id,)
        passed = tuple(_down_the_river(self.village_id, below))
        if self.down_to not in passed:
            return None
        return passed[: passed.index(self.down_to) + 1]


def _down_the_river(village_id: str, below: Mapping[str, str | None]) -> Iterator[str]:
    at: str | None = village_id
    while at is not None:
        yield at
        at = below.get(at)
