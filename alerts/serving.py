"""Whether this host may send: what it knows of its own epoch, and what a fence says of others.

In FLOODWARN_HOME stands the newest epoch that the host knows of, for each database that it ever
served, so that an older one which was put back is known as such. FLOODWARN_FENCE names a file that
every host sees; who begins an epoch writes it there, and all others stop.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from alerts.errors import Refused, RosterError
from alerts.outbox import epoch as epochs
from alerts.outbox.epoch import Epoch, Turn, is_fenced, refusal
from alerts.roster import read_private
from alerts.whole_file import put
from pipeline.database import Connection, Engine, reading
from pipeline.settings import Settings

log = logging.getLogger(__name__)

HOST = "sender.json"
LOOK_S = 1.0
"""What was seen of a fence is believed for that long."""
PATIENCE_S = 2.0
"""A folder of another machine that is gone can keep a reader waiting for ever."""


class Unseen(Refused):
    """The fence is configured and cannot be seen, so whoever else sends cannot be stopped."""


@dataclass
class _Lookout:
    """Looks at one fence, without ever waiting for it twice."""

    path: Path
    looked_at: float = -LOOK_S
    epoch: Epoch | None = None
    look: threading.Thread | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def seen(self) -> Epoch | None:
        with self.turn:
            if time.monotonic() - self.looked_at >= LOOK_S:
                self._look_again()
            return self.epoch

    def forget(self) -> None:
        self.looked_at = -LOOK_S

    def _look_again(self) -> None:
        before, found = self.epoch, list[Epoch]()
        if self.look is None or not self.look.is_alive():
            self.look = threading.Thread(target=self._read, args=(found,), daemon=True)
            self.look.start()
            self.look.join(PATIENCE_S)
        self.epoch = found[0] if found else None
        if self.epoch is None and (before is not None or self.looked_at < 0):
            log.error("the fence %s cannot be seen; this host goes on sending", self.path.name)
        self.looked_at = time.monotonic()

    def _read(self, found: list[Epoch]) -> None:
        try:
            found.append(Epoch.read(self.path.read_text("ascii")))
        except (OSError, ValueError):
            return


@cache
def _lookout(path: Path) -> _Lookout:
    return _Lookout(path)


def seen(settings: Settings) -> Epoch | None:
    """Return the epoch that stands in the fence; None without one, or where it cannot be seen."""
    return None if settings.fence is None else _lookout(settings.fence).seen()


def may_send(connection: Connection, settings: Settings, there: Epoch | None) -> bool:
    """Tell whether this host may take up a delivery now.

    Parameters
    ----------
    there : what was seen of the fence, outside of the transaction
    """
    return refusal(known(connection, settings), epochs.present(connection), there) is None


def has_turn(engine: Engine, settings: Settings) -> bool:
    """Tell whether this host may send now; another's ladder is not climbed from here."""
    there = seen(settings)
    with reading(engine) as connection:
        return may_send(connection, settings, there)


def require_turn(connection: Connection, settings: Settings, there: Epoch | None) -> None:
    """Let only the host go on whose turn it is; one that was fenced remembers it.

    Raises
    ------
    Refused
        Another host sends, or a person must first release what was held.
    """
    own = known(connection, settings)
    if there is not None and is_fenced(own, there) and own != there.of_another():
        note(connection, settings, there.of_another())
    why = refusal(own, epochs.present(connection), there)
    if why is not None:
        raise Refused(why)


def known(connection: Connection, settings: Settings) -> Epoch:
    """Return the newest epoch that this host knows of for its database.

    Raises
    ------
    RosterError
        The file is open to others, or torn.
    """
    return _noted(settings.home).get(_database(connection), Epoch())


def next_epoch(connection: Connection, settings: Settings) -> Epoch:
    """Return an epoch that is newer than every one that can be seen from here."""
    there = seen(settings)
    newest = max(
        epochs.present(connection).epoch.number,
        known(connection, settings).number,
        0 if there is None else there.number,
    )
    return Epoch(newest + 1, secrets.token_hex(16))


def note(connection: Connection, settings: Settings, epoch: Epoch) -> None:
    """Write down the newest epoch that this host knows of for its database."""
    noted = _noted(settings.home) | {_database(connection): epoch}
    text = json.dumps({name: str(each) for name, each in noted.items()}, sort_keys=True)
    put(settings.home / HOST, text.encode(), mode=0o600)


def claim(settings: Settings, epoch: Epoch) -> bool:
    """Write an epoch into the fence, which stops every other host; False where there is no fence.

    Raises
    ------
    Unseen
        The fence cannot be seen or written.
    Refused
        A newer epoch has begun elsewhere.
    """
    if settings.fence is None:
        return False
    lookout = _lookout(settings.fence)
    lookout.forget()
    there = lookout.seen()
    if there is None:
        raise Unseen(f"the fence {settings.fence.name} cannot be seen: no other host is stopped")
    if is_fenced(epoch, there):
        raise Refused(f"another host sends since epoch {there.number}: take over from it first")
    try:
        put(settings.fence, f"{epoch}\n".encode(), mode=0o644)
    except OSError as error:
        raise Unseen(f"the fence cannot be written ({error.strerror})") from error
    lookout.forget()
    return True


def turn_of(connection: Connection, settings: Settings) -> tuple[Turn, str | None]:
    """Return the epoch of the database, and why this host sends nothing in it, if so."""
    turn = epochs.present(connection)
    try:
        return turn, refusal(known(connection, settings), turn, seen(settings))
    except RosterError as error:
        return turn, str(error)


def _noted(home: Path) -> dict[str, Epoch]:
    path = home / HOST
    if not path.exists():
        return {}
    try:
        return {name: Epoch.read(text) for name, text in json.loads(read_private(path)).items()}
    except (ValueError, AttributeError, TypeError):
        raise RosterError(f"{HOST} cannot be read: remove it, and take over") from None


def _database(connection: Connection) -> str:
    """Return a name for the database, by which it is known again though its password changes."""
    where = connection.engine.url.render_as_string(hide_password=True)
    return hashlib.sha256(where.encode()).hexdigest()[:32]
