"""One exercise night of the valley in a real database: bulletins kept, people known, mail sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select, text

from alerts.channels.email import EmailChannel, Server
from alerts.channels.file import FileChannel
from alerts.deliver import Delivered, deliver_once
from alerts.first_run import init_home
from alerts.issue import Desk, Minute
from alerts.ledger import answers, messages
from alerts.ledger.answers import Answer, Via
from alerts.parcel import Channel
from alerts.roster import CONTACTS, Roster
from alerts.said import Said
from alerts.tables import acknowledgement, attempt, delivery, episode, message
from alerts.warn import Warned, warn
from alerts.warning_pack import WarningPack
from pipeline.bulletin import RiskBulletin, RiskLevel
from pipeline.settings import Settings
from pipeline.store import cycles
from pipeline.world import Mode, World
from tests.golden.samples import EXERCISE, HOUR, SLOT, bulletin, quick_valley, risk, valley

WALL = datetime(2026, 11, 24, 2, tzinfo=UTC)
# a table has no order of its own: PostgreSQL puts a small row into the gap that an older one left
WRITTEN = {
    "sqlite": (text("rowid"),),
    "postgresql": (text("xmin::text::bigint"), text("cmin::text::bigint"), text("ctid")),
}
FLOOD = SLOT + timedelta(minutes=5)
MINUTE = Minute(WALL, FLOOD)
SECONDS = timedelta(seconds=1)


def levels(slot: datetime = SLOT, **of: int) -> RiskBulletin:
    """Return a bulletin of the whole valley; villages not named are calm."""
    named = [v.village_id for v in valley().villages]
    return bulletin(
        *(risk(RiskLevel(of.get(v.replace("-", "_"), 0)), village=v, slot=slot) for v in named),
        slot=slot,
    )


def assessed(engine: Engine, world: World, *told: RiskBulletin) -> None:
    """Keep bulletins as `assess` does."""
    with engine.begin() as connection:
        for each in told:
            cycles.save(connection, world, each, assessed_at=WALL)


def home_of(folder: Path, pack: WarningPack | None = None) -> Path:
    """Make the home of an exercise."""
    init_home(folder, pack or valley(), Mode.EXERCISE)
    return folder


@dataclass
class Night:
    """A database, a home and a world."""

    engine: Engine
    home: Path
    world: World = EXERCISE
    pack: WarningPack | None = None
    port: int = 1
    budget_s: float = 5.0

    @property
    def roster(self) -> Roster:
        return Roster.load(self.home)

    @property
    def desk(self) -> Desk:
        return Desk(self.engine, self.pack or quick_valley(), self.world, self.roster)

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            site_folder=self.home,
            database_url=self.engine.url.render_as_string(hide_password=False),
            mode=self.world.mode,
            public_url="http://127.0.0.1:8091",
            smtp_host="127.0.0.1",
            smtp_port=self.port,
        )

    @property
    def channels(self) -> Mapping[str, Channel]:
        server = Server("127.0.0.1", self.port, "duty@mailbox.invalid", budget_s=self.budget_s)
        return {
            "email": EmailChannel(server),
            "file": FileChannel(self.home / "outgoing"),
        }

    def warned(self, *told: RiskBulletin, at: Minute = MINUTE) -> list[Warned]:
        """Keep bulletins and warn of them."""
        assessed(self.engine, self.world, *told)
        desk = self.desk
        return warn(
            self.engine, desk.pack, self.world, desk.roster, now=at.wall, flood_now=at.flood
        )

    def delivered(self, *, after_s: float = 0, channels=None) -> Delivered:
        """Run one delivery pass so many seconds later."""
        return deliver_once(
            self.engine,
            self.settings,
            self.world,
            self.roster,
            self.channels if channels is None else channels,
            now=WALL + after_s * SECONDS,
        )

    def rows(self, table) -> list:
        """Return all rows of a table in this world, or of deliveries' attempts, as written."""
        with self.engine.connect() as connection:
            chosen = select(table).order_by(*WRITTEN[self.engine.dialect.name])
            if "world_id" in table.c:
                chosen = chosen.where(table.c.world_id == self.world.world_id)
            return connection.execute(chosen).all()

    def answered(self, said: Said = Said.RECEIVED, *, place: str | None = None) -> None:
        """Let the responsible person say it of every order so far, or of one place's."""
        told = [row for row in self.rows(message) if row.audience == "villager"]
        with self.engine.begin() as connection:
            for row in told:
                if place is None or row.place_id == place:
                    by = f"{row.village_id}/responsible"
                    kept = messages.message(connection, self.world, row.message_id)
                    answer = Answer(row.message_id, by, Via.REPLY, by, WALL, said)
                    answers.record(connection, kept, answer)

    def one_of_each(self) -> list:
        """Return of the messages one for each slot, audience, language, tier and action."""
        kinds = {
            (r.slot, r.revision, r.audience, r.language, r.tier, r.action): r
            for r in self.rows(message)
        }
        return [*kinds.values()]

    def states(self) -> dict[str, int]:
        """Return how many deliveries stand where."""
        found: dict[str, int] = {}
        for row in self.rows(delivery):
            found[row.state] = found.get(row.state, 0) + 1
        return found


def nobody(_roster: Roster) -> None:
    """Chase no answer."""


class Torn(dict):
    """Plans, of which one cannot be read."""

    def get(self, village_id, default=None):
        if village_id == "baishi":
            raise ValueError("torn")
        return super().get(village_id, default)


def only(night: Night, *refs: str) -> None:
    """Leave only those people in the contacts."""
    path = night.home / CONTACTS
    head, *people = path.read_text().split("\n[[contacts]]\n")
    kept = [p for p in people if any(f'ref = "{ref}"\n' in p for ref in refs)]
    assert len(kept) == len(refs)
    path.write_text("\n[[contacts]]\n".join([head, *kept]))


__all__ = [
    "EXERCISE",
    "FLOOD",
    "HOUR",
    "MINUTE",
    "SLOT",
    "WALL",
    "Night",
    "Torn",
    "acknowledgement",
    "assessed",
    "attempt",
    "delivery",
    "episode",
    "home_of",
    "levels",
    "message",
    "nobody",
    "only",
    "valley",
]
