"""A night told from feed files: each slot's readings are written, and the live cycle runs on them.

Nothing reaches the product but files and persons' deeds, and nothing is asked of it but what it
wrote to people and shows to officers. Every cycle opens the deployment anew, as a run does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import select

from alerts.board.state import BoardSource
from alerts.channels import OUTGOING
from alerts.cycle import Turn, turn_of
from alerts.deployment import opened
from alerts.explain import explain
from alerts.issue import Desk, Minute
from alerts.ledger import messages
from alerts.ledger.answers import Answer, Via, record
from alerts.roster import Roster
from alerts.said import Said
from alerts.tables import message
from alerts.warning_message import Audience
from alerts.warning_pack import load_warning
from pipeline import clock
from pipeline.database import reading
from pipeline.observe import ObserveFailed
from pipeline.runs import Run
from pipeline.settings import Settings, from_environment
from pipeline.world import Mode, RunKind, live
from tests.alerts.hard_nights.gorge import (
    AT_ONCE,
    DELAY_MIN,
    OFFICERS,
    SITE,
    STEP_MIN,
    ZONE,
    write_home,
    write_site,
)  # fmt: skip

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
STEP = STEP_MIN * MINUTE
SHOWN = 6 * 60 // STEP_MIN
"""How many of its newest readings a station shows in its feed's file."""
DRY = {"R1": 0.0, "R2": 0.0, "H1": 0.4}
FEED_OF = {"R1": "rain", "R2": "rain", "H1": "stage"}
VARIABLE_OF = {"rain": "rain_mm", "stage": "stage_m"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One text that left the house, and when."""

    at: datetime
    to: str
    subject: str
    body: str

    @property
    def village(self) -> str | None:
        """The village whose people got it; None where an officer did."""
        return None if self.to in OFFICERS else self.to.partition("/")[0]

    @property
    def text(self) -> str:
        """Subject and body, without the last line: a link that is each person's own."""
        return "\n".join([self.subject, *self.body.strip().split("\n")[:-1]])


@dataclass
class Night:
    """A live deployment of the gorge, and the weather so far.

    Attributes
    ----------
    slot : of the last cycle, or the one before the first
    now : of the last thing done, wall time
    cycle : from one slot to the next
    dead : feeds of which there is no file
    answers : whoever is ordered says at once that all are there
    """

    settings: Settings
    slot: datetime
    cycle: timedelta = STEP
    now: datetime = field(init=False)
    dead: frozenset[str] = frozenset()
    answers: bool = True
    said: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.slot + DELAY_MIN * MINUTE

    @property
    def steps(self) -> tuple[Callable[[Turn], object], ...]:
        """What one run does, in its order, as its DAG wires it."""
        fetched = (partial(Turn.observe, feed_id=feed) for feed in VARIABLE_OF)
        return (*fetched, Turn.assess, Turn.warn, Turn.deliver)

    def dry_before(self, slots: int) -> None:
        """Let all stations have said so many times, up to the present slot, that all is calm."""
        for back in range(slots - 1, -1, -1):
            self._say(self.slot - back * STEP, DRY)

    def heard(self, **readings: float | None) -> None:
        """Let the stations say so each quarter of an hour up to the next slot; write their files.

        A station given as None says nothing; one that is not named is as on a dry day.
        """
        for _ in range(self.cycle // STEP):
            self.slot += STEP
            self._say(self.slot, DRY | readings)
        self.now = self.slot + DELAY_MIN * MINUTE
        self.write_feeds()

    def lived(self, **readings: float | None) -> list[Sent]:
        """Let the next slot's readings come in, and its cycle run; return what left the house."""
        self.heard(**readings)
        with self.process() as turn:
            for step in self.steps:
                with suppress(ObserveFailed):  # a feed's task fails alone
                    step(replace(turn, now=self.tick()))
        return self.collected()

    def calm(self, slots: int, **readings: float | None) -> list[Sent]:
        """Live so many slots alike."""
        return [sent for _ in range(slots) for sent in self.lived(**readings)]

    def waited(self, minutes: int) -> list[Sent]:
        """Let the sender pass once a minute, as `deliver_warnings` does, for so many minutes."""
        return [sent for _ in range(minutes) for sent in self._one_minute()]

    @contextmanager
    def desk(self) -> Iterator[tuple[Desk, Minute]]:
        """Give the desk at which a person acts now."""
        now = self.tick()
        with opened(self.settings) as deployment:
            pack, roster = load_warning(deployment.pack), Roster.load(self.settings.home)
            yield Desk(deployment.engine, pack, live(SITE), roster), Minute(now, now)

    @contextmanager
    def process(self) -> Iterator[Turn]:
        """Give the present slot's turn to a process of its own, which knows nothing of others."""
        run = Run("flood_cycle", f"scheduled__{self.slot}", 0, RunKind.SCHEDULED, self.slot)
        with turn_of(run, self.settings, now=self.tick()) as turn:
            yield turn

    @contextmanager
    def board(self) -> Iterator[BoardSource]:
        """Give what the officers' pages are made of, as they look now."""
        source = BoardSource(self.settings)
        with patch.object(clock, "now", lambda: self.now):
            yield source
        source._connected().dispose()

    def explained(self) -> set[str]:
        """Return what `explain` says of all that was ever written."""
        with opened(self.settings) as deployment, reading(deployment.engine) as connection:
            ids = connection.execute(select(message.c.message_id)).scalars().all()
            return {explain(deployment.engine, each).verdict.value for each in ids}

    def write_feeds(self) -> None:
        """Write each feed's file whole, as its sender does; a dead feed has none."""
        folder = self.settings.home / "feeds"
        folder.mkdir(parents=True, exist_ok=True)
        for feed, variable in VARIABLE_OF.items():
            path = folder / f"{feed}.csv"
            path.unlink(missing_ok=True)
            if feed not in self.dead:
                path.write_text(self._table(feed, variable), encoding="utf-8")

    def collected(self) -> list[Sent]:
        """Take in what was put into the folder of outgoing texts: a repeat is there again."""
        folder = self.settings.home / OUTGOING
        paths = sorted(folder.glob("*.txt")) if folder.is_dir() else []
        new = [_read(path, self.now) for path in paths]
        for path in paths:
            path.unlink()
        self.sent += new
        if self.answers and new:
            self._answer()
        return new

    def _answer(self) -> None:
        with opened(self.settings) as deployment:
            with reading(deployment.engine) as connection:
                ordered = connection.execute(
                    select(message.c.message_id, message.c.village_id).where(
                        message.c.audience == Audience.VILLAGER.value
                    )
                ).all()
            with deployment.engine.begin() as connection:
                for message_id, village_id in ordered:
                    ref = f"{village_id}/responsible"
                    answer = Answer(message_id, ref, Via.REPLY, ref, self.now, Said.COUNTED)
                    kept = messages.message(connection, live(SITE), message_id)
                    assert kept is not None
                    record(connection, kept, answer)

    def _one_minute(self) -> list[Sent]:
        self.now += MINUTE
        run = Run("deliver_warnings", f"scheduled__{self.now}", 0, RunKind.SCHEDULED, self.now)
        with turn_of(run, self.settings, now=self.now) as turn:
            turn.deliver()
        return self.collected()

    def tick(self) -> datetime:
        """Let a second pass."""
        self.now += SECOND
        return self.now

    def _say(self, slot: datetime, readings: dict[str, float | None]) -> None:
        for station, value in readings.items():
            if value is not None:
                self.said.setdefault(station, []).append((slot, value))

    def _table(self, feed: str, variable: str) -> str:
        rows = [
            f"{station},{variable},{slot:%Y-%m-%dT%H:%M}Z,{value}"
            for station, said in self.said.items()
            if FEED_OF[station] == feed
            for slot, value in said[-SHOWN:]
        ]
        return "\n".join(["station_id,variable,valid_time,value", *rows, ""])


def subjects(sent: Iterable[Sent], village: str | None = None) -> set[str]:
    """Return what stands over the texts to a village's people, or to the officers."""
    return {each.subject for each in sent if each.village == village}


def begun(
    folder: Path,
    database_url: str,
    *,
    slot: datetime,
    dry: int = SHOWN,
    zone: str = ZONE,
    cycle_min: int = STEP_MIN,
    more: Iterable[str] = (),
    **warning: object,
) -> Night:
    """Begin a night at a slot in an empty database, its files in `folder`.

    Parameters
    ----------
    dry : how many calm readings each station has behind it
    more : further villagers of Ferry
    warning : keys of ``[warning]``; unless they say otherwise, orders go at once
    """
    home = folder / "home"
    site = write_site(folder, AT_ONCE | warning, zone=zone, cycle_min=cycle_min)
    settings = replace(
        from_environment(site=site, home=home), database_url=database_url, mode=Mode.LIVE
    )
    write_home(home, site, more=more)
    night = Night(settings, slot, cycle_min * MINUTE)
    night.dry_before(dry)
    return night


def _read(path: Path, at: datetime) -> Sent:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    to, subject = (line.partition(": ")[2] for line in head.split("\n"))
    return Sent(at, to, subject, body)
