"""Maps are given the same state that the pages show, behind the same login."""

from __future__ import annotations

import json

from alerts.ledger import episodes, messages
from alerts.present_state import PresentState, Told, present_state
from alerts.tier import Tier
from alerts.warning_message import Audience
from pipeline.database import reading
from pipeline.world import Mode
from tests.alerts.night import FLOOD
from tests.board.duty import Duty
from tests.golden.samples import bulletin, risk


def test_the_map_is_the_present_state_byte_for_byte(duty: Duty) -> None:
    seen = bulletin(risk(4, lead_min=400), risk(3, village="baishi"))
    duty.night.warned(seen)
    duty.later(1)
    answer = duty.officer().client.get("/villages.geojson")
    with reading(duty.night.engine) as connection:
        states = episodes.newest(connection, duty.night.world)
        kept = messages.of_episodes(
            connection, duty.night.world, [state.episode_id for state in states.values()]
        )
    told = tuple(
        Told(m.episode_id, m.revision, m.place_id, m.action, m.decide_by)
        for m in (k.message for k in kept)
        if m.audience is Audience.VILLAGER
    )
    assert told
    state = PresentState(
        site="valley",
        mode=Mode.EXERCISE,
        at=FLOOD + (duty.now - duty.at(0).wall),
        stale=False,
        villages=duty.night.desk.pack.villages,
        bulletin=seen,
        episodes=states,
        told=told,
    )
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == present_state(state)


def test_it_is_valid_geojson_of_every_village(duty: Duty) -> None:
    duty.red()
    whole = json.loads(duty.officer().client.get("/villages.geojson").content)
    assert (whole["type"], whole["mode"]) == ("FeatureCollection", "exercise")
    villages = duty.night.desk.pack.villages
    assert {feature["id"] for feature in whole["features"]} == {v.village_id for v in villages}
    for feature in whole["features"]:
        assert feature["type"] == "Feature"
        if feature["geometry"] is not None:
            lon, lat = feature["geometry"]["coordinates"]
            assert (feature["geometry"]["type"], abs(lon) <= 180, abs(lat) <= 90) == (
                "Point", True, True,
            )  # fmt: skip
    hekou = next(f["properties"] for f in whole["features"] if f["id"] == "hekou")
    assert (hekou["tier"], hekou["action"]) == (int(Tier.RED), "move")


def test_a_map_of_a_stopped_cycle_is_stale_as_the_page_is(duty: Duty) -> None:
    duty.red()
    duty.later(600)
    officer = duty.officer()
    assert json.loads(officer.client.get("/villages.geojson").content)["stale"] is True
    assert "STALE" in officer.client.get("/").text


def test_nobody_gets_the_map_without_a_login(duty: Duty) -> None:
    duty.red()
    officer = duty.officer()
    officer.client.cookies.clear()
    answer = officer.client.get("/villages.geojson")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "hekou" not in answer.text
