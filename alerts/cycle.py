"""Door: the steps of one run - observe, assess, warn, deliver - for Airflow and command line alike.

Where a run stands (its world, its slots, its flood time) is settled when its turn is taken; the
steps never decide it again, and those that reach people do nothing in a replay.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from alerts import serving
from alerts.channels import channels
from alerts.chase import chase
from alerts.checking import test_duty
from alerts.deliver import deliver_once
from alerts.deployment import Deployment, opened
from alerts.errors import NothingToDo
from alerts.issue import Desk, Minute
from alerts.parcel import Channel
from alerts.placing import place, plays_today, slot_of
from alerts.roster import Roster
from alerts.warn import warn
from alerts.warning_pack import load_warning
from alerts.watch import watch
from pipeline.assess import assess, last_slot
from pipeline.gaps import gaps
from pipeline.instants import floor_to, text
from pipeline.observe import Observed, ObserveFailed, live_because, observe
from pipeline.runs import Run
from pipeline.settings import Settings, credential
from pipeline.site.derive import risk_config
from pipeline.world import Exercise, Mode, RunKind, World, due_flood_slots, flood_time

__all__ = ["NothingToDo", "Turn", "one_cycle", "turn_of"]

log = logging.getLogger(__name__)

SECOND = timedelta(seconds=1)
LOOK_BACK = timedelta(hours=6)
"""How far a scheduled fetch reaches back: an outage of a few hours heals by itself."""

GAP = timedelta(days=3)
"""How far `fill_gaps` reaches back: an outage over a weekend."""


def everybody(roster: Roster) -> Roster:
    """Return a roster as it is."""
    return roster


@dataclass(frozen=True, slots=True)
class Turn:
    """One run at work.

    Attributes
    ----------
    world : kept with the run
    now : wall time at which this step began
    exercise : the recorded flood that is played; None in today's weather
    credential : tells the secret that a feed or a contact names
    allowed : of the deployment's people those who may be told
    ways : by which they are told; None = the deployment's channels
    """

    deployment: Deployment
    run: Run
    world: World
    now: datetime
    exercise: Exercise | None = None
    credential: Callable[[str], str] = credential
    allowed: Callable[[Roster], Roster] = everybody
    ways: Mapping[str, Channel] | None = None

    @property
    def flood_now(self) -> datetime:
        """The instant that valid times are compared with: the flood's, where one is played."""
        return self.now if self.exercise is None else flood_time(self.exercise, self.now)

    @property
    def is_due(self) -> bool:
        """Whether the slot's readings have had the time that the site gives them."""
        return self.now >= slot_of(self.run) + self.deployment.pack.assess_delay

    def observe(self, feed_id: str) -> str:
        """Fetch, keep, decode and append one feed.

        Raises
        ------
        NothingToDo
            A replay fetches nothing. An exercise on a recorded flood asks no live feed: what came
            would be known in the flood's time. Nor does it ask any once it has ended.
        ObserveFailed
            The feed failed, in whole or in part; the rest is stored.
        """
        self._refuse_replay("fetches nothing")
        self._refuse_live_feed(feed_id)
        if not self.slots():
            raise NothingToDo("no flood slot is due")
        now = self.flood_now
        back = max(LOOK_BACK, self.deployment.pack.feed(feed_id).run_age)
        return _said(self._fetch(feed_id, now - back, now, now=now))

    def fill_gap(self, feed_id: str) -> str:
        """Fetch what one feed lacks of the last days: known from now on, and warning no one.

        Raises
        ------
        ObserveFailed
            A gap could not be filled, in whole or in part; the others are tried all the same.
        """
        missing = gaps(
            self.deployment.engine,
            self.deployment.pack,
            self.world,
            feed_id,
            start=self.flood_now - GAP,
            end=self.flood_now,
        )
        said: list[str] = []
        failed: list[ObserveFailed] = []
        began = time.monotonic()
        for start, end in missing:
            # What comes later is known later.
            spent = timedelta(seconds=time.monotonic() - began)
            try:
                observed = self._fetch(feed_id, start, end, now=self.flood_now + spent)
            except ObserveFailed as failure:
                failed.append(failure)
                observed = failure.observed
            said.append(f"{text(start)} to {text(end)}: {_said(observed)}")
        if failed:
            raise failed[0]
        return "; ".join(said) or "nothing is missing"

    def _fetch(self, feed_id: str, start: datetime, end: datetime, *, now: datetime) -> Observed:
        return observe(
            self.deployment.engine,
            self.deployment.pack,
            self.world,
            feed_id,
            start=start,
            end=end,
            now=now,
            credential=self.credential,
        )

    def assess(self) -> list[str]:
        """Judge every slot of this run, oldest first; return the decisions' hashes."""
        config = risk_config(self.deployment.pack)
        return [
            assess(
                self.deployment.engine,
                config,
                self.world,
                slot,
                cutoff=self._cutoff(slot),
                now=self.now,
            ).decision_sha256
            for slot in self.slots()
        ]

    def warn(self) -> list[str]:
        """Turn the bulletins that nobody was warned of into orders in the outbox.

        Officers are then told of what has fallen silent; an order never waits for that.

        Raises
        ------
        NothingToDo
            A replay warns no one.
        """
        self._refuse_replay("warns no one")
        desk = self._desk(self.allowed(Roster.at_hand(self.deployment.settings.home)))
        warned = warn(
            desk.engine,
            desk.pack,
            desk.world,
            desk.roster,
            now=self.now,
            flood_now=self.flood_now,
        )
        return [*(str(each) for each in warned), *self._watched(desk), *self._tested(desk)]

    def _watched(self, desk: Desk) -> list[str]:
        """Tell officers of what has fallen silent; whatever fails in that holds up no order."""
        try:
            return [str(each) for each in watch(desk, now=self.now)]
        except (
            Exception
        ) as error:  # the orders are written, and must go: the next cycle looks again
            log.exception("nobody was told of what is silent")
            return [f"not watched: {type(error).__name__}"]

    def _tested(self, desk: Desk) -> list[str]:
        """Ask whoever is on duty for the day's answer; whatever fails in that holds up no order."""
        try:
            return [f"asked for an answer: {ref}" for ref in test_duty(desk, self._minute)]
        except Exception as error:
            log.exception("nobody on duty was asked for an answer")
            return [f"not tested: {type(error).__name__}"]

    @property
    def _minute(self) -> Minute:
        return Minute(self.now, self.flood_now)

    def deliver(self) -> str:
        """Call whoever is next where an order is unanswered, and send what is due in this world.

        Raises
        ------
        NothingToDo
            A replay sends nothing.
        """
        self._refuse_replay("sends nothing")
        settings = self.deployment.settings
        roster = self.allowed(Roster.load(settings.home))
        self._chase(roster)
        delivered = deliver_once(
            self.deployment.engine,
            settings,
            self.world,
            roster,
            channels(settings, self.credential) if self.ways is None else self.ways,
            now=self.now,
        )
        return str(delivered)

    def _chase(self, roster: Roster) -> None:
        """Chase the answers; whatever fails in that holds up no order."""
        deployment = self.deployment
        try:
            if serving.has_turn(deployment.engine, deployment.settings):
                chase(self._desk(roster), self._minute)
        except Exception as error:  # noqa: BLE001 - the orders must go: the next pass looks again
            # its words can quote rows
            log.error("nobody was called: %s", type(error).__name__)  # noqa: TRY400

    def _desk(self, roster: Roster) -> Desk:
        pack = load_warning(self.deployment.pack)
        return Desk(self.deployment.engine, pack, self.world, roster)

    def _refuse_replay(self, what: str) -> None:
        if self.world.mode is Mode.REPLAY:
            raise NothingToDo(f"a replay {what}")

    def _refuse_live_feed(self, feed_id: str) -> None:
        why = None if self.exercise is None else live_because(self.deployment.pack.feed(feed_id))
        if why is not None:
            raise NothingToDo(f"an exercise on a recorded flood does not ask feed {feed_id}: {why}")

    def slots(self) -> list[datetime]:
        """Return the slots that this run judges: its own, or those of a flood that are due."""
        if self.exercise is None:
            return [slot_of(self.run)]
        return due_flood_slots(
            self.exercise,
            self.now,
            interval=self.deployment.pack.cycle,
            assess_delay=self.deployment.pack.assess_delay,
            committed=last_slot(self.deployment.engine, self.world),
        )

    def _cutoff(self, slot: datetime) -> datetime:
        if self.world.mode is Mode.REPLAY or self.exercise is not None:
            # What nobody lived through has no moment at which it was judged: the site states one.
            return slot + self.deployment.pack.assess_delay
        # Cutoffs are whole seconds. To the second's end: what this very run observed a moment ago
        # must be known, and what is stored after `now` is not read all the same.
        return floor_to(self.now, SECOND) + SECOND


@contextmanager
def turn_of(
    run: Run,
    settings: Settings,
    *,
    now: datetime,
    credential: Callable[[str], str] = credential,
) -> Iterator[Turn]:
    """Take a run's turn: settle its world, or refuse it.

    Parameters
    ----------
    credential : tells the secret that a feed or a contact names

    Raises
    ------
    NothingToDo
        The run has no part to play; it may end quietly.
    ModeRefused
        The run must not start.
    """
    with opened(settings) as deployment:
        world = place(deployment, run, now)
        recorded = _recorded_flood(deployment, world)
        yield Turn(deployment, run, world, now, recorded, credential)


def one_cycle(
    settings: Settings, slot: datetime | None, *, present: Callable[[], datetime]
) -> list[str]:
    """Run one full cycle for a person at the command line; return what each step says.

    Parameters
    ----------
    slot : None = the latest whose readings are due; where a recorded flood is played, its due
        slots are taken instead
    present : the clock; each step reads it anew, so that assess knows what observe just received
    """
    began = present()
    with opened(settings) as deployment:
        slot = slot or floor_to(began - deployment.pack.assess_delay, deployment.pack.cycle)
        recorded = settings.mode is Mode.EXERCISE and not plays_today(deployment.exercise())
    run = Run(
        dag_id="flood_exercise" if recorded else "flood_cycle",
        run_id=f"command__{text(slot)}__{began.isoformat()}",
        clear_number=0,
        kind=RunKind.MANUAL,
        slot=slot,
    )
    said = []
    with turn_of(run, settings, now=began) as turn:
        steps: list[Callable[[Turn], object]] = [
            *(partial(Turn.observe, feed_id=feed.feed_id) for feed in turn.deployment.pack.feeds),
            Turn.assess, Turn.warn, Turn.deliver,
        ]  # fmt: skip
        for step in steps:
            try:
                said.append(str(step(replace(turn, now=present()))))
            except (NothingToDo, ObserveFailed) as reason:
                said.append(str(reason))
    return said


def _said(observed: Observed) -> str:
    return (
        f"{observed.status}: {observed.readings} new, {observed.repeated} known,"
        f" {observed.faults} faults"
    )


def _recorded_flood(deployment: Deployment, world: World) -> Exercise | None:
    if world.mode is not Mode.EXERCISE:
        return None
    exercise = deployment.exercise()
    if exercise.world != world:
        raise NothingToDo(f"exercise {world.world_id} is over")
    return None if plays_today(exercise) else exercise
