"""Read what alerts needs of a site: ``[warning]``, plans and templates; what is bad is a finding.

A plan that cannot make an order is left out, its village is ordered as a whole and the officers
are told; a language without usable templates gets plain words. The rest goes on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alerts.cap_area import drawn_once
from alerts.hazard_files import hazard_findings, of_no_village, read_zones
from alerts.plain_words import plain_templates
from alerts.plan.fault import Season
from alerts.plan.hazard import HazardMap
from alerts.plan.lint import lint
from alerts.plan.model import Plan
from alerts.progress import Progress, followed
from alerts.receivers_file import KEY, receivers_of
from alerts.template_lint import lint as lint_templates
from alerts.templates import Templates
from alerts.toml_lines import line_of
from alerts.warning_config import WarningConfig
from pipeline.site.finding import Finding
from pipeline.site.model import FeedSpec, Link, Station, Village, VillageKind
from pipeline.site.pack import SitePack
from pipeline.site.response import Response, responses
from pipeline.site.sheet import finding_of, read_text, read_toml, settle, toml_of

PLANS = "plans"
MESSAGES = "messages"
MOST_PLANS = 8192
"""Kept of a process: those of a large county, and of its edits."""


@dataclass(frozen=True, slots=True)
class WarningPack:
    """Everything of a site that a warning is made of.

    Attributes
    ----------
    plans : by village id; a village without a usable plan is not in it
    templates : one for each of the site's languages, in their order
    station_names : by station id, for officers
    responses : the time scale of each village's water and who lies above it, by village id
    centre : the middle of the villages' positions, WGS84 degrees; None where none has any
    feeds : as declared, for what is said of their silence
    hazards : the mapped hazard zones, for the area of a CAP alert; an alert is drawn once and kept,
        so they are of no kept version
    findings : faults of the files read here; those of the site pack are its own
    """

    config: WarningConfig
    plans: Mapping[str, Plan]
    templates: Mapping[str, Templates]
    villages: tuple[Village, ...]
    station_names: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, Response] = field(default_factory=dict)
    centre: tuple[float, float] | None = None
    feeds: tuple[FeedSpec, ...] = ()
    hazards: HazardMap = field(default_factory=HazardMap)
    findings: tuple[Finding, ...] = ()

    @property
    def site_id(self) -> str:
        return self.config.site

    @property
    def zone(self) -> str:
        return self.config.zone

    @property
    def languages(self) -> tuple[str, ...]:
        return self.config.languages

    def village(self, village_id: str) -> Village | None:
        """Return the village of that id; None where the site has none."""
        return next((v for v in self.villages if v.village_id == village_id), None)

    def versions(self, village_id: str) -> tuple[tuple[str, bytes], ...]:
        """Return (kind, content) of all that this village's messages are made of, to be kept."""
        plan = self.plans.get(village_id)
        return (
            ("warning", self.config.to_bytes()),
            *((("plan", plan.to_bytes()),) if plan is not None else ()),
            *(("template", templates.to_bytes()) for templates in self.templates.values()),
        )

    @classmethod
    def from_versions(
        cls,
        config: bytes,
        *,
        plan: bytes | None,
        templates: tuple[bytes, ...],
        villages: tuple[Village, ...],
        stations: tuple[Station, ...],
        links: tuple[Link, ...] = (),
    ) -> Self:
        """Return the pack of one village out of kept versions, for `explain`.

        Parameters
        ----------
        villages, stations, links : of the kept risk configuration
        """
        plans = [Plan.from_bytes(plan)] if plan is not None else []
        written = [Templates.from_bytes(content) for content in templates]
        return cls(
            config=WarningConfig.from_bytes(config),
            plans={kept.village_id: kept for kept in plans},
            templates={words.language: words for words in written},
            villages=villages,
            station_names={s.station_id: s.name for s in stations},
            responses=responses(villages, links),
            centre=_centre(villages),
        )


def load_warning(
    pack: SitePack, *, today: date | None = None, progress: Progress | None = None
) -> WarningPack:
    """Read plans, templates and ``[warning]``; for what is bad, defaults or plain words serve.

    Parameters
    ----------
    today : against which the age of plans and drills is judged; None judges none
    progress : told of each plan that was read, and how many there are
    """
    config, findings = _config(pack)
    templates = _templates(pack.folder, config, findings)
    plans = _plans(pack, Season(config.languages, today), findings, progress)
    hazards, faults = read_zones(pack.folder)
    known = {village.village_id for village in pack.villages}
    findings += faults + of_no_village(hazards.zones, known)
    findings += hazard_findings(pack.folder, hazards, plans)
    for village in pack.villages:  # now: while alerts are written, the fence is held
        drawn_once(tuple(zone.polygon for zone in hazards.of(village)))
    return WarningPack(
        config=config,
        plans=plans,
        templates=templates,
        villages=pack.villages,
        station_names={s.station_id: s.name for s in pack.stations},
        responses=responses(pack.villages, pack.links),
        centre=_centre(pack.villages),
        feeds=pack.feeds,
        hazards=hazards,
        findings=tuple(findings),
    )


def _centre(villages: tuple[Village, ...]) -> tuple[float, float] | None:
    known = [(v.lon, v.lat) for v in villages if v.lon is not None and v.lat is not None]
    if not known:
        return None
    lons, lats = zip(*known, strict=True)
    return sum(lons) / len(lons), sum(lats) / len(lats)


def _config(pack: SitePack) -> tuple[WarningConfig, list[Finding]]:
    given = {
        "site": pack.site_id,
        "site_name": pack.name,
        "zone": pack.zone,
        "languages": pack.languages,
        "cycle_minutes": int(pack.cycle.total_seconds() // 60),
    }
    _, text, _ = read_toml(pack.folder, "site.toml")
    own = {key: value for key, value in pack.warning.items() if key not in {*given, KEY}}
    receivers, unusable = receivers_of(pack.warning.get(KEY), text)
    own[KEY] = receivers
    findings = [
        _config_fault(key, "this belongs to [site]", "remove it", text)
        for key in pack.warning
        if key in given
    ]
    config, faults = settle(
        WarningConfig, own | given, file="site.toml", table="warning", text=text
    )
    # every key of [warning] has a default, so without its bad keys the table always settles
    config = config or WarningConfig.model_validate(given)
    known = {village.village_id for village in pack.villages}
    for key, stated in (("approval_at", config.approval_at), (KEY, config.cap_receivers)):
        unknown = {village_id for each in stated for village_id in each.villages} - known
        findings += [
            _config_fault(key, f"unknown village {one}", "use an id of villages.csv", text)
            for one in sorted(unknown)
        ]
    return config, [*findings, *unusable, *faults]


def _config_fault(key: str, message: str, cure: str, text: str) -> Finding:
    row = line_of(text, ("warning", key))
    return Finding("error", "site.toml", row, f"warning.{key}", message, cure)


def _templates(
    folder: Path, config: WarningConfig, findings: list[Finding]
) -> dict[str, Templates]:
    found: dict[str, Templates] = {}
    for language in config.languages:
        file = f"{MESSAGES}/{language}.toml"
        templates = _read_templates(folder, file, findings)
        if templates is not None and templates.language != language:
            message = f"language is {templates.language}"
            findings.append(Finding("error", file, 1, "language", message, f"write {language}"))
            templates = None
        found[language] = templates or plain_templates(language, config.site_name)
        if config.asks_in_turn and templates is not None and templates.ask is None:
            message = "there is no such text: approvers would be asked in plain English"
            findings.append(Finding("warning", file, None, "ask", message, "write it"))
    return found


def _read_templates(folder: Path, file: str, findings: list[Finding]) -> Templates | None:
    raw, text, faults = read_toml(folder, file)
    findings += faults
    if raw is None:
        return None
    templates, found = _usable(text, file)
    findings += found
    return templates


@lru_cache(maxsize=16)
def _usable(text: str, file: str) -> tuple[Templates | None, tuple[Finding, ...]]:
    """Return templates and what is wrong in them; to fill every text is most of a pack's reading.

    Whoever serves for long reads the pack anew at every turn, and hardly ever another text.
    """
    try:
        templates = Templates.model_validate(tomllib.loads(text))
    except ValidationError as error:
        return None, tuple(_fault(file, text, detail) for detail in error.errors())
    return templates, tuple(lint_templates(templates, file=file))


def _plans(
    pack: SitePack, season: Season, findings: list[Finding], progress: Progress | None
) -> dict[str, Plan]:
    """Return the plans from which an order can be made, by village."""
    plans: dict[str, Plan] = {}
    known = {village.village_id for village in pack.villages}
    for path in followed(sorted((pack.folder / PLANS).glob("*/*.toml")), progress):
        file = path.relative_to(pack.folder).as_posix()
        text, unread = read_text(pack.folder, file)
        findings += unread
        if text is None:
            continue
        plan, faults, breaks = _plan_of(text, file, season)
        strange = [] if plan is None else _whose(plan, file, known)
        findings += strange
        findings += faults
        if plan is not None and not strange and not breaks:
            plans[plan.village_id] = plan
    findings += _without_plan(pack, plans)
    return plans


@lru_cache(maxsize=MOST_PLANS)
def _plan_of(text: str, file: str, season: Season) -> tuple[Plan | None, tuple[Finding, ...], bool]:
    """Return the plan that a text is, what is wrong with it, and whether that breaks an order.

    As of `_usable`: a county has thousands of plans, and every step reads all of them.
    """
    raw, faults = toml_of(text, file)
    if raw is None:
        return None, tuple(faults), True
    try:
        plan = Plan.model_validate(raw)
    except ValidationError as error:
        return None, tuple(_fault(file, text, detail) for detail in error.errors()), True
    found = lint(plan, season)
    told = tuple(
        Finding(f.severity, file, _row(text, f.field), f.field, f.message, f.cure) for f in found
    )
    return plan, told, any(fault.breaks for fault in found)


def _row(text: str, field: str) -> int | None:
    """Return the line of a dotted field, whose numbers count the items of a list from 0."""
    return line_of(text, tuple(int(p) if p.isdigit() else p for p in field.split(".")))


def _whose(plan: Plan, file: str, known: Set[str]) -> list[Finding]:
    faults = []
    if plan.village_id not in known:
        message = f"unknown village {plan.village_id}"
        faults.append(
            Finding("error", file, None, "village_id", message, "use an id of villages.csv")
        )
    if Path(file).stem != plan.village_id:
        message = f"the plan is of {plan.village_id}"
        faults.append(
            Finding("error", file, None, "village_id", message, "name the file after its village")
        )
    return faults


def _without_plan(pack: SitePack, plans: Mapping[str, Plan]) -> list[Finding]:
    return [
        Finding(
            "warning",
            f"{PLANS}/",
            None,
            village.village_id,
            f"{village.name_en} has no usable plan: it would be ordered as a whole",
            "write its plan",
        )
        for village in pack.villages
        if village.kind is not VillageKind.RIVER_POINT and village.village_id not in plans
    ]


def _fault(file: str, text: str, detail: ErrorDetails) -> Finding:
    return finding_of(file, line_of(text, detail["loc"]), detail)
