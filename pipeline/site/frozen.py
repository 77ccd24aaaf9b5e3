"""What every row and table of a site pack has in common: it is frozen, and refuses unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A row or table of a site pack."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
