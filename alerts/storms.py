"""The storms of a record: when each river rose, and what had been said by then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.bulletin import RiskLevel

APART = timedelta(hours=24)
"""Rivers below their level for so long have ended a storm."""

BEFORE = timedelta(hours=18)
"""How long before a rise a level still counts as said of this rise."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one station saw, and the level of the place that lies there.

    Attributes
    ----------
    values : (valid time, value), oldest first; None where nothing was read
    mark : the value of level 3
    levels : (known at, level) of the place whenever it changed, oldest first
    """

    station_id: str
    name: str
    unit: str
    mark: float
    values: Sequence[tuple[datetime, float | None]]
    levels: Sequence[tuple[datetime, RiskLevel]]


@dataclass(frozen=True, slots=True)
class River:
    """One river in one storm.

    Attributes
    ----------
    mark : the value of level 3
    peak : None where nothing was read
    crossed : when it first stood at its mark; None where it did not
    warned : since when its place was at level 3 or more, without a break until it crossed
    """

    name: str
    unit: str
    mark: float
    peak: float | None
    crossed: datetime | None
    warned: datetime | None

    @property
    def lead(self) -> timedelta | None:
        """Time from the warning to the rise; negative where it came late."""
        if self.crossed is None or self.warned is None:
            return None
        return self.crossed - self.warned


@dataclass(frozen=True, slots=True)
class Order:
    """A village first told to prepare or to move."""

    at: datetime
    village: str
    move: bool


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm: its rivers, and what would have been ordered."""

    began: datetime
    ended: datetime
    rivers: tuple[River, ...]
    prepare: int
    move: int
    first_order: datetime | None
    first_village: str | None


def storms(records: Sequence[Record], orders: Sequence[Order]) -> list[Storm]:
    """Return the storms in which any river stood at its mark, oldest first."""
    over = sorted(
        at
        for record in records
        for at, value in record.values
        if value is not None and value >= record.mark
    )
    return [_storm(records, orders, began, ended) for began, ended in _spans(over)]


def crossings(values: Sequence[tuple[datetime, float | None]], mark: float) -> tuple[datetime, ...]:
    """Return when each storm first stood at a mark; below it for `APART` another one begins."""
    over = (at for at, value in values if value is not None and value >= mark)
    return tuple(began for began, _ in _spans(over))


def _spans(over: Iterable[datetime]) -> list[list[datetime]]:
    """Return the first and last instant of each storm, of instants above a mark, oldest first."""
    spans: list[list[datetime]] = []
    for at in over:
        if spans and at - spans[-1][1] <= APART:
            spans[-1][1] = at
        else:
            spans.append([at, at])
    return spans


def _storm(
    records: Sequence[Record], orders: Sequence[Order], began: datetime, ended: datetime
) -> Storm:
    mine = sorted(
        (order for order in orders if began - BEFORE <= order.at <= ended), key=lambda o: o.at
    )
    told: Mapping[str, bool] = {
        order.village: order.move for order in sorted(mine, key=lambda o: o.move)
    }
    return Storm(
        began=began,
        ended=ended,
        rivers=tuple(_river(record, began, ended) for record in records),
        prepare=sum(not move for move in told.values()),
        move=sum(told.values()),
        first_order=mine[0].at if mine else None,
        first_village=mine[0].village if mine else None,
    )


def _river(record: Record, began: datetime, ended: datetime) -> River:
    inside = [(at, v) for at, v in record.values if began <= at <= ended and v is not None]
    crossed = next((at for at, value in inside if value >= record.mark), None)
    return River(
        name=record.name,
        unit=record.unit,
        mark=record.mark,
        peak=max((value for _, value in inside), default=None),
        crossed=crossed,
        warned=None if crossed is None else _warned(record.levels, crossed, ended),
    )


def _warned(
    levels: Sequence[tuple[datetime, RiskLevel]], crossed: datetime, ended: datetime
) -> datetime | None:
    """Return since when the level stood at 3 or more as the river crossed, or when it came late."""
    since: datetime | None = None
    for at, level in levels:
        if at > ended:
            break
        if level < RiskLevel.ORANGE:
            since = None if at <= crossed else since
        elif since is None:
            since = at
    return since
