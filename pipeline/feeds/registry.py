"""The protocols that feeds speak, each with its pure decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import csv, grid
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec

Decoder = Callable[[RawPayload, FeedSpec, Window | None], Decoded]
"""Payload, declaration and the window asked for (None = all) to readings and faults; no I/O."""

PROTOCOLS: Final[Mapping[str, Decoder]] = MappingProxyType({"csv": csv.decode, "grid": grid.decode})


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode a payload by its feed's protocol.

    Raises
    ------
    DecodeError
        The payload is not what the feed declares, or the protocol is unknown.
    """
    decoder = PROTOCOLS.get(spec.protocol)
    if decoder is None:
        raise DecodeError(f"unknown protocol {spec.protocol!r}", field="protocol")
    return decoder(payload, spec, window)
