"""Modes and worlds: which runs may page people, decided once and failing closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.errors import PipelineError
from pipeline.instants import slots


class Mode(StrEnum):
    """What a run may do. Only LIVE pages people."""

    LIVE = "live"
    EXERCISE = "exercise"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class World:
    """The space in which cycles, fences, episodes, messages and the fetch log live.

    Attributes
    ----------
    site : the deployment's site id
    mode : fixed where the run starts
    world_id : ``-`` for live, the exercise's id, or the replay's id
    """

    site: str
    mode: Mode
    world_id: str

    def __post_init__(self) -> None:
        if (self.mode is Mode.LIVE) != (self.world_id == LIVE_ID):
            raise ValueError(f"world {self.world_id!r} does not fit mode {self.mode}")


LIVE_ID = "-"


def live(site: str) -> World:
    """Return the one live world of a site."""
    return World(site, Mode.LIVE, LIVE_ID)


class KnownAs(StrEnum):
    """Which rows a replay may read."""

    RECEIVED = "as-received"
    DECLARED = "as-declared"
    NOW = "now"


class RunKind(StrEnum):
    """Airflow's run types, by their own names, and our command line."""

    BACKFILL = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class ModeRefused(PipelineError):
    """A run that has no right to any mode: it must not start."""


MAX_AGE_INTERVALS = 2
PAGING_KINDS = frozenset({RunKind.SCHEDULED, RunKind.MANUAL})
"""The run types that may reach people, where everything else lets them."""


def is_timely(slot: datetime, *, now: datetime, interval: timedelta) -> bool:
    """Tell whether a slot is young enough for anyone to be paged about it."""
    return slot <= now <= slot + MAX_AGE_INTERVALS * interval


def cycle_mode(
    deployment: Mode,
    kind: RunKind,
    *,
    slot: datetime | None,
    now: datetime,
    interval: timedelta,
    last_committed: datetime | None,
) -> Mode:
    """Return the mode of one run of ``flood_cycle``.

    Parameters
    ----------
    last_committed : the newest slot that was warned about; a slot that is only assessed has
        reached nobody, and a run that takes it up again must be able to

    The deployment's mode if the run is scheduled or manual, its slot is newer than the last
    committed one and at most two intervals old; replay for every other run with a slot.

    Raises
    ------
    ModeRefused
        The run has no data interval, so it has no slot.

    Source: DESIGN section 9, Mode.
    """
    if slot is None:
        raise ModeRefused(f"a {kind} run without a data interval has no slot")
    newer = last_committed is None or slot > last_committed
    if kind in PAGING_KINDS and newer and is_timely(slot, now=now, interval=interval):
        return deployment
    return Mode.REPLAY


def replay_mode(kind: RunKind) -> Mode:
    """Return replay for a backfill run of ``flood_replay``; every other run is refused.

    Raises
    ------
    ModeRefused
        The run is not a backfill.
    """
    if kind is not RunKind.BACKFILL:
        raise ModeRefused(f"flood_replay takes backfill runs only, not {kind}")
    return Mode.REPLAY


def exercise_mode(deployment: Mode, kind: RunKind) -> Mode:
    """Return exercise for a scheduled or manual run where the deployment is an exercise.

    Raises
    ------
    ModeRefused
        The deployment is not an exercise, or the run is of another type.
    """
    if deployment is not Mode.EXERCISE or kind not in PAGING_KINDS:
        raise ModeRefused(f"flood_exercise does not run as {kind} where the mode is {deployment}")
    return Mode.EXERCISE


@dataclass(frozen=True, slots=True)
class Exercise:
    """A recorded flood that is played against the clock on the wall.

    Attributes
    ----------
    wall_start : when it was opened
    flood_start, flood_end : the part of the flood that is played, UTC
    speed : flood seconds per wall second
    """

    site: str
    world_id: str
    wall_start: datetime
    flood_start: datetime
    flood_end: datetime
    speed: int

    def __post_init__(self) -> None:
        if self.speed < 1 or self.flood_end < self.flood_start:
            raise ValueError("an exercise runs forward, from its flood_start to its flood_end")

    @property
    def world(self) -> World:
        """The world that all rows of this exercise bear."""
        return World(self.site, Mode.EXERCISE, self.world_id)


def flood_time(exercise: Exercise, wall: datetime) -> datetime:
    """Return the instant of the flood at an instant of the wall, within the exercise's ends."""
    played = exercise.flood_start + max(wall - exercise.wall_start, timedelta()) * exercise.speed
    return min(played, exercise.flood_end)


def due_flood_slots(
    exercise: Exercise,
    wall: datetime,
    *,
    interval: timedelta,
    assess_delay: timedelta,
    committed: datetime | None,
) -> list[datetime]:
    """Return the flood slots that are due and newer than the last committed, oldest first.

    A slot is due once its cutoff, slot + `assess_delay`, is reached in flood time; the last one
    is the last whose cutoff is not after flood_end, and then the exercise has ended.

    Source: DESIGN section 9, Exercise.
    """
    due = slots(exercise.flood_start, flood_time(exercise, wall) - assess_delay, interval)
    return [slot for slot in due if committed is None or slot > committed]
