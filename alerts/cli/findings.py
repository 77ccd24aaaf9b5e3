"""How findings are told, and what a script hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.commands.options import complain, say, write_json

if TYPE_CHECKING:
    from pipeline.site.finding import Finding

FINDING = 1


def tell_findings(findings: Sequence[Finding], schema: str, where: Path | None) -> None:
    """Write findings line by line, or as JSON of that schema, and how many they are.

    Raises
    ------
    Exit
        With 1 where one is an error.
    """
    if where is not None:
        write_json({"schema": schema, "findings": [asdict(finding) for finding in findings]}, where)
    else:
        for finding in findings:
            say(finding.line())
    errors = sum(finding.severity == "error" for finding in findings)
    complain(f"{errors} errors, {len(findings) - errors} other findings")
    if errors:
        raise typer.Exit(FINDING)
