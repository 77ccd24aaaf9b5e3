"""A finding: one fault of a site pack, told so that the person who made it can cure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in which file, and what to do about it.

    Attributes
    ----------
    severity : ``error`` (the row is not used, or a live deployment is refused), or less
    file : path below the site folder
    row : line of the file as an editor counts it, so the first row below a header is 2
    field : column, or dotted key of a TOML file
    cure : what the person should do
    """

    severity: Literal["error", "warning", "info"]
    file: str
    row: int | None
    field: str | None
    message: str
    cure: str

    def line(self) -> str:
        """Return one line: file:row: field: message (cure)."""
        row = "" if self.row is None else f":{self.row}"
        field = "" if self.field is None else f" {self.field}:"
        return f"{self.severity}: {self.file}{row}:{field} {self.message} ({self.cure})"
