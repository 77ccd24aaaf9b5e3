"""quality.toml: the rules by which a site judges what it reads; a faulty rule is not used."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pipeline.quality.rule_needs import problems
from pipeline.site.finding import Finding
from pipeline.site.model import QualityRule, Station
from pipeline.site.sheet import Sheet, finding_of, line_of, read_toml

FILE: Final = "quality.toml"
TABLE: Final = "rules"


def read_rules(folder: Path, stations: Collection[Station]) -> Sheet[QualityRule]:
    """Return the rules that can be used; a site without the file has none.

    A key that is not understood may be the threshold itself, so its rule is not used at all, and
    the others are. A rule for stations that are not there, or do not have the variable, judges
    the others that it names.
    """
    if not (folder / FILE).exists():
        return Sheet(FILE, (), ())
    raw, text, findings = read_toml(folder, FILE)
    if raw is None:
        return Sheet(FILE, (), tuple(findings))
    findings += [
        Finding(
            "error", FILE, line_of(text, key, ()), key, "unknown key", "write rules as [[rules]]"
        )
        for key in raw
        if key != TABLE
    ]
    entries = raw.get(TABLE, [])
    if not isinstance(entries, list):
        findings.append(
            Finding("error", FILE, None, TABLE, "is no list of rules", "write rules as [[rules]]")
        )
        entries = []
    rows: list[tuple[int, QualityRule]] = []
    for nth, entry in enumerate(entries):
        rows += _rule((nth, entry), text, stations, findings)
    return Sheet(FILE, tuple(rows), tuple(findings))


def _rule(
    numbered: tuple[int, object],
    text: str,
    stations: Collection[Station],
    findings: list[Finding],
) -> list[tuple[int, QualityRule]]:
    nth, entry = numbered
    line = line_of(text, TABLE, (), nth) or 1
    try:
        rule = QualityRule.model_validate(entry)
    except ValidationError as error:
        findings += [
            finding_of(FILE, line_of(text, TABLE, detail["loc"], nth) or line, detail, TABLE)
            for detail in error.errors()
        ]
        return []
    having = {s.station_id for s in stations if rule.variable in s.variables}
    faults = [*problems(rule)]
    for field, message in (*faults, *_stations(rule, stations, having)):
        at = line_of(text, TABLE, (field,), nth) or line
        cure = "correct quality.toml; the rule is not used as written"
        findings.append(Finding("error", FILE, at, f"{TABLE}.{field}", message, cure))
    kept = tuple(name for name in rule.stations if name in having)
    if faults or (rule.stations and not kept):
        return []
    return [(line, rule.model_copy(update={"stations": kept}))]


def _stations(
    rule: QualityRule, stations: Collection[Station], having: Collection[str]
) -> Iterator[tuple[str, str]]:
    known = {station.station_id for station in stations}
    for name in rule.stations:
        if name not in known:
            yield "stations", f"{name!r} is not in stations.csv"
        elif name not in having:
            yield "stations", f"{name!r} has no {rule.variable}"
    if not rule.stations and not having:
        yield "variable", f"no station has {rule.variable}"
