"""Door: what the quality checks find of faults that are put into a site's own record.

The record is read as known now, and judged by rules assumed here, which the answer names. A dense
network under convective cells is judged beside it: it is synthetic and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from pipeline import instants
from pipeline.database import Engine, reading
from pipeline.observation import QcFlag
from pipeline.quality.checks import checked
from pipeline.quality.convective_field import convective_field
from pipeline.quality.detection import (
    Detection,
    FalseAlarm,
    Flags,
    detections,
    false_alarms,
)
from pipeline.quality.injected_faults import faults
from pipeline.quality.station_block import StationBlock
from pipeline.quality.trial_rules import trial_rules
from pipeline.site.model import QualityRule
from pipeline.site.pack import SitePack
from pipeline.store import batches
from pipeline.store.holdings import holdings
from pipeline.store.rows import Points
from pipeline.units import Variable

HOUR: Final = timedelta(hours=1)
USED: Final = (QcFlag.GOOD, QcFlag.UNKNOWN, QcFlag.SUSPECT)
SYNTHETIC: Final = "synthetic convective field"


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """The checks on one variable and interval of the site, or on the synthetic network.

    Attributes
    ----------
    first, last : valid times of the record
    interval_s : 0 = instant values
    rules : that it was judged by
    """

    name: str
    synthetic: bool
    variable: Variable
    interval_s: int
    stations: int
    rules: tuple[dict[str, Any], ...]
    first: datetime
    last: datetime
    false_alarms: tuple[FalseAlarm, ...]
    detections: tuple[Detection, ...]


def quality_report(
    engine: Engine,
    pack: SitePack,
    *,
    span: tuple[datetime | None, datetime | None],
    draws: int,
    seed: int,
) -> tuple[SeriesReport, ...]:
    """Return what the checks find, for each variable and interval of the record that has rules.

    Parameters
    ----------
    span : of the record, start < valid time <= end; None = all that is stored
    draws : how often each fault is put in
    """
    found = []
    for variable, block in _record(engine, pack, *span):
        rules = trial_rules(variable, block.interval_s)
        if rules:
            found.append(_report(pack.site_id, variable, block, _Trial(rules, draws, seed)))
    field = convective_field(seed)
    trial = _Trial(trial_rules(Variable.RAIN, field.interval_s), draws, seed)
    found.append(_report(SYNTHETIC, Variable.RAIN, field, trial))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Trial:
    """How a block is tried."""

    rules: tuple[QualityRule, ...]
    draws: int
    seed: int

    def judge(self, block: StationBlock) -> dict[str, Flags]:
        """Return the flags of each check that a rule asks for."""
        return {str(rule.check): checked(rule, block) for rule in self.rules}


def _report(name: str, variable: Variable, block: StationBlock, trial: _Trial) -> SeriesReport:
    return SeriesReport(
        name=name,
        synthetic=name == SYNTHETIC,
        variable=variable,
        interval_s=block.interval_s,
        stations=len({*block.stations}),
        rules=tuple(rule.model_dump(mode="json") for rule in trial.rules),
        first=instants.from_us(int(block.times[0])),
        last=instants.from_us(int(block.times[-1])),
        false_alarms=false_alarms(block, trial.judge),
        detections=tuple(
            one
            for fault in faults(of_sums=variable.is_sum)
            for one in detections(block, trial.judge, fault, draws=trial.draws, seed=trial.seed)
        ),
    )


def _record(
    engine: Engine, pack: SitePack, start: datetime | None, end: datetime | None
) -> Iterator[tuple[Variable, StationBlock]]:
    """Yield each variable and interval of the record, with something in it."""
    with reading(engine) as connection:
        held = holdings(connection, pack.site_id)
        if held.first is None or held.last is None:
            return
        start = held.first - HOUR if start is None else start
        end = held.last + HOUR if end is None else end
        revisions = batches.load(
            connection, site=pack.site_id, start=start, end=end, known_before=None
        )
    yield from _blocks(revisions.at(None, start, end).points, pack)


def _blocks(points: Points, pack: SitePack) -> Iterator[tuple[Variable, StationBlock]]:
    """Yield a block for each variable and interval: a column for each feed's station."""
    names = points.names
    places = {station.station_id: station for station in pack.stations}
    used = np.unique(points.series)
    kinds = sorted({(str(names.variable[one]), int(names.interval_s[one])) for one in used})
    usable = np.isin(points.flag, USED)
    for variable, interval_s in kinds:
        own = used[(names.variable[used] == variable) & (names.interval_s[used] == interval_s)]
        rows = np.flatnonzero(np.isin(points.series, own) & usable)
        if len(rows):
            column = np.searchsorted(own, points.series[rows])
            said = column, points.valid_us[rows], points.value[rows], points.known_us[rows]
            stations = [str(station) for station in names.station_id[own]]
            yield Variable(variable), StationBlock.of(stations, said, interval_s, places)
