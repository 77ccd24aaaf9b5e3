"""An episode never misses a rise, never falls blind and never falls by the clock from orange."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.by_person import lower_by_person, lowest_now, order_by_person
from alerts.episode import Change, TierEpisode, Word, advance
from alerts.errors import Refused
from alerts.tier import Tier, tier_for
from pipeline.bulletin import DataState, RiskLevel
from tests.golden.samples import EXERCISE, HOUR, LIVE, MINUTE, SLOT, risk, valley

RULES = valley().config
PAIR = ("qingxi/duty-1", "qingxi/duty-2")
LEVELS = st.sampled_from(RiskLevel)
STATES = st.sampled_from(DataState)
TIERS = st.sampled_from([tier for tier in Tier if tier is not Tier.NONE])


def fold(levels, *, states=None, official=None, step=HOUR, world=EXERCISE, rules=RULES):
    """Return the steps that a run of bulletins makes, hourly as a rule."""
    episode, steps = None, []
    for number, level in enumerate(levels):
        state = DataState.COMPLETE if states is None else states[number]
        slot = SLOT + number * step
        colour = 0 if official is None else official[number]
        heard = risk(level, state=state, slot=slot, official=colour)
        moved = advance(episode, Word(slot, heard), world=world, rules=rules)
        episode = moved.episode
        steps.append(moved)
    return steps


def tiers(steps):
    return [Tier.NONE if s.episode is None else s.episode.tier for s in steps]


def test_a_calm_village_has_no_episode():
    (step,) = fold([0])
    assert (step.episode, step.change) == (None, Change.NONE)


def test_a_village_blind_from_the_start_has_no_tier():
    (step,) = fold([0], states=[DataState.BLIND])
    assert (step.episode, step.change) == (None, Change.NONE)


def test_a_tier_rises_at_once_and_by_any_number_of_steps():
    steps = fold([1, 4])
    assert [s.change for s in steps] == [Change.OPENED, Change.RAISED]
    assert tiers(steps) == [Tier.BLUE, Tier.RED]


def test_a_blind_village_still_rises():
    assert tiers(fold([0, 2], states=[DataState.COMPLETE, DataState.BLIND])) == [0, 2]


def test_yellow_falls_after_sixty_calm_minutes_on_complete_data():
    steps = fold([2, 0, 0])
    assert [s.change for s in steps] == [Change.OPENED, Change.HELD, Change.CLOSED]
    assert steps[-1].episode.closed == SLOT + 2 * HOUR


def test_yellow_falls_only_as_far_as_the_calm_was_calm():
    assert tiers(fold([2, 1, 0, 0, 0])) == [2, 2, 1, 1, 0]


def test_at_five_minutes_the_hold_is_the_same_hour():
    quick = RULES.model_copy(update={"cycle_minutes": 5})
    steps = fold([2] + [0] * 14, step=quick.interval, rules=quick)
    fell = next(n for n, s in enumerate(steps) if s.change is Change.CLOSED)
    assert fell == 13  # the first calm slot is number 1, sixty minutes later is number 13


@pytest.mark.parametrize("state", [DataState.BLIND, DataState.DEGRADED])
def test_doubtful_data_start_the_hold_anew(state):
    complete = DataState.COMPLETE
    steps = fold([2, 0, 0, 0, 0], states=[complete, complete, state, complete, complete])
    assert tiers(steps) == [2, 2, 2, 2, 0]


def test_an_official_red_alone_opens_no_episode_and_raises_none():
    assert tiers(fold([0, 1, 1], official=[4, 4, 4])) == [0, 1, 1]


def test_nothing_falls_by_the_clock_under_an_official_red_and_its_end_starts_the_hold_anew():
    steps = fold([2, 0, 0, 0, 0, 0], official=[0, 4, 4, 4, 0, 0])
    assert tiers(steps) == [2, 2, 2, 2, 2, 0]
    assert "official red" in steps[2].reason


@pytest.mark.parametrize("colour", [1, 2, 3])
def test_an_official_warning_below_red_blocks_no_fall(colour):
    assert tiers(fold([2, 0, 0], official=[colour] * 3)) == [2, 2, 0]


def test_two_persons_lower_under_an_official_red_only_with_a_reason():
    calm = fold([4, 0, 0], official=[4, 4, 4])[-1].episode
    words = {"by": PAIR, "slot": SLOT + 2 * HOUR, "rules": RULES}
    assert lowest_now(calm, slot=words["slot"], rules=RULES) is Tier.RED
    with pytest.raises(Refused, match="official red"):
        lower_by_person(calm, Tier.NONE, **words)
    assert lower_by_person(calm, Tier.NONE, **words, override="ended by phone").episode.tier == 0


def test_a_gap_between_bulletins_starts_the_hold_anew():
    first = fold([2, 0])[-1].episode
    late = SLOT + 6 * HOUR
    step = advance(first, Word(late, risk(0, slot=late)), world=EXERCISE, rules=RULES)
    assert (step.change, step.episode.calm_since) == (Change.HELD, late)


@pytest.mark.parametrize("level", [3, 4])
def test_orange_and_red_never_fall_by_the_clock(level):
    steps = fold([level] + [0] * 48)
    assert set(tiers(steps)) == {Tier(level)}
    assert "two persons" in steps[-1].reason


def test_two_persons_lower_red_once_it_has_been_calm():
    calm = fold([4, 0, 0])[-1].episode
    now = SLOT + 2 * HOUR
    assert lowest_now(calm, slot=now, rules=RULES) is Tier.NONE
    step = lower_by_person(calm, Tier.NONE, by=PAIR, slot=now, rules=RULES)
    assert (step.change, step.episode.tier, step.episode.closed) == (Change.CLOSED, 0, now)


def test_no_one_lowers_alone():
    calm = fold([4, 0, 0])[-1].episode
    with pytest.raises(Refused, match="alone"):
        lower_by_person(calm, Tier.NONE, by=("a", "a"), slot=SLOT + 2 * HOUR, rules=RULES)


def test_two_persons_are_refused_while_the_data_are_not_complete():
    blind = fold([4, 0, 0], states=[DataState.BLIND] * 3)[-1].episode
    with pytest.raises(Refused, match="complete data"):
        lower_by_person(blind, Tier.BLUE, by=PAIR, slot=SLOT + 2 * HOUR, rules=RULES)


def test_two_persons_are_refused_where_no_bulletin_has_spoken_for_long():
    calm = fold([4, 0, 0])[-1].episode
    with pytest.raises(Refused):
        lower_by_person(calm, Tier.NONE, by=PAIR, slot=SLOT + 9 * HOUR, rules=RULES)


def test_two_persons_may_override_a_rule_with_a_reason_that_is_kept():
    blind = fold([4, 0], states=[DataState.BLIND] * 2)[-1].episode
    step = lower_by_person(
        blind, Tier.YELLOW, by=PAIR, slot=SLOT + HOUR, rules=RULES, override="seen on the ground"
    )
    assert step.episode.tier is Tier.YELLOW
    assert "seen on the ground" in step.reason


def test_lowering_never_raises():
    with pytest.raises(Refused, match="not lower"):
        lower_by_person(fold([2])[-1].episode, Tier.RED, by=PAIR, slot=SLOT, rules=RULES)


def test_what_a_person_ordered_is_not_lowered_by_bulletins():
    ordered = order_by_person(None, "hekou", Tier.YELLOW, world=EXERCISE, slot=SLOT).episode
    for hour in range(1, 12):
        slot = SLOT + hour * HOUR
        step = advance(ordered, Word(slot, risk(0, slot=slot)), world=EXERCISE, rules=RULES)
        ordered = step.episode
    assert (ordered.tier, step.change) == (Tier.YELLOW, Change.HELD)


def test_a_person_s_order_takes_no_bulletin_s_place():
    ordered = order_by_person(
        None, "hekou", Tier.YELLOW, world=EXERCISE, slot=SLOT + 20 * MINUTE
    ).episode
    late = advance(ordered, Word(SLOT, risk(4)), world=EXERCISE, rules=RULES)
    assert (late.change, late.episode.tier) == (Change.RAISED, Tier.RED)


def test_a_person_s_order_never_lowers():
    red = fold([4])[-1].episode
    step = order_by_person(red, "hekou", Tier.YELLOW, world=EXERCISE, slot=SLOT + MINUTE)
    assert (step.change, step.episode.tier, step.episode.by_hand) == (Change.HELD, 4, 2)


def test_an_order_names_a_tier():
    with pytest.raises(Refused):
        order_by_person(None, "hekou", Tier.NONE, world=EXERCISE, slot=SLOT)


def test_an_episode_s_identity_is_its_world_village_and_opening():
    here, again, elsewhere = (fold([2], world=w)[0].episode for w in (EXERCISE, EXERCISE, LIVE))
    assert here.episode_id == again.episode_id != elsewhere.episode_id


def test_an_episode_reopened_in_the_minute_of_its_closing_is_another():
    def ordered(past):
        return order_by_person(past, "hekou", Tier.BLUE, world=EXERCISE, slot=SLOT).episode

    first = ordered(None)
    closed = lower_by_person(first, Tier.NONE, by=PAIR, slot=SLOT, rules=RULES, override="drill")
    second = ordered(closed.episode)
    assert (second.episode_id == first.episode_id, second.tier) == (False, Tier.BLUE)


@given(st.lists(st.tuples(LEVELS, STATES), min_size=1, max_size=30))
def test_replaying_a_bulletin_changes_nothing(seen):
    steps = fold([level for level, _ in seen], states=[state for _, state in seen])
    last, number = steps[-1].episode, len(seen) - 1
    slot = SLOT + number * HOUR
    if last is not None and last.last_slot == slot:
        again = advance(last, Word(slot, risk(4, slot=slot)), world=EXERCISE, rules=RULES)
        assert (again.episode, again.change) == (last, Change.NONE)


@given(st.lists(st.tuples(LEVELS, STATES), min_size=1, max_size=30))
def test_a_state_reads_back_from_its_bytes(seen):
    for step in fold([level for level, _ in seen], states=[state for _, state in seen]):
        if step.episode is not None:
            assert TierEpisode.from_bytes(step.episode.to_bytes()) == step.episode


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=20))
def test_a_higher_level_never_gives_a_lower_tier(pairs):
    low = tiers(fold([min(pair) for pair in pairs]))
    high = tiers(fold([max(pair) for pair in pairs]))
    assert all(a <= b for a, b in zip(low, high, strict=True))


class Night(RuleBasedStateMachine):
    """Any night: bulletins in any state, gaps, orders and lowerings in any order."""

    @initialize()
    def begin(self):
        self.slot, self.episode, self.revisions = SLOT, None, set()

    def tier(self):
        return Tier.NONE if self.episode is None else self.episode.tier

    def keep(self, step):
        if step.episode is not None and step.change is not Change.NONE:
            key = (step.episode.episode_id, step.episode.revision)
            assert key not in self.revisions
            self.revisions.add(key)
        self.episode = step.episode

    @rule(level=LEVELS, state=STATES, official=LEVELS, hours=st.integers(1, 3))
    def hear(self, level, state, official, hours):
        before, hand = self.tier(), self.episode.by_hand if self.episode else Tier.NONE
        self.slot += hours * HOUR
        seen = risk(level, state=state, slot=self.slot, official=official)
        step = advance(self.episode, Word(self.slot, seen), world=EXERCISE, rules=RULES)
        self.keep(step)
        assert self.tier() >= tier_for(level), "an alert was skipped"
        if self.tier() < before:
            assert state is DataState.COMPLETE, "it fell blind"
            assert official < RiskLevel.RED, "it fell under an official red"
            assert before <= Tier.YELLOW, "orange or red fell by the clock"
            assert self.tier() >= hand, "a person's order was undone"
            assert hours == 1, "it fell across a gap"

    @rule(tier=TIERS, minutes=st.integers(0, 59))
    def order(self, tier, minutes):
        before = self.tier()
        at = self.slot + minutes * MINUTE
        self.keep(order_by_person(self.episode, "hekou", tier, world=EXERCISE, slot=at))
        assert self.tier() == max(before, tier)

    @precondition(lambda self: self.tier() > Tier.NONE)
    @rule(data=st.data())
    def lower(self, data):
        target = data.draw(st.sampled_from([t for t in Tier if t < self.tier()]))
        step = lower_by_person(
            self.episode, target, by=PAIR, slot=self.slot, rules=RULES, override="exercise"
        )
        self.keep(step)
        assert self.tier() is target

    @invariant()
    def closed_means_none(self):
        if self.episode is not None:
            assert (self.episode.closed is not None) == (self.episode.tier is Tier.NONE)
            assert self.episode.peak >= self.episode.tier


TestNight = Night.TestCase
