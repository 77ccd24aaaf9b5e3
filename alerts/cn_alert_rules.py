"""What a draft in the Chinese national form must be before it may leave, checked on its bytes.

Unverified: the form is known from public excerpts of the standard's tables and from public
examples; nobody here has seen the official schema, and no platform has accepted a draft of ours.

Source: GB/T 35965.1-2018, annex A as published in excerpts; alerting.md 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Final

from lxml import etree

from alerts.cap_rules import HTML, MAX_BYTES

EVENT_TYPE: Final = "11A51"
"""Flash flood (山洪灾害事件)."""
EVENT_NAME: Final = "山洪灾害"
COLOURS: Final = {"Red": "红色", "Orange": "橙色", "Yellow": "黄色", "Blue": "蓝色"}
VERBS: Final = {"Alert": "发布", "Update": "发布", "Cancel": "解除"}
UNVERIFIED: Final = "草稿：须由有权发布的单位审核、签发；格式据公开资料编写，未经官方模式文件核对。"
"""A draft, to be judged and signed by the authority; not checked against the official schema."""
METHODS: Final = frozenset({"SMS", "LED", "SPEAKER", "TV", "BROADCAST", "WEB", "PHONE", "FAX"})
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "alert": (
        *("identifier", "sender", "senderCode", "sendTime", "status", "msgType", "scope", "code"),
        *("secClassification", "note", "references", "info"),
    ),
    "method": ("methodName", "message", "audienceGrp", "audenceprt"),
    "info": (
        *("language", "eventType", "urgency", "severity", "certainty", "effective", "onset"),
        *("expires", "senderName", "headline", "description", "instruction", "web", "area"),
    ),
    "area": ("areaDesc", "polygon", "circle", "geocode"),
}
"""The elements in their order, each once; ``audenceprt`` is spelled so."""
IDENTIFIER: Final = re.compile(r"([1-9][0-9]{13})_([0-9]{14})_[0-9]")
"""Sender's code, Beijing time of entry, number among the entries of that second."""
GEOCODE: Final = re.compile(r"[1-9][0-9]{11}")
TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00")
CIRCLE: Final = re.compile(r"(-?[0-9.]+),(-?[0-9.]+) ([1-9][0-9]*)")
SPAN: Final = ("effective", "onset", "expires")
FIXED: Final = {
    "scope": "Public",
    "secClassification": "None",
    "info/language": "zh-CN",
    "info/eventType": EVENT_TYPE,
    "info/urgency": "Unknown",
    "info/certainty": "Unknown",
}
"""Values that the form fixes, or whose alternatives it keeps for later."""

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it


def problems(content: bytes) -> list[str]:
    """Return the rules that a draft breaks, each with its name; none means it may leave.

    Source: see the module; parsing as in `alerts.cap_rules`.
    """
    if len(content) > MAX_BYTES:
        return [f"size: more than {MAX_BYTES} bytes"]
    try:
        root = _parsed(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        return [f"parse: {error}"]
    if faults := list(form(root)):
        return [f"form: {fault}" for fault in faults]
    return [f"{name}: {fault}" for name, rule in RULES.items() for fault in rule(root)]


def _parsed(content: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type is refused")
    return root


def form(root: Element) -> Iterator[str]:
    """Every element of the form in its order, each once, without namespace, and nothing else."""
    parts = {**PARTS, "code": ("method",) * max(1, len(root.findall("code/method")))}
    wanted = list(_outline(None, "alert", parts))
    found = [(None if e is root else _parent(e), str(e.tag)) for e in root.iter()]
    for row, (one, other) in enumerate(zip_longest(found, wanted), 1):
        if one != other:
            yield f"element {row} is not {'expected' if other is None else other[1]}"
            return
    if any(e.attrib or (e.tail or "").strip() or _mixed(e) for e in root.iter()):
        yield "an attribute, or text between elements"


def _parent(element: Element) -> str | None:
    above = element.getparent()
    return None if above is None else str(above.tag)


def _mixed(element: Element) -> bool:
    return len(element) > 0 and bool((element.text or "").strip())


def _outline(
    above: str | None, name: str, parts: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str | None, str]]:
    yield above, name
    for part in parts.get(name, ()):
        yield from _outline(name, part, parts)


def _text(root: Element, path: str) -> str:
    return root.findtext(path) or ""


def _instant(text: str) -> datetime | None:
    """Return the instant of a time as the form writes it; None of what is none."""
    try:
        return datetime.fromisoformat(text) if TIME.fullmatch(text) else None
    except ValueError:
        return None


def entered(identifier: str) -> datetime | None:
    """Return when an identifier says that its entry was made; None of what is no identifier."""
    match = IDENTIFIER.fullmatch(identifier)
    try:
        return None if match is None else datetime.strptime(match[2] + "+0800", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None


def identity(root: Element) -> Iterator[str]:
    """N1: an identifier of 31 characters that begins with the sender's code; a sender's name."""
    identifier = _text(root, "identifier")
    if entered(identifier) is None:
        yield f"identifier {identifier!r} is not code_YYYYMMDDhhmmss_N"
    elif not identifier.startswith(_text(root, "senderCode") + "_"):
        yield "identifier and senderCode differ"
    if not _text(root, "sender"):
        yield "no sender"


def times(root: Element) -> Iterator[str]:
    """N2: times to the second in Beijing time; it expires after it is sent and begins."""
    said = {n: _text(root, n) for n in ("sendTime", *(f"info/{n}" for n in SPAN))}
    when = {name: _instant(text) for name, text in said.items()}
    for name, text in said.items():
        if when[name] is None and (text or name != "info/onset"):
            yield f"{name} {text!r} is not YYYY-MM-DD hh:mm:ss+08:00"
    sent, expires = when["sendTime"], when["info/expires"]
    if sent is None or expires is None:
        return
    if expires <= sent:
        yield "expires is not after sendTime"
    if any(moment is not None and moment > expires for moment in when.values()):
        yield "effective or onset is after expires"


def chain(root: Element) -> Iterator[str]:
    """N3: an Alert refers to nothing; an Update or Cancel to the first message, no later one."""
    kind, first = _text(root, "msgType"), _text(root, "references")
    if kind not in VERBS:
        yield f"msgType {kind!r} is not in use"
    if kind == "Alert":
        if first:
            yield "an Alert with references"
        return
    began, now = entered(first), entered(_text(root, "identifier"))
    if began is None:
        yield f"references {first!r} is not one identifier"
    elif first == _text(root, "identifier"):
        yield "the message refers to itself"
    elif now is not None and began > now:
        yield "references names a later message"


def values(root: Element) -> Iterator[str]:
    """N4: status, severity, channels and what the form fixes are of the form's words."""
    for path, value in FIXED.items():
        if _text(root, path) != value:
            yield f"{path} is not {value}"
    if _text(root, "status") not in {"Actual", "Test"}:
        yield f"status {_text(root, 'status')!r} is not in use"
    if _text(root, "info/severity") not in COLOURS:
        yield f"severity {_text(root, 'info/severity')!r} is no colour"
    for method in root.iterfind("code/method/methodName"):
        if method.text not in METHODS:
            yield f"methodName {method.text!r} is no channel"


def wording(root: Element) -> Iterator[str]:
    """N5: a headline that says who issues or lifts what in which colour; the texts; the draft."""
    colour = COLOURS.get(_text(root, "info/severity"), "")
    verb = VERBS.get(_text(root, "msgType"), "")
    said = f"{_text(root, 'sender')}{verb}{EVENT_NAME}{colour}预警"
    if said not in _text(root, "info/headline"):
        yield f"headline does not say {said}"
    if not _text(root, "note").startswith(UNVERIFIED):
        yield "note does not say that it is an unverified draft"
    wanted = ["info/description"]
    wanted += [] if _text(root, "msgType") == "Cancel" else ["info/instruction"]
    yield from (f"no {path}" for path in wanted if not _text(root, path))


def nobody_named(root: Element) -> Iterator[str]:
    """N6: neither a signer nor a recipient: they are the publishing authority's to fill in."""
    for path in ("info/senderName", "code/method/audienceGrp", "code/method/audenceprt"):
        if any(element.text for element in root.iterfind(path)):
            yield f"{path} is filled in"


def area(root: Element) -> Iterator[str]:
    """N7: an area with a name and a code; a circle's radius in whole metres, latitude first."""
    if not _text(root, "info/area/areaDesc"):
        yield "no areaDesc"
    code, circle = _text(root, "info/area/geocode"), _text(root, "info/area/circle")
    if not GEOCODE.fullmatch(code):
        yield f"geocode {code!r} is not a division's code of 12 digits"
    if circle and not _is_circle(circle):
        yield f"circle {circle!r} is not lat,lon metres"


def _is_circle(text: str) -> bool:
    match = CIRCLE.fullmatch(text)
    try:
        lat, lon = (0.0, 999.0) if match is None else (float(match[1]), float(match[2]))
    except ValueError:
        return False
    return abs(lat) <= 90 and abs(lon) <= 180  # noqa: PLR2004 - degrees


def plain_values(root: Element) -> Iterator[str]:
    """N8: no markup in values and no blanks around them."""
    for element in root.iter():
        text = element.text or ""
        if len(element) == 0 and (text != text.strip() or HTML.search(text)):
            yield f"{element.tag} holds markup or blanks around its value"


RULES: Final[Mapping[str, Callable[[Element], Iterator[str]]]] = {
    "N1 identity": identity,
    "N2 times": times,
    "N3 chain": chain,
    "N4 values": values,
    "N5 wording": wording,
    "N6 nobody named": nobody_named,
    "N7 area": area,
    "N8 plain values": plain_values,
}
