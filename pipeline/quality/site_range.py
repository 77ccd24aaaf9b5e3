"""Site range: what one river, gully or gauge can show, narrower than what the Earth can."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.site.model import QualityRule

INFINITE = float("inf")


def site_range(
    values: npt.NDArray[np.float64], _times: npt.NDArray[np.int64], rule: QualityRule
) -> npt.NDArray[np.uint8]:
    """Flag values outside the limits that a site states; the limits themselves are inside.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing
    rule : `suspect_below`, `suspect` and `fail_below`, `fail` in the variable's unit; None = no
        limit on that side

    Source: IOOS QARTOD, test 4 (gross range), as `ioos_qc.qartod.gross_range_test`, which wants
    the suspect span inside the fail span.
    """
    # It takes a second to load, and only sites with such a rule need it.
    from ioos_qc.qartod import gross_range_test  # noqa: PLC0415

    low, high = _span(rule.fail_below, rule.fail)
    inner_low, inner_high = _span(rule.suspect_below, rule.suspect)
    flags = gross_range_test(
        values,
        fail_span=(low, high),
        suspect_span=(max(low, inner_low), min(high, inner_high)),
    )
    return np.asarray(flags, dtype=np.uint8)


def _span(low: float | None, high: float | None) -> tuple[float, float]:
    return -INFINITE if low is None else low, INFINITE if high is None else high
