"""The protocols that feeds speak: a file and a line here for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import cap, csv, cwa, grid, jma_amedas, sl323, uk_ea, usgs
from pipeline.feeds.protocol import Protocol
from pipeline.feeds.window import Window
from pipeline.observation import Decoded, RawPayload
from pipeline.site.model import FeedSpec

PROTOCOLS: Final[Mapping[str, Protocol]] = MappingProxyType({
    "cap": cap.PROTOCOL,
    "csv": csv.PROTOCOL,
    "cwa": cwa.PROTOCOL,
    "grid": grid.PROTOCOL,
    "jma_amedas": jma_amedas.PROTOCOL,
    "sl323": sl323.PROTOCOL,
    "uk_ea": uk_ea.PROTOCOL,
    "usgs": usgs.PROTOCOL,
})  # fmt: skip


def decode(payload: RawPayload, spec: FeedSpec, window: Window | None = None) -> Decoded:
    """Decode a payload by its feed's protocol.

    Raises
    ------
    DecodeError
        The payload is not what the feed declares, or the protocol is unknown.
    """
    return protocol_of(spec).decode(payload, spec, window)


def protocol_of(spec: FeedSpec) -> Protocol:
    """Return the protocol that a feed declares.

    Raises
    ------
    DecodeError
        There is none of this name.
    """
    protocol = PROTOCOLS.get(spec.protocol)
    if protocol is None:
        raise DecodeError(f"unknown protocol {spec.protocol!r}", field="protocol")
    return protocol
