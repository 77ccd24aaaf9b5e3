"""What goes out and what the watch found, as a monitoring system reads it; nobody is named."""

from __future__ import annotations

import re

from alerts.board.state import BoardSource
from alerts.channels.file import FileChannel
from alerts.watchdog import remembered
from alerts.watchdog.watching import Watcher
from pipeline import clock


def samples(duty) -> dict[str, float]:
    text = BoardSource(duty.settings).metrics().decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name.removeprefix("floodwarn_"): float(value) for name, value in lines}


def test_the_outbox_and_the_unanswered_reds_are_counted(duty):
    duty.red()
    duty.later(0)
    assert samples(duty)['outbox_due{tier="red"}'] > 0
    duty.later(2)
    assert samples(duty)['outbox_oldest_due_age_seconds{tier="red"}'] == 120
    duty.delivered(minutes=4)
    duty.later(5)
    shown = samples(duty)
    assert shown['outbox_due{tier="red"}'] == 0
    assert 'outbox_oldest_due_age_seconds{tier="red"}' not in shown
    assert shown["unanswered_red_villages"] == 1
    assert shown["outbox_dead_letters"] == shown["outbox_uncertain"] == 0
    assert shown["cycle_age_seconds"] == 10 * 60


def test_without_a_pass_no_alarm_is_counted_and_after_one_each_kind_is(duty):
    assert not [name for name in samples(duty) if name.startswith("watch_alarms")]
    Watcher(duty.settings, {"file": FileChannel(duty.settings.home)}, clock.now).once()
    shown = samples(duty)
    assert shown['watch_alarms{kind="feed",severity="warning"}'] == 2
    assert shown['watch_alarms{kind="database",severity="grave"}'] == 0
    assert shown['watch_last_pass_timestamp_seconds{watcher="outside"}'] == duty.now.timestamp()
    assert remembered.read(duty.settings.home).standing


def test_no_label_names_a_person_or_a_village(duty):
    duty.red()
    duty.delivered(minutes=4)
    duty.later(30)
    Watcher(duty.settings, {}, clock.now).once()
    ours = [n for n in samples(duty) if not n.startswith(("feed_", "source_"))]
    named = {label for name in ours for label in re.findall(r'(\w+)="', name)}
    assert named == {"tier", "watcher", "kind", "severity"}
    assert "hekou" not in "".join(ours)
