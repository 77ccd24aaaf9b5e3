"""What a protocol must say of itself: how its payloads are read, and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec

Decoder = Callable[[RawPayload, FeedSpec, Window | None], Decoded]
"""Payload, declaration and the window asked for (None = all) to readings and faults; no I/O."""

Problems = Iterator[tuple[str, str]]
"""Field of feeds.toml and fault of everything that would keep a feed from being read."""


@dataclass(frozen=True, slots=True)
class Query:
    """One table that a feed asks a database for; its answer becomes one payload.

    Attributes
    ----------
    table, columns : names, never from a payload
    time_column : rows with start <= time <= end are asked for; None = all rows
    start, end : naive, in the feed's declared zone, as such databases keep their times
    """

    table: str
    columns: tuple[str, ...]
    time_column: str | None = None
    start: Any = None
    end: Any = None


def no_problem(_spec: FeedSpec) -> Problems:
    """Find nothing: the protocol needs no field beyond those that every feed has."""
    return iter(())


def no_link(_payload: RawPayload) -> Sequence[str]:
    """Name no further address."""
    return ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way in which feeds speak; each has a file of its own and a line in the registry.

    Attributes
    ----------
    decode : pure
    problems : what a declaration of this protocol lacks or contradicts
    states_unit : its payloads say their own units, so that feeds.toml need not
    links : further addresses that a payload names (the next page, the entries of an index)
    queries : what to ask of a database; None = it is fetched as files or over HTTP
    """

    decode: Decoder
    problems: Callable[[FeedSpec], Problems] = no_problem
    states_unit: bool = False
    links: Callable[[RawPayload], Sequence[str]] = no_link
    queries: Callable[[FeedSpec, Window], Sequence[Query]] | None = None
