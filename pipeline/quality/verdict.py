"""The verdict on each reading: the worst of what the feed says and what our own checks find.

`judged` is at intake, of each value alone, and is kept with the reading. `flagged` is of rows as
read, by the site's rules: what needs other readings depends on which of them were known, so it is
judged anew at every cutoff, and live, replay and explain agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.observation import QcFlag, Reading
from pipeline.quality.checks import ALONE, OF_STATIONS, OF_SUMS, checked
from pipeline.quality.gross_range import gross_range
from pipeline.quality.overhead import Grid, Overhead
from pipeline.quality.station_block import Flags, Floats, Ints, StationBlock, instants_of
from pipeline.site.model import QualityRule, RiskConfig, Station
from pipeline.units import Variable

Objects = npt.NDArray[np.object_]
SEVERITY = {
    QcFlag.UNKNOWN: 0,
    QcFlag.GOOD: 1,
    QcFlag.SUSPECT: 2,
    QcFlag.FAIL: 3,
    QcFlag.MISSING: 4,
    QcFlag.WITHDRAWN: 5,
}


BY_RANK: Final = np.array(sorted(SEVERITY, key=SEVERITY.__getitem__), dtype=np.uint8)
RANK: Final = np.zeros(max(QcFlag) + 1, dtype=np.uint8)
for _flag, _rank in SEVERITY.items():
    RANK[_flag] = _rank
SPARSE: Final = 64
"""Cells a reading from which stations that share no instants are laid out one by one."""


class SeriesNames(Protocol):
    """What each series of points is called, by its number (pipeline.store.rows)."""

    @property
    def feed_id(self) -> Objects: ...
    @property
    def station_id(self) -> Objects: ...
    @property
    def variable(self) -> Objects: ...
    @property
    def interval_s(self) -> Ints: ...


class Rows(Protocol):
    """Rows as read, oldest first; `series` is a number of `names` (pipeline.store.rows)."""

    @property
    def names(self) -> SeriesNames: ...
    @property
    def series(self) -> Ints: ...
    @property
    def valid_us(self) -> Ints: ...
    @property
    def known_us(self) -> Ints: ...
    @property
    def value(self) -> Floats: ...
    @property
    def flag(self) -> Flags: ...


class Read(Protocol):
    """The rows of one window as known at one cutoff (pipeline.store.known)."""

    @property
    def points(self) -> Rows: ...
    @property
    def grids(self) -> Sequence[Grid]: ...


def worst(one: QcFlag, other: QcFlag) -> QcFlag:
    """Return the graver of two flags; UNKNOWN gives way to any verdict."""
    return max(one, other, key=SEVERITY.__getitem__)


def judged(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings with their flags; values are kept even where they fail."""
    kinds = {(reading.variable, reading.interval_s) for reading in readings}
    flags = np.empty(len(readings), np.uint8)
    for variable, interval_s in kinds:
        flags[_of_kind(readings, variable, interval_s)] = gross_range(
            _values(readings, variable, interval_s), variable, interval_s
        )
    return tuple(
        replace(reading, flag=worst(reading.flag, QcFlag(flag)))
        for reading, flag in zip(readings, flags.tolist(), strict=True)
    )


def _of_kind(readings: Sequence[Reading], variable: Variable, interval_s: int) -> list[int]:
    return [
        i for i, r in enumerate(readings) if r.variable is variable and r.interval_s == interval_s
    ]


def _values(
    readings: Sequence[Reading], variable: Variable, interval_s: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(
        [
            np.nan if r.value is None else r.value
            for r in readings
            if r.variable is variable and r.interval_s == interval_s
        ],
        np.float64,
    )


def flags_of(read: Read, config: RiskConfig) -> Flags:
    """Return the flags of the points read, by a site's rules and with the grids read beside them.

    Returns
    -------
    QARTOD flags [row]
    """
    over = config.rain_cells
    overhead = None if over is None else Overhead.of(read.grids, over)
    return flagged(read.points, config.quality, config.stations, overhead)


def flagged(
    points: Rows,
    rules: Sequence[QualityRule],
    stations: Sequence[Station],
    overhead: Overhead | None = None,
) -> Flags:
    """Return the flags of rows as read: the worst of their own and of what the rules find.

    Pure: the same rows, rules and stations, the same flags, in whatever order stations and rules
    come. No value is changed. What fails alone is no witness in the checks of others.

    Parameters
    ----------
    rules : none, and the flags are those of the log
    stations : where each lies
    overhead : what the rain grids say over them; None = they are not asked

    Returns
    -------
    QARTOD flags [row]
    """
    flags = points.flag
    if not rules:
        return flags
    places = {station.station_id: station for station in stations}
    flags = flags.copy()
    for variable, own in groupby(sorted(rules, key=_variable), key=_variable):
        sheets = [*_sheets(points, variable, [*own], places)]
        if overhead is not None and variable is Variable.RAIN:
            sheets = [one.under(overhead) for one in sheets]
        for alone in (True, False):
            sheets = [replace(one, rank=one.judged(sheets, alone=alone)) for one in sheets]
        for one in sheets:
            flags[one.rows] = BY_RANK[one.rank.ravel()[one.at]]
    return flags


def _variable(rule: QualityRule) -> Variable:
    return rule.variable


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """Rows of one variable and interval as a block, and the rules that concern it.

    `at` is where each row lies in the flattened block, `rank` dims (time, station) the worst said
    of it so far.
    """

    rows: Ints
    at: Ints
    block: StationBlock
    rank: Flags
    rules: Sequence[QualityRule]

    @property
    def usable(self) -> StationBlock:
        """The block without what failed."""
        usable = self.rank < RANK[QcFlag.FAIL]
        return self.block if usable.all() else self.block.where(usable)

    def under(self, overhead: Overhead) -> _Sheet:
        """Return the sheet with what the rain grids say over its stations."""
        return replace(self, block=replace(self.block, grid=overhead.over(self.block)))

    def judged(self, sheets: Sequence[_Sheet], *, alone: bool) -> Flags:
        """Return the worse of `rank` and what the checks find that need no other reading, or do."""
        rules = [rule for rule in self.rules if (rule.check in ALONE) is alone]
        if not rules:
            return self.rank
        rank, block = self.rank, self.usable
        for rule in rules:
            for found in _found(rule, block, sheets):
                rank = np.maximum(rank, RANK.take(found))
        return np.where(np.isnan(block.values), self.rank, rank)


def _found(rule: QualityRule, block: StationBlock, sheets: Sequence[_Sheet]) -> Iterator[Flags]:
    """Yield the flags that one check finds in a block; UNKNOWN of stations not in the rule."""
    for flags in _checked(rule, block, sheets):
        if rule.stations:
            others = [c for c, name in enumerate(block.stations) if name not in rule.stations]
            flags[:, others] = QcFlag.UNKNOWN
        yield flags


def _checked(rule: QualityRule, block: StationBlock, sheets: Sequence[_Sheet]) -> Iterator[Flags]:
    check = rule.check
    if check not in OF_SUMS:
        yield checked(rule, block)
    else:
        for other in sheets:
            if 0 < other.block.interval_s < block.interval_s:
                yield OF_SUMS[check](block, other.usable, rule)


def _sheets(
    points: Rows,
    variable: Variable,
    rules: Sequence[QualityRule],
    places: Mapping[str, Station],
) -> Iterator[_Sheet]:
    """Yield the rows of one variable that its rules concern, by interval."""
    names = points.names
    concerned = np.flatnonzero(names.variable == variable)
    if all(rule.stations and rule.check not in OF_STATIONS for rule in rules):
        asked = {name for rule in rules for name in rule.stations}
        concerned = np.array([s for s in concerned if names.station_id[s] in asked], dtype=np.int64)
    for interval_s in np.unique(names.interval_s[concerned]).tolist():
        series = concerned[names.interval_s[concerned] == interval_s]
        column = np.full(len(names.station_id), -1)
        # A number for each station: what its feeds tell of it is laid out together.
        column[series] = np.unique(names.station_id[series], return_inverse=True)[1]
        rows = np.flatnonzero(column[points.series] >= 0)
        for chosen in _side_by_side(points, rows, column):
            yield _sheet(points, chosen, interval_s, (rules, places))


def _side_by_side(points: Rows, rows: Ints, column: Ints) -> Iterable[Ints]:
    """Return the rows together, or by station where a block of them would be mostly empty."""
    own = column[points.series[rows]]
    stations = np.count_nonzero(np.bincount(own))
    instants = np.count_nonzero(np.diff(points.valid_us[rows])) + 1
    if instants * stations <= SPARSE * max(len(rows), SPARSE):
        return [rows] if len(rows) else []
    order = np.argsort(own, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(own[order])) + 1)


def _sheet(
    points: Rows,
    rows: Ints,
    interval_s: int,
    judged_by: tuple[Sequence[QualityRule], Mapping[str, Station]],
) -> _Sheet:
    rules, places = judged_by
    series = np.flatnonzero(np.bincount(points.series[rows]))
    place = np.zeros(len(points.names.station_id), np.int64)
    place[series] = np.arange(len(series))
    column = place[points.series[rows]]
    valid_us, value = points.valid_us[rows], points.value[rows]
    names = [str(name) for name in points.names.station_id[series]]
    told = (column, valid_us, value, points.known_us[rows])
    feeds = tuple(str(feed) for feed in points.names.feed_id[series])
    block = replace(StationBlock.of(names, told, interval_s, places), feeds=feeds)
    at = instants_of(valid_us)[1] * len(series) + column
    rank = np.zeros(block.values.shape, dtype=np.uint8)
    rank.ravel()[at] = RANK[points.flag[rows]]
    return _Sheet(rows, at, block, rank, rules)
