"""Door: what late and corrected data would have changed of the slots that were lived through.

Each is judged again at its own cutoff and by its own configuration, with all that is known now.
The bulletins that people were warned by stay what they are, and nobody is told of the past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.assess import RISK_KIND
from pipeline.bulletin import RiskBulletin
from pipeline.code_version import code_version
from pipeline.database import Connection, Engine, reading
from pipeline.errors import NotKept
from pipeline.instants import to_us
from pipeline.replay import judge_again
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.model import RiskConfig
from pipeline.store import arrivals, cycles, late_reviews, versions
from pipeline.store.arrivals import Arrival
from pipeline.store.late_reviews import Change, Review
from pipeline.world import KnownAs, World

__all__ = ["Change", "Review", "changed", "review", "reviews"]


@dataclass(frozen=True, slots=True)
class Lived:
    """A slot as it was lived through.

    Attributes
    ----------
    judged_at : up to when what was stored has been looked at: the cutoff of its cycle, however
        late that was assessed, or its last review
    late_sha256 : the decision of its last review; without one, the lived decision's
    """

    bulletin: RiskBulletin
    judged_at: datetime
    late_sha256: str

    @property
    def slot(self) -> datetime:
        """The interval's end."""
        return self.bulletin.slot


def touched(
    lived: Iterable[Lived], arrived: Sequence[Arrival], window: timedelta
) -> tuple[Lived, ...]:
    """Return the slots whose windows hold something that was stored since they were judged; pure.

    Parameters
    ----------
    window : how far a slot looks back: it reads slot - window < valid_time <= slot
    """
    return tuple(
        each
        for each in lived
        if any(
            one.stored_us > to_us(each.judged_at)
            and one.first_us <= to_us(each.slot)
            and one.last_us > to_us(each.slot - window)
            for one in arrived
        )
    )


def review(
    engine: Engine, world: World, *, horizon: timedelta, now: datetime
) -> tuple[Review, ...]:
    """Judge again the lived slots of the last `horizon` that late data touch; keep what differs.

    Slots that other code judged are left out: what differs would not be the data's doing.

    Returns
    -------
    The reviews that are new, oldest first.
    """
    found: list[Review] = []
    with reading(engine) as connection:
        configs = _by_config(connection, world, after=now - horizon)
    for config, lived in configs:
        late = _touched(engine, config, lived)
        cutoffs = [(each.slot, each.bulletin.cutoff) for each in late]
        again = judge_again(engine, config, cutoffs, known=KnownAs.NOW)
        found += [
            _review(each.bulletin, bulletin, now)
            for each, bulletin in zip(late, again, strict=True)
            if bulletin.decision_sha256 != each.late_sha256
        ]
    found.sort(key=lambda one: one.slot)
    with engine.begin() as connection:
        for one in found:
            late_reviews.keep(connection, world, one)
    return tuple(found)


def reviews(engine: Engine, world: World, *, after: datetime) -> tuple[Review, ...]:
    """Return the newest review of each slot after an instant, oldest first."""
    with reading(engine) as connection:
        return tuple(late_reviews.newest(connection, world, after=after).values())


def changed(engine: Engine, world: World, *, after: datetime) -> int:
    """Return how many slots after an instant would have had another level, of any village."""
    with reading(engine) as connection:
        return late_reviews.changed(connection, world, after=after)


def _by_config(
    connection: Connection, world: World, *, after: datetime
) -> list[tuple[RiskConfig, list[Lived]]]:
    """Return the lived slots after an instant, by the configuration that judged them."""
    known = late_reviews.newest(connection, world, after=after)
    grouped: dict[str, list[Lived]] = defaultdict(list)
    for bulletin in cycles.bulletins(connection, world, after=after):
        if bulletin.code_version == code_version():
            lived = _lived(bulletin, known.get(bulletin.slot))
            grouped[bulletin.risk_config_sha256].append(lived)
    return list(_with_configs(connection, grouped))


def _with_configs(
    connection: Connection, grouped: dict[str, list[Lived]]
) -> Iterator[tuple[RiskConfig, list[Lived]]]:
    for sha256, lived in grouped.items():
        try:
            content = versions.version(connection, RISK_KIND, sha256)
        except NotKept:
            continue
        yield RiskConfig.model_validate_json(content), lived


def _lived(bulletin: RiskBulletin, last: Review | None) -> Lived:
    if last is None:
        return Lived(bulletin, bulletin.cutoff, bulletin.decision_sha256)
    return Lived(bulletin, last.reviewed_at, last.late_sha256)


def _touched(engine: Engine, config: RiskConfig, lived: Sequence[Lived]) -> tuple[Lived, ...]:
    window = SiteArrays.of(config).window
    with reading(engine) as connection:
        arrived = arrivals.since(
            connection,
            config.site,
            min(each.judged_at for each in lived),
            start=lived[0].slot - window,
            end=lived[-1].slot,
        )
    return touched(lived, arrived, window)


def _review(lived: RiskBulletin, late: RiskBulletin, now: datetime) -> Review:
    changes = tuple(
        Change(village, lived.of(village).level, late.of(village).level)
        for village in lived.villages
        if lived.of(village).level != late.of(village).level
    )
    return Review(lived.slot, now, lived.decision_sha256, late.decision_sha256, changes)
