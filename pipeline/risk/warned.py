"""Which villages an official warning speaks of, and what an officer sees of it.

An area that feeds.toml knows by code or name is its townships; any other is its rings on the map.
The colour is the area's own. Alone it moves no village: it is evidence that speaks for no level,
and what it does to a blind village is the table in `blindness`.

Source: users.md 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from pipeline import instants
from pipeline.bulletin import Evidence, Indicator, RiskLevel
from pipeline.observation import OfficialWarning, WarningArea
from pipeline.risk.as_read import SECOND_US
from pipeline.risk.hand_fed import hand_feed
from pipeline.risk.official import FeedWarning
from pipeline.risk.site_arrays import SiteArrays
from pipeline.risk.thresholds import Bools, Floats, Ints
from pipeline.units import Variable

BASIS: Final = "rule"
BETWEEN_NAMES: Final = re.compile(r"\s*[,，;；、]\s*")
RING_CORNERS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Warned:
    """What official warnings say of each village.

    Attributes
    ----------
    levels : the highest of any warning in force, dims (village), 0 where there is none
    colours : each warning's own, dims (warning, village)
    """

    standing: Sequence[FeedWarning]
    levels: Ints
    colours: Ints

    def evidence(self, village: int, *, cutoff_us: int) -> list[Evidence]:
        """Return one evidence a sender: its highest colour, and of those the newest."""
        found: dict[str, Evidence] = {}
        for message, level in zip(self.standing, self.colours[:, village].tolist(), strict=True):
            sender = f"{message.feed_id}/{message.warning.sender}"
            if level and (sender not in found or level >= (found[sender].value or 0)):
                found[sender] = _evidence(sender, message.warning, level, cutoff_us)
        return list(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the villages of a site are, for warnings to be laid over; dims (village)."""

    townships: npt.NDArray[np.str_]
    lon: Floats
    lat: Floats
    area_maps: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def of(cls, site: SiteArrays) -> Places:
        """Return the places of a site's villages, in their order."""
        by_id = {village.village_id: village for village in site.config.villages}
        villages = [by_id[village_id] for village_id in site.villages]
        return cls(
            townships=np.array([village.township for village in villages], dtype=np.str_),
            lon=_degrees(village.lon for village in villages),
            lat=_degrees(village.lat for village in villages),
            area_maps={
                name: feed.area_map
                for feed in site.config.official
                for name in (feed.feed_id, hand_feed(feed.feed_id))
            },
        )

    def warned(self, standing: Sequence[FeedWarning]) -> Warned:
        """Return what the warnings in force say of each village."""
        colours: Ints = np.zeros((len(standing), len(self.lon)), dtype=np.int64)
        for row, message in enumerate(standing):
            for area in message.warning.areas:
                inside = self._inside(area, self.area_maps.get(message.feed_id, {}))
                colours[row, inside] = np.maximum(colours[row, inside], area.level)
        return Warned(standing, np.asarray(colours.max(axis=0, initial=0)), colours)

    def _inside(self, area: WarningArea, area_map: Mapping[str, tuple[str, ...]]) -> Bools:
        names = {value for _, value in area.geocodes} | {area.description}
        names |= {*area.description.split("; "), *BETWEEN_NAMES.split(area.description)}
        known = [township for name in sorted(names) for township in area_map.get(name, ())]
        if known:
            return np.isin(self.townships, known)
        inside: Bools = np.zeros(len(self.lon), dtype=np.bool_)
        for ring in area.polygons:
            if len(ring) >= RING_CORNERS:
                # Rings of strangers cross themselves; whether a point lies within is still one
                # count of crossings. To mend such a ring can take minutes.
                shape = shapely.Polygon(ring)
                shapely.prepare(shape)
                inside |= shapely.intersects_xy(shape, self.lon, self.lat)
        return inside


def _degrees(given: Iterator[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in given], dtype=np.float64)


def _evidence(sender: str, warning: OfficialWarning, level: int, cutoff_us: int) -> Evidence:
    return Evidence(
        indicator=Indicator.OFFICIAL,
        station_id=sender,
        duration_h=None,
        value=float(level),
        threshold=None,
        unit=Variable.OFFICIAL.unit,
        valid_time=warning.sent,
        age_s=(cutoff_us - instants.to_us(warning.sent)) // SECOND_US,
        basis=BASIS,
        level=RiskLevel.NONE,
    )
