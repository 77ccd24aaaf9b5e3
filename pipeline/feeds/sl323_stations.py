"""What China's tables say of stations and their flood-control stages, to hold against a site pack.

Source: SL 323-2011 (tables ST_STBPRP_B, ST_RVFCCH_B). In practice most warning and guarantee
stages are NULL: such a station has no threshold, which is said and never taken for a low one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.bulletin import RiskLevel
from pipeline.errors import DecodeError
from pipeline.feeds import sensors
from pipeline.feeds.json_document import Json
from pipeline.feeds.protocol import Query
from pipeline.feeds.sl323 import answered, name, station_code
from pipeline.feeds.table import FieldFault
from pipeline.feeds.tally import Tally, printable
from pipeline.observation import Fault, RawPayload
from pipeline.site.model import FeedSpec, StationLevel
from pipeline.units import Variable

STATIONS: Final = ("STCD", "STNM", "STTP", "LGTD", "LTTD", "DTMNM", "DTMEL")
STAGES: Final = ("STCD", "WRZ", "GRZ")
TABLES: Final = {"ST_STBPRP_B": STATIONS, "ST_RVFCCH_B": STAGES}
SOURCE: Final = "ST_RVFCCH_B"


@dataclass(frozen=True, slots=True)
class StationRecord:
    """One station as the tables know it.

    Attributes
    ----------
    kind : STTP, such as PP rain, ZZ stage, ZQ river, RR reservoir
    lon, lat : degrees
    datum : name of the datum (DTMNM), and `datum_m` its height (DTMEL)
    warning_m, guarantee_m : stages WRZ and GRZ; None = no threshold
    """

    station_id: str
    name: str = ""
    kind: str = ""
    lon: float | None = None
    lat: float | None = None
    datum: str = ""
    datum_m: float | None = None
    warning_m: float | None = None
    guarantee_m: float | None = None

    @property
    def has_no_threshold(self) -> bool:
        """Whether neither stage is stated."""
        return self.warning_m is None and self.guarantee_m is None

    def levels(self, *, warning: RiskLevel, guarantee: RiskLevel) -> tuple[StationLevel, ...]:
        """Return the stages as rows of levels.csv, those that are stated.

        Parameters
        ----------
        warning, guarantee : the level that the site gives to each stage
        """
        stated = ((warning, self.warning_m), (guarantee, self.guarantee_m))
        return tuple(
            StationLevel(
                station_id=self.station_id, variable=Variable.STAGE, level=level, value=value,
                unit=Variable.STAGE.unit, source=SOURCE,
            )
            for level, value in stated
            if value is not None
        )  # fmt: skip


def queries(spec: FeedSpec) -> list[Query]:
    """Return the two tables to be asked for, whole."""
    return [
        Query(name(spec, table), tuple(name(spec, column) for column in columns))
        for table, columns in TABLES.items()
    ]


def records(
    payloads: Sequence[RawPayload], spec: FeedSpec
) -> tuple[tuple[StationRecord, ...], tuple[Fault, ...]]:
    """Return the stations of both tables, by code, and what of them could not be read.

    Raises
    ------
    DecodeError
        A payload is an answer of neither table.
    """
    found: dict[str, StationRecord] = {}
    faults: list[Fault] = []
    for payload in payloads:
        table = next((t for t in TABLES if payload.source_url == f"sql:{name(spec, t)}"), None)
        if table is None:
            raise DecodeError(f"{payload.source_url}: neither stations nor stages")
        tally = Tally(payload.source_url)
        for number, cells in enumerate(answered(payload, spec, TABLES[table]), 1):
            try:
                code = station_code(cells)
                ours = spec.station_map.get(code, code)
                known = found.get(ours, StationRecord(ours))
                found[ours] = _described(known, cells) if table != SOURCE else _staged(known, cells)
            except FieldFault as fault:
                tally.refuse(str(fault), number, fault.field)
        faults.extend(tally.faults())
    return tuple(found[code] for code in sorted(found)), tuple(faults)


def _described(known: StationRecord, cells: dict[str, Json]) -> StationRecord:
    return replace(
        known,
        name=_text(cells, "STNM"),
        kind=_text(cells, "STTP"),
        lon=sensors.value(cells["LGTD"], "LGTD", None),
        lat=sensors.value(cells["LTTD"], "LTTD", None),
        datum=_text(cells, "DTMNM"),
        datum_m=sensors.value(cells["DTMEL"], "DTMEL", None),
    )


def _staged(known: StationRecord, cells: dict[str, Json]) -> StationRecord:
    warning, guarantee = (sensors.value(cells[field], field, None) for field in ("WRZ", "GRZ"))
    if warning is not None and guarantee is not None and guarantee <= warning:
        raise FieldFault("GRZ", "the guarantee stage is not above the warning stage")
    return replace(known, warning_m=warning, guarantee_m=guarantee)


def _text(cells: dict[str, Json], field: str) -> str:
    written = cells[field]
    return printable(written.strip()) if isinstance(written, str) else ""
