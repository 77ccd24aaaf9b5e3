"""The valley cut down to three places, a database that is new each night, and a post that obeys.

Everything that decides, writes or sends is the product's own; only the provider at the very end is
ours, so that a test can tell what left the house.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import Counter, namedtuple
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from sqlalchemy import event

from alerts.errors import SendError
from alerts.issue import Desk
from alerts.roster import Roster
from alerts.warning_pack import WarningPack
from pipeline import database
from tests.alerts.night import EXERCISE, Night, home_of
from tests.golden.samples import valley

PLANNED, PLANLESS, RIVER = "hekou", "songlin", "rp-lower"
VILLAGES = (PLANNED, PLANLESS, RIVER)
RESPONSIBLE = ("hekou/responsible", "hekou/responsible-deputy")
WARNING = ("hekou/warning",)
TABLES = (
    *("acknowledgement", "attempt", "cap_alert", "config_version", "cycle", "delivery"),
    *("episode", "fence", "message", "officer_action", "warning_fault"),
)


def small_valley() -> WarningPack:
    """Return a village with a plan, one without and a river point; few people, for speed."""
    plan = valley().plans[PLANNED]
    people = {"responsible": RESPONSIBLE, "warning": WARNING, "transfer": ()}
    few = plan.model_copy(update={"people": plan.people.model_copy(update=people)})
    villages = tuple(v for v in valley().villages if v.village_id in VILLAGES)
    return replace(valley(), villages=villages, plans={PLANNED: few}, responses={})


FIRST_ASKED = "county_duty-2"
"""Then the other of the county, then the township's."""


@dataclass(frozen=True)
class Rules:
    """A night's rules.

    Attributes
    ----------
    asks : an order waits for an approver
    turn_min : minutes after which the next approver is asked; None where no order is stated
    dark_falls : a tier may fall at night
    early : a yellow rises to orange where a special site cannot wait
    """

    asks: bool
    turn_min: int | None
    dark_falls: bool
    early: bool


def ruled(pack: WarningPack, rules: Rules) -> WarningPack:
    """Return a pack that keeps a night's rules."""
    release = "approve" if rules.asks else "at_once"
    in_turn = {"approvers": (FIRST_ASKED, "county_duty"), "ask_next_minutes": rules.turn_min}
    changed = {
        **(in_turn if rules.turn_min is not None else {}),
        "send_orange": release,
        "send_red": release,
        "falls_in_the_dark": rules.dark_falls,
        "clock_raises_yellow": rules.early,
    }
    return replace(pack, config=pack.config.model_copy(update=changed))


@dataclass
class Post:
    """A provider that does with each person's mail what it is told to, and counts what it took."""

    trouble: dict[str, str] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    handed: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def send(self, parcel):
        kind = self.trouble.get(parcel.contact_ref)
        with self.guard:
            self.handed.append(parcel.key)
            self.taken[parcel.key] += kind in {None, "uncertain"}
            self.doubtful[parcel.key] += kind == "uncertain"
        if kind is not None:
            raise SendError(kind, retryable=kind == "temporary", uncertain=kind == "uncertain")


class SmallNight(Night):
    """A night whose people and whose rules are read once."""

    @cached_property
    def known(self) -> Roster:
        return Roster.load(self.home)

    @property
    def roster(self) -> Roster:
        return self.known

    @cached_property
    def seat(self) -> Desk:
        return Desk(self.engine, self.pack, self.world, self.roster)

    @property
    def desk(self) -> Desk:
        return self.seat


@dataclass
class Stage:
    """Where nights are played: a migrated database and a home, made once and copied.

    Attributes
    ----------
    reader : of the night's file; while it is open no other connection is the last, which would
        write the whole journal back
    """

    folder: Path
    pack: WarningPack
    reader: sqlite3.Connection | None = None

    @classmethod
    def built(cls, folder: Path) -> Stage:
        pack = small_valley()
        home_of(folder / "home", pack)
        engine = database.connect(f"sqlite:///{folder}/empty.db")
        database.migrate(engine)
        engine.dispose()
        return cls(folder, pack)

    def night(self) -> SmallNight:
        """Return a new night; what the night before wrote is gone."""
        self.close()
        path = self.folder / "night.db"
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copy(self.folder / "empty.db", path)
        engine = database.connect(f"sqlite:///{path}")
        # no machine loses its power here, and an fsync a transaction is most of a night's time
        event.listen(engine, "connect", _carelessly)
        self.reader = sqlite3.connect(path)
        return SmallNight(engine, self.folder / "home", EXERCISE, self.pack)

    def rows(self) -> Rows:
        """Return every row of every table of the night."""
        assert self.reader is not None
        return Rows({name: _all(self.reader, name) for name in TABLES})

    def close(self) -> None:
        """Let go of the night's file."""
        if self.reader is not None:
            self.reader.close()


def _carelessly(connection, _record):
    connection.execute("PRAGMA synchronous=OFF")


def _all(reader, name):
    cursor = reader.execute(f"SELECT * FROM {name} ORDER BY rowid")
    make = _row_of(name, tuple(column[0] for column in cursor.description))._make
    return [make(values) for values in cursor]


@cache
def _row_of(name, columns):
    return namedtuple(name, columns)


@dataclass(frozen=True)
class Rows:
    """What the database held at one moment, table by table, oldest first."""

    of: dict[str, list]

    def __getattr__(self, table):
        return self.of[table]

    def new(self, table, before: Rows) -> list:
        """Return what was added; in a table of what was said and decided nothing ever changes."""
        old = before.of[table]
        assert self.of[table][: len(old)] == old, f"a row of {table} was changed or taken out"
        return self.of[table][len(old) :]

    def states(self, village_id) -> list:
        """Return a village's revisions, oldest first."""
        mine = [row for row in self.of["episode"] if row.village_id == village_id]
        return sorted(mine, key=lambda row: (row.opened, row.revision))

    def standing(self, village_id) -> int:
        """Return the tier that stands in a village; 0 where none does."""
        states = self.states(village_id)
        return 0 if not states or states[-1].closed else states[-1].tier
