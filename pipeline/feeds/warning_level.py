"""The colour of an official warning, 1 blue to 4 red, as each part of it says of itself.

A headline's colour is never read: on 12 July 2024 it said blue over sub-areas that were yellow.

Source: OASIS CAP 1.2, 3.2.2 (severity); GB/T 35965.1-2018 (colours as severity).
"""

from __future__ import annotations

import re
from typing import Final

LEVELS: Final = {
    "minor": 1, "moderate": 2, "severe": 3, "extreme": 4,
    "blue": 1, "yellow": 2, "orange": 3, "red": 4,
}  # fmt: skip
COLOURS: Final = {"蓝": 1, "黄": 2, "橙": 3, "红": 4}

SUB_AREA: Final = re.compile(
    r"其中[，,]? ?((?:(?!其中)[\u4e00-\u9fff、和及]){2,60}?) ?"
    r"(?:等地|地区|风险等级|预警级别|等级|级别){0,4}(?:达到|达|将为|均为|为|发布)? ?(蓝|黄|橙|红)色"
)
"""E.g. "of these, Yanqing and Huairou orange"; one clause, without a figure or a stop in it.

Every part is bounded, and none runs into the next "of these": a text may be millions long.
"""

BETWEEN_NAMES: Final = re.compile(r"[、和及]")


def level_of(severity: str) -> int | None:
    """Return the level that a severity or colour stands for; None where it says none."""
    return LEVELS.get(severity.lower())


def sub_areas(description: str) -> list[tuple[str, int]]:
    """Return the places to which a Chinese text gives a colour of their own, as it names them."""
    return [
        (name, COLOURS[colour])
        for names, colour in SUB_AREA.findall(" ".join(description.split()))
        for name in BETWEEN_NAMES.split(names)
        if name
    ]
