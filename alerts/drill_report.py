"""The report of a drill: for machines, and as one page without script; pure.

It holds no number and no text of an order. Of telephones that answered by themselves it says so
wherever it says how soon: such a figure is no measurement of people. Source: users.md 30.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined

from alerts.drill_score import Ladder, Reach, Score
from alerts.phones.book import Agreement

SCHEMA: Final = "floodwarn.drill/1"
SIMULATED: Final = "simulated telephones"


@dataclass(frozen=True, slots=True)
class Played:
    """What was played.

    Attributes
    ----------
    began : wall time
    agreed : the telephones' log held against ours; None where people were told
    """

    site: str
    world_id: str
    flood_start: datetime
    flood_end: datetime
    speed: int
    began: datetime
    agreed: Agreement | None = None

    @property
    def is_simulated(self) -> bool:
        """Tell whether telephones answered by themselves."""
        return self.agreed is not None


def answer(played: Played, score: Score) -> dict[str, object]:
    """Return what `floodwarn drill report --json` says."""
    agreed = played.agreed
    return {
        "schema": SCHEMA,
        "mode": "exercise",
        "site": played.site,
        "exercise": played.world_id,
        "from": played.flood_start,
        "to": played.flood_end,
        "speed": played.speed,
        "began": played.began,
        "simulated": played.is_simulated,
        "log": None if agreed is None else asdict(agreed),
        "channels": [_reach(reach) for reach in score.channels],
        "people": [_reach(reach) for reach in score.people],
        "wrong_numbers": [_whose(reach) for reach in score.wrong_numbers],
        "orders": [_order(ladder) for ladder in score.ladders],
        "wakings": dict(score.wakings),
        "calls": [asdict(call) for call in score.calls],
    }


def page(played: Played, score: Score, names: Mapping[str, str]) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    names : of villages, by id
    """
    source = resources.files("alerts").joinpath("drill_report.html").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    return template.render(
        played=played, score=score, names=names, simulated=SIMULATED, span=span, clock=clock
    )


def summary(played: Played, score: Score) -> Iterator[str]:
    """Yield the report in a few lines."""
    by = f", by {SIMULATED}" if played.is_simulated else ""
    yield f"EXERCISE {played.world_id}{by}"
    for reach in score.channels:
        yield (
            f"{reach.channel}: {reach.sent} sent, {reach.never} never known to have arrived;"
            f" half: {span(reach.p50)}, nine in ten: {span(reach.p90)}{by}"
        )
    yield f"wrong numbers: {len(score.wrong_numbers)}"
    orders, stages = score.ladders, ("received", "on site", "moved", "counted")
    for number, stage in enumerate(stages):
        come = [each.stages[number] for each in orders]
        there = sum(each.after is not None for each in come)
        late = sum(each.is_late for each in come)
        yield f"{stage}: {there} of {len(orders)} orders, {late} late by their plan{by}"
    yield f"woken most often: {max(score.wakings.values(), default=0)} times"
    if played.agreed is not None:
        differ = len(played.agreed.differences)
        yield (
            f"the telephones' log: {played.agreed.lines} lines and {played.agreed.listed} orders"
            f" on the board, {differ} differ from ours"
        )


def span(seconds: float | None) -> str:
    """Return a span in words; None is never."""
    if seconds is None:
        return "never"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def clock(minutes: float | None) -> str:
    """Return minutes as they are read; None is never."""
    return "never" if minutes is None else f"{minutes:.1f}"


def _reach(reach: Reach) -> dict[str, object]:
    return {name: value for name, value in asdict(reach).items() if value != ""}


def _whose(reach: Reach) -> dict[str, str]:
    return {"contact_ref": reach.contact_ref, "channel": reach.channel}


def _order(ladder: Ladder) -> dict[str, object]:
    order = ladder.order
    return {
        "village_id": order.village_id,
        "place_id": order.key[2],
        "revision": order.key[1],
        "tier": order.tier.name.lower(),
        "action": order.action.value,
        "at": order.at,
        "tries": ladder.tries,
        "calls": ladder.calls,
        "stages": {
            stage.said.value: {"after_min": stage.after, "limit_min": stage.limit}
            for stage in ladder.stages
        },
    }
