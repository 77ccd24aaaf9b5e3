"""The rows of one village as its plan: whole, or refused with every fault by its cell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from alerts.plan.book_faults import CellFault, Wrong, wrong
from alerts.plan.book_rows import Row, raw_plan, rows_of
from alerts.plan.book_tables import Line
from alerts.plan.fault import Season
from alerts.plan.lint import lint
from alerts.plan.model import Plan
from alerts.plan.workbook import (
    BUCKETS,
    BY_FIELD,
    CROSSINGS,
    OFFLINE,
    PEOPLE,
    REMOVE,
    SHEETS,
    VILLAGES,
    Sheet,
)

KINDS: Final = {
    "missing": "missing",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "strange_letters",
}
"""What a plan's validation finds, by pydantic's name for it; what is not here is `refused`."""
ROUTES: Final = "routes"
ONCE: Final = frozenset(
    {"zones", ROUTES, "shelters", "assembly_points", "special_sites", CROSSINGS, OFFLINE}
)
"""Sheets on which no key of a village's row may stand twice."""
Place = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that stays in the plan, and what it says."""

    line: Line
    values: Row


class Village:
    """What a book says of one village, and what is wrong with it."""

    def __init__(self, village_id: str, lines: Sequence[Line]) -> None:
        self.village_id = village_id
        self.lines = lines
        self.faults: list[CellFault] = []
        self.kept: dict[str, list[Entry]] = defaultdict(list)
        self.gone: dict[str, list[Row]] = defaultdict(list)

    def plan(self, current: Plan | None) -> Plan | None:
        """Return its plan; None where it is to be removed, or has `faults`.

        Parameters
        ----------
        current : the plan in force, of which nothing may be lost by a row that is missing
        """
        own = [line for line in self.lines if line.sheet.field == VILLAGES]
        if not self._is_single(own):
            return None
        if own[0].some(["action"], []).get("action") == REMOVE:
            self.faults += own[0].faults
            return None
        self._read()
        self._doubled()
        self._led_nowhere()
        plan = None if self.faults else self._validated()
        if plan is None:
            return None
        self._broken(plan)
        if current is not None:
            self._lost(current)
        return None if self.faults else plan

    def _is_single(self, own: Sequence[Line]) -> bool:
        if not own:
            first = self.lines[0]
            why = wrong("village_without_row", village=self.village_id, sheet=_both(VILLAGES))
            self.faults.append(first.fault("village_id", why))
        for line in own[1:]:
            why = wrong("village_twice", village=self.village_id, row=own[0].number)
            self.faults.append(line.fault("village_id", why))
        return len(own) == 1

    def _read(self) -> None:
        for line in self.lines:
            self.faults += line.faults
            action = line.some(["action"], self.faults).get("action")
            if action == REMOVE:
                self.gone[line.sheet.field].append(line.some(line.sheet.key, self.faults))
            else:
                entry = Entry(line, line.values(self.faults))
                self.kept[line.sheet.field].append(entry)

    def _doubled(self) -> None:
        """Find ids of which there are two on a sheet, and a second row where one is the most."""
        for field, entries in self.kept.items():
            if field not in ONCE:
                continue
            first: dict[tuple[object, ...], Entry] = {}
            for entry in entries:
                key = _key(entry.line.sheet, entry.values)
                other = first.setdefault(key, entry)
                if other is not entry:
                    why = wrong("key_twice", row=other.line.number, **_one(entry.line.sheet, key))
                    path = entry.line.sheet.key[-1] if key else "village_id"
                    self.faults.append(entry.line.fault(path, why))

    def _led_nowhere(self) -> None:
        """Find rows whose part of the plan has no row: crossings, buckets; and roles without."""
        routes = {entry.values.get("id") for entry in self.kept[ROUTES]}
        for entry in self.kept[CROSSINGS]:
            route = entry.values.get("route")
            if route not in routes:
                kind = "no_route" if route is None else "unknown_route"
                why = wrong(kind, route=route, sheet=_both(ROUTES))
                self.faults.append(entry.line.fault("route", why))
        for entry in self.kept[BUCKETS] if not self.kept[OFFLINE] else ():
            why = wrong("bucket_without_rule", sheet=_both(OFFLINE))
            self.faults.append(entry.line.fault("village_id", why))
        for entry in self.kept[PEOPLE]:
            for path in {"role", "ref"} - set(entry.values):
                self.faults.append(entry.line.fault(path, wrong(f"no_{path}")))

    def _validated(self) -> Plan | None:
        rows = {sheet.field: [entry.values for entry in self.kept[sheet.field]] for sheet in SHEETS}
        try:
            return Plan.model_validate(raw_plan(self.village_id, rows))
        except ValidationError as error:
            for detail in error.errors():
                kind = KINDS.get(detail["type"], "refused")
                self._fault_at(detail["loc"], wrong(kind, message=detail["msg"]))
            return None

    def _broken(self, plan: Plan) -> None:
        """Find what would leave the village without an order of its own."""
        for fault in lint(plan, Season(languages=())):
            if fault.breaks:
                place = tuple(int(p) if p.isdigit() else p for p in fault.field.split("."))
                why = wrong("no_order", message=fault.message, cure=fault.cure)
                self._fault_at(place, why)

    def _lost(self, current: Plan) -> None:
        """Find what the plan in force has and no row mentions: removal is said, never implied."""
        without = {row.get("id") for row in self.gone[ROUTES]}
        for sheet in SHEETS:
            said = [*(entry.values for entry in self.kept[sheet.field]), *self.gone[sheet.field]]
            lost = Counter(_key(sheet, row) for row in rows_of(current, sheet))
            lost.subtract(Counter(_key(sheet, row) for row in said))
            for key, count in lost.items():
                if count > 0 and not (sheet.field == CROSSINGS and key[0] in without):
                    self._lose(sheet, key, count)

    def _lose(self, sheet: Sheet, key: tuple[object, ...], count: int) -> None:
        lost = {"count": count, "sheet": _both(sheet.field), **_one(sheet, key)}
        self._fault_at((), wrong("row_missing", **lost))

    def _fault_at(self, place: Place, why: Wrong) -> None:
        line, path = self._where(place)
        self.faults.append(line.fault(path, why))

    def _where(self, place: Place) -> tuple[Line, str]:
        """Return the row and the path below it of a place in the plan."""
        match place:
            case ("routes", int(route), "crossings", int(number), *below):
                ident = self.kept[ROUTES][route].values.get("id")
                own = [e for e in self.kept[CROSSINGS] if e.values.get("route") == ident]
                line = own[number].line
            case ("people", str(role), int(number), *below):
                own = [e for e in self.kept[PEOPLE] if e.values.get("role") == role]
                line, below = own[number].line, ["ref"]
            case ("offline", "buckets", int(number), *below):
                line = self.kept[BUCKETS][number].line
            case ("offline", *below) if self.kept[OFFLINE]:
                line = self.kept[OFFLINE][0].line
            case (str(field), int(number), *below) if field in BY_FIELD:
                line = self.kept[field][number].line
            case _:
                line, below = self.kept[VILLAGES][0].line, list(place)
        return line, ".".join(part for part in below if isinstance(part, str)) or "village_id"


def _key(sheet: Sheet, row: Row) -> tuple[object, ...]:
    return tuple(row.get(path) for path in sheet.key)


def _one(sheet: Sheet, key: tuple[object, ...]) -> dict[str, str]:
    """Return what a row of a sheet is called, in both languages."""
    named = [*map(str, key)]
    return {"one_en": " ".join([sheet.one, *named]), "one_zh": " ".join([sheet.zh, *named])}


def _both(field: str) -> str:
    return f"{BY_FIELD[field].zh} / {BY_FIELD[field].en}"
