"""T5: a mass event against a gateway that keeps a log: reds first, limits kept, time foretold."""

import time
from collections import Counter
from dataclasses import replace

import pytest

from alerts import deliver
from alerts.channels import allowance, channels
from alerts.pace import MINUTE_US, foretold
from alerts.reaching import texts_at_red
from alerts.roster import CONTACTS
from alerts.tier import Tier
from tests.alerts.channels.gateway_apart import gateway_apart
from tests.alerts.channels.test_gateway import CONFIGURED, SECRET, private
from tests.alerts.deliver.limits import burst_of, most_in
from tests.alerts.night import WALL, attempt, delivery, levels

pytestmark = pytest.mark.end_to_end
"""It measures a time: it runs where little else does."""
DELIVERIES = 5_000
EVERYWHERE, OF_TWO = 125, 2000
"""Officers of all eight villages, and of two that are only yellow."""
ALL, TWO = '"*"', '["baishi", "songlin"]'
RED = ("hekou",)
LIMITS = """
per_minute = 300
burst = 20
per_number_minute = 3
"""
PASS_S = 28.0
"""Long enough for the reds and some of what is less urgent, also on a machine with other work."""


def officers():
    """Return contacts who hear of their villages by SMS, each by a number of their own."""
    head = 'schema = "floodwarn.contacts/1"\n'
    return head + "".join(
        f'\n[[contacts]]\nref = "officer-{n}"\nrole = "county_duty"\n'
        f"villages = {ALL if n < EVERYWHERE else TWO}\n"
        f'phone = "+4477009{n:05}"\nchannels = ["sms"]\nexercise = true\n'
        for n in range(EVERYWHERE + OF_TWO)
    )


@pytest.fixture
def county(night, certificate, monkeypatch):
    """Give a night whose many officers hear of every village by SMS."""
    monkeypatch.setenv("SMS_TOKEN", SECRET)
    monkeypatch.setenv("FLOODWARN_CA_BUNDLE", str(certificate[0]))
    monkeypatch.setattr(deliver, "PASS_S", PASS_S)
    (night.home / CONTACTS).write_text(officers())
    return night


def test_t5_five_thousand_deliveries_in_one_cycle_keep_the_limits_and_reds_go_first(
    county, certificate, capsys
):
    villages = [v.village_id for v in county.desk.pack.villages if v.kind != "river_point"]
    county.warned(levels(**{village: 4 if village in RED else 2 for village in villages}))
    tiers = {row.delivery_key: row.tier for row in county.rows(delivery)}
    reds = {key for key, tier in tiers.items() if tier == Tier.RED}
    assert (len(tiers), len(reds)) == (DELIVERIES, EVERYWHERE * len(RED))
    with gateway_apart(certificate) as gateway:
        private(county.home, CONFIGURED.format(port=gateway.port, budget_s=10) + LIMITS)
        begun = time.monotonic()
        county.delivered(channels=channels(county.settings))
    assert_reds_first(gateway.log, reds)
    allowed = allowance(county.settings, "sms")
    assert_limits_kept(county, gateway.log, allowed)
    last_s = max(each.at for each in gateway.log if each.key in reds) - begun
    foretold_s = last_red_foretold(county, allowed)
    with capsys.disabled():
        print(f"\nT5: last red of {len(reds)} after {last_s:.1f} s, foretold {foretold_s:.1f} s")
    assert abs(last_s - foretold_s) <= 0.2 * foretold_s


def assert_reds_first(log, reds):
    """See each text once, every red, and nothing less urgent until the last red was on its way."""
    assert max(Counter(each.key for each in log).values()) == 1
    assert reds <= {each.key for each in log}
    assert all(each.key in reds for each in log[: len(reds) - deliver.AT_ONCE])
    assert len(log) > len(reds) + deliver.AT_ONCE


def assert_limits_kept(night, log, allowed):
    """See the limits kept: as we took them, and as the gateway heard what was then on its way."""
    (rate,), (cap,) = allowed.account, allowed.each
    taken = [row.started_at / 1e6 for row in night.rows(attempt)]
    assert burst_of(sorted(taken), rate) <= rate.burst + 1e-3
    assert burst_of([each.at for each in log], rate) <= rate.burst + deliver.AT_ONCE
    by_number = {}
    for each in log:
        by_number.setdefault(each.number, []).append(each.at)
    assert max(most_in(times, cap) for times in by_number.values()) <= cap.most


def last_red_foretold(night, allowed):
    """Return the seconds after which `check` has the last of these villages told."""
    pack = night.desk.pack
    pack = replace(pack, villages=tuple(v for v in pack.villages if v.village_id in RED))
    texts = texts_at_red("sms", night.roster, pack, now=WALL)
    assert len(texts) == EVERYWHERE * len(RED)
    return max(foretold([text.to for text in texts], allowed)) * 60 / MINUTE_US
