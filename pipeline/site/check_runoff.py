"""Check what a site says of its rainfall-runoff model: flows.csv, runoff.json and [runoff]."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pipeline.site.finding import Finding
from pipeline.site.pack import SITE_FILE, SitePack
from pipeline.site.runoff_model import RUNOFF_FILE, FlowLevel

FLOWS_FILE = "flows.csv"


def check_runoff(pack: SitePack) -> Iterator[Finding]:
    """Yield what is wrong between the model, its flows and its settings."""
    yield from _flow_order(pack)
    model = pack.runoff_model
    if model is None:
        return
    if not pack.flows:
        message = "the model speaks for no village: there are no flows to compare it with"
        yield Finding("error", RUNOFF_FILE, None, None, message, f"write {FLOWS_FILE}")
    silent = sorted({flow.level for flow in pack.flows} - model.warns.keys())
    if silent:
        message = f"it warns of no level {', '.join(f'{level:d}' for level in silent)}"
        cure = "run `floodwarn calibrate` on a record with floods of that level"
        yield Finding("warning", RUNOFF_FILE, None, "warns", message, cure)
    if not pack.runoff.pet_mm_per_day:
        message = "no evaporation is stated: the model's soil stays too wet"
        yield Finding(
            "warning", SITE_FILE, None, "runoff.pet_mm_per_day", message, "state it by month"
        )
    known = {station.station_id for station in pack.stations}
    for name in sorted(set(model.stations) - known):
        message = f"it was trained on {name!r}, which is not in stations.csv"
        yield Finding("warning", RUNOFF_FILE, None, "stations", message, "calibrate it again")


def _flow_order(pack: SitePack) -> Iterator[Finding]:
    """Yield the flows of a level that are not above those of the level below."""
    rows: dict[str, list[tuple[int, FlowLevel]]] = {}
    for line, flow in zip(pack.lines[FLOWS_FILE], pack.flows, strict=True):
        rows.setdefault(flow.village_id, []).append((line, flow))
    for own in rows.values():
        for (_, lower), (line, upper) in pairwise(sorted(own, key=lambda row: row[1].level)):
            if upper.value <= lower.value:
                message = f"level {upper.level:d} is not above level {lower.level:d}"
                cure = "correct the one that is wrong"
                yield Finding("error", FLOWS_FILE, line, "value", message, cure)
