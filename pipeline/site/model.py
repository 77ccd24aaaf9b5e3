"""The typed content of a site pack; frozen, hashable by content, without any I/O.

`RiskConfig` is everything that can change a decision of `assess`. It is stored by its hash with
the first bulletin that used it, so that a decision can be rebuilt with ``config/`` deleted.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from pipeline.bulletin import RiskLevel, canonical
from pipeline.observation import KnownBasis
from pipeline.site.factor import TemporaryFactor
from pipeline.site.frozen import Frozen
from pipeline.site.rain_cells import RainCells
from pipeline.site.risk_settings import RiskSettings, Wetness
from pipeline.site.runoff_model import Runoff
from pipeline.site.signature import Signed, StationSignature
from pipeline.units import Variable


def _unset(value: object) -> bool:
    return value is None or value == ()


class VillageKind(StrEnum):
    """What a row of villages.csv is; a river_point is for officers only and has no people."""

    VILLAGE = "village"
    HAMLET = "hamlet"
    CARE_HOME = "care_home"
    SCHOOL = "school"
    CAMP = "camp"
    FORD = "ford"
    UNDERPASS = "underpass"
    RESERVOIR = "reservoir"
    RIVER_POINT = "river_point"


class Village(Frozen):
    """One row of villages.csv: the unit of warning."""

    village_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    kind: VillageKind
    name: str
    name_en: str
    township: str
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    position_basis: Literal["surveyed", "town_centre", "assumed", "none"]
    area_km2: float | None = Field(None, gt=0)
    elevation_m: float | None = Field(None, exclude_if=_unset)
    downstream_id: str | None = None
    people: int | None = Field(None, ge=0)
    households: int | None = Field(None, ge=0)


class Station(Frozen):
    """One row of stations.csv: a sensor location.

    `silent_after_min` is how long this station may say nothing before it counts as silent;
    event-driven recorders need more than their interval. `reports` = events: its rain comes only
    when it rains, so that it is dry only while something else of it (voltage, stage, a heartbeat)
    shows that it lives. With `probation_until` it is new: until that day, and until all of it is
    signed for (`pipeline.risk.probation`), it may raise to orange and corroborate, but makes no red
    alone and supports no fall.
    """

    station_id: str
    name: str
    variables: tuple[Variable, ...]
    lon: float | None = None
    lat: float | None = None
    elevation_m: float | None = None
    interval_min: int = Field(gt=0)
    silent_after_min: int = Field(gt=0)
    datum_m: float | None = None
    reports: Literal["always", "events"] = "always"
    probation_until: date | None = None
    signatures: tuple[StationSignature, ...] = ()

    def unsigned(self, day: date) -> tuple[Signed, ...]:
        """Return what nobody had signed for by a day, itself included; only a stage has a datum."""
        signed = {one.what for one in self.signatures if one.signed_on <= day}
        if Variable.STAGE not in self.variables:
            signed.add(Signed.DATUM)
        return tuple(what for what in Signed if what not in signed)


class StationLevel(Frozen):
    """One row of levels.csv; `verify` names a level by its return period, where it has one."""

    station_id: str
    variable: Variable
    level: RiskLevel
    value: float
    unit: str
    source: str
    return_period_years: float | None = Field(None, gt=0)


class Link(Frozen):
    """One row of links.csv: this village is reached by what passes that station.

    Attributes
    ----------
    at_most : the highest level that the station can bring the village to; what rises far upstream
        may flatten on its way, and asks people to prepare rather than to move
    """

    village_id: str
    station_id: str
    travel_min: int = Field(ge=0)
    source: str
    at_most: RiskLevel = Field(RiskLevel.RED, gt=0, exclude_if=RiskLevel.RED.__eq__)


class Threshold(Frozen):
    """One row of thresholds.csv."""

    village_id: str
    indicator: Literal["rain"]
    duration_h: float = Field(gt=0)
    wetness: Wetness
    level: RiskLevel
    value: float = Field(gt=0)
    unit: Literal["mm"]
    basis: Literal["computed", "empirical", "county_default"]
    source: str


class StationWeight(Frozen):
    """One row of weights.csv: the share of a catchment that a station stands for."""

    village_id: str
    station_id: str
    weight: float = Field(gt=0, le=1)


class CatchmentWeights(Frozen):
    """Sparse weights village x source (CSR), each row summing to 1 where its catchment is covered.

    Attributes
    ----------
    villages : row order
    source_kind : ``grid`` (sources are cells of `grid_id`, row-major) or ``station``
    sources : station ids, or () for a grid
    shape : (rows, cols) of the grid
    indptr, indices, data : CSR
    """

    villages: tuple[str, ...]
    source_kind: Literal["grid", "station"]
    grid_id: str | None = None
    sources: tuple[str, ...] = ()
    shape: tuple[int, int] | None = None
    indptr: tuple[int, ...]
    indices: tuple[int, ...]
    data: tuple[float, ...]


class ForecastGrid(Frozen):
    """A feed that foresees rain, and what its cells weigh in each catchment."""

    feed_id: str
    weights: CatchmentWeights
    cadence_min: int = Field(gt=0)
    latency_min: int = Field(ge=0)


class FeedHealthRule(Frozen):
    """What the assessment must know of a feed to say whether it is late or silent."""

    feed_id: str
    variable: Variable
    cadence_min: int = Field(gt=0)
    latency_min: int = Field(ge=0)


class OfficialFeed(Frozen):
    """Which of our townships the areas of a feed of official warnings are, by code or name."""

    feed_id: str
    area_map: dict[str, tuple[str, ...]]


class Check(StrEnum):
    """What a rule of quality.toml looks for; each is one file of `pipeline.quality`."""

    GROSS_RANGE = "gross_range"
    SPIKE = "spike"
    RATE_OF_CHANGE = "rate_of_change"
    FLAT_LINE = "flat_line"
    GAP = "gap"
    FUTURE_STAMP = "future_stamp"
    ANCIENT_STAMP = "ancient_stamp"
    CLOCK_SKEW = "clock_skew"
    COUNTER_RESET = "counter_reset"
    ACCUMULATION = "accumulation"
    SENTINEL = "sentinel"
    INTERPOLATED = "interpolated"
    LONE_BURST = "lone_burst"
    FAULTY_ZERO = "faulty_zero"
    WRONG_UNIT = "wrong_unit"
    SECOND_SOURCE = "second_source"


class QualityRule(Frozen):
    """One ``[[rules]]`` of quality.toml; what is not set is not in its bytes.

    Attributes
    ----------
    stations : whom it judges; () = every station of the variable
    suspect, fail : what the check measures is flagged above these, in `unit`; None = never so,
        and zero is a threshold
    suspect_below, fail_below : of a range, its lower ends
    unit : of the thresholds (docs/quality.md says which each check needs)
    window_min : how far the check looks back, minutes
    eps : differences up to this are none, in the variable's unit
    above : only values above this are judged, in the variable's unit
    values : the constants that a logger writes in place of a measurement
    radius_km, climb_m, neighbours : which stations are neighbours (distance, difference in
        elevation), and how many of them it takes
    reference : the feed that another one is held against
    source : where the numbers come from
    """

    check: Check
    variable: Variable
    stations: tuple[str, ...] = Field((), exclude_if=_unset)
    suspect: float | None = Field(None, exclude_if=_unset, allow_inf_nan=False)
    fail: float | None = Field(None, exclude_if=_unset, allow_inf_nan=False)
    suspect_below: float | None = Field(None, exclude_if=_unset, allow_inf_nan=False)
    fail_below: float | None = Field(None, exclude_if=_unset, allow_inf_nan=False)
    unit: str
    window_min: int | None = Field(None, gt=0, exclude_if=_unset)
    eps: float | None = Field(None, ge=0, exclude_if=_unset, allow_inf_nan=False)
    above: float | None = Field(None, exclude_if=_unset, allow_inf_nan=False)
    values: tuple[float, ...] = Field((), exclude_if=_unset)
    radius_km: float | None = Field(None, gt=0, exclude_if=_unset, allow_inf_nan=False)
    climb_m: float | None = Field(None, gt=0, exclude_if=_unset, allow_inf_nan=False)
    neighbours: int | None = Field(None, gt=0, exclude_if=_unset)
    reference: str | None = Field(None, exclude_if=_unset)
    source: str = Field(min_length=1)


class RiskConfig(Frozen):
    """All of a site that `assess` may read.

    Attributes
    ----------
    quality : judged on what is read; a site without rules has the bytes of one that knows none
    rain_cells : None where no rule asks what the rain grid says over a station
    runoff : None where no model was calibrated
    feeds : those that tell what was seen
    forecasts : those that foresee rain, the preferred one first
    stand_in : stations whose rain stands in where the rain grid saw less; None where there is none
    """

    schema_id: Literal["floodwarn.risk-config/1"] = "floodwarn.risk-config/1"
    site: str
    cycle_minutes: int = Field(gt=0)
    risk: RiskSettings
    villages: tuple[Village, ...]
    stations: tuple[Station, ...]
    levels: tuple[StationLevel, ...]
    links: tuple[Link, ...]
    thresholds: tuple[Threshold, ...]
    weights: CatchmentWeights
    feeds: tuple[FeedHealthRule, ...]
    official: tuple[OfficialFeed, ...] = Field((), exclude_if=_unset)
    quality: tuple[QualityRule, ...] = Field((), exclude_if=_unset)
    rain_cells: RainCells | None = Field(None, exclude_if=_unset)
    runoff: Runoff | None = Field(None, exclude_if=_unset)
    factors: tuple[TemporaryFactor, ...] = Field((), exclude_if=_unset)
    forecasts: tuple[ForecastGrid, ...] = Field((), exclude_if=_unset)
    stand_in: CatchmentWeights | None = Field(None, exclude_if=_unset)

    def to_bytes(self) -> bytes:
        """Return the one canonical form; floats at full precision, keys sorted.

        What a site does not have is left out, so that its configuration keeps its hash.
        """
        return self.model_dump_json(by_alias=False).encode()

    @property
    def sha256(self) -> str:
        """The content hash that bulletins carry."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


CREDENTIAL_AS: Final = r"^(bearer|basic|header:[A-Za-z0-9-]{1,60}|query:[A-Za-z0-9_.-]{1,60})$"


class FeedSpec(Frozen):
    """One ``[[feeds]]`` of feeds.toml.

    Attributes
    ----------
    where : folder, file or URL; may name ``${FLOODWARN_HOME}`` and ``${FLOODWARN_SITE}``
    pattern : for folders, strftime pattern of the file name relative to `where`; the stamp is
        the END of the interval unless `stamp` says otherwise
    layout : of csv (long, wide, series)
    scale, unit : a number of the feed times `scale` is a value in `unit`; a protocol that states
        its own units needs none, and contradicts none
    interval_code : of sl323, how the length of a rain interval is written (0.05 = five minutes)
    nodata : the number that stands for a missing value, before scaling
    station_map : the feed's own code or column to our station_id
    interpolated : what to do with runs that the archive filled in by a straight line
    parameter : the feed's own name of the variable, where its protocol has several; of cap, words
        or codes of the events that count, with | between; None = all of them
    columns : of csv, our name of a column to the feed's (station_id, variable, valid_time, value,
        known_at, flag, interval_min); an empty one says that the feed has no such column
        of sl323, the standard's name of a table or column to the database's
    separator, decimal : of csv, the marks between cells and before decimals
    dry : the number by which the feed says that no rain fell; None = it has none
    area_map : of cap, an area's code or name to our townships
    credential : name of the environment variable, or Airflow Connection, that holds the secret
    credential_as : how it is shown: bearer, basic (user:password), header:NAME or query:NAME
    allow_private : networks (CIDR) that are not of the public internet and may be asked
    archive_from, archive_to : range of valid times that an archive states, ISO 8601
    forecast_h : of a forecast, for so many hours after the beginning of a run it is read; a run is
        due each `cadence_min`. None = the feed tells what was seen
    """

    feed_id: str = Field(pattern=r"^[a-z0-9_-]{1,35}$")
    protocol: str
    where: str
    variable: Variable
    pattern: str | None = None
    stamp: Literal["end", "start"] = "end"
    layout: Literal["long", "wide", "series"] | None = None
    station_id: str | None = None
    grid_id: str | None = None
    station_map: dict[str, str] = Field(default_factory=dict)
    time_column: str = "valid_time"
    zone: str = "UTC"
    interval_min: int = Field(60, gt=0)
    scale: float = 1.0
    unit: str | None = None
    nodata: float | None = None
    dry: float | None = None
    crs: str | None = None
    parameter: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    separator: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    area_map: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    interval_code: Literal["hmm", "minutes", "hours"] = "hmm"
    cadence_min: int = Field(gt=0)
    latency_min: int = Field(0, ge=0)
    basis: KnownBasis = KnownBasis.RECEIVED
    interpolated: Literal["keep", "known_at_end"] = "keep"
    max_bytes: int = Field(64_000_000, gt=0)
    budget_s: float = Field(20.0, gt=0)
    credential: str | None = None
    credential_as: str = Field("bearer", pattern=CREDENTIAL_AS)
    allow_private: tuple[str, ...] = ()
    archive_from: str | None = None
    archive_to: str | None = None
    forecast_h: int | None = Field(None, gt=0, le=240)

    @property
    def run_age(self) -> timedelta:
        """How old the newest run of a forecast may be when it comes; nothing of what was seen."""
        minutes = 0 if self.forecast_h is None else self.latency_min + 2 * self.cadence_min
        return timedelta(minutes=minutes)

    @property
    def slot_min(self) -> int:
        """Minutes from one file of a pattern to the next: an interval, or a run of a forecast."""
        return self.interval_min if self.forecast_h is None else self.cadence_min


def content_sha256(value: object) -> str:
    """Return the hash of any JSON-like value in canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()
