"""The exercise plan of a village, from one of five patterns; every word and number is assumed.

Nothing here describes a real house, way or shelter, so places are called by what they are ("high
ground") and never by a landmark that somebody could look for on a real night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from alerts.plan.model import Plan
from alerts.plan.toml_text import toml_text

Table = dict[str, Any]
Buckets = tuple[tuple[int, int, int], ...]
"""Hours, millimetres to prepare, millimetres to move."""

VALID_FROM: Final = "2026-06-01"
ROLES: Final = ("responsible", "monitoring", "warning", "transfer", "patrol")
SHELTERS: Final = ("high-ground", "committee")
"""The second is lost in the worst flood, so nobody who moves early is sent there."""
ASSUMED: Final = re.compile(r'^\w+ = (?:[\d.]+|"(?:extreme|high|moderate|never|orange|red)"|true)$')
"""A line whose number or class is an assumption."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A village and where it belongs.

    Attributes
    ----------
    pattern : a key of `PATTERNS`
    shares_its_name : with a village of another township of this site
    """

    code: str
    name: str
    name_en: str
    township: str
    township_en: str
    pattern: str
    shares_its_name: bool

    @property
    def told_apart_en(self) -> str:
        """The romanised name, with the township where two bear the name."""
        return f"{self.name_en} ({self.township_en})" if self.shares_its_name else self.name_en


def both(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


SLOPE: Final = {
    "kind": "high_ground",
    **both("the slope behind the houses, away from the water", "房后离水远的高坡"),
}
SIDE: Final = {
    "kind": "high_ground",
    **both("the side slope, high above the gully bed", "沟侧高坡，离开沟底"),
}
THIRD_FLOOR: Final = {
    "kind": "upper_floor",
    **both("the third floor or above of a sound building nearby", "就近结实楼房三层以上"),
}

WAYS: Final = {
    "uphill": {
        "name": both("the lane uphill, away from the river", "上坡路"),
        "minutes_day": 12,
        "minutes_night": 18,
        "avoid": both("the river bank", "河边"),
    },
    "back-lane": {
        "name": both("the back lane", "房后小路"),
        "minutes_day": 15,
        "minutes_night": 22,
        "avoid": both("the river bank", "河边"),
    },
    "by-road": {
        "name": both("the upper road", "上坡公路"),
        "minutes_day": 8,
        "minutes_night": 10,
        "mode": "vehicle",
        "avoid": both("the river street", "沿河街"),
    },
    "main-road": {
        "name": both("the main road", "村主路"),
        "minutes_day": 10,
        "minutes_night": 14,
        "crossings": [
            {
                "id": "low-crossing",
                "name": both("the low-water crossing", "过水路面"),
                "cut_from": "orange",
            }
        ],
    },
    "side-path": {
        "name": both("the path up the side slope", "侧坡路"),
        "minutes_day": 12,
        "minutes_night": 20,
        "avoid": both("the gully bed and its mouth", "沟底沟口"),
    },
    "ridge": {
        "name": both("the ridge path", "山梁路"),
        "minutes_day": 18,
        "minutes_night": 28,
        "avoid": both("the gully bed and its mouth", "沟底沟口"),
    },
    "gully-road": {
        "name": both("the road out of the gully", "出沟的路"),
        "minutes_day": 15,
        "minutes_night": 20,
        "crossings": [
            {
                "id": "gully-culvert",
                "name": both("the culvert at the mouth of the gully", "沟口的涵洞"),
                "cut_from": "orange",
            }
        ],
    },
}
ON_FOOT: Final = ("uphill", "back-lane", "main-road")
UP_THE_SIDE: Final = ("side-path", "ridge", "gully-road")


def zone(
    ident: str,
    name: dict[str, str],
    *,
    danger: str,
    size: tuple[int, int],
    refuge: Table,
    routes: tuple[str, ...] = ON_FOOT,
) -> Table:
    """Return a zone; `size` is households and people."""
    sizes = dict(zip(("households", "people"), size, strict=True))
    rest = {"danger": danger, "refuge": refuge, "assembly": "gather", "routes": routes}
    return {"id": ident, "name": name, **sizes, **rest, "shelters": SHELTERS}


RIVERSIDE: Final = zone(
    "riverside",
    both("the houses by the river", "河边"),
    danger="high",
    size=(20, 50),
    refuge=SLOPE,
)
LOW_LANES: Final = zone(
    "low-lanes",
    both("the houses in the low lanes", "低处巷子"),
    danger="moderate",
    size=(30, 80),
    refuge=SLOPE,
)
GULLY_MOUTH: Final = zone(
    "gully-mouth",
    both("the houses at the mouth of the gully", "沟口"),
    danger="extreme",
    size=(10, 25),
    refuge=SIDE,
    routes=UP_THE_SIDE,
)
ALONG_GULLY: Final = zone(
    "along-gully",
    both("the houses along the gully", "沟两边"),
    danger="high",
    size=(20, 50),
    refuge=SIDE,
    routes=UP_THE_SIDE,
)
RIVER_STREET: Final = zone(
    "river-street",
    both("the houses on the river street", "沿河街"),
    danger="high",
    size=(60, 150),
    refuge=THIRD_FLOOR,
)
LOW_STREETS: Final = zone(
    "low-streets",
    both("the houses in the low streets", "低洼街巷"),
    danger="moderate",
    size=(80, 200),
    refuge=THIRD_FLOOR,
)
SCHOOL: Final = {
    "id": "school",
    "kind": "school",
    "name": both("the exercise school", "演练学校"),
    "people_day": 100,
    "people_night": 0,
    "staff_night": 0,
    "times_help": 15,
    "routes": ("uphill", "back-lane"),
    "shelters": SHELTERS[:1],
    "refuge": THIRD_FLOOR,
}
OWN_FLOOR: Final = {
    "kind": "upper_floor",
    **both("the third floor of the care home itself", "养老院楼里三层"),
}
CARE: Final = {
    "id": "care-home",
    "kind": "care_home",
    "name": both("the exercise care home", "演练养老院"),
    "people_day": 60,
    "people_night": 50,
    "staff_night": 5,
    "guests_max": 60,
    "vehicles": 4,
    "times_help": 45,
    "routes": ("by-road", "uphill"),
    "shelters": SHELTERS[:1],
    "refuge": OWN_FLOOR,
}
GUESTS: Final = {
    "id": "guesthouses",
    "kind": "guesthouse",
    "name": both("the exercise guesthouses", "演练民宿"),
    "people_day": 40,
    "people_night": 80,
    "staff_night": 10,
    "guests_max": 100,
    "times_help": 20,
    "routes": ("uphill", "back-lane"),
    "shelters": SHELTERS[:1],
    "refuge": SLOPE,
}

PATTERNS: Final[dict[str, tuple[tuple[Table, ...], tuple[Table, ...], int]]] = {
    "river": ((RIVERSIDE, LOW_LANES), (), 150),
    "gully": ((GULLY_MOUTH, ALONG_GULLY), (), 100),
    "town": ((RIVER_STREET, LOW_STREETS), (SCHOOL,), 500),
    "care_home": ((RIVER_STREET, LOW_STREETS), (CARE,), 500),
    "guesthouses": ((RIVERSIDE, LOW_LANES), (GUESTS,), 300),
}
"""Zones, special sites, and the people whom the shelter on high ground takes."""


def plan_toml(village: Placed, buckets: Buckets) -> str:
    """Return a village's plan file, every assumed number marked on its line."""
    text = toml_text(Plan.model_validate(_plan(village, buckets)))
    head = (
        f"# 演练假定，不是正式预案：{village.township}{village.name}是真的，"
        "以下的住户、道路、安置点、数字和信号都是假定。\n"
        f"# EXERCISE. {village.name_en} is real; every house, way, shelter, number, role and "
        "signal below is assumed.\n"
    )
    return head + "\n".join(_marked(line) for line in text.splitlines()) + "\n"


def _marked(line: str) -> str:
    stated = line.startswith("exercise = ")
    return f"{line} # assumed" if ASSUMED.match(line) and not stated else line


def _plan(village: Placed, buckets: Buckets) -> Table:
    zones, sites, capacity = PATTERNS[village.pattern]
    used = {ident for place in (*sites, *zones) for ident in place["routes"]}
    return {
        "village_id": village.code,
        "exercise": True,
        "note": (
            f"An assumption written for exercises, pattern '{village.pattern}'; no official plan. "
            "Nobody has seen the place: no house, way, shelter, number or signal here is real."
        ),
        "valid_from": VALID_FROM,
        "reviewed_by": "nobody: config/beijing/derive.py",
        "times": {"call": 5, "gather": 15, "help": 20},
        "zones": [_told_apart(each, village) for each in zones],
        "routes": [{"id": ident, **way} for ident, way in WAYS.items() if ident in used],
        "shelters": _shelters(village, capacity),
        "assembly_points": [
            {"id": "gather", "name": both("the foot of the way up", "上坡路口的空地")}
        ],
        "special_sites": [_kept(_told_apart(each, village), village) for each in sites],
        "people": {role: [_ref(village, role), _ref(village, f"{role}-deputy")] for role in ROLES},
        "needs_help": _needs_help(village, [each["id"] for each in zones]),
        "signals": _signals(),
        "offline": _offline(buckets),
    }


def _ref(village: Placed, role: str) -> str:
    return f"role:{village.code}/{role}"


def _told_apart(place: Table, village: Placed) -> Table:
    """Return a place whose name says the township, where another village bears the same name."""
    if not village.shares_its_name:
        return place
    whose = f"{village.township}{village.name}"
    return place | {"name": place["name"] | {"zh": whose + place["name"]["zh"]}}


def _kept(site: Table, village: Placed) -> Table:
    """Return a special site with who keeps it, and who comes to help where vehicles do."""
    team = {"team": _ref(village, f"{site['id']}-team")} if "vehicles" in site else {}
    return site | {"keeper": _ref(village, f"{site['id']}-keeper")} | team


def _shelters(village: Placed, capacity: int) -> list[Table]:
    return [
        {
            "id": "high-ground",
            "name": both("the exercise shelter uphill", "演练安置点"),
            "capacity": capacity,
            "flooded_from": "never",
            "step_free": True,
            "keeper": _ref(village, "shelter-keeper"),
        },
        {
            "id": "committee",
            "name": both("the office of the village committee", "村委会"),
            "capacity": 60,
            "flooded_from": "red",
        },
    ]


def _needs_help(village: Placed, zones: list[str]) -> list[Table]:
    """Return one place in each zone for somebody who needs help: a reference, and no person."""
    return [
        {
            "ref": _ref(village, f"help-{number}"),
            "place": ident,
            "how": how,
            "helper": _ref(village, f"helper-{number}"),
            "deputy": _ref(village, f"helper-{number}-deputy"),
        }
        for number, (ident, how) in enumerate(zip(zones, ("accompany", "carry"), strict=True), 1)
    ]


def _signals() -> Table:
    return {
        "prepare": both("slow strokes of the gong, and the loudspeaker", "慢敲锣，大喇叭喊话"),
        "move": both("fast strokes of the gong, and the siren without a pause", "急敲锣，警报长响"),
        "all_clear": both("the responsible person says so, face to face", "责任人到安置点当面说"),
        "means": ["gong", "siren", "broadcast"],
    }


def _offline(buckets: Buckets) -> Table:
    return {
        "works": both("gong, hand siren, knocking at doors", "铜锣、手摇警报器、挨户敲门"),
        "shelter": "high-ground",
        "buckets": [
            {"hours": hours, "prepare_mm": prepare, "move_mm": move}
            for hours, prepare, move in buckets
        ],
        "mark_prepare": both("at the first line on the wall", "到墙上第一道线"),
        "mark_move": both("at the second line on the wall", "到墙上第二道线"),
    }
