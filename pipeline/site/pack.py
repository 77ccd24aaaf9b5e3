"""A site pack: read, typed, and used as far as it is good; every fault is a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator
from shapely.geometry.base import BaseGeometry

from pipeline.errors import SiteError
from pipeline.site.catchment_settings import CatchmentSettings
from pipeline.site.catchments_file import read_catchments
from pipeline.site.factor import FACTORS_FILE, TemporaryFactor
from pipeline.site.feeds_file import read_feeds
from pipeline.site.finding import Finding
from pipeline.site.fitted import Fitted
from pipeline.site.model import (
    FeedSpec,
    Link,
    QualityRule,
    Station,
    StationLevel,
    StationWeight,
    Threshold,
    Village,
)
from pipeline.site.quality_file import read_rules
from pipeline.site.references import in_own_unit, naming, unique, without_circles
from pipeline.site.risk_settings import RiskSettings
from pipeline.site.runoff_model import RUNOFF_FILE, FlowLevel, RunoffModel
from pipeline.site.runoff_settings import RunoffSettings
from pipeline.site.sheet import Sheet, read_document, read_sheet, read_toml, settle
from pipeline.site.signature import StationSignature
from pipeline.site.store_settings import StoreSettings
from pipeline.units import Variable

SITE_FILE: Final = "site.toml"
SETTINGS: Final[Mapping[str, type[Any]]] = MappingProxyType({
    "catchment": CatchmentSettings,
    "risk": RiskSettings,
    "runoff": RunoffSettings,
    "store": StoreSettings,
})  # fmt: skip
"""Tables of site.toml that are typed here; `alerts` types [warning]."""
TABLES: Final = frozenset({"site", "warning", "exercise", *SETTINGS})
DAY_MIN: Final = 1440

Model = TypeVar("Model", bound=BaseModel)


class SiteTable(BaseModel):
    """``[site]`` of site.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    name: str
    name_en: str = ""
    zone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    cycle_minutes: int = Field(gt=0, le=DAY_MIN)
    assess_delay_minutes: int = Field(5, ge=0)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("unknown time zone") from None
        return zone

    @field_validator("cycle_minutes")
    @classmethod
    def _divides_the_day(cls, minutes: int) -> int:
        if DAY_MIN % minutes:
            raise ValueError("must divide the day, so that slots stay where they are")
        return minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePack:
    """All that is true of one place, as far as its files are good.

    Attributes
    ----------
    cycle : from one slot to the next
    assess_delay : from a slot to the cutoff of a cycle that was not lived through live
    fitted : what was tuned on which record; it changes no decision, and what `verify` may say
    flows : the flows of each village's levels
    catchments : polygons by village; empty where they are derived, or weights are stated
    runoff_model : as `floodwarn calibrate` fitted it; None where it did not
    warning : ``[warning]`` as written; `alerts` reads it
    exercise : ``[exercise]`` as written: flood_start, flood_end, speed
    lines : for each table, the line of its file on which each row was read
    findings : what was wrong; rows that are errors are not in the tables
    """

    site_id: str
    name: str
    name_en: str
    zone: str
    languages: tuple[str, ...]
    cycle: timedelta
    assess_delay: timedelta
    villages: tuple[Village, ...]
    stations: tuple[Station, ...]
    levels: tuple[StationLevel, ...]
    links: tuple[Link, ...]
    thresholds: tuple[Threshold, ...]
    station_weights: tuple[StationWeight, ...]
    feeds: tuple[FeedSpec, ...]
    quality: tuple[QualityRule, ...] = ()
    fitted: tuple[Fitted, ...] = ()
    flows: tuple[FlowLevel, ...] = ()
    factors: tuple[TemporaryFactor, ...] = ()
    catchments: Mapping[str, BaseGeometry] = field(default_factory=dict)
    runoff_model: RunoffModel | None = None
    risk: RiskSettings
    catchment: CatchmentSettings
    warning: Mapping[str, Any]
    exercise: Mapping[str, Any]
    folder: Path
    home: Path
    store: StoreSettings
    runoff: RunoffSettings
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def forecast_feeds(self) -> tuple[FeedSpec, ...]:
        """The feeds that foresee rain, the preferred one first."""
        foreseeing = (spec for spec in self.feeds if spec.forecast_h is not None)
        return tuple(spec for spec in foreseeing if spec.variable is Variable.RAIN)

    def feed(self, feed_id: str) -> FeedSpec:
        """Return the feed's declaration.

        Raises
        ------
        SiteError
            feeds.toml has no such feed, or it was refused.
        """
        for spec in self.feeds:
            if spec.feed_id == feed_id:
                return spec
        raise SiteError(f"{self.site_id} has no usable feed {feed_id!r}; see `floodwarn check`")

    def expand(self, where: str) -> str:
        """Return an address or path with the deployment's folders put in."""
        named = where.replace("${FLOODWARN_HOME}", str(self.home))
        return named.replace("${FLOODWARN_SITE}", str(self.folder))


@dataclass(frozen=True, slots=True)
class _Tables:
    villages: Sheet[Village]
    stations: Sheet[Station]
    levels: Sheet[StationLevel]
    links: Sheet[Link]
    thresholds: Sheet[Threshold]
    weights: Sheet[StationWeight]
    signatures: Sheet[StationSignature]
    fitted: Sheet[Fitted]
    flows: Sheet[FlowLevel]
    factors: Sheet[TemporaryFactor]

    def all(self) -> tuple[Sheet[Any], ...]:
        return (
            self.villages, self.stations, self.levels, self.links, self.thresholds, self.weights,
            self.signatures, self.fitted, self.flows, self.factors,
        )  # fmt: skip

    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for sheet in self.all() for finding in sheet.findings)


def load(folder: Path, home: Path) -> SitePack:
    """Read the site pack in `folder`; the deployment's state lies in `home`.

    Raises
    ------
    SiteError
        Nothing can run: site.toml cannot be read, or there is no usable village.
    """
    raw, text, findings = read_toml(folder, SITE_FILE)
    if raw is None:
        raise SiteError("; ".join(f.line() for f in findings))
    findings += _unknown_tables(raw)
    site = _table(SiteTable, raw, "site", text, findings)
    settings = {name: _table(model, raw, name, text, findings) for name, model in SETTINGS.items()}
    tables = _tables(folder)
    _require_village(tables, folder)
    feeds = read_feeds(folder)
    rules = read_rules(folder, _items(tables.stations))
    found = (*feeds.findings, *rules.findings)
    model, of_model = read_document(folder, RUNOFF_FILE, RunoffModel)
    names = frozenset(v.village_id for v in _items(tables.villages))
    polygons, of_polygons = read_catchments(folder, names)
    return SitePack(
        site_id=site.id,
        name=site.name,
        name_en=site.name_en or site.name,
        zone=site.zone,
        languages=site.languages,
        cycle=timedelta(minutes=site.cycle_minutes),
        assess_delay=timedelta(minutes=site.assess_delay_minutes),
        **_contents(tables),
        feeds=_items(feeds),
        quality=_items(rules),
        fitted=(*_items(tables.fitted), *(() if model is None else (model.fitted,))),
        catchments=polygons,
        runoff_model=model,
        **settings,
        warning=raw.get("warning", {}),
        exercise=raw.get("exercise", {}),
        folder=folder,
        home=home,
        lines={s.file: tuple(line for line, _ in s.rows) for s in (*tables.all(), feeds, rules)},
        findings=(*findings, *tables.findings(), *found, *of_model, *of_polygons),
    )


def _contents(tables: _Tables) -> dict[str, Any]:
    """Return what the tables say, as the pack has it."""
    return {
        "villages": _items(tables.villages),
        "stations": _signed(_items(tables.stations), _items(tables.signatures)),
        "levels": _items(tables.levels),
        "links": _items(tables.links),
        "thresholds": _items(tables.thresholds),
        "station_weights": _items(tables.weights),
        "flows": _items(tables.flows),
        "factors": _items(tables.factors),
    }


def _require_village(tables: _Tables, folder: Path) -> None:
    if not tables.villages.rows:
        why = "; ".join(f.line() for f in tables.villages.findings[:3])
        raise SiteError(f"{folder} has no usable village: {why}")


def _items(sheet: Sheet[Model]) -> tuple[Model, ...]:
    return tuple(row for _, row in sheet.rows)


def _unknown_tables(raw: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding("error", SITE_FILE, None, name, "unknown table", "remove it, or correct its name")
        for name in raw
        if name not in TABLES
    ]


def _table(
    model: type[Model], raw: Mapping[str, Any], name: str, text: str, findings: list[Finding]
) -> Model:
    table, faults = settle(model, raw.get(name, {}), file=SITE_FILE, table=name, text=text)
    if table is None:
        raise SiteError("; ".join(fault.line() for fault in faults))
    findings += faults
    return table


def _tables(folder: Path) -> _Tables:
    """Read the tables, and keep of each what the others know."""
    return _joined(
        _Tables(
            villages=read_sheet(folder, "villages.csv", Village),
            stations=read_sheet(folder, "stations.csv", Station),
            levels=read_sheet(folder, "levels.csv", StationLevel, required=False),
            links=read_sheet(folder, "links.csv", Link, required=False),
            thresholds=read_sheet(folder, "thresholds.csv", Threshold),
            weights=read_sheet(folder, "weights.csv", StationWeight, required=False),
            signatures=read_sheet(
                folder, "station_signatures.csv", StationSignature, required=False
            ),
            fitted=read_sheet(folder, "fitted.csv", Fitted, required=False),
            flows=read_sheet(folder, "flows.csv", FlowLevel, required=False),
            factors=read_sheet(folder, FACTORS_FILE, TemporaryFactor, required=False),
        )
    )


@lru_cache(maxsize=2)
def _joined(read: _Tables) -> _Tables:
    """Keep of each table what the others know; the same tables again are joined once."""
    villages = without_circles(unique(read.villages, lambda v: v.village_id, "village_id"))
    stations = unique(read.stations, lambda s: s.station_id, "station_id")
    named = frozenset(v.village_id for v in _items(villages))
    sensed = frozenset(s.station_id for s in _items(stations))
    return _Tables(
        villages=villages,
        stations=stations,
        levels=unique(in_own_unit(_of_station(read.levels, sensed)), _level_key, "level"),
        links=unique(_of_both(read.links, named, sensed), _pair, "station_id"),
        thresholds=unique(_of_village(read.thresholds, named), _threshold_key, "level"),
        weights=unique(_of_both(read.weights, named, sensed), _pair, "station_id"),
        signatures=unique(_of_station(read.signatures, sensed), _signature_key, "what"),
        fitted=read.fitted,
        flows=unique(
            _of_village(read.flows, named), lambda row: (row.village_id, row.level), "level"
        ),
        factors=naming(_of_village(read.factors, named), "down_to", named, "villages.csv"),
    )


def _signed(
    stations: tuple[Station, ...], signatures: tuple[StationSignature, ...]
) -> tuple[Station, ...]:
    of = groupby(sorted(signatures, key=_signature_key), key=lambda row: row.station_id)
    own = {station_id: tuple(rows) for station_id, rows in of}
    return tuple(s.model_copy(update={"signatures": own.get(s.station_id, ())}) for s in stations)


def _of_village(sheet: Sheet[Model], known: frozenset[str]) -> Sheet[Model]:
    return naming(sheet, "village_id", known, "villages.csv")


def _of_station(sheet: Sheet[Model], known: frozenset[str]) -> Sheet[Model]:
    return naming(sheet, "station_id", known, "stations.csv")


def _of_both(
    sheet: Sheet[Model], villages: frozenset[str], stations: frozenset[str]
) -> Sheet[Model]:
    return _of_station(_of_village(sheet, villages), stations)


def _pair(row: Link | StationWeight) -> object:
    return row.village_id, row.station_id


def _signature_key(row: StationSignature) -> tuple[str, str]:
    return row.station_id, row.what


def _level_key(row: StationLevel) -> object:
    return row.station_id, row.variable, row.level


def _threshold_key(row: Threshold) -> object:
    return row.village_id, row.indicator, row.duration_h, row.wetness, row.level
