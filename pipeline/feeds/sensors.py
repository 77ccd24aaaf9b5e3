"""The sensors behind a station's readings: which of them is read, and how a reading is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.feeds import stamp
from pipeline.feeds.json_document import Json
from pipeline.feeds.number import SHOWN, number
from pipeline.feeds.table import FieldFault
from pipeline.feeds.tally import Tally, printable
from pipeline.observation import QcFlag, Reading
from pipeline.site.model import FeedSpec

Series = tuple[str, int]


def station_of(spec: FeedSpec, sensor: str, station: str) -> str:
    """Return our name of a sensor's station: by the sensor's code, by the station's, or that one.

    So a feed with two sensors at one place is read by mapping one of them.
    """
    return spec.station_map.get(sensor, spec.station_map.get(station, station))


def instant(written: str, field_name: str, spec: FeedSpec) -> datetime:
    """Return the instant that a field names.

    Raises
    ------
    FieldFault
        It is no time.
    """
    try:
        return stamp.instant(written, spec.zone)
    except ValueError:
        raise FieldFault(field_name, f"not a time: {written[:SHOWN]!r}") from None


def value(written: Json, field_name: str, nodata: float | None) -> float | None:
    """Return the number that a field states, as written; None where it states that there is none.

    Raises
    ------
    FieldFault
        It is neither a finite number nor nothing.
    """
    if written is None:
        return None
    if not isinstance(written, str):
        raise FieldFault(field_name, "neither a number nor nothing")
    try:
        return number(written, nodata)
    except ValueError as error:
        raise FieldFault(field_name, str(error)) from None


def reading(
    spec: FeedSpec,
    station_id: str,
    at: datetime,
    found: float | None,
    *,
    interval_s: int,
    flag: QcFlag = QcFlag.UNKNOWN,
) -> Reading:
    """Return one reading of a feed.

    Parameters
    ----------
    at : the stamp, of the end or the start of the interval as the feed declares
    found : in the variable's unit; None = missing
    """
    shift = timedelta(seconds=interval_s if spec.stamp == "start" else 0)
    return Reading(
        station_id=station_id,
        variable=spec.variable,
        interval_s=interval_s if spec.variable.is_sum else 0,
        valid_time=at + shift,
        value=found,
        flag=QcFlag.MISSING if found is None else flag,
    )


@dataclass(slots=True)
class Sensors:
    """Keeps the readings of one payload apart by sensor: no two of them make one series.

    Where two sensors of a station tell of the same time the one that stands first is kept, and a
    fault asks for one of them to be chosen.
    """

    tally: Tally
    _first: dict[Series, str] = field(default_factory=dict)
    _at: dict[tuple[Series, datetime], str] = field(default_factory=dict)
    _told: set[tuple[Series, str]] = field(default_factory=set)

    def keep(self, found: Reading, sensor: str, row: int) -> None:
        """Keep a reading, unless another sensor has told of its station and time."""
        series = found.station_id, found.interval_s
        first = self._first.setdefault(series, sensor)
        if first != sensor and (series, sensor) not in self._told:
            self._told.add((series, sensor))
            names = f"{printable(first)} and {printable(sensor)}"
            message = f"two sensors: {names}; name the one to be read in station_map"
            self.tally.refuse(message, row, "station_map", found.station_id)
        if self._at.setdefault((series, found.valid_time), sensor) == sensor:
            self.tally.keep(found)
