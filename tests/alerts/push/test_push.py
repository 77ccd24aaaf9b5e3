"""What receivers of CAP are pushed, when and in which order; each in its own world alone."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from alerts.approvals import Judged, approve, refuse
from alerts.cap_signature import verified
from alerts.handing_out import of_episode, of_village
from alerts.outbox.delivery import PUSH, State
from alerts.outbox.standing import Pushed
from alerts.roster import write_private
from alerts.tables import cap_alert
from pipeline.settings import OWN_PEOPLE
from pipeline.world import Mode
from tests.alerts.cap.pairs import pair
from tests.alerts.channels.receiver import said
from tests.alerts.night import HOUR, SLOT, WALL, delivery, levels
from tests.alerts.push.pushed import (
    BY,
    at,
    bodies,
    hours,
    kept,
    lower,
    named,
    passed,
    states,
    texts,
)
from tests.golden.samples import LIVE, quick_valley

# ------------------------------------------------------------------ what a receiver gets


def test_a_receiver_gets_the_kept_alert_byte_for_byte_under_the_deliverys_own_key(pushed, receiver):
    pushed.warned(levels(hekou=4))
    passed(pushed)
    (posted,) = receiver.posted
    (row,) = [row for row in pushed.rows(delivery) if row.purpose == PUSH]
    assert [posted.body] == kept(pushed)
    assert posted.headers["content-type"] == "application/cap+xml; charset=utf-8"
    assert posted.headers["idempotency-key"] == f'"{row.delivery_key}"'
    assert row.state == "accepted"


def test_with_a_key_it_is_signed_on_the_way_and_kept_as_it_was(pushed, receiver):
    ours = pair()
    write_private(pushed.home / "cap.pem", ours.file)
    pushed.warned(levels(hekou=4))
    before = kept(pushed)
    passed(pushed, key="cap.pem")
    (body,) = bodies(receiver)
    assert body != before[0]
    assert verified(body, ours.certificate, now=WALL)
    assert kept(pushed) == before


def test_with_a_key_that_cannot_sign_nothing_leaves_until_it_can(pushed, receiver):
    pushed.warned(levels(hekou=4))
    passed(pushed, key="cap.pem")
    assert (receiver.posted, states(pushed)) == ([], ["failed_retry"])
    write_private(pushed.home / "cap.pem", pair().file)
    passed(pushed, key="cap.pem", minutes=1)
    assert states(pushed) == ["accepted"]


@pytest.mark.parametrize("rsa", [True, False])
def test_a_repeat_bears_the_same_bytes_and_the_same_key_also_signed(pushed, receiver, rsa):
    write_private(pushed.home / "cap.pem", pair(rsa=rsa).file)
    receiver.default = said(500)
    pushed.warned(levels(hekou=4))
    for minutes in range(3):
        passed(pushed, key="cap.pem", minutes=minutes)
    assert len(receiver.posted) == 3
    assert len({each.body for each in receiver.posted}) == 1
    assert len({each.headers["idempotency-key"] for each in receiver.posted}) == 1


def test_each_receiver_gets_the_alerts_of_its_villages_and_no_other(night, receiver):
    named(night, tv="exercise = true", radio='exercise = true\nvillages = ["baishi"]')
    night.warned(levels(hekou=4, baishi=4))
    passed(night)
    of = [texts(body, "areaDesc") for body in bodies(receiver, "/radio")]
    assert len(bodies(receiver)) == 2
    assert len(of) == 1
    assert of[0] in [texts(content, "areaDesc") for content in kept(night)]


def test_whoever_looks_at_the_alerts_sees_how_far_each_was_pushed(pushed, receiver):
    receiver.default = said(410)
    hours(pushed, 2)
    passed(pushed)
    receiver.default = said(204)
    hours(pushed, 4, begin=1)
    passed(pushed, minutes=60)
    episode_id = pushed.rows(cap_alert)[0].episode_id
    shown = of_episode(pushed.engine, pushed.world, episode_id, now=at(61).wall)
    assert [each.pushed for each in shown] == [
        (Pushed("tv", State.ACCEPTED),),
        (Pushed("tv", State.FAILED_FINAL),),
    ]


# ------------------------------------------------------------------ worlds


def test_an_exercise_is_pushed_to_those_alone_that_are_named_for_exercises(night, receiver):
    named(night, tv="", radio="exercise = true")
    night.warned(levels(hekou=4))
    passed(night)
    assert bodies(receiver) == []
    (body,) = bodies(receiver, "/radio")
    assert texts(body, "status") == {"Exercise"}


def test_a_row_that_somebody_wrote_for_a_live_receiver_reaches_it_with_no_exercise(night, receiver):
    named(night, tv="exercise = true")
    night.warned(levels(hekou=4))
    named(night, tv="")
    passed(night)
    assert (receiver.posted, states(night)) == ([], ["failed_final"])


def test_an_exercise_of_telephones_alone_is_pushed_to_nobody(pushed, receiver):
    pushed.warned(levels(hekou=4))
    (pushed.home / OWN_PEOPLE).touch()
    passed(pushed)
    assert (receiver.posted, states(pushed)) == ([], ["failed_final"])


def test_what_is_live_is_pushed_as_actual(night, receiver):
    night.world = LIVE
    named(night, tv="")
    night.warned(levels(hekou=4))
    passed(night)
    (body,) = bodies(receiver)
    assert texts(body, "status") == {"Actual"}


def test_an_alert_whose_status_is_another_worlds_does_not_leave(night, receiver):
    night.world = LIVE
    named(night, tv="")
    night.warned(levels(hekou=4))
    with night.engine.begin() as connection:
        (row,) = connection.execute(select(cap_alert)).all()
        wrong = row.content.replace(b"<status>Actual<", b"<status>Exercise<")
        connection.execute(cap_alert.update().values(content=wrong))
    passed(night)
    assert (receiver.posted, states(night)) == ([], ["failed_final"])


def test_of_an_exercise_nothing_is_pushed_once_red_is_real_in_the_village(pushed, receiver):
    pushed.warned(levels(hekou=4))
    exercise, pushed.world = pushed.world, LIVE
    receivers = pushed.pack
    pushed.pack = quick_valley()
    pushed.warned(levels(hekou=4))
    pushed.world, pushed.pack = exercise, receivers
    passed(pushed)
    assert (receiver.posted, states(pushed)) == ([], ["superseded"])


# ------------------------------------------------------------------ when


def test_an_order_that_waits_for_an_approver_is_not_pushed_until_it_goes(asked, receiver):
    asked.warned(levels(hekou=4))
    for minutes in (0, 1, 2.9):
        passed(asked, minutes=minutes)
    assert (receiver.posted, states(asked)) == ([], ["pending"])
    passed(asked, minutes=3)
    assert bodies(receiver) == kept(asked)


def test_an_approvers_yes_lets_the_push_go_and_a_no_keeps_it(asked, receiver):
    asked.warned(levels(hekou=4, baishi=4))
    passed(asked)
    refuse(asked.desk, Judged("hekou", BY, "the gauge lies"), at(1))
    approve(asked.desk, Judged("baishi", BY), at(1))
    passed(asked, minutes=1.1)
    assert len(receiver.posted) == 1
    passed(asked, minutes=15)
    assert len(receiver.posted) == 1
    passed(asked, minutes=16.1)
    told = [
        of_village(asked.engine, Mode.EXERCISE, village, at(17).flood, now=at(17).wall).content
        for village in ("baishi", "hekou")
    ]
    assert bodies(receiver) == told


def test_one_overtaken_before_its_hour_came_is_never_pushed(asked, receiver):
    asked.warned(levels(hekou=2))
    passed(asked)
    asked.warned(levels(SLOT + HOUR, hekou=4), at=at(60))
    refuse(asked.desk, Judged("hekou", BY, "the gauge lies"), at(61))
    lower(asked, 62)
    for minutes in (62, 80, 99):
        passed(asked, minutes=minutes)
    assert [texts(body, "severity") for body in bodies(receiver)] == [{"Moderate"}, {"Moderate"}]
    assert states(asked) == ["accepted", "superseded", "superseded", "accepted"]


# ------------------------------------------------------------------ in order


def test_a_chain_comes_in_order_to_a_receiver_that_was_down(pushed, receiver):
    receiver.default = said(503)
    for hour, level in enumerate((2, 4)):
        hours(pushed, level, begin=hour)
        passed(pushed, minutes=hour * 60)
    assert set(bodies(receiver)) == {kept(pushed)[0]}  # what comes after waits for it
    receiver.default, receiver.posted = said(204), []
    passed(pushed, minutes=63)
    assert bodies(receiver) == kept(pushed)


def test_the_end_of_a_flood_is_pushed_as_its_cancel(pushed, receiver):
    for hour, level in enumerate((2, 0, 0, 0, 0)):
        hours(pushed, level, begin=hour)
        passed(pushed, minutes=hour * 60)
    assert bodies(receiver) == kept(pushed)
    kinds = [texts(body, "msgType").pop() for body in bodies(receiver)]
    assert (kinds[0], kinds[-1], set(kinds[1:-1]) <= {"Update"}) == ("Alert", "Cancel", True)


def test_an_update_does_not_overtake_its_alert_however_urgent_it_is(pushed, receiver):
    receiver.default = said(503)
    pushed.warned(levels(hekou=2))
    passed(pushed)
    pushed.warned(levels(SLOT + HOUR, hekou=4), at=at(10))
    receiver.posted = []
    passed(pushed, minutes=10)
    assert {texts(body, "severity").pop() for body in bodies(receiver)} == {"Moderate"}
    receiver.default, receiver.posted = said(204), []
    passed(pushed, minutes=20)
    assert [texts(body, "severity") for body in bodies(receiver)] == [{"Moderate"}, {"Extreme"}]


def test_what_was_refused_or_given_up_is_not_waited_for(pushed, receiver):
    receiver.default = said(410)
    hours(pushed, 2)
    passed(pushed)
    receiver.default = said(204)
    hours(pushed, 4, begin=1)
    passed(pushed, minutes=60)
    assert states(pushed) == ["failed_final", "accepted"]


def test_what_is_issued_anew_is_pushed_as_well(pushed, receiver):
    config = pushed.pack.config.model_copy(update={"expires_minutes": 60})
    pushed.pack = replace(pushed.pack, config=config)
    for hour in range(3):
        hours(pushed, 4, begin=hour)
        passed(pushed, minutes=hour * 60)
    assert len(kept(pushed)) == 3
    assert bodies(receiver) == kept(pushed)
