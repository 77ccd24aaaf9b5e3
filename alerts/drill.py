"""Door: `floodwarn drill`: a recorded flood played to people who are marked for exercises.

It runs in this process beside whatever is live: a world of its own, a page of its own for answers,
the steps of Airflow's exercise but for fetching. Whom it may tell is an allow-list that stands
before every step, and behind it the sender refuses whatever is of another mode and whoever has not
the mark.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from alerts import past
from alerts.board.ack_app import AckDesk, create_ack_app
from alerts.board.inbound_routes import Door
from alerts.cycle import Turn
from alerts.deployment import Deployment
from alerts.drill_report import Played
from alerts.drill_score import Listed, Record, Score, score
from alerts.errors import NothingToDo, Refused
from alerts.hearing import Ear
from alerts.ledger.drilled import answers_in, climbed_in, orders_in
from alerts.ledger.waited_for import waited_for
from alerts.local_stack import AS_THE_SITE, Flood, new_exercise
from alerts.outbox.drilled import sent_in
from alerts.phones.book import agreement
from alerts.phones.server import lines_of, listening, serving
from alerts.placing import place
from alerts.progress import Progress
from alerts.receivers_file import pushed_to, receivers_in
from alerts.roster import Contact, Roster, signing_key
from pipeline import clock
from pipeline.database import Connection, Engine, reading
from pipeline.runs import Run, close_exercise, last_exercise
from pipeline.settings import Settings
from pipeline.world import Exercise, Mode, RunKind, World

BEAT: Final = timedelta(seconds=5)
Bars = Callable[[str], Progress]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked of a drill.

    Attributes
    ----------
    flood : flood_start, flood_end and speed, where they are not the site's
    only : of the contacts that are marked, these alone; none named = all of them
    sirens : that sound; every other is silent
    receivers : of CAP alerts that are pushed them; every other gets none
    after : for which answers are waited for when the flood is over
    port : of the page for answers; 0 takes a free one
    url : at which people reach that page; None = at that port of this machine
    """

    flood: Flood = field(default_factory=lambda: AS_THE_SITE)
    only: tuple[str, ...] = ()
    sirens: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    after: timedelta = timedelta(minutes=30)
    port: int = 0
    url: str | None = None


def allowed(only: tuple[str, ...], sirens: tuple[str, ...]) -> Callable[[Roster], Roster]:
    """Return what leaves of a roster those whom a drill may tell.

    Nobody without the mark, whoever is named; no siren that is not named.
    """

    def may(contact: Contact) -> bool:
        named = sirens if contact.siren is not None else only or (contact.ref,)
        return contact.exercise and contact.ref in named

    return lambda roster: Roster(tuple(filter(may, roster.contacts)), roster.faults)


def who(settings: Settings, asked: Asked) -> Roster:
    """Return whom a drill would tell.

    Raises
    ------
    Refused
        Somebody who is named is not in the contacts, or may not be told; or nobody is left.
    """
    left = allowed(asked.only, asked.sirens)(Roster.load(settings.home))
    people = {contact.ref for contact in left.contacts if contact.siren is None}
    sirens = {contact.ref for contact in left.contacts} - people
    for ref in sorted({*asked.only} - people | {*asked.sirens} - sirens):
        raise Refused(f"{ref} is no such contact that is marked for exercises")
    marked = {each.id for each in receivers_in(settings.site_folder) or () if each.exercise}
    for name in sorted({*asked.receivers} - marked):
        raise Refused(f"{name} is no receiver of CAP alerts that is marked for exercises")
    if not left.contacts:
        raise Refused("no contact is marked for exercises: a drill would tell nobody")
    return left


def play(
    settings: Settings,
    asked: Asked,
    *,
    bars: Bars,
    stop: threading.Event,
    begun: Callable[[Exercise, str], None],
) -> Exercise:
    """Play a flood to people, at the pace of the wall, until it is over or `stop` is set.

    Parameters
    ----------
    begun : is told the exercise and the address of the page for answers

    Raises
    ------
    Refused
        See `who` and `ready`.
    """
    who(settings, asked)
    with ready(settings, bars, asked.receivers) as deployment, listening(asked.port) as line:
        exercise = new_exercise(deployment, clock.now(), asked.flood)
        url = asked.url or f"http://127.0.0.1:{line.getsockname()[1]}"
        own = replace(deployment, settings=replace(deployment.settings, public_url=url))
        turn = turn_in(own, exercise, allowed(asked.only, asked.sirens))
        try:
            desk = answer_desk(turn, clock.now, lambda: Roster.load(settings.home))
            with serving(create_ack_app(desk), line):
                begun(exercise, url)
                _by_the_wall(turn, ends(exercise, asked.after), stop)
        finally:
            close_exercise(deployment.engine, exercise, now=clock.now())
    return exercise


def _by_the_wall(turn: Turn, until: datetime, stop: threading.Event) -> None:
    """Make a pass each beat, the last of them when it is over."""
    while not stop.is_set():
        now = clock.now()
        one_pass(replace(turn, now=now))
        if now >= until:
            return
        stop.wait(min(BEAT, until - now).total_seconds())


@contextmanager
def ready(settings: Settings, bars: Bars, receivers: tuple[str, ...] = ()) -> Iterator[Deployment]:
    """Open a deployment for a drill, its recorded past taken in.

    Parameters
    ----------
    receivers : of CAP alerts that are part of it

    Raises
    ------
    Refused
        The deployment's own mode is exercise: its Airflow and its sender would play this drill as
        well, to everybody who is marked.
    """
    if settings.mode is Mode.EXERCISE:
        raise Refused("this deployment is an exercise itself, which knows no allow-list")
    with past.recorded(replace(settings, mode=Mode.EXERCISE), bars) as deployment:
        yield replace(deployment, pack=pushed_to(deployment.pack, receivers))


def turn_in(
    deployment: Deployment, exercise: Exercise, narrowed: Callable[[Roster], Roster]
) -> Turn:
    """Return the turn of a drill, its world settled as of any other run."""
    run = Run(
        dag_id="flood_exercise",
        run_id=f"drill__{exercise.world_id}",
        clear_number=0,
        kind=RunKind.MANUAL,
        slot=exercise.flood_start,
    )
    world = place(deployment, run, exercise.wall_start)
    if world != exercise.world:
        raise Refused("another exercise was opened at this site meanwhile")
    return Turn(deployment, run, world, exercise.wall_start, exercise, allowed=narrowed)


def one_pass(turn: Turn) -> None:
    """Judge and warn of what is due of the flood, if anything is; chase the answers and send.

    Nothing is fetched: the flood is in the store already, and what a feed that is live says today
    would stand in its log as if it had been said then.

    Raises
    ------
    NothingToDo
        The exercise is over, or another was opened.
    """
    if turn.deployment.exercise().world != turn.world:
        raise NothingToDo(f"exercise {turn.world.world_id} is over")
    if turn.slots():
        turn.assess()
        turn.warn()
    turn.deliver()


def answer_desk(turn: Turn, now: Callable[[], datetime], people: Callable[[], Roster]) -> AckDesk:
    """Return the page on which people answer, and where telephones do, for this drill alone."""
    deployment = turn.deployment
    home = deployment.settings.home

    def ear() -> Ear:
        return Ear(deployment.engine, turn.world, turn.allowed(people()))

    return AckDesk(
        engine=deployment.engine,
        site=deployment.pack.site_id,
        mode=Mode.EXERCISE,
        zone=ZoneInfo(deployment.pack.zone),
        key=signing_key(home),
        door=Door(home, ear, turn.credential, now),
        now=now,
    )


def ends(exercise: Exercise, after: timedelta) -> datetime:
    """Return when a drill is over, by the wall."""
    return exercise.wall_start + length(exercise) + after


def length(exercise: Exercise) -> timedelta:
    """Return how long a flood is played, by the wall."""
    return (exercise.flood_end - exercise.flood_start) / exercise.speed


def record_of(connection: Connection, world: World) -> Record:
    """Return all that an exercise wrote of whom it told, and what the board lists of it now."""
    standing = waited_for(connection, world, now=clock.now())
    return Record(
        orders_in(connection, world),
        sent_in(connection, world),
        answers_in(connection, world),
        climbed_in(connection, world),
        tuple(
            Listed(order.asked.village_id, frozenset(order.told.values()), order.asked.said)
            for order in standing
        ),
    )


def scored(
    engine: Engine, site: str, world_id: str | None, logs: Iterable[Path]
) -> tuple[Played, Score]:
    """Return the last exercise, or the one of that id, and what it showed.

    Parameters
    ----------
    logs : of telephones; what they were given of it was no drill of people

    Raises
    ------
    NothingToDo
        There is no such exercise.
    """
    exercise = last_exercise(engine, site, world_id)
    if exercise is None:
        raise NothingToDo(f"no exercise {world_id or 'yet'} at {site}")
    with reading(engine) as connection:
        record = record_of(connection, exercise.world)
    known = {sent.key for sent in record.sent}
    lines = [line for log in logs for line in lines_of(log) if line.ident in known]
    played = Played(
        site,
        exercise.world_id,
        exercise.flood_start,
        exercise.flood_end,
        exercise.speed,
        exercise.wall_start,
        agreement(record, lines) if lines else None,
    )
    return played, score(record)
