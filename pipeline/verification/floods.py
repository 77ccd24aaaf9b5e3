"""Floods of a record, the alarms given for them, and which alarm was for which flood.

| at a flood that passes its level at T0 | counts as |
|---|---|
| an alarm within the credit window, [T0 - 12 h, T0) | a hit |
| else an alarm before the flow is below the level again | late: not detected |
| else | missed |

| an alarm, merged over pauses of less than 6 h | counts as |
|---|---|
| with a T0 within it or within 12 h after it, or the flow still over its level | no false alarm |
| else | one false alarm |
| each full 24 h of alarm outside of [T0 - 12 h, end of the flood) | one false alarm more |

The last row is for the alarm that is always on: it would else meet every flood.

Source: the rules of the reference study on the Cance (credit window, always-on penalty, late counts
as missed).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rules:
    """How alarms and floods are matched, in steps of the record.

    Attributes
    ----------
    credit : before T0 an alarm counts as a warning for so long, and no lead is longer
    merge : what pauses for less is one alarm, or one flood
    day : so much alarm outside of the floods is one false alarm
    """

    credit: int = 12
    merge: int = 6
    day: int = 24

    @classmethod
    def of_step(cls, step_s: int) -> Rules:
        """Return the rules, stated in hours, for a record of other steps."""
        hours = cls()
        return cls(*(h * 3600 // step_s for h in (hours.credit, hours.merge, hours.day)))


@dataclass(frozen=True, slots=True)
class Flood:
    """One flood at one station, by places in the record.

    Attributes
    ----------
    start : T0, the first step at or above the level
    end : the first step below it again
    peak : of the highest value
    """

    start: int
    end: int
    peak: int


@dataclass(frozen=True, slots=True)
class Matched:
    """Floods and alarms of one station, counted.

    Attributes
    ----------
    leads_to_peak : steps from the alarm to the peak, of each hit
    outside : steps of alarm outside of the floods and their credit windows
    starts : T0 of every flood
    lead_of : of every flood; None where it was not detected
    """

    late: int
    missed: int
    false: int
    leads_to_peak: tuple[int, ...]
    outside: int
    starts: tuple[int, ...]
    lead_of: tuple[int | None, ...]

    @property
    def leads(self) -> tuple[int, ...]:
        """Steps from the alarm to T0, of each hit."""
        return tuple(lead for lead in self.lead_of if lead is not None)

    @property
    def hits(self) -> int:
        """Floods that were warned of before T0."""
        return len(self.leads)


def floods(flow: Floats, level: float, rules: Rules) -> tuple[Flood, ...]:
    """Return the floods of a record: where it passes a level from below, until it is left.

    Parameters
    ----------
    flow : dims (time), NaN where nothing was recorded: that neither begins a flood nor ends one
    level : in the unit of the flow
    """
    over = _held(flow) >= level
    return tuple(
        Flood(start, end, start + int(np.nanargmax(flow[start:end])))
        for start, end in _runs(over, rules.merge)
        if start > 0
    )


def matched(on: Bools, of: tuple[Flood, ...], rules: Rules, within: Bools) -> Matched:
    """Match the alarms of a record with its floods.

    Parameters
    ----------
    on : dims (time), whether the alarm stood
    within : dims (time), the part that is judged: floods that begin in it, and alarms in it
    """
    judged = [flood for flood in of if within[flood.start]]
    alarms = _runs(on & within, rules.merge)
    covered = np.zeros(len(on), np.bool_)
    for flood in of:
        covered[max(0, flood.start - rules.credit) : flood.end] = True
    lead_of: list[int | None] = []
    to_peak, late = [], 0
    for flood in judged:
        opened = max(0, flood.start - rules.credit)
        first = _first_alarm(alarms, opened, flood.start)
        lead_of.append(None if first is None else flood.start - first)
        if first is not None:
            to_peak.append(flood.peak - first)
        else:
            late += bool(on[flood.start : flood.end].any())
    outside = int(np.count_nonzero(on & within & ~covered))
    false = sum(not covered[start:end].any() for start, end in alarms)
    return Matched(
        late=late,
        missed=len(judged) - len(to_peak) - late,
        false=false + outside // rules.day,
        leads_to_peak=tuple(to_peak),
        outside=outside,
        starts=tuple(flood.start for flood in judged),
        lead_of=tuple(lead_of),
    )


def storms(starts: list[int], rules: Rules) -> int:
    """Return how many storms made the floods of all stations: one is over after a credit window."""
    ordered = np.sort(np.array(starts, np.int64))
    return int(np.count_nonzero(np.diff(ordered) > rules.credit)) + 1 if len(ordered) else 0


def _first_alarm(alarms: list[tuple[int, int]], opened: int, start: int) -> int | None:
    """Return when the last alarm that stood before T0 began, at most a credit window before it."""
    standing = [first for first, end in alarms if first < start and end > opened]
    return max(standing[-1], opened) if standing else None


def _runs(on: Bools, merge: int) -> list[tuple[int, int]]:
    """Return [first, end) of each stretch that is on, shorter pauses than `merge` within it."""
    edges = np.diff(np.concatenate(([False], on, [False])).astype(np.int8))
    firsts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(firsts):
        return []
    apart = firsts[1:] - ends[:-1] >= merge
    firsts = np.concatenate((firsts[:1], firsts[1:][apart]))
    ends = np.concatenate((ends[:-1][apart], ends[-1:]))
    return [*zip(firsts.tolist(), ends.tolist(), strict=True)]


def _held(flow: Floats) -> Floats:
    """Return the record with each gap filled by what stood before it."""
    place = np.where(np.isnan(flow), 0, np.arange(len(flow)))
    return np.asarray(flow[np.maximum.accumulate(place)], dtype=np.float64)
