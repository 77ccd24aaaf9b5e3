"""What persons saw at the water: evidence of a level until it is too old to tell of now.

| a person | what follows |
|---|---|
| saw the water do something | its level (`[risk.reports]`), until that is `stands_min` ago |
| saw it calm | ends what that same person had seen, and nobody else's; it lowers no level |

A report brings the water near in the clock as well: of houses or debris, it is there; over a way or
at a bridge, the catchment stands at its threshold whatever the gauges say, and the water is
expected as `onset` expects it then, counted from the minute of the sighting.

Source: users.md 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np

from pipeline import instants
from pipeline.bulletin import Evidence, Indicator, RiskLevel, Sighting, canonical
from pipeline.risk.as_read import SECOND_US
from pipeline.risk.onset import SHARES
from pipeline.risk.thresholds import Floats, Ints
from pipeline.site.risk_settings import ReportSettings

BASIS: Final = "rule"
AT_ITS_THRESHOLD: Final = frozenset({Sighting.AT_BRIDGE, Sighting.OVER})


@dataclass(frozen=True, slots=True)
class Report:
    """One person's word on the water at a village.

    Attributes
    ----------
    known_at : from when on a cutoff sees it
    seen_at : when it was so
    by_ref : roster reference of who sent it in
    words : what else was said, for officers
    """

    village_id: str
    known_at: datetime
    seen_at: datetime
    saw: Sighting
    by_ref: str
    words: str = ""


def standing(
    said: Iterable[Report], cutoff: datetime, settings: ReportSettings
) -> tuple[Report, ...]:
    """Return the reports that count at a cutoff: of each person and sighting the newest one."""
    newest: dict[tuple[str, str, Sighting], Report] = {}
    for report in sorted(said, key=lambda r: (r.known_at, r.village_id, r.by_ref, r.saw)):
        if report.known_at > cutoff:
            continue
        if report.saw is Sighting.CALM:
            mine = (report.village_id, report.by_ref)
            newest = {key: r for key, r in newest.items() if key[:2] != mine}
        else:
            newest[report.village_id, report.by_ref, report.saw] = report
    return tuple(
        newest[key] for key in sorted(newest) if cutoff < newest[key].seen_at + settings.stands
    )


def evidence(report: Report, level: RiskLevel, *, cutoff: datetime) -> Evidence:
    """Return a report as evidence of the level that it brings."""
    age_us = instants.to_us(cutoff) - instants.to_us(report.seen_at)
    return Evidence(
        indicator=Indicator.REPORT,
        station_id=report.by_ref,
        duration_h=None,
        value=None,
        threshold=None,
        unit="",
        valid_time=report.seen_at,
        age_s=age_us // SECOND_US,
        basis=BASIS,
        level=level,
        fed_by=report.words or None,
        saw=report.saw,
    )


def levels(reports: Iterable[Report], villages: Sequence[str], settings: ReportSettings) -> Ints:
    """Return the level that reports bring each village, dims (village)."""
    found: Ints = np.zeros(len(villages), dtype=np.int64)
    row_of = {village_id: row for row, village_id in enumerate(villages)}
    for report in reports:
        row = row_of.get(report.village_id)
        if row is not None:
            found[row] = max(found[row], settings.level_of(report.saw))
    return found


def offsets_h(report: Report, response_h: float, *, since_h: float) -> Floats | None:
    """Return hours after the slot until the water is there; None where the report tells nothing.

    Parameters
    ----------
    response_h : time of concentration
    since_h : from the sighting to the slot
    """
    if report.saw.is_at_the_houses:
        return np.zeros(len(SHARES))
    if report.saw in AT_ITS_THRESHOLD:
        return np.maximum(SHARES * response_h - since_h, 0.0)
    return None


def inputs_sha256(read_sha256: str, reports: Sequence[Report]) -> str:
    """Return the digest of all that was read: what else was, and the reports if there are any."""
    if not reports:
        return read_sha256
    said = canonical([read_sha256, *(asdict(r) for r in reports)])
    return hashlib.sha256(b"floodwarn.reported/1\n" + said).hexdigest()
