"""Every check of quality, by the name that a rule gives it.

`verdict.flagged` builds the blocks and takes the worst of all. A check of one series is
``(values, times, rule) -> flags``, all stations side by side; one of stamps is given latencies in
the place of values; one over stations is ``(block, rule) -> flags``, dims (time, station); one of
sums is given the sums and a block of shorter intervals. Those of `ALONE` need no other reading and
come first: what fails them is no witness for or against another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.quality.accumulation import accumulation
from pipeline.quality.ancient_stamp import ancient_stamp
from pipeline.quality.clock_skew import clock_skew
from pipeline.quality.counter_reset import counter_reset
from pipeline.quality.faulty_zero import faulty_zero
from pipeline.quality.flat_line import flat_line
from pipeline.quality.future_stamp import future_stamp
from pipeline.quality.gap import gap
from pipeline.quality.interpolated_run import interpolated_run
from pipeline.quality.lone_burst import lone_burst
from pipeline.quality.rate_of_change import rate_of_change
from pipeline.quality.second_source import second_source
from pipeline.quality.sentinel import sentinel
from pipeline.quality.site_range import site_range
from pipeline.quality.spike import spike
from pipeline.quality.station_block import Flags, Floats, Ints, StationBlock
from pipeline.quality.wrong_unit import wrong_unit
from pipeline.site.model import Check, QualityRule

SeriesCheck = Callable[[Floats, Ints, QualityRule], Flags]
StationCheck = Callable[[StationBlock, QualityRule], Flags]
SumCheck = Callable[[StationBlock, StationBlock, QualityRule], Flags]

OF_SERIES: Final[Mapping[Check, SeriesCheck]] = {
    Check.GROSS_RANGE: site_range,
    Check.SENTINEL: sentinel,
    Check.SPIKE: spike,
    Check.RATE_OF_CHANGE: rate_of_change,
    Check.FLAT_LINE: flat_line,
    Check.GAP: gap,
    Check.COUNTER_RESET: counter_reset,
    Check.INTERPOLATED: interpolated_run,
}
OF_STAMPS: Final[Mapping[Check, SeriesCheck]] = {
    Check.FUTURE_STAMP: future_stamp,
    Check.ANCIENT_STAMP: ancient_stamp,
}
OF_STATIONS: Final[Mapping[Check, StationCheck]] = {
    Check.CLOCK_SKEW: clock_skew,
    Check.LONE_BURST: lone_burst,
    Check.FAULTY_ZERO: faulty_zero,
    Check.WRONG_UNIT: wrong_unit,
    Check.SECOND_SOURCE: second_source,
}
"""A check over stations is one more line here, and its name in `site.model.Check`."""

OF_SUMS: Final[Mapping[Check, SumCheck]] = {
    Check.ACCUMULATION: accumulation,
}
ALONE: Final = frozenset(
    {Check.GROSS_RANGE, Check.SENTINEL, Check.FUTURE_STAMP, Check.ANCIENT_STAMP}
)


def checked(rule: QualityRule, block: StationBlock) -> Flags:
    """Return the flags [time, station] of a rule whose check needs one block and no other."""
    if rule.check in OF_SERIES:
        return OF_SERIES[rule.check](block.values, block.times, rule)
    if rule.check in OF_STAMPS:
        return OF_STAMPS[rule.check](block.latency_min, block.times, rule)
    return OF_STATIONS[rule.check](block, rule)
