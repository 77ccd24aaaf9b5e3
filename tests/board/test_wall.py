"""The wall's page: how long it may be believed, and that it is renewed only while it can be."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.board import wall
from alerts.board.pages import wall_page
from alerts.board.wall import AGAIN, held, wall_view
from tests.board.test_view import WALL, facts

PATIENCE = timedelta(hours=2)


@given(st.integers(0, 400), st.sampled_from([1, 60]))
def test_it_is_too_old_exactly_when_the_newest_cycle_is_two_cycles_old(minutes, speed):
    now = replace(facts(), patience=PATIENCE)
    slot = now.at - timedelta(minutes=minutes)
    seen = replace(now, bulletin=replace(now.bulletin, slot=slot))
    left = max(120 - minutes, 0) * 60
    assert wall_view(seen, speed=speed).wait_s == left // speed


def test_without_any_cycle_it_is_too_old_at_once():
    assert wall_view(replace(facts(), bulletin=None)).wait_s == 0


def test_it_says_when_it_was_written_and_lets_nothing_in_but_its_styles():
    page = wall_page(wall_view(facts()), None)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.count("sha256-") == 3
    assert "unsafe" not in policy
    html = asyncio.run(anext_of(page.body_iterator)).decode()
    assert f"{WALL:%d %b}" in html
    assert "<script" not in html
    assert "http-equiv" not in html
    assert "&lt;b&gt;V1" in html


async def anext_of(parts):
    return await anext(parts)


async def all_of(door):
    return [part async for part in held(b"page", door)]


@pytest.mark.parametrize("is_open", [True, False])
def test_it_is_told_to_come_again_only_while_the_door_is_open(monkeypatch, is_open):
    monkeypatch.setattr(wall, "HOLD_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as server:
        door = server.getsockname()
        if is_open:
            assert asyncio.run(all_of(door)) == [b"page", AGAIN]
    if not is_open:
        assert asyncio.run(all_of(door)) == [b"page"]


def test_behind_a_socket_of_the_machine_it_comes_again(monkeypatch):
    monkeypatch.setattr(wall, "HOLD_S", 0.01)
    assert asyncio.run(all_of(("/run/board", None))) == [b"page", AGAIN]
    assert asyncio.run(all_of(None)) == [b"page", AGAIN]
