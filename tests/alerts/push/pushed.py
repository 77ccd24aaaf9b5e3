"""A night whose alerts are pushed to a receiver of CAP: how it is made, passed and looked at."""

import tomllib
from dataclasses import replace
from datetime import timedelta

from lxml import etree

from alerts.actions import Asked, confirm_lower, request_lower
from alerts.cap_rules import NAMESPACE
from alerts.channels import channels
from alerts.channels.cap import CapChannel
from alerts.issue import Minute
from alerts.outbox.delivery import PUSH
from alerts.receivers_file import receivers_of
from alerts.tables import cap_alert
from alerts.tier import Tier
from tests.alerts.night import FLOOD, HOUR, SLOT, WALL, delivery, levels
from tests.golden.samples import quick_valley

MINUTES = timedelta(minutes=1)
TOKEN = "T0K3N-of-the-broadcaster"
BY = "county_duty-1"
PRIVATE = '["127.0.0.0/8", "::1/128"]'


def named(night, **receivers: str):
    """Have the site name receivers, each with what more is said of it."""
    entries = [
        f'[[warning.cap_receivers]]\nid = "{name}"\nurl_credential = "CAP_{name.upper()}"\n'
        f"allow_private = {PRIVATE}\n{more}\n"
        for name, more in receivers.items()
    ]
    text = "\n".join(entries)
    (night.home / "site.toml").write_text(text)
    raw = tomllib.loads(text).get("warning", {}).get("cap_receivers")
    usable, findings = receivers_of(raw, text)
    assert not findings
    pack = night.pack or quick_valley()
    config = pack.config.model_copy(update={"cap_receivers": usable})
    night.pack = replace(pack, config=config)


def at(minutes: float) -> Minute:
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def passed(night, *, minutes: float = 0.0, budget_s: float = 8.0, key: str | None = None):
    """Run a pass in which people are told by mail and receivers as the deployment pushes."""
    settings = replace(night.settings, cap_key=key)
    made = channels(settings)["cap"]
    cap = CapChannel(settings, made.credential, lambda: WALL, made.ca_bundle, budget_s)
    return night.delivered(after_s=minutes * 60, channels={**night.channels, "cap": cap})


def states(night) -> list[str]:
    """Return where the pushes stand, in the order of the alerts."""
    rows = [row for row in night.rows(delivery) if row.purpose == PUSH]
    return [row.state for row in sorted(rows, key=lambda row: (row.message_id, row.channel))]


def kept(night) -> list[bytes]:
    rows = sorted(night.rows(cap_alert), key=lambda row: (row.episode_id, row.revision))
    return [row.content for row in rows]


def bodies(receiver, path: str = "/tv") -> list[bytes]:
    return [each.body for each in receiver.posted if each.path.startswith(path)]


def texts(content: bytes, name: str) -> set[str]:
    return {each.text for each in etree.fromstring(content).iter(f"{{{NAMESPACE}}}{name}")}


def hours(night, *tiers: int, begin: int = 0) -> None:
    """Let hekou stand at each of those levels for an hour."""
    for hour, level in enumerate(tiers, begin):
        slot = SLOT + hour * HOUR
        night.warned(levels(slot, hekou=level), at=Minute(WALL + hour * HOUR, slot))


def lower(night, minutes: float) -> None:
    """Let two persons lower hekou to yellow."""
    asked = Asked("hekou", Tier.YELLOW, "x", BY, override="x")
    request = request_lower(night.desk, asked, at(minutes))
    confirm_lower(night.desk, request, "county_duty-2", at(minutes))
