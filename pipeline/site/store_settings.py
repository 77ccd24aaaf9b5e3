"""How long what is kept."""

from __future__ import annotations

from pydantic import Field

from pipeline.site.frozen import Frozen


class StoreSettings(Frozen):
    """``[store]`` of site.toml: how long what is kept; None = for ever.

    Attributes
    ----------
    compact_after_days : from a day's end until its batches are rewritten as segments
    late_horizon_h : how far back late data have lived slots judged again
    raw_days, fetch_days, quarantine_days : of payloads, of the fetch log, of refused rows
    observation_days : of the log; what a kept order was decided on stays all the same
    replay_days : of the bulletins of replays
    """

    compact_after_days: int = Field(2, ge=1)
    late_horizon_h: int = Field(24, ge=1, le=240)
    raw_days: int | None = Field(None, ge=1)
    fetch_days: int | None = Field(None, ge=30)
    quarantine_days: int | None = Field(None, ge=1)
    observation_days: int | None = Field(None, ge=120)
    replay_days: int | None = Field(None, ge=1)
