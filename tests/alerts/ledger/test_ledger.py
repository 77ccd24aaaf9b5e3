"""The ledger adds and never changes, and each world sees itself alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, inspect

from alerts.by_person import order_by_person
from alerts.ledger import actions, answers, episodes, fence, messages
from alerts.ledger.actions import Deed, Verb
from alerts.ledger.answers import Answer, Via
from alerts.ledger.episodes import Cause, Fault
from alerts.outbox import held_back
from alerts.tier import Tier
from pipeline.database import reading
from pipeline.world import Mode, World
from tests.alerts.night import EXERCISE, HOUR, SLOT, WALL, acknowledgement, levels, message

OTHER = World("valley", Mode.EXERCISE, "x9")


@pytest.fixture
def connection(engine):
    with engine.begin() as connection:
        yield connection


def state(tier=Tier.YELLOW, revision=1, slot=SLOT):
    opened = order_by_person(None, "hekou", tier, world=EXERCISE, slot=slot).episode
    return replace(opened, revision=revision, last_slot=slot)


def test_a_revision_is_written_once_and_stands(connection):
    assert episodes.append(connection, EXERCISE, state(), Cause.BULLETIN)
    assert not episodes.append(connection, EXERCISE, state(Tier.RED), Cause.ORDER)
    assert episodes.newest_of(connection, EXERCISE, "hekou") == state()


def test_the_newest_revision_of_the_newest_episode_is_the_present(connection):
    first, later = state(revision=7), state(Tier.RED, slot=SLOT + HOUR)
    for each in (later, state(), first):
        episodes.append(connection, EXERCISE, each, Cause.BULLETIN)
    assert episodes.newest(connection, EXERCISE) == {"hekou": later}
    assert episodes.newest_of(connection, EXERCISE, "hekou") == later
    assert episodes.revision(connection, EXERCISE, first.episode_id, 7) == first
    assert episodes.with_sha256(connection, EXERCISE, first.sha256) == first
    assert episodes.newest(connection, OTHER) == {}
    assert episodes.with_sha256(connection, OTHER, first.sha256) is None


def test_the_fence_moves_forward_only_and_from_where_it_was_seen(connection):
    assert fence.last_warned(connection, EXERCISE) is None
    assert fence.pass_fence(connection, EXERCISE, seen=None, slot=SLOT)
    assert not fence.pass_fence(connection, EXERCISE, seen=None, slot=SLOT + HOUR)
    assert not fence.pass_fence(connection, EXERCISE, seen=SLOT, slot=SLOT)
    assert not fence.pass_fence(connection, EXERCISE, seen=SLOT - HOUR, slot=SLOT + HOUR)
    assert fence.pass_fence(connection, EXERCISE, seen=SLOT, slot=SLOT + HOUR)
    assert fence.last_warned(connection, EXERCISE) == SLOT + HOUR
    assert fence.last_warned(connection, OTHER) is None


def test_a_fault_is_kept_with_its_village(connection):
    fault = Fault(SLOT, "hekou", "torn")
    for _ in range(2):
        episodes.record_fault(connection, EXERCISE, fault, stored_at=WALL)
    assert episodes.faults(connection, EXERCISE, since=SLOT) == (fault,)
    assert episodes.faults(connection, EXERCISE, since=SLOT + HOUR) == ()


def test_a_message_comes_back_as_it_was_written(night):
    night.warned(levels(hekou=3))
    night.warned(levels(SLOT + HOUR, hekou=4))
    with reading(night.engine) as connection:
        kept = messages.of_village(connection, night.world, "hekou")
        assert len(kept) == len(night.rows(message))
        assert [k.message.slot for k in kept] == sorted(k.message.slot for k in kept)
        for each in kept:
            assert messages.find(connection, each.message.message_id) == each
            assert messages.message(connection, OTHER, each.message.message_id) is None
        early = messages.of_village(connection, night.world, "hekou", upto=SLOT)
        (episode_id,) = {k.message.episode_id for k in kept}
        assert messages.of_episodes(connection, night.world, [episode_id]) == kept
        assert {k.message.slot for k in early} == {SLOT}
        cap = messages.cap(connection, night.world, kept[0].message.cap_identifier)
        assert cap.content.startswith(b"<?xml")
        named = messages.references(connection, night.world, episode_id, before=99)
        assert len(named) == 2
        newest_first = messages.caps(connection, night.world, episode_id)
        assert [each.reference for each in newest_first] == [*reversed(named)]
        assert messages.caps_of_village(connection, night.world, "hekou", upto=SLOT) == (cap,)


def plan_of(night, ask) -> str:
    """Return how SQLite would look up what `ask` asks for."""
    asked = []
    listen = (night.engine, "before_cursor_execute", lambda *of: asked.append((of[2], of[3])))
    with reading(night.engine) as connection:
        event.listen(*listen)
        ask(connection)
        event.remove(*listen)
        steps = [
            row
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    return "; ".join(row.detail for row in steps)


def test_what_was_said_of_an_episode_is_found_without_reading_every_episode_s(night):
    asks = {
        "cap_alert_by_episode": [
            lambda c: messages.references(c, night.world, "e", before=9),
            lambda c: messages.caps(c, night.world, "e"),
        ],
        "message_by_episode": [
            lambda c: messages.of_episodes(c, night.world, ["e"]),
            lambda c: held_back.has_gone(c, night.world, ("e", 1), now=WALL),
        ],
    }
    for index, questions in asks.items():
        known = inspect(night.engine).get_indexes(index.removesuffix("_by_episode"))
        assert index in {each["name"] for each in known}
        # PostgreSQL reads a small table whole, whatever its indexes
        for ask in questions if night.engine.dialect.name == "sqlite" else ():
            plan = plan_of(night, ask)
            assert f"USING INDEX {index} " in plan or f"USING COVERING INDEX {index} " in plan
            assert "SCAN message" not in plan
            assert "SCAN cap_alert" not in plan


def test_an_answer_is_kept_once_with_its_first_time(night):
    night.warned(levels(hekou=3))
    with night.engine.begin() as connection:
        kept = messages.of_village(connection, night.world, "hekou")[0]
        said = Answer(kept.message.message_id, "a", Via.LINK, "a", WALL)
        assert answers.record(connection, kept, said)
        assert not answers.record(connection, kept, replace(said, at=WALL + HOUR))
        assert answers.record(connection, kept, replace(said, via=Via.BOARD, by_ref="officer"))
        given = answers.of_messages(connection, night.world, [said.message_id, "other"])
    assert given[said.message_id][0].at == WALL
    assert list(given) == [said.message_id]
    assert {row.revision for row in night.rows(acknowledgement)} == {kept.message.revision}


def test_a_deed_is_kept_with_both_clocks(connection):
    asked = Deed(
        "hekou", Verb.LOWER_REQUEST, Tier.NONE, "calm", "a", WALL, SLOT, override="the gauge lies"
    )
    agreed = replace(
        asked,
        verb=Verb.LOWER_CONFIRM,
        by_ref="b",
        at=WALL + timedelta(minutes=1),
        refers_to=asked.action_id,
    )
    assert actions.record(connection, EXERCISE, asked)
    assert not actions.record(connection, EXERCISE, asked)
    assert actions.agreed(connection, EXERCISE, asked.action_id) is None
    actions.record(connection, EXERCISE, agreed)
    assert actions.deed(connection, EXERCISE, asked.action_id) == asked
    assert actions.agreed(connection, EXERCISE, asked.action_id) == agreed
    assert actions.of_village(connection, EXERCISE, "hekou") == (asked, agreed)
    assert actions.deed(connection, OTHER, asked.action_id) is None
