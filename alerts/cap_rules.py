"""What a CAP 1.2 message must be before it may leave: the OASIS schema, then rules R1 to R14.

The schema alone lets through an Update without references, an open polygon, swapped coordinates
and much more. Parsing follows one order, and no other: no entities, no network, refuse a DTD, then
validate the tree (libxml2 crashes when it validates while parsing a document with entities).

Source: alerting.md 1.2 and 1.3; OASIS CAP 1.2, July 2010.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from importlib import resources
from itertools import combinations

from lxml import etree
from shapely import Polygon

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MAX_BYTES = 512 * 1024
UNSAFE = re.compile(r"[\s,<&]")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")
TRIPLE_PARTS = 3
HEADLINE_MAX, EVENT_MAX = 160, 35
POLYGON_MIN, POLYGON_MAX = 4, 100
GRAVE = {"Moderate", "Severe", "Extreme"}
HTML = re.compile(r"<[A-Za-z/]|&(?:[A-Za-z]+|#\d+);")
SAME_IN_EACH_LANGUAGE = ("category", "urgency", "severity", "certainty")
FACTS = ("tier", "episode", "revision", "model")

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it


def problems(content: bytes) -> list[str]:
    """Return the rules that a CAP message breaks, each with its name; none means it may leave."""
    if len(content) > MAX_BYTES:
        return [f"size: more than {MAX_BYTES} bytes"]
    try:
        root = _parsed(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        return [f"parse: {error}"]
    schema = _schema()
    if not schema.validate(root):
        return [f"schema: {line}" for line in str(schema.error_log).splitlines()]
    return [f"{name}: {fault}" for name, rule in RULES.items() for fault in rule(root)]


def _parsed(content: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type is refused")
    return root


@cache
def _schema() -> etree.XMLSchema:
    text = resources.files("alerts").joinpath("schemas/CAP-v1.2.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text, etree.XMLParser(no_network=True)))


def _all(parent: Element, path: str) -> list[Element]:
    return parent.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))


def _text(parent: Element, path: str) -> str:
    found = _all(parent, path)
    return (found[0].text or "") if found else ""


def _texts(parent: Element, path: str) -> list[str]:
    return [child.text or "" for child in _all(parent, path)]


def _infos(root: Element) -> list[Element]:
    return _all(root, "info")


def identity(root: Element) -> Iterator[str]:
    """R1: identifier and sender are words that a reference can hold."""
    for name in ("identifier", "sender"):
        text = _text(root, name)
        if not text or UNSAFE.search(text):
            yield f"{name} is empty or holds a space, comma, < or &"


def times(root: Element) -> Iterator[str]:
    """R2: every time to the second with an offset; UTC as -00:00."""
    names = ("effective", "onset", "expires")
    stated = [("sent", _text(root, "sent"))]
    stated += [
        (name, text) for info in _infos(root) for name in names for text in _texts(info, name)
    ]
    for name, text in stated:
        if not TIME.match(text) or text.endswith("+00:00"):
            yield f"{name} {text!r} is not local time with an offset"


def status(root: Element) -> Iterator[str]:
    """R3: an exercise is named in a note."""
    if _text(root, "status") == "Exercise" and not _text(root, "note"):
        yield "an exercise without a note that names it"


def chain(root: Element) -> Iterator[str]:
    """R4: an Alert refers to nothing, an Update or Cancel to earlier messages, none to itself."""
    kind, references = _text(root, "msgType"), _text(root, "references").split()
    if kind == "Alert" and references:
        yield "an Alert with references"
    if kind in {"Update", "Cancel", "Ack", "Error"} and not references:
        yield f"{kind} without references"
    if kind == "Error" and not _text(root, "note"):
        yield "an Error without a note"
    for reference in references:
        parts = reference.split(",")
        if len(parts) != TRIPLE_PARTS or not all(parts):
            yield f"reference {reference!r} is not sender,identifier,sent"
        elif parts[:2] == [_text(root, "sender"), _text(root, "identifier")]:
            yield "the message refers to itself"


def scope(root: Element) -> Iterator[str]:
    """R5: Restricted says to whom, Private names addresses; only the real is public."""
    kind = _text(root, "scope")
    if kind == "Restricted" and not _text(root, "restriction"):
        yield "Restricted without a restriction"
    if kind == "Private" and not _text(root, "addresses"):
        yield "Private without addresses"
    if kind == "Public" and _text(root, "status") != "Actual":
        yield f"status {_text(root, 'status')} must not be Public"


def incident(root: Element) -> Iterator[str]:
    """R6: the episode is named."""
    if not _text(root, "incidents"):
        yield "no incidents"


def event(root: Element) -> Iterator[str]:
    """R7: a short event and a machine's code for it, the same in each language."""
    for info in _infos(root):
        if "Met" not in _texts(info, "category"):
            yield "category is not Met"
        if not 0 < len(_text(info, "event")) <= EVENT_MAX:
            yield f"event is empty or over {EVENT_MAX} characters"
        if not _text(info, "eventCode/value"):
            yield "no eventCode"
        if not _text(info, "language"):
            yield "no language"
    languages = [_text(info, "language") for info in _infos(root)]
    if not languages or len(languages) != len(set(languages)):
        yield "no info, or two of one language"


def certainty(root: Element) -> Iterator[str]:
    """R8: nothing Unknown, and every language says the same."""
    for name in SAME_IN_EACH_LANGUAGE:
        said = {tuple(_texts(info, name)) for info in _infos(root)}
        if len(said) > 1:
            yield f"{name} differs between languages"
        if any("Unknown" in values for values in said):
            yield f"{name} is Unknown"


def expiry(root: Element) -> Iterator[str]:
    """R9: it expires after it is sent and after its onset; its onset is not before it is sent."""
    for info in _infos(root):
        try:
            sent = datetime.fromisoformat(_text(root, "sent"))
            stated = {n: _text(info, n) for n in ("effective", "onset", "expires")}
            when = {n: datetime.fromisoformat(text) for n, text in stated.items() if text}
        except ValueError as error:  # the schema lets blanks and an hour 24 through
            yield f"not a time: {error}"
            continue
        if "expires" not in when:
            yield "no expires"
            continue
        if when["expires"] <= sent:
            yield "expires is not after sent"
        if any(moment > when["expires"] for moment in when.values()):
            yield "effective or onset is after expires"
        if when.get("onset", sent) < sent:
            yield "onset is before sent"


def wording(root: Element) -> Iterator[str]:
    """R10: headline, description and instruction are there, differ, and name who speaks."""
    for info in _infos(root):
        names = ("senderName", "headline", "description", "contact", "web")
        yield from (f"no {name}" for name in names if not _text(info, name))
        if len(_text(info, "headline")) > HEADLINE_MAX:
            yield f"headline over {HEADLINE_MAX} characters"
        said = [_text(info, name) for name in ("headline", "description", "instruction")]
        if any(a == b for a, b in combinations(filter(None, said), 2)):
            yield "headline, description and instruction repeat each other"
        if _text(info, "severity") in GRAVE:
            needed = ("instruction", "responseType")
            yield from (f"no {name}" for name in needed if not _text(info, name))


def area(root: Element) -> Iterator[str]:
    """R11: a named area with a code; polygons closed, none crossing itself, circles with a radius.

    Latitude comes first.
    """
    for info in _infos(root):
        if not _all(info, "area"):
            yield "no area"
        for place in _all(info, "area"):
            if not _text(place, "areaDesc") or not _text(place, "geocode/value"):
                yield "an area without areaDesc or geocode"
            for text in _texts(place, "polygon"):
                yield from _polygon(text)
            for text in _texts(place, "circle"):
                yield from _circle(text)


def _point(text: str) -> tuple[float, float] | None:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None  # noqa: PLR2004 - degrees


def _polygon(text: str) -> Iterator[str]:
    points = [_point(part) for part in text.split()]
    if None in points:
        yield "a polygon's point is not lat,lon"
    elif not POLYGON_MIN <= len(points) <= POLYGON_MAX:
        yield f"a polygon has {len(points)} points"
    elif points[0] != points[-1]:
        yield "a polygon is not closed"
    elif not Polygon(points).is_valid:
        yield "a polygon crosses itself"


def _circle(text: str) -> Iterator[str]:
    centre, _, radius = text.partition(" ")
    try:
        wide = float(radius) > 0
    except ValueError:
        wide = False
    if _point(centre) is None or not wide:
        yield f"circle {text!r} is not lat,lon radius"


def plain_values(root: Element) -> Iterator[str]:
    """R12: no markup in CAP's own values and no blanks around them; a signature has lines."""
    for element in root.iter(f"{{{NAMESPACE}}}*"):
        text = element.text or ""
        if len(element) == 0 and (text != text.strip() or HTML.search(text)):
            yield f"{etree.QName(element).localname} holds markup or blanks around its value"


def signature(root: Element) -> Iterator[str]:
    """R13: what is not CAP's own (a signature) stands last."""
    own = [etree.QName(child).namespace == NAMESPACE for child in root]
    if own != sorted(own, reverse=True):
        yield "a foreign element is not the last"


def machine_facts(root: Element) -> Iterator[str]:
    """R14: the parameters by which a machine finds the decision again."""
    for info in _infos(root):
        named = set(_texts(info, "parameter/valueName"))
        yield from (f"no parameter {name}" for name in FACTS if name not in named)


RULES: dict[str, Callable[[Element], Iterator[str]]] = {
    "R1 identity": identity,
    "R2 times": times,
    "R3 status": status,
    "R4 chain": chain,
    "R5 scope": scope,
    "R6 incident": incident,
    "R7 event": event,
    "R8 certainty": certainty,
    "R9 expiry": expiry,
    "R10 wording": wording,
    "R11 area": area,
    "R12 plain values": plain_values,
    "R13 signature": signature,
    "R14 machine facts": machine_facts,
}
