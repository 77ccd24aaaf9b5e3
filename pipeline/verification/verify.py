"""The judge: floodwarn's own decisions on a recorded past, beside what a county would else use.

What a method decides at a slot is told an hour later where the data come an hour late: the same
decision, so its leads are shorter by the latency and floods of less than that are late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from pipeline.bulletin import RiskBulletin
from pipeline.database import Engine
from pipeline.replay import replay
from pipeline.site.fitted import Fitted
from pipeline.site.model import RiskConfig
from pipeline.site.runoff_settings import RunoffSettings
from pipeline.verification.baselines import Method, Truth, Variant, baselines, out_of_fold
from pipeline.verification.fitting import fitting_of
from pipeline.verification.floods import Matched, Rules, floods
from pipeline.verification.folds import Fold, folds
from pipeline.verification.peer import NotRun, Peer, RunPeer
from pipeline.verification.record import Record, later, read_record
from pipeline.verification.refitted import (
    GAUGED,
    UNGAUGED,
    Refitted,
    levels_of,
    refitted,
    without_rivers,
)
from pipeline.verification.skill import Skill, skill
from pipeline.world import KnownAs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int], None]

REFITTED: Final = "floodwarn, its model fitted on the other folds"
LATENCY_H: Final = 1
FEWEST_FOLDS: Final = 2
"""With one, nothing is left to be fitted on."""
ONE_FOLD: Final = "there is one fold alone"
OUT_OF_FOLD: Final = "out of fold"


@dataclass(frozen=True, slots=True)
class Warned:
    """One flood at one station: `lead_h` before it, or not in time."""

    station_id: str
    at: datetime
    lead_h: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One method at one level, judged on one part of the record.

    Attributes
    ----------
    latency_h : how much later than its data a decision is told
    raw : discharge was read by valid_time, also where it became known later
    fold : a part's name; OUT_OF_FOLD = every part, each with what the others chose
    in_sample : artefacts that were fitted on floods, or gauges, which this row is judged on
    fitted : what training chose, in words
    floods : by station and time
    """

    method: str
    level: str
    latency_h: int
    raw: bool
    fold: str
    skill: Skill
    in_sample: tuple[str, ...] = ()
    fitted: str = ""
    floods: tuple[Warned, ...] = ()

    @property
    def headline(self) -> bool:
        """Whether it may stand in the headline table: as on a bad night, and out of sample."""
        return self.latency_h == LATENCY_H and not self.raw and not self.in_sample


@dataclass(frozen=True, slots=True)
class Verified:
    """All rows, and what they rest on."""

    site: str
    first: datetime
    last: datetime
    gauges: tuple[str, ...]
    folds: tuple[Fold, ...]
    rows: tuple[Row, ...]
    not_run: tuple[NotRun, ...] = ()


def verify(  # noqa: PLR0913 - a site, a record, and how it is cut
    engine: Engine,
    config: RiskConfig,
    fitted: Sequence[Fitted],
    *,
    span: tuple[datetime, datetime],
    splits: Sequence[datetime],
    settings: RunoffSettings | None = None,
    peers: Sequence[RunPeer] = (),
    progress: Progress | None = None,
) -> Verified:
    """Judge a site's warnings on the floods of its record.

    Parameters
    ----------
    fitted : what of the site was fitted, and on what
    span : first and last slot
    splits : where the record is cut into folds
    settings : of the rainfall-runoff model, which is fitted anew for each fold
    peers : models of others, each run on the same record

    Raises
    ------
    NotKept
        There is nothing to judge: see `read_record`.
    """
    record = read_record(engine, config, *span)
    parts = folds(record.times, splits)
    again: Sequence[Refitted] | str = ONE_FOLD
    others: list[Peer | NotRun] = []
    if len(parts) >= FEWEST_FOLDS:
        others = [run(record, parts) for run in peers]
        fitting = fitting_of(record, config, settings or RunoffSettings())
        again = (
            fitting
            if isinstance(fitting, str)
            else [*refitted(engine, config, fitting, parts, (LATENCY_H, 0), progress)]
        )
    decided = [*_replayed(engine, config, record, progress)]
    return judged(config.site, record, decided, fitted, parts, again=again, others=others)


def judged(  # noqa: PLR0913 - all that is set beside one another
    site: str,
    record: Record,
    decided: Sequence[Decided],
    fitted: Sequence[Fitted],
    parts: tuple[Fold, ...],
    *,
    again: Sequence[Refitted] | str = (),
    others: Sequence[Peer | NotRun] = (),
) -> Verified:
    """Judge decisions, and the baselines beside them, on a record.

    Parameters
    ----------
    again : decisions with what was fitted on the other folds, or why there are none
    others : what other models foresaw, or why they were not run
    """
    not_run = [NotRun(REFITTED, again)] if isinstance(again, str) else []
    not_run += [other for other in others if isinstance(other, NotRun)]
    judge = _Judge(
        record,
        parts,
        tuple(fitted),
        () if isinstance(again, str) else tuple(again),
        tuple(other for other in others if isinstance(other, Peer)),
    )
    return Verified(
        site=site,
        first=record.times[0],
        last=record.times[-1],
        gauges=tuple(gauge.station_id for gauge in record.gauges),
        folds=judge.folds,
        rows=tuple(row for name in judge.levels for row in judge.rows(name, decided)),
        not_run=tuple(not_run),
    )


def splits_of(fitted: Sequence[Fitted], first: datetime, last: datetime) -> list[datetime]:
    """Return where what the site was tuned on ends within a span: there a fold ends too."""
    ends = {one.trained_to for one in fitted}
    return sorted(end + timedelta(seconds=1) for end in ends if first <= end < last)


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What one method decided at the villages of the gauges.

    Attributes
    ----------
    raw : discharge was read by valid_time, also where it became known later
    levels : dims (time, gauge), of `RiskLevel`
    """

    method: str
    raw: bool
    levels: Ints

    @classmethod
    def of(
        cls, method: str, record: Record, bulletins: Iterable[RiskBulletin], *, raw: bool = False
    ) -> Self:
        """Return what bulletins say; a slot without one has level 0."""
        return cls(method, raw, levels_of(record, bulletins))


def _replayed(
    engine: Engine, config: RiskConfig, record: Record, progress: Progress | None
) -> Iterator[Decided]:
    """Yield the record as decided then, with all discharge at once, and without rivers."""
    for method, of, known in (
        (GAUGED, config, KnownAs.DECLARED),
        (GAUGED, config, KnownAs.NOW),
        (UNGAUGED, without_rivers(config), KnownAs.DECLARED),
    ):
        raw = known is KnownAs.NOW
        bulletins = replay(
            engine,
            of,
            start=record.times[0],
            end=record.times[-1],
            known=known,
            assess_delay=timedelta(0),
            progress=_named(progress, f"{method}, raw discharge" if raw else method),
        )
        yield Decided.of(method, record, bulletins, raw=raw)


def _named(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, of: progress(name, done, of)


def _always(variants: Sequence[Variant]) -> Method:
    return lambda _fold: variants


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges methods on one record."""

    record: Record
    folds: tuple[Fold, ...]
    fitted: tuple[Fitted, ...]
    again: tuple[Refitted, ...]
    peers: tuple[Peer, ...]

    @property
    def rules(self) -> Rules:
        return Rules.of_step(self.record.step_s)

    @property
    def levels(self) -> list[str]:
        """The levels that every gauge has, those with a return period alone if there are any."""
        common = [
            name
            for name in self.record.gauges[0].levels
            if all(name in gauge.levels for gauge in self.record.gauges)
        ]
        return [name for name in common if name.startswith("Q")] or common

    def rows(self, level: str, decided: Sequence[Decided]) -> Iterator[Row]:
        """Yield every method's rows at one level."""
        values = np.array([gauge.levels[level][1] for gauge in self.record.gauges])
        flow = self.record.flow.T
        truth = Truth(
            tuple(floods(f, v, self.rules) for f, v in zip(flow, values.tolist(), strict=True)),
            self.rules,
        )
        for latency_h in (LATENCY_H, 0):
            for one in decided:
                if not (one.raw and latency_h):
                    yield from self._own(one, level, truth, latency_h)
            for other in self.again:
                if other.latency_h == latency_h:
                    yield from self._again(other, level, truth)
            yield from self._fitted(level, truth, values, latency_h)

    def _again(self, again: Refitted, level: str, truth: Truth) -> Iterator[Row]:
        """Yield the rows of decisions whose model was fitted on the other folds."""
        on = self._late(again.levels >= self._wanted(level), again.latency_h)
        found = [(fold.name, truth.matched(on, fold.within)) for fold in self.folds]
        wanted = self.record.gauges[0].levels[level][0]
        words = [f"{fold.name}: {again.words[fold.name].get(wanted, '')}" for fold in self.folds]
        yield from self._rows_of(again.method, level, again.latency_h, found, words)

    def _own(self, decided: Decided, level: str, truth: Truth, latency_h: int) -> Iterator[Row]:
        on = self._late(decided.levels >= self._wanted(level), latency_h)
        for fold in self.folds:
            found = truth.matched(on, fold.within)
            yield Row(
                method=decided.method,
                level=level,
                latency_h=latency_h,
                raw=decided.raw,
                fold=fold.name,
                skill=self._skill(found),
                in_sample=self._in_sample(decided.method, fold),
                floods=self._warned([found]),
            )

    def _fitted(self, level: str, truth: Truth, values: Floats, latency_h: int) -> Iterator[Row]:
        if len(self.folds) < FEWEST_FOLDS:
            return
        for name, method in self._methods(values, latency_h).items():
            found = [*out_of_fold(method, truth, self.folds)]
            words = [f"{fold.name}: {c.variant.name} >= {c.threshold:g}" for fold, c, _ in found]
            parts = [(fold.name, matched) for fold, _, matched in found]
            yield from self._rows_of(name, level, latency_h, parts, words)

    def _methods(self, values: Floats, latency_h: int) -> dict[str, Method]:
        """Return what is fitted on the other folds, by name: baselines, then peers."""
        found = {
            name: _always(self._told(variants, latency_h))
            for name, variants in baselines(self.record, values).items()
        }
        return found | {peer.method: self._peer(peer, values, latency_h) for peer in self.peers}

    def _peer(self, peer: Peer, values: Floats, latency_h: int) -> Method:
        return lambda fold: self._told(peer.variants(fold, values), latency_h)

    def _rows_of(
        self,
        method: str,
        level: str,
        latency_h: int,
        parts: Sequence[tuple[str, list[Matched]]],
        words: Sequence[str],
    ) -> Iterator[Row]:
        """Yield the row of all parts together, then that of each."""
        together = [one for _, matched in parts for one in matched]
        for (name, matched), said in zip(
            [(OUT_OF_FOLD, together), *parts], ["; ".join(words), *words], strict=True
        ):
            yield Row(
                method=method,
                level=level,
                latency_h=latency_h,
                raw=False,
                fold=name,
                skill=self._skill(matched),
                fitted=said,
                floods=self._warned([m for n, m in parts if name in {OUT_OF_FOLD, n}]),
            )

    def _warned(self, found: Sequence[list[Matched]]) -> tuple[Warned, ...]:
        """Return how each flood was warned of, from what was matched at each gauge, by part."""
        times, hour = self.record.times, self.record.step_s / 3600
        warned = [
            Warned(gauge.station_id, times[start], None if lead is None else hour * lead)
            for matched in found
            for gauge, own in zip(self.record.gauges, matched, strict=True)
            for start, lead in zip(own.starts, own.lead_of, strict=True)
        ]
        return tuple(sorted(warned, key=lambda one: (one.station_id, one.at)))

    def _wanted(self, level: str) -> Ints:
        return np.array([int(gauge.levels[level][0]) for gauge in self.record.gauges])

    def _told(self, variants: Sequence[Variant], latency_h: int) -> list[Variant]:
        """Return what is known so much later."""
        return [replace(v, values=later(v.values, self._steps(latency_h))) for v in variants]

    def _skill(self, found: list[Matched]) -> Skill:
        return skill(found, self.rules, self.record.step_s)

    def _late(self, on: Bools, latency_h: int) -> Bools:
        return later(on.astype(np.float64), self._steps(latency_h)) > 0

    def _steps(self, hours: int) -> int:
        return hours * 3600 // self.record.step_s

    def _in_sample(self, method: str, fold: Fold) -> tuple[str, ...]:
        """Return the artefacts that were fitted on this part; of an ungauged row, on a gauge."""
        own = {gauge.station_id for gauge in self.record.gauges}
        return tuple(
            one.artefact
            for one in self.fitted
            if one.overlaps(fold.first, fold.last)
            or (method == UNGAUGED and (not one.stations or own & set(one.stations)))
        )
