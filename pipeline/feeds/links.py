"""The further addresses that a feed's answers name: pages, and the entries of an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pipeline.feeds.addresses import linked, redacted
from pipeline.feeds.answer import FetchFailure
from pipeline.feeds.protocol import Protocol
from pipeline.observation import RawPayload

MOST_LINKS: Final = 50
"""Further addresses in one fetch; within the feed's budget there is time for no more."""


class Links:
    """The addresses of one fetch; each is asked once."""

    def __init__(self, protocol: Protocol, asked: Iterable[str]) -> None:
        self._named = protocol.links
        self._seen = set(asked)
        self._left = MOST_LINKS

    def of(self, payload: RawPayload) -> Sequence[str]:
        """Return what an answer names, as it names it."""
        try:
            return list(self._named(payload))
        except Exception:  # noqa: BLE001 - what cannot be read names nothing; the decoder tells it
            return []

    def follow(self, links: Sequence[str], base: str) -> tuple[list[str], list[FetchFailure]]:
        """Return the addresses to ask next, and what is not followed, told once each."""
        chosen: list[str] = []
        strange = beyond = 0
        for link in links:
            address = linked(link, base)
            if address is None:
                strange += 1
            elif address not in self._seen and self._left == 0:
                beyond += 1
            elif address not in self._seen:
                self._seen.add(address)
                self._left -= 1
                chosen.append(address)
        return chosen, list(_untaken(redacted(base), strange, beyond))


def _untaken(shown: str, strange: int, beyond: int) -> Iterable[FetchFailure]:
    if strange:
        yield FetchFailure(shown, f"{strange} links lead to another server; they are not followed")
    if beyond:
        yield FetchFailure(shown, f"{beyond} links beyond the first {MOST_LINKS} are not followed")
