"""An act on the board writes what its command writes, and sends what it sends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.actions import Asked, request_lower
from alerts.releasing import request_retraction
from alerts.tier import Tier
from pipeline.bulletin import Sighting
from tests.board.duty import FIRST, LACKING, SECOND, WHOLE, Duty, asked, closed, rows

BY = ["--by", FIRST]


def calm(duty: Duty) -> None:
    """Let nothing have been told."""
    duty.later(1)


SAME = {
    **{
        f"report {saw}": (
            calm,
            ("report", {"saw": saw}),
            ["report", "hekou", "--saw", saw],
        )
        for saw in Sighting
    },
    "report what was seen a while ago": (
        Duty.red,
        ("report", {"saw": "at_bridge", "ago": "12", "words": "a driver rang"}),
        ["report", "hekou", "--saw", "at_bridge", "--ago", "12", "--words", "a driver rang"],
    ),
    **{
        f"order {colour}": (
            calm,
            ("order", {"tier": colour, "reason": "the village called"}),
            ["order", "hekou", "--tier", colour, "--reason", "the village called"],
        )
        for colour in ("yellow", "orange", "red")
    },
    "order what stands once more": (
        Duty.red,
        ("order", {"tier": "red", "reason": "nobody moves"}),
        ["order", "hekou", "--tier", "red", "--reason", "nobody moves"],
    ),
    "lower": (
        Duty.red,
        ("lower", {"tier": "yellow", "reason": "it falls"}),
        ["lower", "hekou", "--tier", "yellow", "--reason", "it falls"],
    ),
    "lower in spite": (
        Duty.red,
        ("lower", {"tier": "none", "reason": "it falls", "override": "the gauge lies"}),
        ["lower", "hekou", "--tier", "none", "--reason", "it falls",
         "--override", "the gauge lies"],
    ),
    "retract": (
        Duty.red,
        ("retract", {"reason": "a test"}),
        ["retract", "hekou", "--reason", "a test"],
    ),
    "approve": (Duty.red, ("approve", {}), ["approve", "hekou"]),
    "refuse": (
        Duty.red,
        ("refuse", {"reason": "the gauge lies"}),
        ["refuse", "hekou", "--reason", "the gauge lies"],
    ),
    "route close": (
        Duty.red,
        ("close", {"what": "route:back-hill", "reason": "a slide"}),
        ["route", "close", "hekou", "back-hill", "--reason", "a slide"],
    ),
    "route open": (
        closed,
        ("reopen", {"what": "route:back-hill", "reason": "cleared"}),
        ["route", "open", "hekou", "back-hill", "--reason", "cleared"],
    ),
    "bridge out": (
        Duty.red,
        ("close", {"what": "crossing:arch", "reason": "it has gone"}),
        ["bridge", "out", "arch", "--reason", "it has gone"],
    ),
    "shelter full": (
        Duty.red,
        ("close", {"what": "shelter:school", "reason": "full"}),
        ["shelter", "full", "hekou", "school"],
    ),
    "shelter flooded": (
        Duty.red,
        ("close", {"what": "shelter:school", "reason": "flooded"}),
        ["shelter", "flooded", "hekou", "school"],
    ),
    "release": (
        Duty.moved,
        ("release", {"places": ["riverside", "south"], "checked": WHOLE}),
        ["release", "hekou", "--place", "riverside", "--place", "south",
         "--checked", ",".join(WHOLE)],
    ),
    "release in spite": (
        Duty.moved,
        ("release", {"places": ["riverside"], "checked": LACKING, "override": "all on rock"}),
        ["release", "hekou", "--place", "riverside", "--checked", ",".join(LACKING),
         "--override", "all on rock"],
    ),
}  # fmt: skip


def whole(home: Path) -> dict[str, list[dict[str, object]]]:
    """Return all that an act can write; when it took up a delivery is the sender's own."""
    kept = {
        "officer_action": rows(home, "officer_action", "number"),
        "episode": rows(home, "episode", "village_id, revision"),
        "message": rows(home, "message", "message_id"),
        "delivery": rows(home, "delivery", "delivery_key"),
    }
    for row in kept["delivery"]:
        handled = () if row["state"] == "pending" else ("next_at",)
        for timed in ("lease_until", "lease_by", "ended_at", *handled):
            del row[timed]
    return kept


@pytest.mark.parametrize("name", SAME)
def test_an_act_of_the_page_writes_what_the_command_writes_and_sends_as_it_does(
    duty: Duty, name: str
) -> None:
    night, (act, fields), command = SAME[name]
    night(duty)
    duty.now += (duty.at(1).wall - duty.at(0).wall) / 2
    before = len(duty.deeds())
    other = duty.commanded([*command, *BY])
    duty.officer().does(act, **fields)
    assert len(duty.deeds()) == before + 1
    assert whole(duty.settings.home) == whole(other)


def to_lower(duty: Duty) -> None:
    """Let the second officer ask to lower a red that a rule holds."""
    duty.red()
    wish = Asked("hekou", Tier.YELLOW, "it falls", SECOND, override="the gauge lies")
    request_lower(duty.night.desk, wish, duty.at(1))
    duty.later(2)


def to_retract(duty: Duty) -> None:
    """Let the second officer ask to take a red back."""
    duty.red()
    request_retraction(duty.night.desk, "hekou", "a test", SECOND, duty.at(1))
    duty.later(2)


@pytest.mark.parametrize(
    ("ask", "verb"),
    [(asked, "release_confirm"), (to_lower, "lower_confirm"), (to_retract, "retract_confirm")],
)
def test_a_second_person_agrees_on_the_page_as_by_the_command(
    duty: Duty, ask: Callable[[Duty], None], verb: str
) -> None:
    ask(duty)
    request = duty.deeds()[-1]["action_id"]
    other = duty.commanded(["agree", str(request), *BY])
    duty.officer().does("agree")
    newest = duty.deeds()[-1]
    assert (newest["verb"], newest["by_ref"], newest["refers_to"]) == (
        verb, FIRST, request,
    )  # fmt: skip
    assert whole(duty.settings.home) == whole(other)
