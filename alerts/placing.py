"""Gives each run its world, or refuses it: who may page whom is settled here and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alerts.deployment import Deployment
from alerts.errors import NothingToDo
from alerts.ledger.fence import last_warned
from pipeline import instants
from pipeline.database import reading
from pipeline.replay import replay_world
from pipeline.runs import Run, keep
from pipeline.site.derive import risk_config
from pipeline.world import (
    PAGING_KINDS,
    Exercise,
    Mode,
    ModeRefused,
    World,
    cycle_mode,
    exercise_mode,
    is_timely,
    replay_mode,
)

CYCLE = "flood_cycle"
GAPS = "fill_gaps"
UPKEEP = "keep_store"


def place(deployment: Deployment, run: Run, now: datetime) -> World:
    """Return the world of a run; its first attempt settles it, its retries keep it.

    Raises
    ------
    NothingToDo
        The run has no part to play; it may end quietly.
    ModeRefused
        The run must not start.
    """
    kept = keep(deployment.engine, run, _PLACES[run.dag_id](deployment, run, now), now=now)
    _require_timely(deployment, run, kept, now)
    return kept


def slot_of(run: Run) -> datetime:
    """Return the interval's end.

    Raises
    ------
    ModeRefused
        The run has no data interval.
    """
    if run.slot is None:
        raise ModeRefused(f"a {run.kind} run without a data interval has no slot")
    return run.slot


def plays_today(exercise: Exercise) -> bool:
    """Tell an exercise in today's weather from one on a recorded flood."""
    return exercise.speed == 1 and exercise.flood_start == exercise.wall_start


def _place_cycle(deployment: Deployment, run: Run, now: datetime) -> World:
    slot = slot_of(run)
    if deployment.settings.mode is Mode.REPLAY:
        return _replay(deployment, run)
    paging = deployment.paging_world()
    if paging.mode is Mode.EXERCISE:
        _require_today(deployment.exercise())
    with reading(deployment.engine) as connection:
        warned = last_warned(connection, paging)
    mode = cycle_mode(
        paging.mode,
        run.kind,
        slot=slot,
        now=now,
        interval=deployment.pack.cycle,
        last_committed=warned,
    )
    return _replay(deployment, run) if mode is Mode.REPLAY else paging


def _place_exercise(deployment: Deployment, run: Run, _now: datetime) -> World:
    slot_of(run)
    _quietly(lambda: exercise_mode(deployment.settings.mode, run.kind))
    exercise = deployment.exercise()
    if plays_today(exercise):
        raise NothingToDo("this exercise is played by flood_cycle, in today's weather")
    return exercise.world


def _place_replay(deployment: Deployment, run: Run, _now: datetime) -> World:
    _quietly(lambda: replay_mode(run.kind))
    slot_of(run)
    return _replay(deployment, run)


def _place_sender(deployment: Deployment, run: Run, _now: datetime) -> World:
    if run.kind not in PAGING_KINDS:
        raise NothingToDo(f"a {run.kind} run sends nothing")
    return deployment.paging_world()


def _place_gaps(deployment: Deployment, run: Run, _now: datetime) -> World:
    if run.kind not in PAGING_KINDS or deployment.settings.mode is not Mode.LIVE:
        raise NothingToDo("only a live deployment has gaps to fill, on schedule or by hand")
    # A world of the fetch log alone: what is fetched late is known late, and warns no one.
    return World(deployment.pack.site_id, Mode.REPLAY, GAPS)


def _place_upkeep(deployment: Deployment, run: Run, _now: datetime) -> World:
    if run.kind not in PAGING_KINDS:
        raise NothingToDo(f"a {run.kind} run keeps no store")
    return World(deployment.pack.site_id, Mode.REPLAY, UPKEEP)


_PLACES: dict[str, Callable[[Deployment, Run, datetime], World]] = {
    CYCLE: _place_cycle,
    "flood_exercise": _place_exercise,
    "flood_replay": _place_replay,
    "deliver_warnings": _place_sender,
    "fill_gaps": _place_gaps,
    "keep_store": _place_upkeep,
}


def _replay(deployment: Deployment, run: Run) -> World:
    if run.replay_id is not None:
        return World(deployment.pack.site_id, Mode.REPLAY, run.replay_id)
    return replay_world(risk_config(deployment.pack))


def _quietly(allowed: Callable[[], Mode]) -> None:
    """Turn a refusal of a DAG that is on everywhere into a run that does nothing."""
    try:
        allowed()
    except ModeRefused as reason:
        raise NothingToDo(str(reason)) from reason


def _require_timely(deployment: Deployment, run: Run, kept: World, now: datetime) -> None:
    """Let no run that was begun in time and is resumed days later reach anyone."""
    if run.dag_id != CYCLE or kept.mode is Mode.REPLAY:
        return
    if not is_timely(slot_of(run), now=now, interval=deployment.pack.cycle):
        raise NothingToDo(f"slot {instants.text(slot_of(run))} is too old to page anyone about")


def _require_today(exercise: Exercise) -> None:
    if not plays_today(exercise):
        began = instants.text(exercise.flood_start)
        raise NothingToDo(f"the open exercise plays the flood of {began}, not today's weather")
