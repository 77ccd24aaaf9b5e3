"""The fifteen promises of `alerting.md` 7, each by the tests that hold it.

What no other suite says is said here; of the rest the tests are named, and that they are there and
are collected is checked.
"""

# ruff: noqa: N802 - the promises are numbered so

import logging
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import channels
from alerts.episode import Change
from alerts.roster import CONTACTS
from pipeline.instants import from_us, parse, to_us
from tests.alerts.channels.conftest import certificate
from tests.alerts.channels.test_gateway import NUMBER, SECRET
from tests.alerts.channels.test_gateway_night import by_telephone, gateway, open_gateway
from tests.alerts.channels.test_webhook_night import everything
from tests.alerts.episode.test_memory import fold
from tests.alerts.night import delivery, levels
from tests.services import ROOT

__all__ = ["certificate", "gateway", "open_gateway"]

HELD_BY = {
    "T1": (
        "faults/test_sender_killed.py::"
        "test_a_kill_between_accepted_and_our_record_is_uncertain_and_repeats_once",
        "faults/test_sender_killed.py::test_a_sender_killed_in_the_middle_of_a_conversation",
        "faults/test_thousand_deliveries.py::"
        "test_a_thousand_deliveries_survive_two_senders_killed_at_every_step",
    ),
    "T2": (
        "dags/test_modes.py::test_a_cleared_run_is_a_replay",
        "dags/test_modes.py::test_only_scheduled_and_manual_runs_send_what_is_due",
        "alerts/warn/test_warn.py::test_a_second_warn_of_the_same_bulletins_writes_nothing",
        "alerts/outbox/test_queue.py::test_queueing_again_is_a_no_op",
        "end_to_end/test_backfill.py::"
        "test_nothing_was_sent_though_a_live_sender_ran_and_would_have",
        "end_to_end/test_live_cycle.py::test_cleared_later_it_pages_nobody_again",
    ),
    "T3": ("alerts/deliver/test_deliver.py::test_a_dead_receiver_holds_up_nobody_else",),
    "T4": (
        "alerts/channels/test_gateway_night.py::"
        "test_an_sms_that_was_not_taken_is_never_shown_as_such_and_the_mail_goes_all_the_same",
        "alerts/channels/test_gateway.py::"
        "test_without_the_gateways_own_word_a_text_is_uncertain_and_never_accepted",
        "alerts/channels/test_webhook_night.py::"
        "test_nothing_is_shown_as_accepted_that_was_not_and_nothing_secret_is_kept_or_logged",
        "alerts/channels/test_email.py::"
        "test_words_without_a_known_code_after_the_text_leave_it_uncertain",
        "alerts/deliver/test_deliver.py::test_each_failure_of_the_server_is_told_for_what_it_is",
    ),
    "T6": (
        "alerts/outage/test_outage.py::"
        "test_a_feed_that_flaps_each_half_hour_pages_once_an_hour_and_is_told_back_each_time",
        "alerts/hard_nights/test_rise_and_fall.py::"
        "test_two_waves_with_a_false_calm_between_them_are_one_night_that_never_falls",
    ),
    "T7": (
        "alerts/hard_nights/test_unseen.py::"
        "test_a_sensor_lost_at_the_peak_and_six_calm_hours_over_midnight_leave_red_at_dawn",
    ),
    "T8": (
        "alerts/deliver/test_deliver.py::test_an_exercise_reaches_nobody_who_is_not_marked_for_it",
        "alerts/deliver/test_deliver.py::test_a_sender_of_one_mode_refuses_every_other_world",
        "end_to_end/test_flood_night.py::test_the_orders_reach_the_mailbox_marked_as_an_exercise",
    ),
    "T9": (
        "alerts/cap/test_cap_episodes.py::"
        "test_every_alert_of_an_episode_is_valid_and_all_of_them_are_one_chain",
        "alerts/cap/test_cap.py::test_a_chain_of_updates_repeats_its_references_byte_for_byte",
        "alerts/cap/test_cap_rules.py::test_what_we_write_breaks_no_rule",
    ),
    "T11": (
        "alerts/ack/test_ack_app.py::test_looking_at_a_link_acknowledges_nothing_however_often",
        "alerts/ack/test_ack_app.py::test_pressing_the_button_acknowledges_once",
    ),
    "T12": (
        "alerts/deliver/test_deliver.py::test_no_address_reaches_a_log_or_the_database",
        "alerts/warn/test_warn.py::test_no_address_stands_in_any_row",
    ),
    "T13": (
        "alerts/cap/test_cap_rules.py::test_a_hostile_document_is_refused_and_the_process_lives",
        "alerts/cap/test_cap_corpus.py::"
        "test_a_hostile_document_is_refused_soon_and_reaches_neither_net_nor_file",
        "feeds/test_xml.py::test_what_is_hostile_or_broken_is_refused_with_its_reason",
        "feeds/test_cap_hostile.py::test_what_no_warning_needs_is_refused_with_its_reason",
    ),
    "T5": (
        "alerts/channels/test_t5_mass_event.py::"
        "test_t5_five_thousand_deliveries_in_one_cycle_keep_the_limits_and_reds_go_first",
    ),
    "T10": (
        "board/test_routes.py::"
        "test_T10_every_route_refuses_the_anonymous_but_links_health_and_login",
    ),
    "T14": (
        "browser/test_board_page.py::"
        "test_every_page_can_be_read_by_whoever_sees_no_colour_or_no_picture",
        "browser/test_board_page.py::"
        "test_an_exercise_is_striped_in_a_colour_of_no_tier_and_live_is_not",
        "browser/test_card_page.py::test_the_card_of_every_plan_we_ship_is_one_sheet",
    ),
    "T15": (
        "alerts/hard_nights/test_clock_change.py::"
        "test_every_time_in_the_hour_that_comes_twice_is_the_instant_that_utc_names",
        "alerts/hard_nights/test_clock_change.py::"
        "test_the_time_to_be_there_is_right_across_the_change_of_the_clocks",
    ),
}
"""Below tests/."""


@pytest.fixture(scope="session")
def collected():
    """Return the tests that pytest collects of the files that are named."""
    files = sorted(
        {f"tests/{node.partition('::')[0]}" for nodes in HELD_BY.values() for node in nodes}
    )
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *files]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return {line.partition("[")[0].removeprefix("tests/") for line in run.stdout.splitlines()}


def held(promise, collected):
    absent = [node for node in HELD_BY[promise] if node not in collected]
    assert not absent


def test_T1_a_sender_that_is_killed_loses_nothing_and_repeats_a_red_once_at_most(collected):
    held("T1", collected)


def test_T2_whatever_airflow_runs_again_sends_nothing_new(collected):
    held("T2", collected)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_T3_one_dead_receiver_among_a_thousand_holds_up_nobody(night, post, collected):
    held("T3", collected)
    dead = "hekou-7"
    night.budget_s = 5
    post.behaviour = {dead: "stall recipient"}
    people = "".join(
        f'\n[[contacts]]\nref = "hekou/r{n}"\nrole = "responsible"\nvillages = ["hekou"]\n'
        f'email = "hekou-{n}@mailbox.invalid"\nlanguage = "en"\nexercise = true\n'
        for n in range(334)
    )
    (night.home / CONTACTS).write_text('schema = "floodwarn.contacts/1"\n' + people)
    night.warned(levels(hekou=4))
    assert len(night.rows(delivery)) >= 1000
    night.delivered()
    states = {
        is_dead: {
            row.state for row in night.rows(delivery) if (row.contact_ref == "hekou/r7") is is_dead
        }
        for is_dead in (True, False)
    }
    assert states == {True: {"failed_retry"}, False: {"accepted"}}
    assert set(post.accepted().values()) == {1}


def test_T4_a_good_status_with_an_error_in_its_body_is_never_delivered(collected):
    held("T4", collected)


def test_T5_a_mass_event_keeps_every_limit_and_reds_go_first(collected):
    held("T5", collected)


def test_T10_every_route_asks_who_you_are(collected):
    held("T10", collected)


@given(st.lists(st.sampled_from([[2], [0, 2]]), min_size=1, max_size=20))
def test_T6_a_series_about_its_threshold_is_one_rise_and_one_fall(waves):
    """Hourly, so that one calm slot is within the hold and two are not."""
    steps = fold([2, *chain.from_iterable(waves), 0, 0])
    changes = [step.change for step in steps if step.change not in {Change.NONE, Change.HELD}]
    assert changes == [Change.OPENED, Change.CLOSED]


def test_T6_what_flaps_is_not_told_each_time(collected):
    held("T6", collected)


def test_T7_data_that_are_lost_at_the_peak_lower_nothing_and_the_officer_is_told(collected):
    held("T7", collected)


def test_T8_an_exercise_touches_nothing_that_is_live(collected):
    held("T8", collected)


def test_T9_every_cap_alert_passes_schema_and_rules_and_names_those_before_it(collected):
    held("T9", collected)


def test_T11_whoever_only_opens_a_link_acknowledges_nothing(collected):
    held("T11", collected)


def test_T12_no_number_or_address_is_in_a_log_an_xcom_a_row_or_a_file(
    night,
    gateway,
    caplog,
    collected,
):
    held("T12", collected)
    caplog.set_level(logging.DEBUG)
    by_telephone(night, "hekou/responsible")
    said = [str(each) for each in night.warned(levels(hekou=4))]
    for answer in (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", gateway.default):
        gateway.default = answer
        said.append(
            str(night.delivered(after_s=600 * len(said), channels=channels(night.settings)))
        )
    assert gateway.posted
    files = [
        path.name + path.read_text("utf-8", errors="replace")
        for path in night.home.rglob("*")
        if path.is_file() and path.name not in {CONTACTS, "gateways.toml"}
    ]
    # the mail server is a part of this test, and logs what it hears
    logged = [each.getMessage() for each in caplog.records if each.name != "mail.log"]
    told = "\n".join([*logged, everything(night.engine), *said, *files])
    digits = re.sub(r"\D", "", NUMBER)
    assert digits[-7:] not in re.sub(r"[ ()./-]", "", told)
    assert not any(secret in told for secret in (SECRET, "@mailbox.invalid"))


def test_T13_hostile_xml_ends_no_process_and_reads_no_file(collected):
    held("T13", collected)


def test_T14_the_board_can_be_read_without_colours_and_an_exercise_looks_like_none_other(collected):
    held("T14", collected)


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
def test_T15_an_instant_is_the_same_wherever_it_is_written(at):
    assert from_us(to_us(at)) == at
    assert from_us(to_us(at)).utcoffset() == timedelta()
    assert parse(at.isoformat()) == parse(at.astimezone(UTC).isoformat()) == at


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_T15_a_time_that_names_no_offset_is_refused(at):
    with pytest.raises(ValueError, match=r"."):
        parse(at.isoformat())


def test_T15_the_hour_that_comes_twice_is_told_apart(collected):
    held("T15", collected)
