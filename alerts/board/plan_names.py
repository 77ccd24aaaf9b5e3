"""What the places, ways and shelters of a village's plan are called, in the officer's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.board.act_words import ActWords
from alerts.board.possible import Part, Record
from alerts.board.words import in_language
from alerts.plan.helped import home_of, is_helped
from alerts.plan.places import Place


def part_name(part: Part, say: ActWords) -> str:
    """Return what can be closed; a crossing is closed in every village."""
    name = in_language(part.names, say.language)
    return f"{name} ({say.everywhere})" if part.kind == "crossing" else name


def place_names(record: Record, places: Iterable[str], say: ActWords) -> str:
    """Return the places' names in a line; an id where the plan no longer knows the place."""
    known = _places(record)
    return ", ".join(_place_name(place, known, say) for place in places)


def _place_name(place_id: str, known: Mapping[str, Place], say: ActWords) -> str:
    place = known.get(home_of(place_id))
    if place is None:
        return place_id
    name = in_language(place.name, say.language)
    return say.helped.format(place=name) if is_helped(place_id) else name


def people_at(record: Record, place_id: str) -> str:
    """Return how many people the plan counts at a place."""
    place = _places(record).get(home_of(place_id))
    if place is None or record.plan is None:
        return "?"
    if is_helped(place_id):
        return str(len(record.plan.helped_at(place)))
    return str(place.most_inside)


def _places(record: Record) -> Mapping[str, Place]:
    return {} if record.plan is None else {place.id: place for _, place in record.plan.places()}
