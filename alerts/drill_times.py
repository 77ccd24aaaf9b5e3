"""What a drill measured of a village's call, as a change that is proposed to its plan; pure.

Nothing is changed by it: a person reads the difference, applies it, and the plan passes its gates
as after any edit. The line says where its number comes from, also when it is in the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import Final

from alerts.drill_score import CallTime

TIMES: Final = re.compile(r"^\[times\][^\n]*\n(?:(?!\[).*\n)*?", re.MULTILINE)
CALL: Final = re.compile(r"^(?P<name>call\s*=\s*)(?P<minutes>\d+)[^\n]*$", re.MULTILINE)


def proposed(plan: str, call: CallTime, why: str) -> str | None:
    """Return a plan's text with the measured time; None where nothing was measured, or changes.

    Parameters
    ----------
    why : where the number comes from
    """
    table = TIMES.search(plan)
    found = None if table is None else CALL.search(plan, table.end())
    if found is None or call.minutes is None or int(found["minutes"]) == call.minutes:
        return None
    if table is not None and "\n[" in plan[table.end() - 1 : found.start()]:
        return None  # a call of another table
    line = f"{found['name']}{call.minutes} # 90th percentile of {call.orders} orders, {why}"
    return plan[: found.start()] + line + plan[found.end() :]


def difference(plan: str, new: str, name: str) -> Iterator[str]:
    """Yield the difference of a plan's file as `patch -p1` reads it."""
    old_lines, new_lines = plan.splitlines(keepends=True), new.splitlines(keepends=True)
    yield from unified_diff(old_lines, new_lines, f"a/{name}", f"b/{name}")
