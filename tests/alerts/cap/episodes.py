"""Whole episodes of one village at random, and the CAP alerts that they bring, as `issue` has them.

A story is drawn as steps and told by the pure state machine and `compose` alone; what a step
cannot do where it stands is refused, as at the desk, and tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property

from hypothesis import strategies as st

from alerts import renewal
from alerts.by_person import lower_by_person, order_by_person, release, restate, retract
from alerts.cap import CapAlert
from alerts.compose import Composed, compose, compose_anew
from alerts.episode import Change, Step, TierEpisode, advance_through, in_all
from alerts.errors import Refused
from alerts.heard import heard
from alerts.occasion import ByHand, Occasion, Release, Retraction
from alerts.plan.hazard import HazardMap
from alerts.plan.ways import OPEN, Closures
from alerts.tier import Action, Tier
from alerts.warning_pack import WarningPack
from pipeline.bulletin import RiskBulletin
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode, World, live
from tests.alerts.cap.grounds import grounds, mapped
from tests.alerts.cap.steps import Deed, Told
from tests.golden.samples import MINUTE, bulletin, risk, shipped

SITES = ("valley", "cance", "beijing")
AUTUMN = datetime(2024, 10, 26, 17, tzinfo=UTC)
"""Some hours before the clocks of Paris go back, and in the night of Beijing."""
SUMMER = datetime(2024, 7, 14, 17, tzinfo=UTC)
BY = ("county_duty-1", "county_duty-2")
SECOND = timedelta(seconds=1)
NAMES = st.builds(
    lambda word, times: word * times,
    st.text(alphabet="ab 上河é'-", min_size=1, max_size=12).filter(str.strip),
    st.sampled_from([1, 1, 5, 15]),
)
"""Names of one to 180 characters: a headline must be cut somewhere."""


@dataclass(frozen=True)
class Setting:
    """Where, when and in whose name a story is told.

    Attributes
    ----------
    quick : its water is gone within the hour and it is never dark, so that tiers fall soon
    renamed : what the village is called instead; None is its own name
    hazards : what is mapped instead; None is what the site has
    """

    world: World
    village_id: str
    languages: tuple[str, ...]
    begins: datetime
    planned: bool = True
    quick: bool = False
    renamed: str | None = None
    hazards: HazardMap | None = None

    @cached_property
    def pack(self) -> WarningPack:
        """The site's own pack, but for what the setting changes."""
        pack = shipped(self.world.site)
        changed = {"languages": self.languages, "falls_in_the_dark": self.quick}
        named = {} if self.renamed is None else {"name": self.renamed, "name_en": self.renamed}
        return replace(
            pack,
            config=pack.config.model_copy(update=changed),
            templates={language: pack.templates[language] for language in self.languages},
            plans=pack.plans if self.planned else {},
            responses={} if self.quick else pack.responses,
            hazards=pack.hazards if self.hazards is None else self.hazards,
            villages=tuple(
                v.model_copy(update=named) if v.village_id == self.village_id else v
                for v in pack.villages
            ),
        )

    @property
    def village(self) -> Village:
        return self.pack.village(self.village_id)


@dataclass(frozen=True)
class Emitted:
    """A CAP alert that would be kept, and what the state machine knows of its step."""

    cap: CapAlert
    episode: TierEpisode
    before: TierEpisode | None
    released: bool
    at: datetime


@dataclass
class Story:
    """The running state of one village, and all that was said in CAP."""

    setting: Setting
    now: datetime
    slot: datetime
    level: int = 0
    episode: TierEpisode | None = None
    newest: RiskBulletin | None = None
    closures: Closures = OPEN
    waiting: tuple[RiskBulletin, ...] = ()
    told: list[Emitted] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)


@cache
def _places(site: str, *, planned: bool) -> tuple[str, ...]:
    pack = shipped(site)
    people = [v.village_id for v in pack.villages if v.kind is not VillageKind.RIVER_POINT]
    return tuple(v for v in people if (v in pack.plans) is planned) or tuple(people)


@st.composite
def settings(draw) -> Setting:
    """Draw a site, a village with or without a plan, its languages, a world and an hour."""
    site, planned = draw(st.sampled_from(SITES)), draw(st.sampled_from([True, True, False]))
    exercise = World(site, Mode.EXERCISE, draw(st.sampled_from(["x1", "spring drill"])))
    spoken = draw(st.permutations(shipped(site).languages))
    village_id = draw(st.sampled_from(_places(site, planned=planned)))
    evening = draw(st.sampled_from([SUMMER, AUTUMN]))
    return Setting(
        world=draw(st.sampled_from([exercise, live(site)])),
        village_id=village_id,
        languages=tuple(spoken[: draw(st.integers(1, len(spoken)))]),
        begins=evening + timedelta(hours=draw(st.integers(0, 23))),
        planned=planned,
        quick=draw(st.booleans()),
        renamed=draw(st.none() | st.none() | NAMES),
        hazards=draw(st.none() | grounds(most=3).map(lambda each: mapped(village_id, each))),
    )


def tell(setting: Setting, drawn: list[Told | Deed]) -> Story:
    """Tell a story, feeding each alert that it brings back as an earlier one."""
    story = Story(setting, setting.begins, setting.begins - setting.pack.config.interval)
    for step in drawn:
        if isinstance(step, Told):
            _hear(story, step)
        else:
            _do(story, step)
    return story


def _hear(story: Story, said: Told) -> None:
    """Take up a bulletin, and those that waited for it, as `warn` does."""
    setting, config = story.setting, story.setting.pack.config
    if not said.again or story.newest is None:
        story.slot += (1 + said.missed) * config.interval
        moved = 0 if said.moves is None else story.level + said.moves
        story.level = max(0, min(4, moved))
    seen = risk(
        story.level,
        village="elsewhere" if said.left_out else setting.village.village_id,
        state=said.state,
        lead_min=said.lead_min,
        slot=story.slot,
        official=said.official,
    )
    story.waiting += (bulletin(seen, slot=story.slot, site=setting.world.site),)
    if said.queued:
        return
    pending, story.waiting = story.waiting, ()
    told, cutoff = pending[-1], pending[-1].cutoff
    story.newest, story.now = told, max(story.now, cutoff + said.waits_min * MINUTE)
    late = len(pending) > 1 or story.now - cutoff > config.interval
    village_id = setting.village.village_id
    words = [
        heard(setting.pack, setting.village, b.of(village_id), b, closures=story.closures)
        for b in pending
    ]
    taken = advance_through(story.episode, words, world=setting.world, rules=config)
    if taken[-1].episode in {None, story.episode}:
        return
    at = story.now if late else cutoff
    for ended, of in zip(taken, pending, strict=True):
        if ended.change is Change.CLOSED and not _same(ended.episode, taken[-1].episode):
            story.ended.add(ended.episode.episode_id)
            _say_alone(story, _occasion(story, ended, at=at, of=of))
    _say(story, in_all(story.episode, taken[-1]), at=at, of=told)


def _do(story: Story, deed: Deed) -> None:
    story.now += deed.after_s * SECOND
    try:
        if deed.verb in {"close", "reopen"}:
            _shut(story, deed)
            return
        step, instead = _stepped(story, deed)
    except Refused:
        return
    by = BY[:1] if deed.verb in {"order", "release"} else BY
    hand = ByHand("0" * 16, by, "seen from the bridge")
    _say(story, step, at=story.now, of=story.newest, by_hand=hand, instead=instead)


def _stepped(story: Story, deed: Deed) -> tuple[Step, Release | Retraction | None]:
    setting, standing = story.setting, story.episode
    if deed.verb == "order":
        village_id = setting.village.village_id
        made = order_by_person(standing, village_id, deed.tier, world=setting.world, slot=story.now)
        return made, None
    if standing is None:
        raise Refused("nothing stands")
    if deed.verb == "retract":
        return retract(standing, by=BY, slot=story.now), Retraction(BY, in_village=bool(story.told))
    if deed.verb == "release":
        places = standing.sheltered[deed.which % (len(standing.sheltered) or 1) :][:1]
        return release(standing, places, slot=story.now), Release(places, {})
    why = "the officers see" if deed.overrides else None
    rules = setting.pack.config
    lowered = lower_by_person(standing, deed.tier, by=BY, slot=story.now, rules=rules, override=why)
    return lowered, None


def _shut(story: Story, deed: Deed) -> None:
    """Report one more route or shelter closed, or all open again, as `closing` does."""
    plan, before = story.setting.pack.plans.get(story.setting.village.village_id), story.closures
    if plan is None:
        raise Refused("no plan")
    known = [("routes", r.id) for r in plan.routes] + [("shelters", s.id) for s in plan.shelters]
    kind, ident = known[deed.which % len(known)]
    shut = tuple(sorted({*getattr(before, kind), ident}))
    story.closures = OPEN if deed.verb == "reopen" else replace(before, **{kind: shut})
    standing = story.episode
    if standing is None or standing.closed is not None or standing.tier < Tier.ORANGE:
        return
    hand = ByHand("0" * 16, BY[:1], "washed out")
    step = restate(standing, "what is closed has changed")
    _say(story, step, at=story.now, of=story.newest, by_hand=hand, closed_before=before)


def _say(
    story: Story,
    step: Step,
    *,
    at: datetime,
    of: RiskBulletin | None,
    by_hand: ByHand | None = None,
    instead: Release | Retraction | None = None,
    closed_before: Closures | None = None,
) -> None:
    """Compose a step and keep of it what `issue` keeps."""
    occasion = replace(
        _occasion(story, step, at=at, of=of),
        by_hand=by_hand,
        instead=instead,
        closures_before=closed_before,
    )
    composed = compose(occasion, story.setting.pack)
    if closed_before is not None and not composed.messages:
        return
    before, story.episode = story.episode, _away(step.episode, composed)
    story.faults += composed.faults
    if composed.cap is not None:
        released = isinstance(instead, Release)
        story.told.append(Emitted(composed.cap, story.episode, before, released, at))
    elif by_hand is None or step.episode.closed is not None:
        _say_alone(story, occasion)
    _heed(story, before, step)


def _heed(story: Story, before: TierEpisode | None, step: Step) -> None:
    """Write down what the world must have heard by now, and what has ended."""
    after = story.episode
    chain = [each for each in story.told if _same(each.episode, after)]
    spoken = bool(chain) and chain[-1].episode.revision == after.revision
    if _must_speak(before, step, begun=bool(chain)) and not spoken:
        story.silent.append(f"revision {after.revision}: {step.change} and not a word in CAP")
    if after.closed is not None:
        story.ended.add(after.episode_id)
    elif after.tier >= Tier.YELLOW and not chain:
        story.silent.append(f"revision {after.revision}: {after.tier.colour} without an alert")


def _occasion(story: Story, step: Step, *, at: datetime, of: RiskBulletin | None) -> Occasion:
    return Occasion(
        world=story.setting.world,
        village_id=story.setting.village.village_id,
        bulletin=of,
        at=at,
        before=story.episode,
        step=step,
        earlier=tuple(e.cap.reference for e in story.told if _same(e.episode, step.episode)),
        closures=story.closures,
    )


def _same(one: TierEpisode, other: TierEpisode) -> bool:
    return one.episode_id == other.episode_id


def _say_alone(story: Story, occasion: Occasion) -> None:
    """Keep of a step of which nobody is told what `issue` says of it in CAP alone."""
    episode, pack = occasion.step.episode, story.setting.pack
    chain = [each.cap.content for each in story.told if _same(each.episode, episode)]
    newest = chain[-1] if chain else None
    asks = renewal.asks_alone(occasion.step, newest, at=occasion.at, rules=pack.config)
    if asks is not None:
        cap = compose_anew(occasion, pack, asks=asks)
        story.told.append(Emitted(cap, episode, occasion.before, False, occasion.at))


def _away(episode: TierEpisode, composed: Composed) -> TierEpisode:
    moved = {o.place_id for o in composed.orders if o.action in {Action.MOVE, Action.REFUGE}}
    return replace(episode, sheltered=tuple(sorted({*episode.sheltered, *moved})))


def _must_speak(before: TierEpisode | None, step: Step, *, begun: bool) -> bool:
    """Tell whether the world must hear of a step: a rise to yellow or more, a fall from there."""
    after = step.episode
    rose = step.change in {Change.OPENED, Change.RAISED}
    fell = step.change in {Change.LOWERED, Change.CLOSED} and before.tier >= Tier.YELLOW
    return (rose and after.tier >= Tier.YELLOW) or (begun and fell)
