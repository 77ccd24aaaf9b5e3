"""Draft one step of a village's episode in the Chinese national form of a warning.

The form descends from CAP and is none: no namespace, other times, other references, metres for
kilometres; so it has a serializer of its own. What is written here is a draft for the authority
that may publish: it is sent to nobody, names no signer and no recipient, and is unverified, since
the official schema has not been seen. `alerts.cn_alert_rules` checks it on the bytes.

Source: GB/T 35965.1-2018, annex A as published in excerpts; alerting.md 1.4 and 1.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from lxml import etree

from alerts.cap import cap_facts
from alerts.cn_alert_rules import (
    COLOURS,
    EVENT_NAME,
    EVENT_TYPE,
    FIXED,
    GEOCODE,
    PARTS,
    UNVERIFIED,
    VERBS,
    entered,
    problems,
)
from alerts.episode import TierEpisode
from alerts.message import Voice, one_line, passage
from alerts.officer_facts import Case, Facts
from alerts.tier import Tier
from pipeline.site.model import Village
from pipeline.world import Mode, World

LIFTED: Final = "解除原因：本次过程已结束。"
HEADLINE: Final = "{{ publisher }}{{ verb }}{{ event }}{{ colour }}预警"
BEIJING: Final = timezone(timedelta(hours=8))
"""The form's only clock; it has no summer time."""
PER_SECOND, PER_MINUTE = 10, 600
SEVERITY: Final = {Tier.BLUE: "Blue", Tier.YELLOW: "Yellow", Tier.ORANGE: "Orange", Tier.RED: "Red"}
LIST_MARKS: Final = re.compile(r"[,，;；]")
CODES: Final = {
    "division": r"[1-9][0-9]{5}",
    "sector": r"[0-9]{3}",
    "unit": r"[0-9]{3}",
    "extension": r"[0-9]{2}",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """The authority that may publish, as the national platform knows it.

    Attributes
    ----------
    division : 6 digits of GB/T 2260
    sector : 3 digits of GB/T 4657
    unit, extension : 3 and 2 digits; ``000`` and ``00`` where the authority has no others
    name : its full Chinese name, its place included

    Raises
    ------
    ValueError
        A code has not its digits, or the name is not one line of text.
    """

    division: str
    sector: str
    unit: str
    extension: str
    name: str

    def __post_init__(self) -> None:
        for name, form in CODES.items():
            said = getattr(self, name)
            if re.fullmatch(form, said) is None:
                raise ValueError(f"publisher.{name}: {said!r} is not of the form {form}")
        if not self.name or one_line(self.name) != self.name:
            raise ValueError(f"publisher.name: {self.name!r} is not one line of text")

    @property
    def code(self) -> str:
        """The 14 digits that stand for the authority."""
        return f"{self.division}{self.sector}{self.unit}{self.extension}"


@dataclass(frozen=True, slots=True)
class Filing:
    """Under whose name and which number a draft is filed, and what it continues.

    Attributes
    ----------
    serial : 0 to 599, another one for each draft of the publisher at one minute; ten share a
        second in their identifiers, as the form has one digit for them
    first : identifier of the episode's first draft, as it was filed; None where this is the first

    Raises
    ------
    ValueError
        The serial is outside its range, or `first` is no identifier of the form.
    """

    publisher: Publisher
    serial: int = 0
    first: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.serial < PER_MINUTE:
            raise ValueError(f"filing.serial: {self.serial} is not within 0 to {PER_MINUTE - 1}")
        if self.first is not None and entered(self.first) is None:
            raise ValueError(f"filing.first: {self.first!r} is not code_YYYYMMDDhhmmss_N")

    def identifier(self, at: datetime) -> str:
        """Return the 31 characters that name a draft of that instant."""
        second, number = divmod(self.serial, PER_SECOND)
        entry = (at + timedelta(seconds=second)).astimezone(BEIJING)
        return f"{self.publisher.code}_{entry:%Y%m%d%H%M%S}_{number}"


@dataclass(frozen=True, slots=True)
class CnAlert:
    """A draft in the national form.

    Attributes
    ----------
    file_name : as the form names files; it has no place for the last digit of the identifier, so
        drafts of one second, colour and kind share it: keep each in a folder of its identifier
    faults : broken rules of `alerts.cn_alert_rules`, by name; with any it must not be handed over
    verified : False, always: nobody has checked the form against the official schema
    note : what the document's own note says of that
    """

    identifier: str
    msg_type: str
    file_name: str
    content: bytes
    faults: tuple[str, ...]
    verified: bool = field(default=False, init=False)
    note: str = field(default=UNVERIFIED, init=False)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What all parts of one draft rest on; `tier` is the one that is issued, or lifted."""

    case: Case
    episode: TierEpisode
    voice: Voice
    filing: Filing
    msg_type: str
    tier: Tier


def cn_alert(
    case: Case,
    voices: tuple[Voice, ...],
    *,
    world: World,
    filing: Filing,
    code_version: str | None = None,
) -> CnAlert:
    """Return the draft of a step: Alert first, then Updates, Cancel at the episode's end.

    A world that is not live gives ``Test``, the form's only other status, with the mode's mark on
    every text. Times are Beijing's. A village of which no code of a division is known, or no
    position, gets none: the first is a fault, as the form asks for it.

    Parameters
    ----------
    voices : of which one is Chinese; the form has no other language

    Raises
    ------
    ValueError
        No voice is Chinese or it speaks for another mode than the world's; the step has no
        episode; or it ends what was never drafted.
    """
    draft = _draft(case, voices, world=world, filing=filing)
    identifier = filing.identifier(case.at)
    said = {
        "identifier": identifier,
        "sender": filing.publisher.name,
        "senderCode": filing.publisher.code,
        "sendTime": timestamp(case.at),
        "status": "Actual" if world.mode is Mode.LIVE else "Test",
        "msgType": draft.msg_type,
        "references": filing.first or "",
        "note": _note(draft, code_version),
        **FIXED,
        **_method(draft),
        **_times(draft),
        **_texts(draft),
        **_area(draft),
    }
    content = _serialized(said)
    return CnAlert(
        identifier=identifier,
        msg_type=draft.msg_type,
        file_name=_file_name(draft, identifier),
        content=content,
        faults=tuple(problems(content)),
    )


def timestamp(instant: datetime) -> str:
    """Return an instant as the form writes it: Beijing time to the second, with a blank."""
    return instant.astimezone(BEIJING).isoformat(sep=" ", timespec="seconds")


def _draft(case: Case, voices: tuple[Voice, ...], *, world: World, filing: Filing) -> _Draft:
    voice = next((v for v in voices if v.language.split("-")[0] == "zh"), None)
    if voice is None:
        raise ValueError("the national form is Chinese, and the site has no messages/zh.toml")
    if voice.mode is not world.mode:
        raise ValueError(f"a voice of mode {voice.mode} does not speak in a {world.mode} world")
    episode = case.step.episode
    if episode is None or (episode.tier is Tier.NONE and filing.first is None):
        raise ValueError(f"{case.village.village_id}: no tier to issue, and no draft to lift")
    kind = "Alert" if filing.first is None else "Update"
    if episode.tier is Tier.NONE:
        return _Draft(case, episode, voice, filing, "Cancel", _lifted(case.before, episode))
    return _Draft(case, episode, voice, filing, kind, episode.tier)


def _lifted(before: TierEpisode | None, episode: TierEpisode) -> Tier:
    """Return the tier that stood last, or the highest where that is not known."""
    stood = Tier.NONE if before is None else before.tier
    return episode.peak if stood is Tier.NONE else stood


def _note(draft: _Draft, code_version: str | None) -> str:
    lifted = LIFTED if draft.msg_type == "Cancel" else ""
    episode = f"{draft.episode.episode_id}.{draft.episode.revision}"
    return one_line(f"{UNVERIFIED}{lifted}floodwarn {code_version or 'none'} {episode}")


def _method(draft: _Draft) -> dict[str, str]:
    """Return the one channel that a draft proposes; its text says the danger and what to do."""
    cap = draft.voice.templates.cap
    whole = cap.ended if draft.msg_type == "Cancel" else f"{cap.description}\n{cap.instruction}"
    text = passage(whole, cap_facts(draft.case, draft.voice, draft.tier), draft.voice).body
    return {"code/method/methodName": "SMS", "code/method/message": one_line(text)}


def _times(draft: _Draft) -> dict[str, str]:
    case, onset = draft.case, draft.case.risk.onset
    expires = case.at + timedelta(minutes=draft.voice.config.expires_minutes)
    said = {"info/effective": timestamp(case.at)}
    if onset is not None and draft.msg_type != "Cancel":
        begins = max(onset.earliest, case.at)
        said["info/onset"] = timestamp(begins)
        expires = max(expires, begins)
    return said | {"info/expires": timestamp(expires)}


def _texts(draft: _Draft) -> dict[str, str]:
    cap, voice, facts = (
        draft.voice.templates.cap,
        draft.voice,
        cap_facts(draft.case, draft.voice, draft.tier),
    )
    cancels = draft.msg_type == "Cancel"
    web = one_line(voice.config.web)
    return {
        "info/severity": SEVERITY[draft.tier],
        "info/headline": one_line(passage(HEADLINE, _headline(draft), voice).body),
        "info/description": passage(cap.ended if cancels else cap.description, facts, voice).body,
        "info/instruction": "" if cancels else passage(cap.instruction, facts, voice).body,
        "info/web": web if web.startswith(("https://", "http://")) else "",
    }


def _headline(draft: _Draft) -> Facts:
    return {
        "publisher": draft.filing.publisher.name,
        "verb": VERBS[draft.msg_type],
        "event": EVENT_NAME,
        "colour": COLOURS[SEVERITY[draft.tier]],
    }


def _area(draft: _Draft) -> dict[str, str]:
    village = draft.case.village
    name = LIST_MARKS.sub("、", one_line(f"{village.township}{village.name}"))
    said = {"info/area/areaDesc": name, "info/area/geocode": _geocode(village)}
    if village.lat is None or village.lon is None:
        return said
    metres = max(1, round(1000 * draft.voice.config.radius_km))
    return said | {"info/area/circle": f"{village.lat:.4f},{village.lon:.4f} {metres}"}


def _geocode(village: Village) -> str:
    """Return the 12 digits of a village, of a hamlet those of its village; else nothing."""
    match = re.fullmatch(rf"({GEOCODE.pattern})([0-9]{{3}})?", village.village_id)
    return "" if match is None else match[1]


def _file_name(draft: _Draft, identifier: str) -> str:
    entry = identifier.rpartition("_")[0]
    kind = f"{SEVERITY[draft.tier]}_{draft.msg_type}".upper()
    return f"{entry}_{EVENT_TYPE}_{kind}.XML"


def _serialized(said: dict[str, str]) -> bytes:
    root = etree.Element("alert")
    _fill(root, "", said)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _fill(parent: etree._Element, path: str, said: dict[str, str]) -> None:
    """Write a part's elements in the form's order, those without a value too."""
    for name in ("method",) if parent.tag == "code" else PARTS.get(str(parent.tag), ()):
        child = etree.SubElement(parent, name)
        child.text = said.get(path + name)
        _fill(child, f"{path}{name}/", said)
