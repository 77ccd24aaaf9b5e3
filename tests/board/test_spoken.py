"""What a telephone brings is shown as it was stored, beside the mail of the same order."""

from __future__ import annotations

from html import escape

from alerts.tables import message
from tests.board.duty import Duty


def test_a_village_s_page_shows_each_order_as_an_sms_and_as_a_call(duty: Duty) -> None:
    duty.red()
    page = duty.officer().client.get("/villages/hekou").text
    told = [row for row in duty.night.rows(message) if row.village_id == "hekou"]
    assert {row.audience for row in told} == {"villager", "officer"}
    for row in told:
        for words in (row.body, row.sms, row.voice):
            assert escape(words).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
