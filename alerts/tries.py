"""How long a login waits after wrong tries: longer each time, a minute at most, and never for good.

Wrong tries count for the login and for the address. Who guesses from elsewhere cannot lock anybody
out: an address that failed at nothing is always judged at once, and its pause runs from its own
last try alone.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FREE: Final = 5
"""Wrong tries of an address without a pause: a person mistypes."""
GUESSED: Final = 20
"""Wrong tries at one login from anywhere, after which an address has one without a pause."""
LONGEST_S: Final = 60.0
FORGET_S: Final = 900.0
MOST_KEPT: Final = 10_000
IPV6_HOME: Final = 64
"""One household has all addresses of such a prefix."""

_Key = tuple[str, str]


@dataclass(slots=True)
class _Wrong:
    count: int = 0
    last_s: float = -math.inf


@dataclass(slots=True, eq=False)
class Tries:
    """The wrong tries of the last minutes, in memory; an open session is none of its business.

    Attributes
    ----------
    now : seconds of a clock that never goes back
    """

    now: Callable[[], float] = time.monotonic
    _wrong: OrderedDict[_Key, _Wrong] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, login: str, address: str | None) -> float:
        """Return the seconds to wait; 0.0 lets the try be judged, and counts it as wrong at once.

        So a hundred tries at the same instant are a hundred, and not one.
        """
        home, at = _home(address), self.now()
        with self._guard:
            own, all_of_login = self._of(("address", home), at), self._of(("login", login), at)
            wait = own.last_s + pause_s(own.count, all_of_login.count) - at
            if wait > 0:
                return wait
            for key, wrong in ((("address", home), own), (("login", login), all_of_login)):
                self._keep(key, _Wrong(wrong.count + 1, at))
        return 0.0

    def right(self, login: str, address: str | None) -> None:
        """Take back that a try was counted as wrong, and what the address had failed before."""
        with self._guard:
            self._wrong.pop(("address", _home(address)), None)
            kept = self._wrong.get(("login", login))
            if kept is not None:
                kept.count -= 1

    def _of(self, key: _Key, at: float) -> _Wrong:
        kept = self._wrong.get(key)
        return _Wrong() if kept is None or at - kept.last_s > FORGET_S else kept

    def _keep(self, key: _Key, wrong: _Wrong) -> None:
        self._wrong[key] = wrong
        self._wrong.move_to_end(key)
        while len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)


def pause_s(own: int, of_login: int) -> float:
    """Return the pause after an address's last wrong try: 1, 2, 4 ... seconds, a minute at most.

    Parameters
    ----------
    own : wrong tries of the address, at whatever login
    of_login : wrong tries at the login, from wherever
    """
    free = FREE if of_login < GUESSED else 1
    if own < free:
        return 0.0
    doubled = min(max(own, of_login) - free, int(math.log2(LONGEST_S)) + 1)
    return min(2.0**doubled, LONGEST_S)


def _home(address: str | None) -> str:
    """Return what counts as one address."""
    try:
        given = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(given, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((given, IPV6_HOME), strict=False))
    return str(given)
