"""How long a red everywhere takes, as `floodwarn check` tells it before the season."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from alerts.channels.gateway import GATEWAYS
from alerts.cli.app import run
from alerts.reaching import reach_findings, texts_at_red
from alerts.readiness import findings_of
from alerts.roster import CONTACTS
from tests.alerts.channels.test_gateway import CONFIGURED, private
from tests.alerts.night import WALL, delivery, levels
from tests.golden.samples import VALLEY


@pytest.fixture
def called(night):
    """Give a night whose people all have a telephone of their own, beside their mail."""
    path = night.home / CONTACTS
    head, *people = path.read_text().split("[[contacts]]\n")
    ways = 'channels = ["email", "sms", "voice"]\n'
    people = [f'phone = "+4477009{n:05}"\n{ways}{each}' for n, each in enumerate(people)]
    path.write_text("[[contacts]]\n".join([head, *people]))
    assert night.roster.faults == ()
    return night


def stated(night, **limits):
    """Write a gateway for calls with these limits."""
    text = CONFIGURED.format(port=1, budget_s=1).replace("[sms]", "[voice]")
    private(night.home, text + "".join(f"{name} = {value}\n" for name, value in limits.items()))


def told(night, settings=None):
    settings = settings or night.settings
    return list(reach_findings(night.roster, night.desk.pack, settings, now=WALL))


def minutes(finding):
    return float(re.search(r"after ([0-9.]+) minutes", finding.message)[1])


def test_what_is_counted_is_what_a_red_everywhere_sends(called):
    called.warned(levels(**{v.village_id.replace("-", "_"): 4 for v in called.desk.pack.villages}))
    for channel in ("email", "sms", "voice"):
        sent = [row for row in called.rows(delivery) if row.channel == channel]
        texts = texts_at_red(channel, called.roster, called.desk.pack, now=WALL)
        assert Counter(text.to for text in texts) == Counter(row.contact_ref for row in sent)


def test_who_has_one_number_with_another_shares_what_it_may_be_called(called):
    path = called.home / CONTACTS
    path.write_text(re.sub(r"\+4477009\d{5}", "+447700900001", path.read_text()))
    texts = texts_at_red("voice", called.roster, called.desk.pack, now=WALL)
    assert len({text.to for text in texts}) == 1
    assert len(texts) > 10


def test_a_channel_without_limits_is_not_spoken_of(called):
    assert told(called) == []
    stated(called, per_number_minute=0, per_number_hour=0)
    assert told(called) == []


def test_lines_that_suffice_are_told_with_how_it_was_counted_and_nothing_else(called):
    stated(called, lines=500, seconds=30, per_number_minute=60, per_number_hour=60)
    (said,) = told(called)
    texts = texts_at_red("voice", called.roster, called.desk.pack, now=WALL)
    assert (said.severity, said.file, said.field) == (
        "info",
        f"FLOODWARN_HOME/{GATEWAYS}",
        "voice",
    )
    assert minutes(said) == 0
    numbers = len({text.to for text in texts})
    assert (
        f"{len(texts)} texts to {numbers} receivers; 500 in 30 seconds; to one 60 in 60 seconds"
        in said.message
    )


def test_too_few_lines_are_a_warning_with_the_village_that_is_told_the_latest(called):
    stated(called, lines=2, seconds=60, per_number_minute=0, per_number_hour=0)
    info, late = told(called)
    texts = texts_at_red("voice", called.roster, called.desk.pack, now=WALL)
    assert minutes(info) == (len(texts) - 1) // 2
    assert late.severity == "warning"
    count, of = re.search(r"^(\d+) of (\d+) villages", late.message).groups()
    assert 0 < int(count) <= int(of)


def test_an_officer_whom_a_red_would_call_too_often_is_named_and_no_number_is(called):
    stated(called)
    said = told(called)
    texts = texts_at_red("voice", called.roster, called.desk.pack, now=WALL)
    most, calls = Counter(text.to for text in texts).most_common(1)[0]
    assert calls > 5
    assert any(f"{most} {calls} times" in each.message for each in said)
    assert minutes(said[0]) >= 60
    assert not any("+44" in each.line() or "77009" in each.line() for each in said)


def test_mails_and_posts_are_counted_by_the_limits_of_the_environment(called):
    (said,) = told(called, replace(called.settings, smtp_per_minute=600, webhook_per_minute=20))[:1]
    texts = texts_at_red("email", called.roster, called.desk.pack, now=WALL)
    assert minutes(said) == pytest.approx((len(texts) - 1) / 600, abs=0.06)
    assert said.field == "FLOODWARN_SMTP_PER_MINUTE"


def test_check_prints_the_minutes(called, capsys, monkeypatch):
    stated(called, lines=30, seconds=45)
    settings = replace(called.settings, site_folder=VALLEY)
    (line,) = [f.line() for f in findings_of(settings, WALL) if "red everywhere" in f.message]
    monkeypatch.setenv("FLOODWARN_MODE", "exercise")
    run(["check", "--site", str(VALLEY), "--home", str(called.home)])
    assert line in capsys.readouterr().out
