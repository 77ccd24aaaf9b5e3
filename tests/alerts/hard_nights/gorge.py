"""A gorge of two villages as a site pack: nothing but files, written anew for each night.

Ferry lies under both rain gauges, R1 and R2, and an hour and a half below the river station H1.
Mill lies on a brook of its own, under R2. Everybody reads English, and is written to in files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from alerts.first_run import init_home
from alerts.roster import CONTACTS, write_private
from alerts.warning_pack import load_warning
from pipeline.risk.thresholds import WETNESS_ORDER
from pipeline.site.pack import load
from pipeline.world import Mode
from tests.services import ROOT

SITE = "gorge"
ZONE = "Europe/Paris"
STEP_MIN = 15
"""From one reading of a station to the next."""
DELAY_MIN = 5
HOUR_MM = (8.0, 12.0, 18.0, 26.0)
"""Rain of one hour that is blue, yellow, orange and red."""
AT_ONCE = {"send_orange": "at_once", "send_red": "at_once"}
ASKING = {"send_orange": "approve", "send_red": "approve"}
FIRST, SECOND = "county_duty-1", "county_duty-2"
OFFICERS = (FIRST, SECOND, "township_duty-1")
ROLES = ("responsible", "warning", "transfer")

SITE_TOML = """
[site]
id = "gorge"
name = "Gorge"
name_en = "Gorge"
zone = "{zone}"
languages = ["en"]
cycle_minutes = {cycle}
assess_delay_minutes = 5

[risk]
durations_h = [1]
min_coverage = 0.9
blind_below = 0.25
river_max_age_min = 60
lost_hold_h = 12
rain_around_mm = 10.0

[risk.wetness]
decay_per_day = 0.85
cap_mm = 100.0
window_days = 1
exclude_last_h = 1
dry_below = 0.3
wet_from = 0.7
unknown = "medium"
min_coverage = 0.9

[warning]
"""

FEED = """
[[feeds]]
feed_id = "{name}"
protocol = "csv"
layout = "long"
where = "${{FLOODWARN_HOME}}/feeds/{name}.csv"
variable = "{variable}"
unit = "{unit}"
interval_min = 15
cadence_min = 15
"""

TABLES = {
    "villages.csv": """\
village_id,kind,name,name_en,township,lon,lat,position_basis,area_km2,people,households
ferry,village,Ferry,Ferry,Gorge,4.52,45.2,assumed,90,180,70
mill,village,Mill,Mill,Gorge,4.55,45.21,assumed,2,60,20
""",
    "stations.csv": """\
station_id,name,variables,lon,lat,elevation_m,interval_min,silent_after_min
R1,Upper gauge,rain_mm,4.5,45.22,900,15,30
R2,Lower gauge,rain_mm,4.55,45.2,700,15,30
H1,Gorge bridge,stage_m,4.51,45.21,650,15,30
""",
    "levels.csv": """\
station_id,variable,level,value,unit,source
H1,stage_m,1,1.0,m,made
H1,stage_m,2,1.5,m,made
H1,stage_m,3,2.0,m,made
H1,stage_m,4,2.8,m,made
""",
    "links.csv": "village_id,station_id,travel_min,source\nferry,H1,90,made\n",
    "weights.csv": "village_id,station_id,weight\nferry,R1,0.5\nferry,R2,0.5\nmill,R2,1.0\n",
}

FERRY = """
village_id = "ferry"
exercise = false
note = "made"
valid_from = 2026-01-01
reviewed_by = "gorge/plan-desk"

[times]
call = 2
gather = 5
help = 5

[[zones]]
id = "quay"
name = { en = "the quay" }
households = 40
people = 100
refuge = { kind = "upper_floor", en = "the upper floor of the inn" }
routes = ["steps"]
shelters = ["school"]

[[routes]]
id = "steps"
name = { en = "the stone steps" }
minutes_day = 5
minutes_night = 6
avoid = { en = "the river path" }

[[shelters]]
id = "school"
name = { en = "the school" }
capacity = 300
flooded_from = "never"

[[special_sites]]
id = "home"
kind = "care_home"
name = { en = "the care home" }
people_day = 30
people_night = 28
staff_night = 2
times_help = 10
routes = ["steps"]
shelters = ["school"]
refuge = { kind = "upper_floor", en = "the care home's attic" }

[people]
responsible = ["ferry/responsible"]
warning = ["ferry/warning"]
transfer = ["ferry/transfer"]
"""

MILL = """
village_id = "mill"
exercise = false
note = "made"
valid_from = 2026-01-01
reviewed_by = "gorge/plan-desk"

[times]
call = 1
gather = 2
help = 2

[[zones]]
id = "lane"
name = { en = "the mill lane" }
households = 20
people = 60
refuge = { kind = "upper_floor", en = "the mill's loft" }
routes = ["bank"]
shelters = ["barn"]

[[routes]]
id = "bank"
name = { en = "the high bank" }
minutes_day = 3
minutes_night = 3

[[shelters]]
id = "barn"
name = { en = "the upper barn" }
capacity = 80
flooded_from = "never"

[people]
responsible = ["mill/responsible"]
warning = ["mill/warning"]
transfer = ["mill/transfer"]
"""
PLANS = {"ferry": FERRY, "mill": MILL}


def write_site(
    folder: Path, warning: Mapping[str, object], *, zone: str = ZONE, cycle_min: int = STEP_MIN
) -> Path:
    """Write the pack below `folder`; `warning` are the keys of ``[warning]`` in site.toml."""
    site = folder / SITE
    (site / "messages").mkdir(parents=True)
    # JSON writes numbers and strings as TOML reads them.
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in warning.items())
    texts = {
        "site.toml": SITE_TOML.format(zone=zone, cycle=cycle_min) + keys,
        "feeds.toml": FEED.format(name="rain", variable="rain_mm", unit="mm")
        + FEED.format(name="stage", variable="stage_m", unit="m"),
        "thresholds.csv": _thresholds(),
        "messages/en.toml": (ROOT / "config/cance/messages/en.toml").read_text(encoding="utf-8"),
        **TABLES,
    }
    for name, text in texts.items():
        (site / name).write_text(text, encoding="utf-8")
    for village_id, text in PLANS.items():
        write_plan(site, village_id, text)
    return site


def write_plan(site: Path, village_id: str, text: str) -> None:
    """Put a plan in its place, as an edit in the middle of a night does."""
    path = site / "plans" / "gorge" / f"{village_id}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_home(home: Path, site: Path, *, more: Iterable[str] = ()) -> None:
    """Make the signing key and the contacts of two villages, two county officers and a township's.

    Parameters
    ----------
    more : references of further villagers of Ferry
    """
    init_home(home, load_warning(load(site, home)), Mode.LIVE)
    villagers = [f"{village}/{role}" for village in PLANS for role in ROLES]
    people = [*OFFICERS, *villagers, *more]
    body = 'schema = "floodwarn.contacts/1"\n' + "".join(map(_contact, people))
    write_private(home / CONTACTS, body.encode())


def _contact(ref: str) -> str:
    rights = ["order", "lower", "acknowledge", "report", "approve", "release"]
    is_officer = ref in OFFICERS
    village, _, role = ref.partition("/")
    person = {
        "ref": ref,
        "role": ref.partition("-")[0] if is_officer else role,
        "villages": ["*" if is_officer else village],
        "channels": ["file"],
        "language": "en",
        "rights": rights if is_officer else [],
    }
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in person.items())
    return "\n[[contacts]]\n" + "".join(lines)


def _thresholds() -> str:
    head = "village_id,indicator,duration_h,wetness,level,value,unit,basis,source\n"
    return head + "".join(
        f"{village},rain,1,{wetness},{level},{mm},mm,empirical,made\n"
        for village in PLANS
        for wetness in WETNESS_ORDER
        for level, mm in enumerate(HOUR_MM, 1)
    )
