"""The present state as maps are given it, out of what the board's pages rest on."""

from __future__ import annotations

from alerts.board.facts import Facts
from alerts.board.view import banner
from alerts.present_state import PresentState, Told


def map_state(facts: Facts, site: str) -> PresentState:
    """Return what `present_state` writes; stale where the pages say so."""
    return PresentState(
        site=site,
        mode=facts.mode,
        at=facts.at,
        stale=banner(facts).stale,
        villages=facts.villages,
        bulletin=facts.bulletin,
        episodes=facts.episodes,
        told=tuple(
            Told(s.episode_id, s.revision, s.place_id, s.action, s.decide_by)
            for s in facts.sent
            if s.audience == "villager"
        ),
    )
