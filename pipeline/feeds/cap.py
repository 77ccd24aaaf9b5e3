"""Protocol ``cap``: official warnings of other authorities, CAP 1.1 and 1.2.

Also the Chinese national form (GB/T 35965.1), which has no namespace. What is not real (Test,
Exercise, Draft), not for everybody (Private) or no warning (Ack, Error) is refused and told. Of
a message in several languages each area counts once, by all its names. One bad area or info is a
fault and the others are used; but an update of which a part could not be read ends nothing, since
what it failed to say may be what still stands.

Source: OASIS CAP 1.2, July 2010; GB/T 35965.1-2018; alerting.md 1.2 and 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pipeline.feeds import cap_index
from pipeline.feeds.cap_area import Geocodes, Ring, places, rings
from pipeline.feeds.cap_references import references
from pipeline.feeds.protocol import Problems, Protocol
from pipeline.feeds.stamp import instant
from pipeline.feeds.tally import Tally, printable
from pipeline.feeds.warning_level import level_of, sub_areas
from pipeline.feeds.window import Window
from pipeline.feeds.xml import Element, children, line, name_of, parsed, text
from pipeline.observation import Decoded, OfficialWarning, RawPayload, WarningArea, WarningKind
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

MAX_NAME: Final = 300
"""Characters of a sender or an identifier."""

FOR_ALL: Final = frozenset({"Public", "Restricted"})
SHOWN_EVENT: Final = 200


class _Refused(Exception):
    """A message, info or area that cannot be used: why, and in which field."""


@dataclass(slots=True)
class _Reader:
    """Reads the messages of one payload, and tells what could not be read."""

    spec: FeedSpec
    tally: Tally
    lost: int = field(default=0)

    def warning(self, alert: Element) -> OfficialWarning | None:
        """Return one message; None where it warns of nothing here."""
        try:
            kind = _kind(alert)
            sender, identifier = _name(alert, "sender"), _name(alert, "identifier")
            sent = self._sent(alert)
        except _Refused as refused:
            self._tell(alert, refused)
            return None
        self.lost = 0
        infos = children(alert, "info")
        parts = [] if kind is WarningKind.CANCEL else list(self._parts(alert, infos))
        ended, chain = self._ended(alert, kind, sender, identifier)
        areas = _once([area for _, found in parts for area in found])
        if (not areas and kind is WarningKind.ALERT) or (self.lost and not areas):
            return None
        if kind is WarningKind.CANCEL and not ended:
            return None
        used = [info for info, _ in parts]
        return OfficialWarning(
            sender=sender,
            identifier=identifier,
            sent=sent,
            kind=kind,
            event=next((_event(info) for info in used or infos), ""),
            onset=min(filter(None, (self._when(i, "onset") for i in used)), default=None),
            expires=self._expires(used),
            references=() if self.lost else ended,
            areas=areas,
            chain=None if self.lost else chain,
        )

    def _sent(self, alert: Element) -> datetime:
        sent = self._when(alert, "sent") or self._when(alert, "sendTime")
        if sent is None:
            raise _Refused("no time of sending", "sent")
        return sent

    def _parts(
        self, alert: Element, infos: list[Element]
    ) -> Iterator[tuple[Element, list[WarningArea]]]:
        """Yield each info that concerns the feed, with its areas."""
        if not infos:
            self.lost += 1
            self._tell(alert, _Refused("says nothing", "info"))
        for info in infos:
            # What was dangerous and no longer is: it has no area under a warning.
            over = "AllClear" in [
                (each.text or "").strip() for each in children(info, "responseType")
            ]
            if over or not _concerns(info, self.spec):
                continue
            try:
                yield info, self._areas(info)
            except _Refused as refused:
                self.lost += 1
                self._tell(info, refused)

    def _areas(self, info: Element) -> list[WarningArea]:
        level = level_of(text(info, "severity"))
        if level is None:
            raise _Refused("says no level", "severity")
        found = [area for each in children(info, "area") for area in self._area(each, level)]
        own = [WarningArea(name, at) for name, at in sub_areas(text(info, "description"))]
        if not found and not own:
            raise _Refused("names no area", "area")
        return found + own

    def _area(self, area: Element, level: int) -> list[WarningArea]:
        found, faults = rings(area)
        for name, why, row in faults:
            self.tally.refuse(why, row, f"area.{name}")
        named = [(name, codes) for name, codes in places(area) if name or codes or found]
        if not named:
            self.lost += 1
            self._tell(area, _Refused("has neither name, code nor shape", "area"))
        return [WarningArea(name, level, codes, found) for name, codes in named]

    def _ended(
        self, alert: Element, kind: WarningKind, sender: str, identifier: str
    ) -> tuple[tuple[str, ...], str | None]:
        """Return the messages that this one ends, and the first of its chain."""
        said = text(alert, "references")
        if name_of(alert)[0] is None and said and "," not in said:
            first = f"{sender},{said}"
            return (first,), first
        ended, strange = references(said)
        own = f"{sender},{identifier}"
        if strange:
            why = f"{len(strange)} are not sender,identifier,sent: {printable(strange[0])}"
            self._tell(alert, _Refused(why, "references"))
        ended = tuple(one for one in ended if one != own)
        if kind is not WarningKind.ALERT and not ended:
            why = f"{kind} of no other message: nothing is ended by it"
            self._tell(alert, _Refused(why, "references"))
        return ended, None

    def _expires(self, infos: list[Element]) -> datetime | None:
        """Return the latest; None if one part stays until it is ended."""
        times = [self._when(info, "expires") for info in infos]
        known = [at for at in times if at is not None]
        return max(known) if known and len(known) == len(times) else None

    def _when(self, element: Element, name: str) -> datetime | None:
        said = text(element, name)
        try:
            return instant(said, self.spec.zone) if said else None
        except (ValueError, OverflowError):
            self._tell(element, _Refused("not a time", name))
            return None

    def _tell(self, element: Element, refused: _Refused) -> None:
        why, column = refused.args
        self.tally.refuse(why, line(element), column)


def decode(payload: RawPayload, spec: FeedSpec, _window: Window | None = None) -> Decoded:
    """Decode a CAP message, or those that an index holds within itself.

    Raises
    ------
    DecodeError
        Too large or hostile (see feeds/xml.py), or neither a message nor an index.
    """
    root = parsed(payload.content, payload.source_url, spec.max_bytes)
    reader = _Reader(spec, Tally(payload.source_url))
    found = [reader.warning(alert) for alert in cap_index.messages(root, payload.source_url)]
    warnings = tuple(warning for warning in found if warning is not None)
    return Decoded(warnings=warnings, faults=reader.tally.faults())


def _kind(alert: Element) -> WarningKind:
    """Return what a message does; only a real one, for everybody, is evidence."""
    status, kind, scope = (text(alert, name) for name in ("status", "msgType", "scope"))
    if status != "Actual":
        raise _Refused(f"status {printable(status) or 'missing'} is no real warning", "status")
    if kind.lower() not in set(WarningKind):
        raise _Refused(f"msgType {printable(kind) or 'missing'} is no warning", "msgType")
    if scope not in FOR_ALL:
        raise _Refused(f"scope {printable(scope) or 'missing'} is not for us", "scope")
    return WarningKind(kind.lower())


def _name(alert: Element, name: str) -> str:
    said = text(alert, name)
    if not said or len(said) > MAX_NAME or not said.isprintable():
        raise _Refused(f"no usable {name}", name)
    return said


def _event(info: Element) -> str:
    said = " ".join((text(info, "event") or text(info, "eventType")).split())
    return printable(said, SHOWN_EVENT)


def _concerns(info: Element, spec: FeedSpec) -> bool:
    """Tell whether an info's event, or a code of it, is one that the feed is asked for."""
    if spec.parameter is None:
        return True
    codes = [text(code, "value") for code in children(info, "eventCode")]
    said = "\n".join([_event(info), *codes]).casefold()
    return any(word.strip().casefold() in said for word in spec.parameter.split("|"))


def _once(areas: list[WarningArea]) -> tuple[WarningArea, ...]:
    """Return each area once, by all its names: another language draws it the same."""
    named: dict[tuple[str, int, Geocodes, tuple[Ring, ...]], dict[str, None]] = {}
    for area in areas:
        alone = "" if area.geocodes or area.polygons else area.description
        key = (alone, area.level, area.geocodes, area.polygons)
        named.setdefault(key, {})[area.description] = None
    return tuple(
        WarningArea("; ".join(filter(None, names)), level, codes, drawn)
        for (_, level, codes, drawn), names in named.items()
    )


def problems(spec: FeedSpec) -> Problems:
    """Yield what a cap feed's declaration contradicts."""
    if spec.variable is not Variable.OFFICIAL:
        yield "variable", f"warnings are {Variable.OFFICIAL}"
    if spec.parameter is not None and not all(map(str.strip, spec.parameter.split("|"))):
        yield "parameter", "events with | between them, none of them empty"


PROTOCOL: Final = Protocol(decode, problems, states_unit=True, links=cap_index.links)
