"""A CAP alert as it leaves: as it was kept, signed on the way where the deployment has a key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from alerts import cap_signature
from alerts.private_files import read_private
from pipeline.settings import Settings

UNFIT = re.compile(r"[^\w.:-]")
"""What no file of ours is named with."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A CAP alert as it leaves."""

    identifier: str
    content: bytes

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{UNFIT.sub('-', self.identifier)}.xml"


def signed(copy: Copy, settings: Settings, *, now: datetime) -> Copy:
    """Return a copy with the deployment's signature; without FLOODWARN_CAP_KEY, as it is.

    Raises
    ------
    RosterError
        The key is absent, or its file is open to others.
    Refused
        It cannot sign now; then nothing leaves.
    """
    if settings.cap_key is None:
        return copy
    pair = read_private(settings.home / settings.cap_key)
    return Copy(copy.identifier, cap_signature.sign(copy.content, pair, now=now))
