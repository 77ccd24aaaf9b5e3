"""The readings of one payload in columns, as they are judged and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.instants import to_us
from pipeline.observation import QcFlag, Reading
from pipeline.store.blob import NO_MEMBER, plain_values
from pipeline.store.origins import Mask
from pipeline.store.rows import Indices, Integers
from pipeline.store.series_list import SeriesList

OBSERVED_US = np.iinfo(np.int64).min
"""In place of the reference_time that an observation has not."""


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """Readings, row for row.

    Attributes
    ----------
    series : of the payload, in any order
    code : place in `series`
    value : NaN where the reading has none, and where it was withdrawn
    flag : MISSING where there is no value, and only there; but WITHDRAWN stays
    reference_us : OBSERVED_US of what was observed
    row : place in the payload
    """

    series: SeriesList
    code: Integers
    valid_us: Integers
    known_us: Integers
    reference_us: Integers
    member: Integers
    value: npt.NDArray[np.float64]
    flag: npt.NDArray[np.uint8]
    row: Integers

    @classmethod
    def of(cls, readings: Sequence[Reading], known_at: datetime, *, stated: bool) -> Self:
        """Return readings in columns.

        Parameters
        ----------
        known_at : of the rows that state none
        stated : whether to believe the rows that state one
        """
        n = len(readings)
        series, code = SeriesList.coded(
            [r.station_id for r in readings],
            [r.variable for r in readings],
            [r.interval_s for r in readings],
        )
        value, flag = _values(readings)
        known = [r.known_at or known_at for r in readings] if stated else []
        return cls(
            series=series,
            code=code,
            valid_us=_instants([r.valid_time for r in readings]),
            known_us=_instants(known) if stated else np.full(n, to_us(known_at)),
            reference_us=_references(readings),
            member=_members(readings),
            value=value,
            flag=flag,
            row=np.arange(n),
        )

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Indices | Mask) -> Self:
        """Return some of the rows."""
        if rows.dtype == np.bool_ and rows.all():
            return self
        return replace(
            self,
            code=self.code[rows],
            valid_us=self.valid_us[rows],
            known_us=self.known_us[rows],
            reference_us=self.reference_us[rows],
            member=self.member[rows],
            value=self.value[rows],
            flag=self.flag[rows],
            row=self.row[rows],
        )

    @property
    def forecast(self) -> Mask:
        """Which rows are forecasts."""
        found: Mask = self.reference_us != OBSERVED_US
        return found

    @property
    def missing(self) -> Mask:
        """Which rows say that there is no value."""
        found: Mask = self.flag == QcFlag.MISSING
        return found

    @property
    def withdrawn(self) -> Mask:
        """Which rows take a reading back."""
        found: Mask = self.flag == QcFlag.WITHDRAWN
        return found


def _values(readings: Sequence[Reading]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    value = plain_values(np.array([r.value for r in readings], np.float64))
    flag = np.array([r.flag for r in readings], np.uint8)
    withdrawn = flag == QcFlag.WITHDRAWN
    missing = (np.isnan(value) | (flag == QcFlag.MISSING)) & ~withdrawn
    flag[missing] = QcFlag.MISSING
    # An infinite value stays, to be refused.
    value[(missing | withdrawn) & ~np.isinf(value)] = np.nan
    return value, flag


def _references(readings: Sequence[Reading]) -> Integers:
    made = [r.reference_time for r in readings]
    us = [OBSERVED_US if one is None else to_us(one) for one in made] if any(made) else OBSERVED_US
    return np.full(len(readings), us, np.int64)


def _members(readings: Sequence[Reading]) -> Integers:
    return np.array([NO_MEMBER if r.member is None else r.member for r in readings], np.int64)


def _instants(times: Sequence[datetime]) -> Integers:
    # A payload has few instants and many rows; to hash one is cheaper than to convert it.
    known = {one: to_us(one) for one in set(times)}
    return np.fromiter(map(known.__getitem__, times), np.int64, len(times))


def columns(offered: Offered, places: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the rows as blob columns, each series by its place in a list.

    Parameters
    ----------
    places : where each of the payload's series stands in that list
    """
    found: dict[str, npt.NDArray[Any]] = {
        "series": places[offered.code],
        "valid_time": offered.valid_us,
        "value": offered.value,
        "flag": offered.flag,
    }
    if len(offered) and offered.forecast[0]:
        found |= {"reference_time": offered.reference_us, "member": offered.member}
    return found
