"""A rehearsal tells what would have been told, in the same bytes each time, and fast."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.episode import advance
from alerts.heard import heard
from alerts.rehearsal import Span, rehearse, report
from alerts.tier import Officer, Tier
from pipeline.bulletin import DataState, RiskLevel
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode, World
from tests.golden.samples import HOUR, SLOT, bulletin, quick_valley, risk

PACK = replace(quick_valley(), villages=(quick_valley().village("hekou"),))
WORLD = World("valley", Mode.REPLAY, "r1")
SPAN = Span("as-declared", SLOT, SLOT + 9 * HOUR, "c" * 64, "0.1.0+sample")
ROWS = st.lists(
    st.tuples(st.sampled_from(RiskLevel), st.sampled_from(DataState)), min_size=1, max_size=24
)


def hourly(levels, states=None, lead_min=None):
    complete = [DataState.COMPLETE] * len(levels)
    return [
        bulletin(
            risk(level, state=state, lead_min=lead_min, slot=SLOT + n * HOUR),
            slot=SLOT + n * HOUR,
        )
        for n, (level, state) in enumerate(zip(levels, states or complete, strict=True))
    ]


def told(bulletins, officer=Officer.EARLIEST, pack=PACK):
    return rehearse(bulletins, pack, world=WORLD, officer=officer)


def path(rehearsal):
    return [(change.level, change.tier) for change in rehearsal.changes]


def test_a_calm_time_changes_nothing():
    assert told(hourly([0] * 9)).changes == ()


def test_there_is_an_entry_whenever_a_level_or_a_tier_changes():
    assert path(told(hourly([0, 2, 2, 3, 1, 1, 0]))) == [(2, 2), (3, 3), (1, 3), (1, 1), (0, 1)]


def test_the_assumed_officers_lower_red_at_the_first_cycle_that_lets_them():
    earliest, never = (told(hourly([4, 0, 0, 0]), officer) for officer in Officer)
    assert path(earliest) == [(4, 4), (0, 4), (0, 0)]
    assert earliest.changes[-1].known_at == SLOT + 2 * HOUR + timedelta(minutes=5)
    assert path(never) == [(4, 4), (0, 4)]


def test_a_village_missing_from_a_bulletin_is_blind_and_keeps_its_tier():
    bulletins = hourly([3, 0, 0, 0, 0, 0])
    gone = [replace(b, villages=(), levels=(), data_states=(), details=()) for b in bulletins[1:4]]
    rehearsal = told([bulletins[0], *gone, *bulletins[4:]])
    (gap,) = rehearsal.blind
    assert (gap.start, gap.end) == (SLOT + HOUR, SLOT + 4 * HOUR)
    assert path(rehearsal) == [(3, 3), (0, 3), (0, 0)]
    assert rehearsal.changes[-1].known_at == SLOT + 5 * HOUR + timedelta(minutes=5)


def test_blindness_to_the_end_ends_with_the_replay():
    (gap,) = told(hourly([0, 0], [DataState.COMPLETE, DataState.BLIND])).blind
    assert (gap.start, gap.end, gap.cause) == (SLOT + HOUR, SLOT + HOUR, "river silent")


def test_an_order_s_decide_by_is_the_earliest_of_its_places():
    (change,) = told(hourly([4], lead_min=300)).changes
    assert change.decide_by == SLOT + timedelta(minutes=300 - (5 + 60 + 4 + 10 + 11 + 30))


def test_the_report_has_the_contract_s_keys():
    body = json.loads(report(told(hourly([4])), PACK, span=SPAN, officer=Officer.NEVER))
    assert set(body) == {
        *("schema", "site", "mode", "known", "officer", "from", "to", "cycles", "deliveries"),
        *("risk_config_sha256", "warning_config_sha256", "code_version", "changes", "blind"),
    }
    assert (body["schema"], body["mode"], body["deliveries"]) == ("floodwarn.replay/1", "replay", 0)
    (change,) = body["changes"]
    assert set(change) == {
        *("known_at", "village_id", "level", "tier", "signal", "previous_tier", "onset"),
        *("decide_by", "data_state", "confidence", "evidence"),
    }
    assert set(change["evidence"][0]) == {
        *("indicator", "station_id", "duration_h", "value", "threshold", "unit", "valid_time"),
        *("age_s", "basis"),
    }


def test_the_report_says_whose_hand_fed_an_evidence():
    (evidence,) = risk(4).evidence
    seen = replace(risk(4), evidence=(replace(evidence, fed_by="by role:duty: line down"),))
    (change,) = json.loads(report(told([bulletin(seen)]), PACK, span=SPAN, officer=Officer.NEVER))[
        "changes"
    ]
    assert change["evidence"][0]["fed_by"] == "by role:duty: line down"


@given(ROWS)
def test_the_same_bulletins_give_the_same_bytes(rows):
    bulletins = hourly([level for level, _ in rows], [state for _, state in rows], lead_min=90)
    first, second = (
        report(told(bulletins), PACK, span=SPAN, officer=Officer.EARLIEST) for _ in range(2)
    )
    assert first == second


@given(ROWS)
def test_a_rehearsal_tells_what_the_episodes_tell(rows):
    bulletins = hourly([level for level, _ in rows], [state for _, state in rows])
    episode, tiers = None, [Tier.NONE]
    for seen in bulletins:
        said = heard(PACK, PACK.village("hekou"), seen.of("hekou"), seen)
        episode = advance(episode, said, world=WORLD, rules=PACK.config).episode
        tiers.append(Tier.NONE if episode is None else episode.tier)
    changes = [t for before, t in pairwise(tiers) if t != before]
    folded = told(bulletins, Officer.NEVER).changes
    assert [c.tier for c in folded if c.tier != c.previous_tier] == changes


@pytest.mark.parametrize("storms", [6])
def test_an_autumn_of_seventy_five_villages_is_folded_whole(storms):
    villages = tuple(
        Village(
            village_id=f"v{n:02d}",
            kind=VillageKind.VILLAGE,
            name=f"v{n:02d}",
            name_en=f"v{n:02d}",
            township="t",
            position_basis="none",
        )
        for n in range(75)
    )
    pack = replace(PACK, villages=villages, plans={})
    levels = [4 if n % (2952 // storms) < 20 else 0 for n in range(2952)]
    bulletins = [
        bulletin(
            *(risk(level, village=v.village_id, slot=SLOT + n * HOUR) for v in villages),
            slot=SLOT + n * HOUR,
        )
        for n, level in enumerate(levels)
    ]
    rehearsal = told(bulletins, pack=pack)
    report(rehearsal, pack, span=SPAN, officer=Officer.EARLIEST)
    assert rehearsal.cycles == 2952


def test_a_calm_village_that_a_bulletin_leaves_out_is_blind_too():
    calm = hourly([0, 0])
    gone = replace(calm[1], villages=(), levels=(), data_states=())
    (gap,) = told([calm[0], gone]).blind
    assert gap.start == gone.slot
