"""Door: a file that a person feeds by hand: shown first, then stored with that person's word.

A file that reaches into what live cycles read is stored in a feed of its own, and only with a name
and a reason. An older one is an archive: it fills its feed, and the word on it is kept as well.

Source: users.md 17.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline import instants
from pipeline.assess import read_cycle, read_known
from pipeline.bulletin import RiskBulletin
from pipeline.code_version import code_version
from pipeline.database import Engine, reading
from pipeline.errors import NotConfirmed
from pipeline.feeds.client import read_file
from pipeline.instants import to_us
from pipeline.intake import Hand, Intake, spoken_of
from pipeline.observation import Fault, KnownBasis, QcFlag
from pipeline.observe import Observed, settled, ticking
from pipeline.quality.verdict import flags_of
from pipeline.risk.areal_cache import ArealCache
from pipeline.risk.judgement import Cycle, as_said, judge
from pipeline.risk.official import FeedWarning
from pipeline.risk.site_arrays import SiteArrays
from pipeline.site.derive import risk_config
from pipeline.site.model import RiskConfig
from pipeline.site.pack import SitePack
from pipeline.store import batches
from pipeline.store.admission import Incoming, admit, scheduled_window
from pipeline.store.known import Known
from pipeline.world import World, live

__all__ = ["Effect", "Preview", "preview", "take_file"]

UNNAMED = Hand("", "", apart=True)
DOUBTED = (QcFlag.SUSPECT, QcFlag.FAIL)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a file would do to the present cycle.

    Attributes
    ----------
    rise : villages whose level it would raise
    fall : those that it would lower, were it not for `never_lower`
    doubted : its rows that fail, or are suspect, beside what the stations around them say
    """

    slot: datetime
    rise: tuple[str, ...]
    fall: tuple[str, ...]
    doubted: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds, told before anything of it is stored.

    Attributes
    ----------
    rows : that may enter the log
    first, last : the times that they are about; None where nothing could be read
    faults : rows and fields that cannot be used: by their unit, time or value
    effect : on the present cycle; None where it reaches into nothing that live cycles read
    """

    rows: int
    first: datetime | None
    last: datetime | None
    faults: tuple[Fault, ...]
    effect: Effect | None

    @property
    def is_recent(self) -> bool:
        """Whether it reaches into what live cycles read."""
        return self.effect is not None


def preview(
    engine: Engine,
    pack: SitePack,
    feed_id: str,
    path: Path,
    *,
    now: datetime,
    basis: KnownBasis | None = None,
) -> Preview:
    """Tell what a file would bring, and do to the present cycle, without storing it.

    Raises
    ------
    FetchError
        The file could not be read.
    """
    payload = read_file(pack.feed(feed_id), path, fetched_at=now)
    intake = _intake(engine, pack, live(pack.site_id), feed_id, now, basis)
    fed = replace(intake, hand=UNNAMED).offered(payload)
    times = spoken_of(fed.decoded)
    admitted = admit(fed)
    return Preview(
        rows=len(admitted) + len(fed.decoded.warnings),
        first=min(times, default=None),
        last=max(times, default=None),
        faults=admitted.faults,
        effect=_effect(intake, fed, now) if _is_recent(pack, fed, now) else None,
    )


def take_file(  # noqa: PLR0913 - as observe, and by whom
    engine: Engine,
    pack: SitePack,
    world: World,
    feed_id: str,
    path: Path,
    word: tuple[str, str] = ("", ""),
    *,
    now: datetime,
    basis: KnownBasis | None = None,
) -> Observed:
    """Store one file with a person's word on it; all of its times.

    Parameters
    ----------
    word : who feeds it, and why

    Raises
    ------
    NotConfirmed
        It reaches into what live cycles read, and has no name or no reason.
    ObserveFailed
        The file could not be decoded.
    FetchError
        The file could not be read.
    """
    payload = read_file(pack.feed(feed_id), path, fetched_at=now)
    intake = _intake(engine, pack, world, feed_id, now, basis)
    recent = _is_recent(pack, intake.offered(payload), now)
    by_ref, reason = (each.strip() for each in word)
    if recent and not (by_ref and reason):
        raise NotConfirmed("it reaches into what live cycles read: state who feeds it, and why")
    hand = Hand(by_ref, reason, apart=recent)
    return settled(replace(intake, hand=hand).take([payload], 1, None))


def _intake(
    engine: Engine,
    pack: SitePack,
    world: World,
    feed_id: str,
    now: datetime,
    basis: KnownBasis | None,
) -> Intake:
    spec = pack.feed(feed_id)
    return Intake(engine, pack, world, spec, basis or spec.basis, ticking(now), None)


def _is_recent(pack: SitePack, fed: Incoming, now: datetime) -> bool:
    """Tell whether any time lies where a live cycle may look: what a fetch brings, or a window."""
    first = min(scheduled_window(now)[0], now - pack.risk.window)
    return any(at >= first for at in spoken_of(fed.decoded))


def _effect(intake: Intake, fed: Incoming, now: datetime) -> Effect:
    """Judge the present cycle with and without a file; nothing is stored."""
    config = risk_config(intake.pack)
    site = SiteArrays.of(config)
    slot = instants.floor_to(now, timedelta(minutes=config.cycle_minutes))
    now = max(now, fed.known_at)
    in_place = replace(fed, feed_id=intake.feed_id)
    with reading(intake.engine) as connection:
        cycle = read_cycle(connection, site, live(config.site), slot, (now, now))
        rows, placed = (
            read_known(connection, site, slot, now, beside=batches.unstored(each))
            for each in (fed, in_place)
        )
    with_it = replace(cycle, as_read=rows, messages=_messages(cycle, fed))
    before, after = judge([cycle, with_it], site, code_version=code_version())
    (said,) = as_said([with_it], site, code_version=code_version(), cache=ArealCache(site.weights))
    return Effect(
        slot=slot,
        rise=_greater(after, before),
        fall=_greater(before, said),
        doubted=_doubted(placed, config, in_place),
    )


def _messages(cycle: Cycle, fed: Incoming) -> tuple[FeedWarning, ...]:
    told = [FeedWarning(fed.feed_id, warning) for warning in fed.decoded.warnings]
    known = {(m.feed_id, m.warning.identity): m for m in (*cycle.messages, *told)}
    return tuple(known[key] for key in sorted(known))


def _greater(one: RiskBulletin, other: RiskBulletin) -> tuple[str, ...]:
    """Return the villages whose level is greater in one bulletin than in another."""
    levels = zip(one.villages, one.levels, other.levels, strict=True)
    return tuple(village for village, level, than in levels if level > than)


def _doubted(known: Known, config: RiskConfig, fed: Incoming) -> tuple[Fault, ...]:
    """Return what the site's rules doubt of a file, read among what its feed and others say."""
    points, flags = known.points, flags_of(known, config)
    doubted = np.flatnonzero(np.isin(flags, DOUBTED) & (points.feed_id == fed.feed_id))
    own = {(r.station_id, r.variable, to_us(r.valid_time), r.value) for r in fed.decoded.readings}
    found = []
    for row in doubted.tolist():
        station_id, variable = str(points.station_id[row]), str(points.variable[row])
        valid_us, value = int(points.valid_us[row]), float(points.value[row])
        if (station_id, variable, valid_us, value) in own:
            where = f"{station_id} {variable} {instants.text(instants.from_us(valid_us))}"
            flag = QcFlag(int(flags[row])).name.lower()
            found.append(Fault(where, f"{value:g} is {flag}", station_id=station_id))
    return tuple(found)
