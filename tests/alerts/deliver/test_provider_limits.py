"""Limits of providers in a pass: never passed, the most urgent first, and nobody else held up."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from alerts import deliver
from alerts.channels import allowance
from alerts.channels.gateway import gateway_of
from alerts.deliver import deliver_once
from alerts.errors import SendError, Unreachable
from alerts.forms import Form
from alerts.issue import Minute
from alerts.outbox import held_back
from alerts.pace import UNLIMITED, Allowance, Cap, Rate
from alerts.roster import CONTACTS
from alerts.tier import Tier
from pipeline.errors import SettingsError
from pipeline.instants import to_us
from pipeline.settings import from_environment
from tests.alerts.channels.test_gateway import CONFIGURED, NUMBER, private
from tests.alerts.channels.test_gateway_night import by_telephone
from tests.alerts.deliver.limits import burst_of, most_in
from tests.alerts.deliver.test_pass import Tube, by_file
from tests.alerts.night import FLOOD, SECONDS, WALL, attempt, delivery, levels

PERSON, OFFICER = "hekou/responsible", "county_duty-1"
MINUTE_S = 60


@pytest.fixture(autouse=True)
def each_text_is_a_call(monkeypatch):
    """Let every text be a call of its own: what goes in one call is told elsewhere."""
    monkeypatch.setattr(deliver, "MOST_IN_A_CALL", 1)


def limited(night, form="voice", **stated):
    """Write the gateways with one form's limits."""
    lines = "".join(f"{name} = {value}\n" for name, value in stated.items())
    text = CONFIGURED.format(port=1, budget_s=1).replace("[sms]", f"[{form}]")
    private(night.home, text + lines)


def passed(night, settings, tubes, *, after_s=0.0):
    return deliver_once(
        night.engine, settings, night.world, night.roster, tubes, now=WALL + after_s * SECONDS
    )


def started(night, channel="email"):
    """Return when attempts were begun, in seconds, oldest first."""
    keys = {row.delivery_key for row in night.rows(delivery) if row.channel == channel}
    begun = [row.started_at for row in night.rows(attempt) if row.delivery_key in keys]
    return sorted((us - to_us(WALL)) / 1e6 for us in begun)


def states(night, channel):
    return Counter(row.state for row in night.rows(delivery) if row.channel == channel)


def test_two_senders_together_never_pass_what_the_mail_server_takes(night):
    settings = replace(night.settings, smtp_per_minute=1200)
    night.warned(levels(hekou=4, baishi=4, nanping=2))
    queued = len(night.rows(delivery))
    tube = Tube()
    with ThreadPoolExecutor(2) as senders:
        for pass_ in [senders.submit(passed, night, settings, {"email": tube}) for _ in range(2)]:
            pass_.result()
    assert states(night, "email") == {"accepted": queued}
    assert set(tube.seen.values()) == {1}
    times = started(night)
    assert len(times) == queued > 40
    assert burst_of(times, Rate(1200)) <= 1 + 1e-6


def test_senders_that_share_an_account_and_numbers_and_are_refused_hold_each_other_up_never(night):
    path = night.home / CONTACTS
    phone = f'[[contacts]]\nphone = "{NUMBER}"\nchannels = ["voice"]\n'
    path.write_text(path.read_text().replace("[[contacts]]\n", phone))
    limited(night, per_minute=6000, burst=9, lines=40, seconds=1, per_number_minute=60)
    night.warned(levels(hekou=4, baishi=4, nanping=4, songlin=4))

    def refuse(nth):
        if nth % 3:
            raise SendError("voice: engaged", retryable=bool(nth % 2))

    tube = Tube(refuse)
    with ThreadPoolExecutor(3) as senders:
        passes = [
            senders.submit(passed, night, night.settings, {"voice": tube}, after_s=after_s)
            for after_s in (0, 0.01, 0.02)
        ]
        for pass_ in passes:
            pass_.result()
    assert max(tube.seen.values()) == 1
    assert set(states(night, "voice")) <= {"accepted", "failed_retry", "failed_final", "throttled"}
    assert states(night, "voice")["accepted"] == min(5, tube.seen.total() // 3)


def test_a_red_that_comes_in_while_yellows_wait_for_the_provider_goes_before_them(night):
    settings = replace(night.settings, smtp_per_minute=600)
    night.warned(levels(nanping=2, baishi=2, songlin=2, shangyuan=2))
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(passed, night, settings, {"email": Tube()})
        time.sleep(1)
        at = WALL + timedelta(seconds=time.monotonic() - begun)
        night.warned(levels(hekou=4, slot=FLOOD), at=Minute(at, FLOOD + timedelta(minutes=5)))
        there = WALL + timedelta(seconds=time.monotonic() - begun + 0.3)
        sending.result()
        passed(night, settings, {"email": Tube()}, after_s=time.monotonic() - begun)
    tier = {row.delivery_key: row.tier for row in night.rows(delivery)}
    rows = sorted(night.rows(attempt), key=lambda row: row.started_at)
    after = [tier[row.delivery_key] for row in rows if row.started_at > to_us(there)]
    assert set(after) == {Tier.RED, Tier.YELLOW}
    assert after == sorted(after, reverse=True)


def test_what_comes_in_by_another_channel_does_not_wait_for_the_one_that_waits(night):
    by_file(night, "hekou")
    settings = replace(night.settings, smtp_per_minute=600)
    night.warned(levels(nanping=2, baishi=2, songlin=2, shangyuan=2))
    mails, files, begun = Tube(), Tube(), time.monotonic()
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(passed, night, settings, {"email": mails, "file": files})
        time.sleep(1)
        at = WALL + timedelta(seconds=time.monotonic() - begun)
        night.warned(levels(hekou=4, slot=FLOOD), at=Minute(at, FLOOD + timedelta(minutes=5)))
        sending.result()
    first, last_mail = min(started(night, "file")), max(started(night, "email"))
    assert set(files.seen.values()) == {1}
    assert first < last_mail


def test_a_channel_with_nothing_left_asks_the_database_seldom_and_holds_up_no_other(
    night, monkeypatch
):
    by_file(night, "nanping")
    settings = replace(night.settings, smtp_per_minute=1)
    monkeypatch.setattr(deliver, "PASS_S", 5.0)
    night.warned(levels(hekou=4, nanping=4))
    asked = Counter()
    event.listen(night.engine, "begin", lambda _connection: asked.update(["begin"]))
    begun = time.monotonic()
    mails, files = Tube(), Tube()
    passed(night, settings, {"email": mails, "file": files})
    assert time.monotonic() - begun < 4
    assert mails.seen.total() == 1
    assert states(night, "file") == {"accepted": files.seen.total()}
    assert states(night, "email")["pending"] > 10
    assert asked["begin"] <= 3 * (mails.seen.total() + files.seen.total()) + 20


def test_one_number_is_called_once_a_minute_and_five_times_an_hour_and_others_all_the_while(night):
    by_telephone(night, PERSON, OFFICER, ways='"voice"')
    path = night.home / CONTACTS
    path.write_text(path.read_text().replace(NUMBER, NUMBER[:-1] + "4", 1))
    limited(night)
    night.warned(levels(hekou=4, baishi=4, nanping=4, songlin=4, shangyuan=4, xiaqiao=4))
    texts = Counter(row.contact_ref for row in night.rows(delivery))
    assert texts[OFFICER] > 5
    tube = Tube()
    for minute in range(50):
        passed(night, night.settings, {"voice": tube}, after_s=minute * MINUTE_S + 1)
    times = {ref: of_person(night, ref) for ref in (PERSON, OFFICER)}
    assert {ref: len(each) for ref, each in times.items()} == {
        ref: min(5, texts[ref]) for ref in times
    }
    for each in times.values():
        assert most_in(each, Cap(1, 60)) == 1
        assert each[0] < 5
    waiting = [row for row in night.rows(delivery) if row.state == "throttled"]
    assert {(row.contact_ref, row.attempts) for row in waiting} == {(OFFICER, 0)}
    passed(night, night.settings, {"voice": tube}, after_s=times[OFFICER][0] + 3598)
    assert len(of_person(night, OFFICER)) == 5
    passed(night, night.settings, {"voice": tube}, after_s=times[OFFICER][0] + 3601)
    assert len(of_person(night, OFFICER)) == 6


def of_person(night, ref):
    """Return when a person was called, in seconds, oldest first."""
    keys = {row.delivery_key for row in night.rows(delivery) if row.contact_ref == ref}
    begun = [row.started_at for row in night.rows(attempt) if row.delivery_key in keys]
    return sorted((us - to_us(WALL)) / 1e6 for us in begun)


def test_a_call_that_was_never_placed_uses_up_nothing_of_a_numbers_cap(night):
    by_telephone(night, PERSON, ways='"voice"')
    limited(night)
    night.warned(levels(hekou=4))

    def unreached(_nth):
        raise Unreachable("voice: nobody there")

    for minute in range(8):
        passed(night, night.settings, {"voice": Tube(unreached)}, after_s=minute * MINUTE_S)
    assert len(started(night, "voice")) > 5
    passed(night, night.settings, {"voice": Tube()}, after_s=8 * MINUTE_S)
    assert states(night, "voice")["accepted"] == 1


def test_a_text_that_waits_for_a_number_goes_as_soon_as_one_before_it_was_refused(night):
    by_telephone(night, PERSON, ways='"voice"')
    limited(night, per_number_minute=0, per_number_hour=1)
    night.warned(levels(hekou=4))

    def refused(_nth):
        time.sleep(1)  # meanwhile the others find the number engaged
        raise SendError("voice: refused", retryable=False)

    passed(night, night.settings, {"voice": Tube(refused)})
    assert states(night, "voice") == {"failed_final": 1, "throttled": len(night.rows(delivery)) - 1}
    passed(night, night.settings, {"voice": Tube()}, after_s=9)
    assert states(night, "voice")["accepted"] == 1


def test_what_waits_for_a_number_does_not_look_as_if_it_waited_for_an_approver(night):
    by_telephone(night, PERSON, ways='"voice"')
    limited(night)
    night.warned(levels(hekou=4))
    passed(night, night.settings, {"voice": Tube()})
    assert states(night, "voice")["throttled"] > 0
    with night.engine.connect() as connection:
        assert held_back.waiting(connection, night.world, now=WALL + SECONDS) == {}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, Allowance(each=(Cap(1, 60), Cap(5, 3600)))),
        ({"per_number_minute": 0, "per_number_hour": 0}, UNLIMITED),
        ({"per_number_hour": 9}, Allowance(each=(Cap(1, 60), Cap(9, 3600)))),
        (
            {"per_minute": 90, "burst": 4, "lines": 30, "seconds": 45, "per_number_minute": 0},
            Allowance((Rate(90, 4), Cap(30, 45)), (Cap(5, 3600),)),
        ),
    ],
)
def test_limits_are_those_that_are_stated_and_of_calls_to_one_number_the_default(
    night, stated, expected
):
    limited(night, Form.VOICE, **stated)
    assert allowance(night.settings, "voice") == expected
    assert allowance(night.settings, "sms") == UNLIMITED
    limited(night, Form.SMS)
    assert allowance(night.settings, "sms") == UNLIMITED


@pytest.mark.parametrize(
    "wrong",
    [{"lines": 3}, {"seconds": 9}, {"burst": 2}, {"per_minute": 0}, {"per_number_hour": -1}],
)
def test_limits_that_make_no_sense_are_refused_with_their_names(night, wrong):
    limited(night, **wrong)
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        gateway_of(night.home, Form.VOICE)


def test_the_environment_limits_mails_of_all_and_posts_to_one_receiver(night, monkeypatch):
    for name in ("SMTP", "WEBHOOK"):
        assert allowance(from_environment(home=night.home), name.lower()) == UNLIMITED
        monkeypatch.setenv(f"FLOODWARN_{name}_PER_MINUTE", "20")
    settings = from_environment(home=night.home)
    assert allowance(settings, "email") == Allowance((Rate(20),))
    assert allowance(settings, "webhook") == Allowance(each=(Cap(20, 60),))
    for wrong in ("0", "-1", "many", "600000"):
        monkeypatch.setenv("FLOODWARN_SMTP_PER_MINUTE", wrong)
        with pytest.raises(SettingsError, match="FLOODWARN_SMTP_PER_MINUTE"):
            from_environment(home=night.home)
