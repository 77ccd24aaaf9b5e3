"""Whoever is at the desk can fetch an alert as it was issued, from the village that it is of."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient

from alerts.board.standalone import create_standalone
from alerts.board.state import BoardSource
from alerts.cap_signature import verified
from alerts.roster import write_private
from alerts.tables import cap_alert
from pipeline.world import Mode, World
from tests.alerts.cap.pairs import pair
from tests.alerts.night import HOUR, SLOT, levels
from tests.alerts.push.pushed import named
from tests.board.duty import Duty

GONE = 4
"""Minutes after which an order that nobody has answered has gone by itself."""


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]*cap/[^"]+\.xml)"', html)


def kept(duty: Duty) -> list[bytes]:
    rows = sorted(duty.night.rows(cap_alert), key=lambda row: row.revision)
    return [row.content for row in rows]


def stood_for_hours(duty: Duty) -> None:
    for hour in range(8):
        slot = SLOT + hour * HOUR
        duty.night.warned(levels(slot, hekou=4), at=duty.at(60 * hour))
    duty.later(7 * 60)


def test_a_village_s_page_names_its_alerts_and_each_is_the_kept_bytes(duty: Duty) -> None:
    stood_for_hours(duty)
    client = duty.officer().client
    named = links(client.get("/villages/hekou").text)
    fetched = [client.get(link) for link in reversed(named)]
    assert [answer.content for answer in fetched] == kept(duty)
    assert len(fetched) > 1
    for answer in fetched:
        assert answer.headers["content-type"] == "application/xml"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_village_that_was_told_nothing_names_none(duty: Duty) -> None:
    duty.red()
    assert links(duty.officer().client.get("/villages/baishi").text) == []


def test_an_alert_is_linked_and_given_when_its_order_has_gone(duty: Duty) -> None:
    duty.red()
    client = duty.officer().client
    (row,) = duty.night.rows(cap_alert)
    link = f"/cap/{row.identifier}.xml"
    assert links(client.get("/villages/hekou").text) == []
    refused = client.get(link)
    assert refused.status_code == 409
    assert "waits for an approver" in refused.text
    assert b"<alert" not in refused.content
    duty.later(GONE)
    assert len(links(client.get("/villages/hekou").text)) == 1
    assert client.get(link).content == row.content


def test_beside_an_alert_stands_how_far_it_was_pushed(duty: Duty) -> None:
    named(duty.night, tv="exercise = true", radio="exercise = true")
    duty.red()
    duty.later(GONE)
    page = duty.officer().client.get("/villages/hekou").text
    assert "(pushed: radio pending, tv pending)" in page


def test_the_anonymous_and_other_worlds_get_none(duty: Duty) -> None:
    duty.red()
    duty.later(GONE)
    (link,) = links(duty.officer().client.get("/villages/hekou").text)
    app = create_standalone(BoardSource(duty.settings), duty.account)
    anonymous = TestClient(app, follow_redirects=False).get(link)
    assert (anonymous.status_code, anonymous.headers["location"]) == (303, "/login")
    duty.night.world = World("valley", Mode.EXERCISE, "x0")
    duty.red()
    (other,) = duty.night.rows(cap_alert)
    assert other.identifier not in unquote(link)
    assert duty.officer().client.get(f"/cap/{other.identifier}.xml").status_code == 404


@pytest.mark.parametrize("name", ["a b", "a,b", "a<b", "x" * 201])
def test_what_no_alert_is_called_is_refused(duty: Duty, name: str) -> None:
    duty.red()
    assert duty.officer().client.get(f"/cap/{name}.xml").status_code == 422


def test_with_a_key_it_is_signed_and_with_a_broken_one_it_is_not_given(duty: Duty) -> None:
    duty.red()
    duty.later(GONE)
    ours = pair()
    write_private(duty.settings.home / "cap.pem", ours.file)
    duty.settings = replace(duty.settings, cap_key="cap.pem")
    client = duty.officer().client
    (link,) = links(client.get("/villages/hekou").text)
    signed = client.get(link).content
    assert verified(signed, ours.certificate, now=duty.now)
    assert signed not in kept(duty)
    (duty.settings.home / "cap.pem").chmod(0o644)
    answer = client.get(link)
    assert answer.status_code == 503
    assert b"<alert" not in answer.content
