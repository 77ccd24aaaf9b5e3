"""What the places, ways and shelters of a village's plan are called, in the officer's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.board.act_words import ActWords
from alerts.board.possible import Part, Record
from alerts.board.words import in_language
from alerts.plan.places import Place, SpecialSite


def part_name(part: Part, say: ActWords) -> str:
    """Return what can be closed; a crossing is closed in every village."""
    name = in_language(part.names, say.language)
    return f"{name} ({say.everywhere})" if part.kind == "crossing" else name


def place_names(record: Record, places: Iterable[str], say: ActWords) -> str:
    """Return the places' names in a line; an id where the plan no longer knows the place."""
    known = _places(record)
    return ", ".join(
        in_language(known[place].name, say.language) if place in known else place
        for place in places
    )


def people_at(record: Record, place_id: str) -> str:
    """Return how many people the plan counts at a place."""
    place = _places(record).get(place_id)
    if place is None:
        return "?"
    return str(place.most_inside if isinstance(place, SpecialSite) else place.people)


def _places(record: Record) -> Mapping[str, Place]:
    return {} if record.plan is None else {place.id: place for _, place in record.plan.places()}
