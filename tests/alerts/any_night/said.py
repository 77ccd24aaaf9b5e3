"""What happens in a night, as a test knows it: what bulletins said, what persons did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import strategies as st

from pipeline.bulletin import DataState, RiskBulletin
from tests.alerts.any_night.stage import PLANLESS, PLANNED, RIVER, VILLAGES, Rules
from tests.alerts.night import SLOT
from tests.golden.samples import HOUR, bulletin, risk

DARK_UTC = range(13, 21)
"""Hours at which the sun is at least 6 degrees down in the valley, in July, by the almanac."""


@dataclass(frozen=True)
class Said:
    """What one bulletin says of one village; `absent` where it does not speak of it at all."""

    level: int = 0
    state: str = "complete"
    lead_min: int | None = None
    rising: bool = False
    official: int = 0
    absent: bool = False

    def is_calm_below(self, tier: int) -> bool:
        """Tell whether it is calm for a village at that tier: seen whole, low, nobody warns."""
        seen = not self.absent and self.state == "complete"
        return seen and self.level < tier and self.official < 4


CALM = Said()
ABSENT = Said(absent=True, state="blind")
DOUBTFUL = (
    *(Said(state="blind"), Said(state="degraded"), ABSENT),
    *(Said(rising=True), Said(official=4)),
)
"""A low level that is no calm."""


def written(number: int, said: dict[str, Said]) -> RiskBulletin:
    """Return the bulletin of the night's hour `number`; a village not named is calm."""
    slot = SLOT + number * HOUR
    named = {v: said.get(v, CALM) for v in VILLAGES}
    seen = [_risk(v, each, slot) for v, each in named.items() if not each.absent]
    details = tuple(r for r in seen if r.evidence or r.data_state is not DataState.COMPLETE)
    return replace(bulletin(*seen, slot=slot), details=details)


def _risk(village: str, said: Said, slot: datetime):
    seen = risk(
        said.level,
        village=village,
        state=DataState(said.state),
        lead_min=said.lead_min,
        slot=slot,
        official=said.official,
    )
    if not said.rising:
        return seen
    up = replace(risk(max(1, said.level)).evidence[0], rise_per_h=0.5, level=seen.level)
    return replace(seen, evidence=(*seen.evidence, up))


@dataclass(frozen=True)
class Bulletins:
    """People are warned of what was kept and not told yet, oldest first."""

    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Deed:
    """A person's word that the product took, and who stood behind it."""

    kind: str
    village: str
    by: tuple[str, ...]
    tier: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quiet:
    """Something of which nobody is told: a clock, a refusal, a pass of the post."""


@dataclass
class Book:
    """What the test remembers of a night by itself.

    Attributes
    ----------
    told : what was said at each hour of which people were warned
    floor : the tier below which a person's order keeps a village
    deeds : verb, village and person of each word that the product took, oldest first
    shut, was_shut : what is reported closed in the village with a plan, as ``kind:id``, now and
        before the newest report
    goes_at : the second at which an approver's newest word lets a village's orders go
    refused : until which second a "no" holds back an episode's orders
    anew : an approver's newest word was a "no", or ended one: what waits is written anew
    now : the second of the newest step
    """

    rules: Rules
    told: dict[int, dict[str, Said]] = field(default_factory=dict)
    floor: dict[str, int] = field(default_factory=dict)
    deeds: list[tuple[str, str, str]] = field(default_factory=list)
    shut: frozenset[str] = frozenset()
    was_shut: frozenset[str] = frozenset()
    goes_at: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    anew: bool = False
    now: int = 0

    def judged(self, episode: str, *, no_until: int | None) -> None:
        """Remember an approver's word on an episode."""
        self.anew = no_until is not None or self.is_refused(episode)
        self.refused[episode] = 0 if no_until is None else no_until

    def is_refused(self, episode: str) -> bool:
        """Tell whether an approver's "no" stands."""
        return self.refused.get(episode, 0) > self.now

    def heard(self, number: int, village: str) -> Said:
        """Return what an hour's bulletin said; nothing told is nothing seen."""
        return self.told.get(number, {}).get(village, ABSENT)


LEVELS = st.sampled_from([0, 0, 0, 1, 2, 2, 3, 3, 4])
SPOKEN = st.builds(
    Said,
    level=LEVELS,
    state=st.sampled_from(["complete", "complete", "complete", "degraded", "blind"]),
    lead_min=st.sampled_from([None, None, 20, 90, 400]),
    rising=st.sampled_from([False, False, False, True]),
    official=st.sampled_from([0, 0, 0, 3, 4]),
)
HOURLY = st.fixed_dictionaries(
    {PLANNED: SPOKEN | st.just(ABSENT) | st.builds(Said, level=LEVELS)},
    optional={PLANLESS: SPOKEN | st.just(ABSENT), RIVER: SPOKEN},
)
