"""Any night in the valley: bulletins, persons, closed ways, a troubled post, in any order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.alerts.any_night.player import BRINGS, Player
from tests.alerts.any_night.said import DOUBTFUL, HOURLY, Said
from tests.alerts.any_night.stage import (
    PLANLESS,
    PLANNED,
    RESPONSIBLE,
    RIVER,
    WARNING,
    Rules,
    Stage,
)

ONE, TWO = "county_duty-1", "county_duty-2"
OFFICERS = st.sampled_from([ONE, TWO])
PERSONS = st.sampled_from([ONE, *RESPONSIBLE, *WARNING])
VILLAGE = st.sampled_from([PLANNED, PLANNED, PLANNED, PLANLESS, RIVER])
WHICH = st.integers(0, 2)
PAUSE = st.sampled_from([1, 1, 61, 301, 1000])
"""Never 0: the log tells words of one second apart by what they say, and not by their order."""
TROUBLE = st.sampled_from([None, "temporary", "uncertain", "permanent"])
WHY = st.sampled_from(["the gauge lies", "the gauge lies", None])
SUBJECTS = ("route:back-hill", "route:lane", "shelter:school", "shelter:hall")


def _does(name: str, **given) -> st.SearchStrategy:
    return st.tuples(st.just(name), st.fixed_dictionaries(given))


HEAR = _does("hear", said=HOURLY, told=st.sampled_from([True, True, True, False]))
CALM = _does(
    "calm",
    after=st.sampled_from([0, 1, 2, 2]),
    hours=st.integers(0, 2),
    last=st.sampled_from([Said(), Said(1), *DOUBTFUL]),
    told=st.sampled_from([True, True, False]),
)
LATE = _does("hear_late", back=st.integers(0, 4), said=HOURLY)
CLOCK = _does("hours_pass", hours=st.sampled_from([1, 1, 2, 5, 9]))
ORDER = _does("order", village=VILLAGE, tier=st.integers(1, 4), by=OFFICERS, pause=PAUSE)
SEE = _does("sees", village=VILLAGE, saw=st.sampled_from(sorted(BRINGS)), by=OFFICERS, pause=PAUSE)
SPEAK = _does(
    "two_speak",
    which=WHICH,
    kind=st.sampled_from(["lower", "lower", "retract"]),
    tier=st.sampled_from([0, 0, 0, 2, 3]),
    first=st.sampled_from([ONE, ONE, TWO]),
    second=st.sampled_from([TWO, TWO, ONE, None]),
    pause=PAUSE,
    why=WHY,
)
AGREE = _does("agree", which=WHICH, by=OFFICERS, pause=PAUSE)
RELEASE = _does(
    "release",
    which=WHICH,
    count=st.integers(1, 4),
    by=st.just(ONE),
    second=st.sampled_from([TWO, TWO, ONE, None]),
    whole=st.booleans(),
    why=WHY,
)
APPROVER = _does("approve_or_refuse", which=WHICH, yes=st.booleans(), by=OFFICERS, pause=PAUSE)
ANSWERED = _does(
    "answered",
    level=st.sampled_from([3, 3, 4]),
    lead_min=st.sampled_from([None, 20, 400]),
    yes=st.booleans(),
    by=OFFICERS,
    pause=PAUSE,
)
WAY = _does(
    "way_changes",
    subject=st.sampled_from(SUBJECTS),
    closed=st.sampled_from([True, True, False]),
    by=OFFICERS,
    pause=PAUSE,
)
POST = _does(
    "deliver",
    trouble=st.dictionaries(PERSONS, TROUBLE, max_size=3),
    pause=PAUSE,
    dies=st.sampled_from([None, None, "leased", "opened"]),
)
RULES = st.builds(
    Rules,
    asks=st.booleans(),
    turn_min=st.sampled_from([None, 1, 1, 2]),
    dark_falls=st.booleans(),
    early=st.booleans(),
)
WATER = st.one_of(HEAR, HEAR, CALM, CALM, LATE, CLOCK)
HANDS = st.one_of(
    ORDER, ORDER, SEE, SPEAK, SPEAK, SPEAK, AGREE, RELEASE, RELEASE, APPROVER, ANSWERED, WAY
)


class AnyNight(RuleBasedStateMachine):
    """One night; the stage is the same for all of them.

    One rule does all: of many, most would be switched off in any one night, and what is worth
    seeing needs several of them.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.player: Player | None = None

    @initialize(begins=st.sampled_from([0, 0, 5, 16]), rules=RULES)
    def begins(self, begins, rules):
        self.player = Player(self.stage, begins=begins, rules=rules)

    @rule(act=st.one_of(WATER, HANDS, WATER, HANDS, POST))
    def happens(self, act):
        name, given = act
        getattr(self.player, name)(**given)

    def teardown(self):
        if self.player is not None:
            self.player.end()
