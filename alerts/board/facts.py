"""What a page of the board rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from alerts.episode import TierEpisode
from alerts.ledger.closures import Reported
from alerts.outbox.held_back import Waiting
from alerts.present_state import standing
from alerts.tier import LEAVING, Action, Tier
from pipeline.bulletin import RiskBulletin, VillageRisk
from pipeline.site.model import Village
from pipeline.upstream import UpstreamThreat, upstream_threats
from pipeline.world import Mode

WAITED_FOR = LEAVING | {Action.PREPARE}
"""Orders whose silence an officer must see."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message and what became of it.

    Attributes
    ----------
    total, accepted, failed, uncertain : deliveries; accepted by a provider is not received
    delivered : of the accepted, those of which the provider's receipt says that they arrived
    acked : who said "received" and when (wall time)
    """

    message_id: str
    episode_id: str
    revision: int
    village_id: str
    place_id: str
    audience: str
    language: str
    slot: datetime
    tier: Tier
    action: Action
    decide_by: datetime | None
    body: str
    total: int = 0
    accepted: int = 0
    failed: int = 0
    uncertain: int = 0
    delivered: int = 0
    sms: str | None = None
    voice: str | None = None
    acked: tuple[tuple[str, datetime], ...] = ()


Answers = Mapping[tuple[str, str], tuple[tuple[str, datetime], ...]]
"""Who answered for each place (village_id, place_id), whatever the language of their text."""


def answers(sent: Iterable[Sent]) -> Answers:
    """Return the answers of every place that was ordered; a place is asked in many languages."""
    found: dict[tuple[str, str], tuple[tuple[str, datetime], ...]] = {}
    for each in sent:
        place = (each.village_id, each.place_id)
        found[place] = (*found.get(place, ()), *each.acked)
    return found


@dataclass(frozen=True)
class Facts:
    """A world as a page shows it; episodes and messages are of one snapshot.

    Attributes
    ----------
    patience : how old the newest cycle may be before the page calls itself stale
    config_readable : False while the page shows an earlier site pack than the one on disk
    flood_now : the exercise's clock; None in the live world
    ended : the exercise has played its flood to the end
    episodes : newest state of each village's newest episode
    sent : every message of the open episodes, oldest first
    waiting : what waits for an approver, by episode
    reported : what persons reported closed, and open again
    unsent : why this host sends nothing; None where it does
    """

    site_name: str
    config_readable: bool
    mode: Mode
    zone: ZoneInfo
    patience: timedelta
    now: datetime
    flood_now: datetime | None
    ended: bool
    villages: tuple[Village, ...]
    bulletin: RiskBulletin | None
    episodes: Mapping[str, TierEpisode]
    sent: tuple[Sent, ...]
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    reported: Reported = field(default_factory=Reported)
    unsent: str | None = None

    @cached_property
    def upstream(self) -> Mapping[str, tuple[UpstreamThreat, ...]]:
        """What the newest bulletin says of the places above each."""
        if self.bulletin is None:
            return {}
        return upstream_threats(self.villages, self.bulletin.level_of)

    @cached_property
    def named(self) -> Mapping[str, Village]:
        """The villages by their id."""
        return {village.village_id: village for village in self.villages}

    @property
    def at(self) -> datetime:
        """The instant that valid times are compared with: the flood's, where one is played."""
        return self.now if self.flood_now is None else self.flood_now

    def risk(self, village_id: str) -> VillageRisk:
        """Return the newest bulletin's word on a village; without one it is blind, never calm."""
        if self.bulletin is None:
            return RiskBulletin.missing(village_id)
        return self.bulletin.of(village_id)

    def of_episode(self, episode: TierEpisode | None) -> tuple[Sent, ...]:
        """Return the episode's newest messages: what stands in the village, and is waited for.

        Of a fall, of which nobody there is told, those to the officers.
        """
        if episode is None:
            return ()
        mine = [s for s in self.sent if s.episode_id == episode.episode_id]
        newest = max((s.revision for s in mine), default=0)
        last = [s for s in mine if s.revision == newest]
        if all(s.audience != "villager" for s in last):
            return tuple(last)
        return (
            *standing(s for s in mine if s.audience == "villager"),
            *(s for s in last if s.audience != "villager"),
        )

    def current_sent(self) -> tuple[Sent, ...]:
        """Return the newest orders of every open episode, officers' copies apart."""
        return tuple(
            s
            for episode in self.episodes.values()
            if episode.closed is None
            for s in self.of_episode(episode)
            if s.audience == "villager" and s.action in WAITED_FOR
        )
