"""The card of a village: its plan on one printed page, for the wall, when nothing else is left.

No name, no number, no colour: people by role and reference, those who need help as a count, and
room to write by hand what the file must not hold. Source: users.md 7, 8, 12, 13 and 25; the
village annexes and household card (明白卡) of SL 666-2014.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from math import ceil
from typing import Final, TypedDict

import segno
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from alerts.plan.against_flood import moves_at
from alerts.plan.model import Plan
from alerts.plan.places import Place, SpecialSite, Zone
from alerts.plan.ways import Route
from alerts.tier import Tier
from pipeline.site.model import Village

MEANT_FOR_THE_WEB: Final = re.compile(r"https?://[^\s<>\"'\\^`{|}]{1,300}")
DIGITS: Final = re.compile(r"\d(?:[-.:_]?\d){6,}")
WHEN: Final = ("first", "second")
SIZES_PT: Final = tuple(half / 2 for half in range(32, 13, -1))
"""Of the page's letters, the greatest that fits."""
PAGE_MM: Final = 279.0
"""Height of A4 between its margins, millimetres."""
EM_MM: Final = 0.3528
"""Millimetres in a point."""
LEADING: Final = 1.25
LATIN_EM: Final = 0.52
"""Width of a Latin letter, bold, in ems; one of Chinese has a whole one."""
CJK: Final = 0x2E80
HEAD_MM: Final = 24.0
ROW_MM: Final = 2.1
"""Borders and padding: of the blocks together, and of each row."""
HAND: Final = (1.9, "m")
"""Room to write in."""

Cell = tuple[float, tuple[tuple[float, str], ...]]
"""Width, millimetres, and paragraphs, each with its size in terms of the page's letters."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives the card out.

    Attributes
    ----------
    source, contact : as the site's approved texts of that language name them
    base_url : of the duty board, behind whose login the village's own page is; None = no QR code
    """

    source: str
    contact: str
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """One place that moves, as the card says it; what is empty is not printed."""

    number: int
    name: str
    count: str
    helped: int
    gather: str
    to: str
    ways: tuple[str, ...]
    others: tuple[str, ...]
    off: tuple[str, ...]
    refuge: str
    first: bool


class _Content(TypedDict):
    """What the page says, by the names that `card.html` has for it."""

    plan: Plan
    language: str
    label: dict[str, str]
    village: str
    township: str
    signal: dict[str, str]
    means: list[str]
    groups: list[tuple[str, list[_Row]]]
    levels: list[tuple[str, str, str]]
    meet: str
    works: str
    roles: list[tuple[str, list[str]]]


def card(plan: Plan, village: Village, issuer: Issuer, *, language: str) -> str:
    """Return the card of a village as one HTML page that prints on one sheet of A4.

    The same plan gives the same bytes. Nothing is left out to make it fit: letters grow smaller
    down to the least of `SIZES_PT`; see `fits`.

    Parameters
    ----------
    plan : that `lint` found unbroken
    language : of the labels, and of the plan's own texts where it has them, else English

    Raises
    ------
    ValueError
        The issuer's base address is none of http or https.
    """
    address = _address(issuer.base_url, village)
    content = _content(plan, village, language)
    return _template().render(
        content,
        points=_points(content) or SIZES_PT[-1],
        issuer=issuer,
        address=address,
        qr=None if address is None else _qr(address),
    )


def fits(plan: Plan, village: Village, *, language: str) -> bool:
    """Tell whether the card is sure to print on one page; else its end goes onto a second."""
    return _points(_content(plan, village, language)) is not None


def labels(language: str) -> dict[str, str]:
    """Return the card's own words in a language, or in English where it has none."""
    text = resources.files("alerts.plan").joinpath("card_labels.toml").read_text("utf-8")
    written: dict[str, dict[str, str]] = tomllib.loads(text)
    return written["en"] | written.get(language.split("-", maxsplit=1)[0], {})


def _template() -> Template:
    source = resources.files("alerts.plan").joinpath("card.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)


def _address(base_url: str | None, village: Village) -> str | None:
    if base_url is None:
        return None
    if not MEANT_FOR_THE_WEB.fullmatch(base_url):
        raise ValueError(f"{base_url!r} is no http address; the QR code would lead nowhere")
    return f"{base_url.rstrip('/')}/villages/{village.village_id}"


def _qr(address: str) -> Markup:
    drawn = segno.make_qr(address, error="m").svg_inline(omitsize=True, border=2)
    return Markup(drawn)  # noqa: S704 - squares alone, drawn here


def _content(plan: Plan, village: Village, language: str) -> _Content:
    """Return what the page says, in the words of one language."""
    label = labels(language)
    signals, offline = plan.signals, plan.offline
    rows = _rows(plan, label, language)
    groups = [(when, [row for row in rows if row.first is (when == "first")]) for when in WHEN]
    return {
        "plan": plan,
        "language": language,
        "label": label,
        "village": village.name_en if language.startswith("en") else village.name,
        "township": village.township,
        "signal": {
            name: _said(getattr(signals, name, None), language)
            for name in ("prepare", "move", "all_clear")
        },
        "means": [label[each] for each in (signals.means if signals else ())],
        "groups": [(when, members) for when, members in groups if members],
        "levels": _levels(plan, label, language),
        "meet": _meet(plan, language),
        "works": "" if offline is None else _said(offline.works, language),
        "roles": [
            (label[role], [ref for ref in refs if not _like_a_number(ref, plan.village_id)])
            for role, refs in plan.people.roles.items()
            if refs
        ],
    }


def _rows(plan: Plan, label: Mapping[str, str], language: str) -> list[_Row]:
    """Return the places in the order in which they move: who cannot wait goes first."""
    places = sorted((place for _, place in plan.places()), key=moves_at)
    helped = Counter(person.place for person in plan.needs_help)
    return [
        _row(plan, place, (number, helped[place.id]), label, language)
        for number, place in enumerate(places, start=1)
    ]


def _row(
    plan: Plan, place: Place, counted: tuple[int, int], label: Mapping[str, str], language: str
) -> _Row:
    at = moves_at(place)
    own = [route for ident in place.routes for route in plan.routes if route.id == ident]
    ways = [route for route in own if not route.is_cut_at(at)]
    shelters = [plan.shelter(ident) for ident in place.shelters]
    goals = [_said(each.name, language) for each in shelters if not each.is_lost_at(at)]
    return _Row(
        number=counted[0],
        name=_said(place.name, language),
        count=_count(place, label),
        helped=counted[1],
        gather=_gather(plan, place, language),
        to=goals[0] if goals and ways else "",
        ways=tuple(_way(route, label, language) for route in ways),
        others=tuple(goals[1:]),
        off=tuple(dict.fromkeys(_off(own, ways, language))),
        refuge="" if place.refuge is None else _said(place.refuge.name, language),
        first=at < Tier.RED,
    )


def _count(place: Place, label: Mapping[str, str]) -> str:
    if isinstance(place, SpecialSite):
        inside = {"day": place.inside(night=False), "night": place.inside(night=True)}
        return label["site_count"].format(**inside)
    return label["zone_count"].format(households=place.households, people=place.people)


def _gather(plan: Plan, place: Place, language: str) -> str:
    wanted = place.assembly if isinstance(place, Zone) else None
    names = (point.name for point in plan.assembly_points if point.id == wanted)
    return _said(next(names, None), language)


def _way(route: Route, label: Mapping[str, str], language: str) -> str:
    way = _said(route.name, language)
    if route.mode != "foot":
        way = f"{way}, {label[route.mode]}"
    return label["route"].format(way=way, day=route.minutes_day, night=route.minutes_night)


def _off(own: list[Route], ways: list[Route], language: str) -> Iterator[str]:
    """Yield what to stay off: what the plan says, and what the worst flood cuts."""
    yield from (_said(route.avoid, language) for route in ways if route.avoid is not None)
    for crossing in (crossing for route in own for crossing in route.crossings):
        if crossing.cut_from.is_cut_at(Tier.RED):
            yield _said(crossing.name, language)


def _levels(plan: Plan, label: Mapping[str, str], language: str) -> list[tuple[str, str, str]]:
    """Return what the village sees by itself, with what it means: get ready, and leave."""
    if plan.offline is None:
        return []
    levels = [
        (
            label["bucket"].format(hours=f"{bucket.hours:g}"),
            label["from_mm"].format(mm=f"{bucket.prepare_mm:g}"),
            label["from_mm"].format(mm=f"{bucket.move_mm:g}"),
        )
        for bucket in sorted(plan.offline.buckets, key=lambda each: each.hours)
    ]
    marks = [_said(each, language) for each in (plan.offline.mark_prepare, plan.offline.mark_move)]
    return [*levels, *([(label["mark"], marks[0], marks[1])] if any(marks) else [])]


def _meet(plan: Plan, language: str) -> str:
    """Return where all go when nobody is heard; nothing where the worst flood takes that too."""
    wanted = None if plan.offline is None else plan.offline.shelter
    dry = (each for each in plan.shelters if not each.is_lost_at(Tier.RED))
    return _said(next((each.name for each in dry if each.id == wanted), None), language)


def _said(text: Mapping[str, str] | None, language: str) -> str:
    """Return a text in a language, its base, English or any; nothing where there is none."""
    if text is None:
        return ""
    for key in (language, language.split("-", maxsplit=1)[0], "en"):
        if key in text:
            return text[key]
    return next(iter(text.values()), "")


def _like_a_number(ref: str, village_id: str) -> bool:
    """Tell whether a reference holds what could be dialled; codes of this place are none."""
    runs = (re.sub(r"\D", "", run) for run in DIGITS.findall(ref))
    return any(not village_id.startswith(run) for run in runs)


def _points(content: _Content) -> float | None:
    """Return the greatest size of letters with which the content fits the page, or None."""
    return next((size for size in SIZES_PT if _height_mm(content, size) <= PAGE_MM), None)


def _height_mm(content: _Content, size: float) -> float:
    """Return how high the page grows at most with letters of a size."""
    return HEAD_MM + sum(
        ROW_MM + max(_cell_mm(cell, size) for cell in row) for row in _page_rows(content)
    )


def _cell_mm(cell: Cell, size: float) -> float:
    width, paragraphs = cell
    height = 0.0
    for scale, text in paragraphs:
        em = size * scale * EM_MM
        ink = sum(1.0 if ord(letter) >= CJK else LATIN_EM for letter in text)
        height += ceil(ink * em / width) * em * LEADING
    return height


def _page_rows(content: _Content) -> Iterator[list[Cell]]:
    """Yield the rows of the page, their cells as wide as `card.html` makes them."""
    label, signal, comma = content["label"], content["signal"], content["label"]["comma"]
    exercise = label["exercise_note"] if content["plan"].exercise else ""
    title = f"{content['village']} {content['township']} {label['title']}"
    yield [_cell(161, (2.2, title), (1.0, exercise))]
    yield [
        _cell(72, (1.45, label[name]), (1.25, signal[name] or label["not_agreed"]))
        for name in ("prepare", "move")
    ]
    yield [_cell(161, (0.8, comma.join([label["means"], *content["means"]])))]
    yield [_cell(190, (1.15, label["who_goes"]), (0.8, label["who"]))]
    for when, places in content["groups"]:
        yield [_cell(190, (1.0, label[when]))]
        yield from (_place_cells(place, label) for place in places)
    yield from ([_cell(184, line)] for line in _below(content))
    for cells in content["levels"]:
        yield [_cell(58, (1.0, cell)) for cell in cells]
    for role, refs in content["roles"]:
        yield [_cell(42, (0.8, role)), _cell(65, (0.8, comma.join(refs))), _cell(75, HAND)]


def _place_cells(place: _Row, label: Mapping[str, str]) -> list[Cell]:
    """Return the four cells of one place."""
    comma, helped = label["comma"], label["helped"] if place.helped else ""
    closed = f"{label['closed']}: {comma.join(place.ways[1:])}" if place.ways[1:] else ""
    full = f"{label['full']}: {comma.join(place.others)}" if place.others else ""
    gather = f"{label['gather']}: {place.gather}" if place.gather else ""
    return [
        _cell(49, (1.1, f"1. {place.name}"), (0.8, place.count), (0.8, helped), (0.8, gather)),
        _cell(
            70, (1.1, f"- {place.to}"), (1.1, "".join(place.ways[:1])), (0.8, closed), (0.8, full)
        ),
        _cell(26, (1.0, comma.join(place.off))),
        _cell(35, (1.0, place.refuge or label["no_refuge"])),
    ]


def _below(content: _Content) -> Iterator[tuple[float, str]]:
    """Yield the whole lines below the places, each with its size."""
    label = content["label"]
    yield 1.3, label["alone"]
    yield 1.15, label["silence"]
    yield 1.0, label["prepare"] if content["levels"] else label["no_levels"]
    yield 1.0, f"- {label['all_go']}: {content['meet']}" if content["meet"] else label["as_above"]
    yield 1.0, f"{label['works']}: {content['works']}" if content["works"] else ""
    yield 1.1, f"{label['stay']} {label['back']}: {content['signal']['all_clear']}"
    yield 1.15, label["people"]
    yield 0.72, "m" * 180


def _cell(width_mm: float, *paragraphs: tuple[float, str]) -> Cell:
    return width_mm, paragraphs
