"""Whom a feed may speak to: public addresses, and those private ones that it declares.

A name is resolved once; every address that it has is judged, and the connection goes to one that
was judged. So neither a name that changes its answer nor an odd way to write an address leads
into the network in which we stand. Source: OWASP SSRF Prevention; RFC 6890; RFC 6052 (NAT64).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, ClassVar, Final

from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipeline.errors import FetchError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Found = tuple[Any, Any, int, str, Any]
"""As `socket.getaddrinfo` gives it."""

WRAPPED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""IPv6 with an IPv4 address in its last 32 bits: NAT64 (RFC 6052, 8215), IPv4-compatible."""

LAST_32: Final = 0xFFFF_FFFF


class HostRefused(FetchError):
    """The host is none that this feed may ask; only its declaration can change that."""

    def __init__(self, host: str) -> None:
        message = f"{host[:253]} is not of the public internet and not in allow_private"
        super().__init__(message, retryable=False)


class HostUnknown(FetchError):
    """No server of names knows the host now."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Whom one feed may speak to.

    Attributes
    ----------
    allowed : networks that are not of the public internet and may be asked
    resolve : tells the addresses of a host and port
    """

    allowed: tuple[Network, ...] = ()
    resolve: Callable[[str, int], Sequence[Found]] | None = None

    def admits(self, address: Address) -> bool:
        """Tell whether an address is public or allowed; what it wraps is what it is."""
        inner = unwrapped(address)
        if any(each in network for each in (address, inner) for network in self.allowed):
            return True
        odd = inner.is_multicast or inner.is_reserved
        if isinstance(inner, IPv6Address):
            odd = odd or inner.is_site_local
        return inner.is_global and not odd

    def checked(self, host: str, port: int) -> list[Found]:
        """Return the addresses of a host, resolved once, all of them admitted.

        Raises
        ------
        HostRefused
            One of them is not: a name that is half ours is none of theirs.
        HostUnknown
            It has none.
        """
        try:
            found = list((self.resolve or _resolve)(host.strip("[]"), port))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise HostUnknown(f"{host[:253]}: no address is known")
        if not all(self.admits(ip_address(each[4][0])) for each in found):
            raise HostRefused(host)
        return found

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Return a connection to the first admitted address that takes one.

        Raises
        ------
        OSError
            None does.
        """
        last: OSError = OSError("no address")
        for family, kind, protocol, _, where in self.checked(host, port):
            line = socket.socket(family, kind, protocol)
            try:
                line.settimeout(timeout)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.connect(where)
            except OSError as error:
                line.close()
                last = error
            else:
                return line
        raise last


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks as `allow_private` declares them.

    Raises
    ------
    ValueError
        One is no CIDR, or is all of the internet.
    """
    found = tuple(ip_network(text) for text in texts)
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("a network of all addresses allows everything")
    return found


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one leads to, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is not None:
        return inner
    own = address.is_loopback or address.is_unspecified
    if not own and any(address in network for network in WRAPPED):
        return IPv4Address(int(address) & LAST_32)
    return address


class GuardedAdapter(HTTPAdapter):
    """Lets a session of `requests` connect only where its guard does."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__()

    @override
    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,
        **pool_kwargs: Any,
    ) -> None:
        """Make the pools' connections the guard's own."""
        manager = PoolManager(connections, maxsize=maxsize, block=block, **pool_kwargs)
        manager.pool_classes_by_scheme = _pools(self.guard)
        self.poolmanager = manager


class _Guarded(HTTPConnection):
    """Connects where its guard does; the name for TLS and `Host` stays the host's."""

    guard: ClassVar[Guard]

    @override
    def _new_conn(self) -> socket.socket:
        timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
        return self.guard.connect(self.host, self.port, timeout)


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Return pool classes whose connections know their guard."""
    plain = type("GuardedPlain", (_Guarded,), {"guard": guard})
    secure = type("GuardedSecure", (_Guarded, HTTPSConnection), {"guard": guard})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def _resolve(host: str, port: int) -> Sequence[Found]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
