"""Write what those are told who are called for want of an answer, in one language; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.ladder import PlaceAsked
from alerts.message import Text, Voice, call
from alerts.order import LocalText
from alerts.orders import village_name
from alerts.plain_words import PLAIN_CALL
from alerts.plan.helped import home_of, is_helped
from alerts.plan.model import Plan
from alerts.said import Said
from pipeline.site.model import Village

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing of one order, and where.

    Attributes
    ----------
    village, plan : None where an edit of the site took them out since
    stage : what nobody has said yet; help where somebody asked for it
    decide_by : UTC (flood time)
    """

    asked: PlaceAsked
    stage: Said
    village: Village | None
    plan: Plan | None
    decide_by: datetime | None


def call_text(missing: Sequence[Missing], voice: Voice, *, now: datetime) -> Text:
    """Return one text about all that is missing: who has many villages is called once.

    Parameters
    ----------
    now : wall time

    Source: users.md 10: a person with n villages gets one call with a list.
    """
    items = [_item(each, voice, now=now) for each in missing]
    facts: Facts = {
        "source": voice.source,
        "contact": voice.contact,
        "items": items,
        "headline": "; ".join(f"{i['village']} {i['place']}: {i['missing']}" for i in items),
    }
    return call(voice.templates.call or PLAIN_CALL, facts, voice)


def _item(missing: Missing, voice: Voice, *, now: datetime) -> Facts:
    asked, village = missing.asked, missing.village
    name = asked.village_id if village is None else voice.say(village_name(village))
    place = voice.say(_place_name(missing.plan, asked.place_id))
    if place is not None and is_helped(asked.place_id):
        place = voice.templates.helped.format(place=place)
    return {
        "village": name,
        "township": None if village is None else village.township,
        "place": place or name,
        "action": voice.templates.words.action[asked.action],
        "tier": voice.templates.words.tier[asked.tier.colour],
        "missing": missing.stage.value,
        "minutes": max(0, int((now - asked.went_at).total_seconds() // 60)),
        "decide_by": voice.clock(missing.decide_by),
    }


def _place_name(plan: Plan | None, place_id: str) -> LocalText | None:
    """Return a place's name; None of the village as a whole, and where the plan lost the place."""
    places = () if plan is None else plan.places()
    return next((place.name for _, place in places if place.id == home_of(place_id)), None)
