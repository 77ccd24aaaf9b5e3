"""A page for a screen on the wall: no input, and no script; grey and loud when it is too old.

It is never told to load itself again by a server that cannot serve it: a browser would then show
an error in its place. The page comes at once and its end some seconds later; the end says "again",
and is sent only while the door is open. Where it does not come, the page stays, and its own style
greys it when the newest cycle is two cycles old.

Source: users.md 28.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from alerts.board.facts import Facts
from alerts.board.view import NowView, now_view

HOLD_S = 15.0
"""From the page to its end."""
KNOCK_S = 2.0
MOST = 14
"""Places that a screen has room for."""
AGAIN = b'<meta http-equiv="refresh" content="0">'


@dataclass(frozen=True, slots=True)
class WallView:
    """What the wall shows.

    Attributes
    ----------
    wait_s : until it is too old
    """

    now: NowView
    wait_s: int
    most: int = MOST

    @property
    def style(self) -> str:
        """The one rule that differs from page to page."""
        return f":root{{--wait:{self.wait_s}s}}"


def wall_view(facts: Facts, *, speed: int = 1) -> WallView:
    """Return the wall's content.

    Parameters
    ----------
    speed : flood seconds a wall second
    """
    age = facts.patience if facts.bulletin is None else facts.at - facts.bulletin.slot
    left = facts.patience if facts.ended else max(facts.patience - age, timedelta(0))
    return WallView(now_view(facts), int(left.total_seconds() / speed))


async def held(page: bytes, door: tuple[str, int | None] | None) -> AsyncIterator[bytes]:
    """Give the page, and after a while its end, if the door is still open then.

    Parameters
    ----------
    door : host and port at which the request came in
    """
    yield page
    await asyncio.sleep(HOLD_S)
    if await _is_open(door):
        yield AGAIN


async def _is_open(door: tuple[str, int | None] | None) -> bool:
    if door is None or door[1] is None:
        return True  # no port to knock at: a socket of the machine
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(*door), KNOCK_S)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
