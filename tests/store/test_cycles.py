"""A slot has one cutoff and one decision, which every retry finds again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from pipeline.bulletin import DataState, RiskBulletin, RiskLevel
from pipeline.errors import DecisionDiffers
from pipeline.store import cycles
from pipeline.world import Mode, World, live
from tests.store.samples import HOUR, MINUTE, NOON

WORLD = live("test")
BULLETIN = RiskBulletin(
    site="test",
    slot=NOON,
    cutoff=NOON + 5 * MINUTE,
    code_version="1",
    risk_config_sha256="c" * 64,
    inputs_sha256="i" * 64,
    villages=("v1",),
    levels=(RiskLevel.ORANGE,),
    data_states=(DataState.COMPLETE,),
    closeness=(1.25,),
    newest_inputs=(NOON,),
)


def at(hours: int) -> RiskBulletin:
    return replace(BULLETIN, slot=NOON + hours * HOUR, cutoff=BULLETIN.cutoff + hours * HOUR)


def save(engine: Engine, bulletin: RiskBulletin, world: World = WORLD) -> None:
    with engine.begin() as connection:
        cycles.save(connection, world, bulletin, assessed_at=bulletin.cutoff + MINUTE)


def test_every_attempt_at_a_slot_reads_at_the_first_cutoff(engine: Engine) -> None:
    for minutes in (5, 9):
        with engine.begin() as connection:
            stored = cycles.open_cycle(connection, WORLD, NOON, NOON + minutes * MINUTE)
        assert stored == NOON + 5 * MINUTE


def test_a_cutoff_is_kept_as_a_bulletin_prints_it(engine: Engine) -> None:
    odd = NOON + timedelta(seconds=7, microseconds=123456)
    with engine.begin() as connection:
        assert cycles.open_cycle(connection, WORLD, NOON, odd) == NOON + timedelta(seconds=7)


def test_an_open_cycle_is_no_bulletin_yet(engine: Engine) -> None:
    with engine.begin() as connection:
        cycles.open_cycle(connection, WORLD, NOON, BULLETIN.cutoff)
        assert cycles.bulletin(connection, WORLD, NOON) is None
        assert cycles.bulletin_bytes(connection, WORLD, NOON) is None
        assert cycles.assessed_at(connection, WORLD, NOON) is None
        assert cycles.last_slot(connection, WORLD) is None
        assert cycles.bulletins(connection, WORLD, after=None) == []


def test_a_bulletin_comes_back_byte_for_byte(engine: Engine) -> None:
    save(engine, BULLETIN)
    with engine.begin() as connection:
        assert cycles.bulletin(connection, WORLD, NOON) == BULLETIN
        assert cycles.bulletin_bytes(connection, WORLD, NOON) == BULLETIN.to_bytes()
        assert cycles.assessed_at(connection, WORLD, NOON) == BULLETIN.cutoff + MINUTE


def test_the_same_decision_saved_again_changes_nothing(engine: Engine) -> None:
    save(engine, BULLETIN)
    save(engine, replace(BULLETIN, code_version="2"))
    with engine.begin() as connection:
        assert cycles.bulletin(connection, WORLD, NOON) == BULLETIN


@pytest.mark.parametrize(
    "other",
    [
        replace(BULLETIN, levels=(RiskLevel.NONE,)),
        replace(BULLETIN, cutoff=BULLETIN.cutoff + MINUTE),
    ],
    ids=["another level", "another cutoff"],
)
def test_another_decision_for_a_slot_is_refused_for_good(
    engine: Engine, other: RiskBulletin
) -> None:
    save(engine, BULLETIN)
    with pytest.raises(DecisionDiffers) as refused:
        save(engine, other)
    assert refused.value.permanent
    with engine.begin() as connection:
        assert cycles.bulletin(connection, WORLD, NOON) == BULLETIN


def test_bulletins_come_oldest_first_within_their_limits(engine: Engine) -> None:
    for hours in (2, 0, 1, 3):
        save(engine, at(hours))
    with engine.begin() as connection:
        every = cycles.bulletins(connection, WORLD, after=None)
        some = cycles.bulletins(connection, WORLD, after=NOON, upto=NOON + 2 * HOUR)
        assert every == [at(0), at(1), at(2), at(3)]
        assert some == [at(1), at(2)]
        assert cycles.last_slot(connection, WORLD) == NOON + 3 * HOUR


def test_worlds_do_not_see_one_another(engine: Engine) -> None:
    replay = World("test", Mode.REPLAY, "r1")
    save(engine, at(1), replay)
    save(engine, BULLETIN)
    with engine.begin() as connection:
        assert cycles.last_slot(connection, WORLD) == NOON
        assert cycles.bulletins(connection, replay, after=None) == [at(1)]
