"""What the watch finds in what it saw: laws of the pure part."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.tier import Tier
from alerts.warning_config import WarningConfig, WatchRules
from alerts.watchdog.alarm import Kind, Severity
from alerts.watchdog.audit import Breach, Rule
from alerts.watchdog.findings import (
    AIRFLOW,
    MEGABYTE,
    OUTSIDE,
    Count,
    Facts,
    FeedSeen,
    Key,
    Ledger,
    Queue,
    Rhythm,
    findings,
    unseen,
)

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
RULES = WatchRules()
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WELL = Facts(
    NOW,
    is_live=True,
    ledger=Ledger(
        Rhythm(NOW, NOW - HOUR, HOUR, 5 * timedelta(minutes=1)),
        (FeedSeen("rain", NOW - HOUR, 3 * HOUR),),
        clock_off=SECOND,
    ),
    disk_free=10**12,
    in_step=True,
    scheduler="healthy",
    keys=(Key("cap.pem", NOW + timedelta(days=400)),),
    passes={OUTSIDE: NOW - SECOND, AIRFLOW: NOW - SECOND},
    awaited=frozenset({OUTSIDE}),
    beat=NOW - SECOND,
)
BAD = {
    "database:absent": replace(WELL, database="absent", ledger=None),
    "shift:county_duty": replace(WELL, untaken={"county_duty": NOW - HOUR}),
    "test:county_duty-1": replace(
        WELL, ledger=replace(WELL.ledger, untested={"county_duty-1": NOW - 31 * MINUTE})
    ),
    "cycle": replace(WELL, ledger=replace(WELL.ledger, rhythm=Rhythm(NOW, None, HOUR, SECOND))),
    "feed:rain": replace(
        WELL, ledger=replace(WELL.ledger, feeds=(FeedSeen("rain", NOW - 4 * HOUR, 3 * HOUR),))
    ),
    "outbox:red": replace(
        WELL, ledger=replace(WELL.ledger, queues={Tier.RED: Queue(3, NOW - 61 * SECOND)})
    ),
    "outbox:notices": replace(
        WELL, ledger=replace(WELL.ledger, queues={Tier.NONE: Queue(3, NOW - 61 * SECOND)})
    ),
    "dead_letters:failed": replace(WELL, ledger=replace(WELL.ledger, failed=Count(2, NOW - HOUR))),
    "dead_letters:uncertain": replace(
        WELL, ledger=replace(WELL.ledger, uncertain=Count(1, NOW - HOUR))
    ),
    "unanswered:hekou": replace(
        WELL, ledger=replace(WELL.ledger, unanswered={"hekou": NOW - 601 * SECOND})
    ),
    "audit:missing": replace(
        WELL, ledger=replace(WELL.ledger, breaches=(Breach(Rule.MISSING, "m", NOW - HOUR),))
    ),
    "clock": replace(WELL, ledger=replace(WELL.ledger, clock_off=-6 * SECOND)),
    "ntp": replace(WELL, in_step=False),
    "disk": replace(WELL, disk_free=1023 * MEGABYTE),
    "scheduler": replace(WELL, scheduler="unhealthy"),
    "site": replace(WELL, site_readable=False, ledger=None),
    "roster": replace(WELL, roster_readable=False),
    "watch:list": replace(WELL, list_readable=False),
    "watch:airflow": replace(WELL, passes={OUTSIDE: NOW, AIRFLOW: NOW - 601 * SECOND}),
    "watch:outside": replace(WELL, passes={}),
    "heartbeat": replace(WELL, beat=NOW - 601 * SECOND),
    "key:cap.pem": replace(WELL, keys=(Key("cap.pem", None),)),
}


def test_where_all_goes_on_nothing_is_found():
    assert findings(WELL, RULES) == ()
    assert unseen(WELL) == frozenset()


@pytest.mark.parametrize("wrong", sorted(BAD))
def test_each_thing_that_does_not_go_on_is_one_alarm_and_no_other(wrong):
    (alarm,) = findings(BAD[wrong], RULES)
    assert alarm.id == wrong
    assert alarm.since <= NOW


def test_every_kind_of_alarm_is_tried_above():
    assert {each.partition(":")[0] for each in BAD} == set(Kind)


@given(st.sets(st.sampled_from(sorted(BAD))))
def test_the_gravest_come_first_and_no_two_alarms_are_one(wrongs):
    facts = WELL
    for wrong in sorted(wrongs):
        bad = BAD[wrong]
        changed = {
            name: getattr(bad, name)
            for name in Facts.__dataclass_fields__
            if getattr(bad, name) != getattr(WELL, name)
        }
        facts = replace(facts, **changed)
    found = findings(facts, RULES)
    severities = [alarm.severity for alarm in found]
    assert severities == sorted(severities, key=list(Severity).index)
    assert len({alarm.id for alarm in found}) == len(found)


@given(st.integers(0, 400), st.integers(1, 4))
def test_a_cycle_is_late_exactly_when_so_many_intervals_went_without_one(minutes, cycles):
    last = NOW - timedelta(minutes=minutes)
    facts = replace(
        WELL, ledger=Ledger(Rhythm(NOW, last, timedelta(minutes=60), timedelta(minutes=5)))
    )
    late = [alarm.kind for alarm in findings(facts, WatchRules(late_cycles=cycles))]
    assert (Kind.CYCLE in late) == (minutes > 60 * cycles + 5)


@given(st.integers(0, 200))
def test_red_and_orange_that_wait_are_grave_and_the_rest_is_a_warning(seconds):
    oldest = NOW - timedelta(seconds=seconds)
    queues = {tier: Queue(1, oldest) for tier in Tier}
    found = findings(replace(WELL, ledger=replace(WELL.ledger, queues=queues)), RULES)
    assert bool(found) == (seconds > 60)
    grave = {alarm.about for alarm in found if alarm.severity is Severity.GRAVE}
    assert grave == ({"red", "orange"} if found else set())


@given(st.integers(-10, 60))
def test_a_key_is_told_thirty_days_before_and_is_grave_in_its_last_three(days):
    until = NOW + timedelta(days=days)
    found = findings(replace(WELL, keys=(Key("k", until),)), RULES)
    assert bool(found) == (days <= 30)
    if found:
        assert (found[0].severity is Severity.GRAVE) == (days < 3)
        assert found[0].number == max(days, 0)


def test_what_a_dead_database_hides_is_unseen_and_not_well():
    hidden = unseen(BAD["database:absent"])
    assert {Kind.UNANSWERED, Kind.CYCLE, Kind.OUTBOX, Kind.AUDIT, Kind.FEED} <= hidden
    assert Kind.DATABASE not in hidden
    assert unseen(replace(WELL, ledger=None)) == frozenset()  # nobody is paged: that is known


def test_an_exercise_minds_no_ntp():
    assert findings(replace(WELL, is_live=False, in_step=False), RULES) == ()


def test_no_threshold_of_the_watch_changes_the_hash_of_a_warning():
    given_ = {"site": "s", "site_name": "S", "zone": "UTC", "languages": ("en",)}
    plain = WarningConfig.model_validate({**given_, "cycle_minutes": 60})
    other = plain.model_copy(update={"watch": WatchRules(outbox_s=300)})
    assert other.sha256 == plain.sha256
    assert b"outbox_s" not in other.to_bytes()
