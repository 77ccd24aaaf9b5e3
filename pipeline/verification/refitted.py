"""Past cycles decided again with a model that was fitted without what it is judged on.

Each fold is replayed with the model that the other folds teach; ungauged, with what the other
gauges teach there, and without any river station. Tables that were computed from the whole record
are left out: they would know the floods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.bulletin import RiskBulletin, RiskLevel
from pipeline.database import Engine
from pipeline.replay import replay
from pipeline.site.model import RiskConfig
from pipeline.site.runoff_model import FlowLevel, Foresight, Runoff, RunoffModel
from pipeline.verification.fitting import Fitting
from pipeline.verification.folds import Fold
from pipeline.verification.record import Gauge, Record
from pipeline.world import KnownAs

Ints = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
Words = dict[str, dict[RiskLevel, str]]

GAUGED: Final = "floodwarn gauged"
UNGAUGED: Final = "floodwarn ungauged"


@dataclass(frozen=True, slots=True, eq=False)
class Refitted:
    """What one method decided with what was fitted on the other folds.

    Attributes
    ----------
    levels : dims (time, gauge), of `RiskLevel`
    words : by fold and level, what training chose
    """

    method: str
    latency_h: int
    levels: Ints
    words: Words


def without_rivers(config: RiskConfig) -> RiskConfig:
    """Return a site that no river station speaks for: every village judged as ungauged."""
    return config.model_copy(update={"links": ()})


def levels_of(record: Record, bulletins: Iterable[RiskBulletin]) -> Ints:
    """Return the levels of the gauges' villages, dims (time, gauge); 0 where none is said."""
    at = {slot: row for row, slot in enumerate(record.times)}
    levels = np.zeros(record.flow.shape, np.int64)
    for bulletin in bulletins:
        if bulletin.slot in at:
            level = bulletin.level_of
            levels[at[bulletin.slot]] = [level.get(g.village_id, 0) for g in record.gauges]
    return levels


def refitted(
    engine: Engine,
    config: RiskConfig,
    fitting: Fitting,
    folds: Sequence[Fold],
    latencies_h: Sequence[int],
    progress: Progress | None = None,
) -> Iterator[Refitted]:
    """Yield what is decided at gauges, and at the same places as if they had none.

    Raises
    ------
    NotKept
        No level was passed in what a fold's model is to learn from.
    """
    again = _Again(engine, config, fitting, progress)
    for latency_h in latencies_h:
        yield again.decided(GAUGED, folds, latency_h)
        yield again.decided(UNGAUGED, folds, latency_h)


@dataclass(frozen=True, slots=True)
class _Again:
    engine: Engine
    config: RiskConfig
    fitting: Fitting
    progress: Progress | None

    def decided(self, method: str, folds: Sequence[Fold], latency_h: int) -> Refitted:
        record = self.fitting.record
        levels, words = np.zeros(record.flow.shape, np.int64), Words()
        for fold in folds:
            words[fold.name] = {}
            for of in self._groups(method):
                others = of if method == GAUGED else np.setdiff1d(self.fitting.everyone, of)
                model = self.fitting.model(~fold.within, others, latency_h=latency_h)
                own = [record.gauges[i] for i in of.tolist()]
                found = levels_of(record, self._replayed(method, self._with(model, own), fold))
                levels[:, of] += found[:, of]
                _note(words[fold.name], "" if len(own) > 1 else own[0].station_id, model)
        return Refitted(method, latency_h, levels, words)

    def _groups(self, method: str) -> list[Ints]:
        """Return the gauges that share a model: all of them, or each alone."""
        everyone = self.fitting.everyone
        return [everyone] if method == GAUGED else np.split(everyone, len(everyone))

    def _with(self, model: RunoffModel, gauges: Sequence[Gauge]) -> RiskConfig:
        """Return the site at some gauges' villages alone, with a model and no computed table."""
        names = {gauge.village_id for gauge in gauges}
        flows = tuple(
            FlowLevel(village_id=g.village_id, level=level, value=v, unit="m3/s", source="gauge")
            for g in gauges
            for level, v in g.levels.values()
        )
        config = self.config
        return config.model_copy(
            update={
                "villages": tuple(v for v in config.villages if v.village_id in names),
                "links": tuple(link for link in config.links if link.village_id in names),
                "thresholds": tuple(
                    t for t in config.thresholds if t.basis != "computed" and t.village_id in names
                ),
                "runoff": Runoff(model=model, settings=self.fitting.settings, flows=flows),
            }
        )

    def _replayed(self, method: str, config: RiskConfig, fold: Fold) -> Iterator[RiskBulletin]:
        return replay(
            self.engine,
            config if method == GAUGED else without_rivers(config),
            start=fold.first,
            end=fold.last,
            known=KnownAs.DECLARED,
            assess_delay=timedelta(0),
            progress=self._named(f"{method}, fold {fold.name}, fitted on the others"),
        )

    def _named(self, name: str) -> Callable[[int, int], None] | None:
        progress = self.progress
        return None if progress is None else lambda done, of: progress(name, done, of)


def _note(words: dict[RiskLevel, str], whose: str, model: RunoffModel) -> None:
    for level, how in model.warns.items():
        said = f"{whose} {_said(how)}".strip()
        words[level] = f"{words[level]}, {said}" if level in words else said


def _said(how: Foresight) -> str:
    return f"mean of {how.mean_of_h} h held {how.held_h} h >= {how.trigger:g}"
