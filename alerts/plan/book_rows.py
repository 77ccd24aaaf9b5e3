"""A plan as the rows of each sheet, and the rows of a village as a plan again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.plan.model import Plan
from alerts.plan.words import Frozen
from alerts.plan.workbook import BUCKETS, CROSSINGS, OFFLINE, PEOPLE, VILLAGES, Sheet

Row = Mapping[str, object]
"""The value of each path of a sheet; what a plan does not say is not in it."""


def rows_of(plan: Plan, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows that a plan has on a sheet, in the plan's order.

    Parameters
    ----------
    sheet : one of `workbook.SHEETS`
    """
    if sheet.field == PEOPLE:
        for role, refs in plan.people.roles.items():
            yield from ({"role": role, "ref": ref} for ref in refs)
    elif sheet.field == CROSSINGS:
        for route in plan.routes:
            yield from ({"route": route.id, **_row(one, sheet)} for one in route.crossings)
    else:
        yield from (_row(item, sheet) for item in _items(plan, sheet.field))


def _items(plan: Plan, field: str) -> Sequence[Frozen]:
    if field == VILLAGES:
        return (plan,)
    if field in {OFFLINE, BUCKETS}:
        if plan.offline is None:
            return ()
        return (plan.offline,) if field == OFFLINE else plan.offline.buckets
    items: Sequence[Frozen] = getattr(plan, field)
    return items


def _row(item: Frozen, sheet: Sheet) -> Row:
    found = {c.path: _value(item, c.path) for c in sheet.columns if c.path != "route"}
    return {path: value for path, value in found.items() if value is not None}


def _value(item: object, path: str) -> object:
    for name in path.split("."):
        item = getattr(item, name, None)
    return item


def raw_plan(village_id: str, rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Return what `Plan` is validated from, as TOML would give it.

    Parameters
    ----------
    rows : by the field of each sheet; of the village's own one at most
    """
    raw: dict[str, Any] = {"village_id": village_id}
    for row in rows[VILLAGES]:
        raw |= nested(row)
    for field in set(rows) - {VILLAGES, PEOPLE, CROSSINGS, OFFLINE, BUCKETS}:
        raw[field] = [nested(row) for row in rows[field]]
    _add_crossings(raw, rows[CROSSINGS])
    people: dict[str, list[object]] = {}
    for row in rows[PEOPLE]:
        people.setdefault(str(row.get("role")), []).append(row.get("ref"))
    raw["people"] = people
    for row in rows[OFFLINE]:
        raw["offline"] = nested(row)
    if rows[BUCKETS]:
        raw.setdefault("offline", {})["buckets"] = [nested(row) for row in rows[BUCKETS]]
    return raw


def _add_crossings(raw: dict[str, Any], crossings: Sequence[Row]) -> None:
    routes = {route.get("id"): route for route in raw["routes"]}
    for row in crossings:
        own = {path: value for path, value in row.items() if path != "route"}
        routes[row.get("route")].setdefault("crossings", []).append(nested(own))


def nested(row: Row) -> dict[str, Any]:
    """Return dotted paths as the tables in tables that they name."""
    tree: dict[str, Any] = {}
    for path, value in row.items():
        *above, last = path.split(".")
        table = tree
        for name in above:
            table = table.setdefault(name, {})
        table[last] = value
    return tree
