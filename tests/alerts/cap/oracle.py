"""What a reader of CAP may count on, read from the bytes alone; no rule of `alerts.cap_rules`.

Source: OASIS CAP 1.2; alerting.md 1.3 and 1.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from lxml import etree
from shapely import Polygon, union_all
from shapely.geometry.base import BaseGeometry

from alerts.tier import Tier
from pipeline.world import Mode
from tests.alerts.cap.episodes import Emitted, Setting, Story
from tests.golden.samples import ROOT

NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
MOST_POINTS = 100
MARKS = {"zh-CN": "【演练】", "en": "EXERCISE", "fr": "EXERCICE"}
CODES = {"zh": "zh-CN", "en": "en", "fr": "fr"}
SEVERITY = {
    Tier.NONE: "Minor",
    Tier.BLUE: "Minor",
    Tier.YELLOW: "Moderate",
    Tier.ORANGE: "Severe",
    Tier.RED: "Extreme",
}
SEMANTICS = (
    *("category", "responseType", "urgency", "severity", "certainty", "eventCode", "effective"),
    *("onset", "expires", "parameter"),
)


@cache
def schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(ROOT / "alerts/schemas/CAP-v1.2.xsd", parser))


def parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(no_network=True, resolve_entities=False))


def said(element: etree._Element, path: str) -> list[str]:
    return element.xpath(f"c:{path}/text()", namespaces=NS)


def one(element: etree._Element, path: str) -> str:
    """Return the one value of a path; it must be there, once."""
    found = said(element, path)
    assert len(found) == 1, f"{path} is there {len(found)} times"
    return found[0]


def triple(root: etree._Element) -> str:
    return ",".join(one(root, name) for name in ("sender", "identifier", "sent"))


def faults(story: Story) -> list[str]:
    """Return what a reader of all that a story said in CAP would find wrong."""
    roots = [parsed(each.cap.content) for each in story.told]
    found = [
        f"{one(root, 'identifier')}: {fault}"
        for root, told in zip(roots, story.told, strict=True)
        for fault in alone(root, told, story.setting)
    ]
    named = [one(root, "identifier") for root in roots]
    found += ["two messages of one identifier"] if len(named) != len(set(named)) else []
    episodes: dict[str, list[tuple[etree._Element, Emitted]]] = {}
    for root, told in zip(roots, story.told, strict=True):
        episodes.setdefault(told.episode.episode_id, []).append((root, told))
    for episode_id in story.ended & episodes.keys():
        root, told = episodes[episode_id][-1]
        if one(root, "msgType") != "Cancel" and not told.released:
            found.append(f"{one(root, 'identifier')}: its episode is over, and nothing says so")
    return found + [fault for chain in episodes.values() for fault in chained(chain)]


def chained(chain: list[tuple[etree._Element, Emitted]]) -> Iterator[str]:
    """Hold the messages of one episode, in the order in which they were issued, together.

    Each is in force until the episode's Cancel: a tier stands until it is lowered, and `expires`
    only says for how long the message is worth delivering. So each names all before it.
    """
    earlier: list[str] = []
    sent: datetime | None = None
    for root, told in chain:
        kind, name = one(root, "msgType"), f"{one(root, 'identifier')} in its chain"
        ends = told.episode.closed is not None and not told.released
        if kind != ("Alert" if not earlier else "Cancel" if ends else "Update"):
            yield f"{name}: {kind} as number {len(earlier) + 1}, the episode's end: {ends}"
        if kind == "Cancel" and told is not chain[-1][1]:
            yield f"{name}: something follows a Cancel"
        references = said(root, "references")
        if references != ([" ".join(earlier)] if earlier else []):
            yield f"{name}: references {references}, not {earlier}"
        stated = datetime.fromisoformat(one(root, "sent"))
        if sent is not None and stated <= sent:
            yield f"{name}: sent {stated}, and the one before it {sent}"
        if stated < told.at:
            yield f"{name}: sent {stated}, before it was made"
        earlier, sent = [*earlier, triple(root)], stated


def alone(root: etree._Element, told: Emitted, setting: Setting) -> Iterator[str]:
    """Hold one message against the schema, its world, its village, and its own languages."""
    if not schema().validate(root):
        yield f"schema: {schema().error_log}"
    if one(root, "incidents") != told.episode.episode_id:
        yield "it names another episode"
    infos = root.findall("c:info", NS)
    languages = [one(info, "language") for info in infos]
    if languages != [CODES[language] for language in setting.pack.languages]:
        yield f"languages {languages}"
    if len({meaning(info) for info in infos}) != 1:
        yield "the languages do not mean the same"
    for info in infos:
        if one(info, "severity") != SEVERITY[told.episode.tier]:
            yield f"severity {one(info, 'severity')} at {told.episode.tier.colour}"
        if datetime.fromisoformat(one(info, "expires")) <= told.at:
            yield "it is born expired"
        yield from placed(info, setting)
    yield from of_its_world(root, infos, setting.world.mode)


def meaning(info: etree._Element) -> tuple[tuple[str, ...], ...]:
    """Return what an info block says to a machine."""
    return tuple(
        tuple(" ".join(part.itertext()).strip() for part in info.findall(f"c:{name}", NS))
        for name in SEMANTICS
    )


def of_its_world(root: etree._Element, infos: list[etree._Element], mode: Mode) -> Iterator[str]:
    """An exercise says so to the machine, and first and last in every text; live is Actual."""
    stated = one(root, "status"), one(root, "scope")
    texts = [
        (one(info, "language"), text)
        for info in infos
        for name in ("headline", "description", "instruction")
        for text in said(info, name)
    ]
    if mode is Mode.LIVE:
        if stated != ("Actual", "Public"):
            yield f"live is {stated}"
        if any(text.startswith(mark) for _, text in texts for mark in MARKS.values()):
            yield "a live text bears an exercise's mark"
        return
    if stated != ("Exercise", "Restricted"):
        yield f"an exercise is {stated}"
    for language, text in [*texts, (texts[0][0], one(root, "note"))]:
        mark = MARKS[language]
        if not (text.startswith(mark) and text.endswith(mark) and len(text) > 2 * len(mark)):
            yield f"not within {mark}: {text!r}"


def placed(info: etree._Element, setting: Setting) -> Iterator[str]:
    """Its area holds the village: by its code, and on the map the ground that a flood takes.

    Where no ground is mapped, a circle around the village's position, if that is known.
    """
    village, zones = setting.village, setting.pack.hazards.of(setting.village)
    (area,) = info.findall("c:area", NS)
    if said(area, "geocode/c:value") != [village.village_id]:
        yield "its geocode is not the village's"
    rings, circles = said(area, "polygon"), said(area, "circle")
    if (bool(rings), bool(circles)) != (bool(zones), not zones and village.lat is not None):
        yield "a map without a position, or a position without a map"
    for ring in rings:
        yield from _ring(ring)
    if sum(len(ring.split()) for ring in rings) > MOST_POINTS:
        yield "its polygons are not small"
    held = union_all([_drawn(ring) for ring in rings])
    if not all(held.covers(zone.polygon) for zone in zones):
        yield "its polygons do not hold the village's zones"
    for circle in circles:
        centre, _, radius = circle.partition(" ")
        lat, lon = map(float, centre.split(","))
        near = abs(lat - village.lat) + abs(lon - village.lon) < 1e-3
        if not near or not 0 < float(radius) <= 50:
            yield f"circle {circle} does not hold the village"


def _drawn(text: str) -> BaseGeometry:
    """Return a ring as a reader takes it; what is none, or crosses itself, holds nothing."""
    points = [tuple(map(float, point.split(",")))[::-1] for point in text.split()]
    polygon = Polygon(points) if len(points) >= 4 else Polygon()
    return polygon if polygon.is_valid else Polygon()


def _ring(text: str) -> Iterator[str]:
    points = [tuple(map(float, point.split(","))) for point in text.split()]
    if points[0] != points[-1]:
        yield "a polygon is open"
    if not 4 <= len(points) <= MOST_POINTS:
        yield f"a polygon of {len(points)} points"
    elif not Polygon(points).is_valid:
        yield "a polygon crosses itself"
    if any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in points):
        yield "a polygon off the globe"
