"""What the tables of a site say of one another: duplicates, unknown names, rivers in a circle."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from pydantic import BaseModel

from pipeline.site.finding import Finding
from pipeline.site.model import StationLevel, Village
from pipeline.site.sheet import Sheet

Model = TypeVar("Model", bound=BaseModel)
Lines = list[tuple[int, Model]]


def unique(sheet: Sheet[Model], key: Callable[[Model], object], field: str) -> Sheet[Model]:
    """Return the sheet with the first row of each key; every later one is a finding."""
    first: dict[object, int] = {}
    kept: Lines[Model] = []
    findings = list(sheet.findings)
    for line, row in sheet.rows:
        if (earlier := first.setdefault(key(row), line)) == line:
            kept.append((line, row))
        else:
            message = f"stands already on line {earlier}; that one is used"
            findings.append(Finding("error", sheet.file, line, field, message, "remove one"))
    return Sheet(sheet.file, tuple(kept), tuple(findings))


def naming(sheet: Sheet[Model], field: str, known: Collection[str], home: str) -> Sheet[Model]:
    """Return the rows whose `field` names something that stands in the table `home`.

    A name that is unknown on many rows is one finding, on the first of them.
    """
    kept: Lines[Model] = []
    unknown: dict[str, list[int]] = {}
    for line, row in sheet.rows:
        name: Any = getattr(row, field)
        if name is None or name in known:
            kept.append((line, row))
        else:
            unknown.setdefault(name, []).append(line)
    cure = f"correct the name, or add it to {home}"
    found = (
        Finding("error", sheet.file, lines[0], field, _unknown(name, lines, home), cure)
        for name, lines in unknown.items()
    )
    return Sheet(sheet.file, tuple(kept), (*sheet.findings, *found))


def _unknown(name: str, lines: list[int], home: str) -> str:
    others = f"; {len(lines) - 1} more rows name it" if len(lines) > 1 else ""
    return f"{name!r} is not in {home}{others}"


def in_own_unit(sheet: Sheet[StationLevel]) -> Sheet[StationLevel]:
    """Return the levels stated in their variable's unit: another one could be 1000 times off."""
    kept: Lines[StationLevel] = []
    findings = list(sheet.findings)
    for line, row in sheet.rows:
        if row.unit == row.variable.unit:
            kept.append((line, row))
        else:
            message = f"{row.unit!r} is not the unit of {row.variable}"
            cure = f"state the value in {row.variable.unit}"
            findings.append(Finding("error", sheet.file, line, "unit", message, cure))
    return Sheet(sheet.file, tuple(kept), tuple(findings))


def without_circles(sheet: Sheet[Village]) -> Sheet[Village]:
    """Return the villages, those whose rivers run in a circle or to nowhere with no next one."""
    below = {row.village_id: row.downstream_id for _, row in sheet.rows}
    kept: Lines[Village] = []
    findings = list(sheet.findings)
    for line, row in sheet.rows:
        fault = _river_fault(row.village_id, below)
        if fault is None:
            kept.append((line, row))
        else:
            cure = "name the next village down the river"
            findings.append(Finding("error", sheet.file, line, "downstream_id", fault, cure))
            kept.append((line, row.model_copy(update={"downstream_id": None})))
    return Sheet(sheet.file, tuple(kept), tuple(findings))


def _river_fault(village_id: str, below: dict[str, str | None]) -> str | None:
    at = below[village_id]
    if at is not None and at not in below:
        return f"{at!r} is not in villages.csv"
    passed: set[str] = set()
    while at is not None and at in below and at not in passed:
        if at == village_id:
            return f"the river runs in a circle through {', '.join(sorted(passed | {at}))}"
        passed.add(at)
        at = below[at]
    return None
