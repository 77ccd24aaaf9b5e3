"""Payloads that the services sent, where this machine has them."""

from pathlib import Path

from tests.services import ROOT, require_shared


def recorded(service: str, name: str) -> Path:
    """Return a recorded payload; skip where there is none."""
    return require_shared(ROOT.parent / "shared" / "data" / "api_fixtures") / service / name
