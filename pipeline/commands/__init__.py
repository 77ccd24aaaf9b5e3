"""The commands of the pipeline; `floodwarn` mounts them.

A module for each command, or for each group of commands that share a word (`store info`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from typer import Typer

from pipeline.commands import bench, calibrate, ingest, quality, store, verify

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    ingest.ingest,
    quality.quality,
    verify.verify,
    calibrate.calibrate,
)
GROUPS: Final[Mapping[str, Typer]] = MappingProxyType({"bench": bench.app, "store": store.app})
