"""Write CAP 1.2 for one step of a village's episode: Alert first, then Updates that name it.

Rules R1 to R14: alerting.md 1.3; `alerts.cap_rules` checks them on the bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lxml import etree

from alerts.cap_area import drawn_once
from alerts.cap_rules import NAMESPACE, problems
from alerts.episode import Change
from alerts.message import Voice, one_line, passage
from alerts.officer_facts import Case, Facts, officer_facts
from alerts.plan.helped import is_helped
from alerts.tier import Action, Tier
from alerts.warning_config import WarningConfig
from pipeline.bulletin import Evidence, Indicator, VillageRisk
from pipeline.site.model import Village
from pipeline.world import Mode, World

LANGUAGES = {"zh": "zh-CN"}
EVENT_CODE = ("OET:v1.2", "OET-079")
"""Flash flood, OASIS Event Terms List 1.2."""
HEADLINE_MAX = 139
NEAR, FAR = timedelta(hours=1), timedelta(hours=6)
SECOND = timedelta(seconds=1)
FORESEEN = frozenset({Indicator.MODEL, Indicator.FORECAST})
"""Evidence of what is to come: however far beyond its limit, nobody has observed it."""
EVEN_ODDS = 0.5
SEVERITY = {
    Tier.NONE: "Minor",
    Tier.BLUE: "Minor",
    Tier.YELLOW: "Moderate",
    Tier.ORANGE: "Severe",
    Tier.RED: "Extreme",
}
RESPONSES = {
    Action.STAND_BY: "Monitor",
    Action.PREPARE: "Prepare",
    Action.MOVE: "Evacuate",
    Action.REFUGE: "Shelter",
    Action.RETURN: "AllClear",
    Action.RETRACT: "AllClear",
}
STATUS = {Mode.LIVE: "Actual", Mode.EXERCISE: "Exercise", Mode.REPLAY: "Test"}
UNSAFE = re.compile(r"[\s,<&]")


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier alert of the episode, byte for byte as it was issued."""

    sender: str
    identifier: str
    sent: str

    @property
    def triple(self) -> str:
        """The reference as a later message writes it."""
        return f"{self.sender},{self.identifier},{self.sent}"


@dataclass(frozen=True, slots=True)
class CapAlert:
    """A CAP message and what references to it must repeat.

    Attributes
    ----------
    faults : broken rules of alerting.md 1.3, by name; with any of them it must not leave
    """

    reference: Reference
    msg_type: str
    content: bytes
    faults: tuple[str, ...]


def alert(
    case: Case,
    voices: tuple[Voice, ...],
    *,
    world: World,
    earlier: tuple[Reference, ...] = (),
    code_version: str | None = None,
) -> CapAlert:
    """Return the CAP message of a step, one info block for each voice's language.

    Parameters
    ----------
    voices : at least one; the first gives the note's language
    earlier : this episode's messages so far, oldest first; with any, an Update. Each stays in
        force until the episode's Cancel, so those that have expired are named too
    """
    case, config = _in_turn(case, earlier), voices[0].config
    reference, kind = _reference(case, world, config), _kind(case, earlier)
    root = etree.fromstring(f'<alert xmlns="{NAMESPACE}"/>')
    _add(root, "identifier", reference.identifier)
    _add(root, "sender", reference.sender)
    _add(root, "sent", reference.sent)
    _add(root, "status", STATUS[world.mode])
    _add(root, "msgType", kind)
    _scope(root, voices[0], world)
    if earlier:
        _add(root, "references", " ".join(ref.triple for ref in earlier))
    _add(root, "incidents", _episode(case))
    ground = drawn_once(tuple(zone.polygon for zone in case.hazards))
    for voice in voices:
        _area(_info(root, case, voice, code_version), case.village, voice, ground)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return CapAlert(reference, kind, content, tuple(problems(content)))


def _in_turn(case: Case, earlier: tuple[Reference, ...]) -> Case:
    """Return the case as told after all earlier messages: readers sort an episode by `sent`.

    A bulletin's cutoff may lie before the minute of a person's order that went out while it waited.
    """
    if not earlier:
        return case
    last = max(datetime.fromisoformat(reference.sent) for reference in earlier)
    return replace(case, at=max(case.at, last.astimezone(UTC) + SECOND))


def _kind(case: Case, earlier: tuple[Reference, ...]) -> str:
    """Return the message's type: who may go home hears it in an Update, and its end is a Cancel."""
    if not earlier:
        return "Alert"
    actions = {order.action for order in case.orders}
    over = case.step.change is Change.CLOSED and Action.RETURN not in actions
    return "Cancel" if over else "Update"


def timestamp(instant: datetime, zone: str) -> str:
    """Return an instant as CAP writes it: local, to the second, UTC as ``-00:00`` (R2)."""
    text = instant.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def _reference(case: Case, world: World, config: WarningConfig) -> Reference:
    revision = 0 if case.step.episode is None else case.step.episode.revision
    place = "live" if world.mode is Mode.LIVE else world.world_id
    identifier = f"{world.site}.{place}.{_episode(case)}.{revision}"
    return Reference(
        sender=UNSAFE.sub("-", f"{config.sender}.{world.site}"),
        identifier=UNSAFE.sub("-", identifier),
        sent=timestamp(case.at, config.zone),
    )


def _episode(case: Case) -> str:
    return "" if case.step.episode is None else case.step.episode.episode_id


def _scope(root: etree._Element, voice: Voice, world: World) -> None:
    if world.mode is Mode.LIVE:
        _add(root, "scope", "Public")
        return
    # an exercise that says Public has reached live feeds elsewhere (alerting.md 2)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", "Participants of the exercise or replay only")
    note = passage(voice.templates.cap.note, {"world": world.world_id}, voice)
    _add(root, "note", note.body)


def _info(
    root: etree._Element, case: Case, voice: Voice, code_version: str | None
) -> etree._Element:
    tier = Tier.NONE if case.step.episode is None else case.step.episode.tier
    info = _add(root, "info")
    _add(info, "language", LANGUAGES.get(voice.language, voice.language))
    _add(info, "category", "Met")
    _add(info, "event", voice.templates.cap.event)
    for response in _responses(case):
        _add(info, "responseType", response)
    _add(info, "urgency", _urgency(case, tier))
    _add(info, "severity", SEVERITY[tier])
    _add(info, "certainty", _certainty(case.risk))
    _pair(info, "eventCode", *EVENT_CODE)
    _times(info, case, voice.config)
    _texts(info, case, voice, tier)
    for name, value in _parameters(case, tier, code_version):
        _pair(info, "parameter", name, value)
    return info


def _times(info: etree._Element, case: Case, config: WarningConfig) -> None:
    onset = case.risk.onset
    expires = case.at + timedelta(minutes=config.expires_minutes)
    _add(info, "effective", timestamp(case.at, config.zone))
    if onset is not None:
        begins = max(onset.earliest, case.at)
        _add(info, "onset", timestamp(begins, config.zone))
        expires = max(expires, begins)
    _add(info, "expires", timestamp(expires, config.zone))


def _texts(info: etree._Element, case: Case, voice: Voice, tier: Tier) -> None:
    cap, facts = voice.templates.cap, cap_facts(case, voice, tier)
    over = tier is Tier.NONE
    headline, described = (cap.ended, cap.over) if over else (cap.headline, cap.description)
    _add(info, "senderName", voice.source)
    _add(info, "headline", _headline(headline, facts, voice))
    _add(info, "description", passage(described, facts, voice).body)
    if not over:
        _add(info, "instruction", passage(cap.instruction, facts, voice).body)
    _add(info, "web", voice.config.web)
    _add(info, "contact", voice.contact)


def _headline(source: str, facts: Facts, voice: Voice) -> str:
    """Return the headline; one that is too long loses words, never the closing mark of its mode."""
    said = one_line(passage(source, facts, voice).body)
    if len(said) <= HEADLINE_MAX:
        return said
    mark = voice.mark
    end = "" if mark is None else f" {mark}"
    # a blank left at the cut would break R12, and the alert could not leave
    return said[: HEADLINE_MAX - len(end)].rstrip() + end


def cap_facts(case: Case, voice: Voice, tier: Tier) -> Facts:
    """Return what CAP's templates may name: the officers' facts, and the tier's one action."""
    action = {Tier.RED: Action.MOVE, Tier.ORANGE: Action.PREPARE}.get(tier, Action.STAND_BY)
    return officer_facts(case, voice) | {"signal_word": voice.templates.words.action[action]}


def _responses(case: Case) -> list[str]:
    # who needs help leaves first: the public at large is asked what its zones are
    public = [order for order in case.orders if not is_helped(order.place_id)] or case.orders
    named = [RESPONSES[order.action] for order in public if order.action in RESPONSES]
    return list(dict.fromkeys(named)) or ["None"]


def _urgency(case: Case, tier: Tier) -> str:
    if tier is Tier.NONE:
        return "Past"
    if case.risk.onset is None:
        return "Immediate" if tier is Tier.RED else "Expected"
    lead = case.risk.onset.earliest - case.at
    return "Immediate" if lead < NEAR else "Expected" if lead < FAR else "Future"


def _certainty(risk: VillageRisk) -> str:
    seen = any(
        e.value is not None and e.threshold is not None and e.value >= e.threshold
        for e in risk.evidence
        if e.indicator not in FORESEEN
    )
    if seen:
        return "Observed"
    rests_on = [e for e in risk.evidence if e.level >= risk.level]
    odds = [e.probability for e in rests_on if e.probability is not None]
    alone = bool(rests_on) and len(odds) == len(rests_on)
    return "Possible" if alone and max(odds) <= EVEN_ODDS else "Likely"


def _parameters(case: Case, tier: Tier, code_version: str | None) -> list[tuple[str, str]]:
    episode = case.step.episode
    named = [
        ("tier", str(int(tier))),
        ("episode", _episode(case)),
        ("revision", "0" if episode is None else str(episode.revision)),
        ("dataState", str(case.risk.data_state)),
    ]
    if case.risk.evidence:
        named += _trigger(max(case.risk.evidence, key=lambda e: e.level))
    return [*named, ("model", code_version or "none")]


def _trigger(evidence: Evidence) -> list[tuple[str, str]]:
    given = {
        "station": evidence.station_id,
        "indicator": str(evidence.indicator),
        "value": evidence.value,
        "threshold": evidence.threshold,
        "unit": evidence.unit,
        "dataAgeSeconds": evidence.age_s,
    }
    return [(name, str(value)) for name, value in given.items() if value not in {None, ""}]


def _area(info: etree._Element, village: Village, voice: Voice, ground: tuple[str, ...]) -> None:
    """Add the village's area: its mapped ground; else a circle around its position, if any."""
    area = _add(info, "area")
    name = village.name_en if voice.language.startswith("en") else village.name
    _add(area, "areaDesc", one_line(f"{name}, {village.township}"))
    for polygon in ground:
        _add(area, "polygon", polygon)
    if not ground and village.lat is not None and village.lon is not None:
        circle = f"{village.lat:.4f},{village.lon:.4f} {voice.config.radius_km:g}"
        _add(area, "circle", circle)
    _pair(area, "geocode", "floodwarn:village", village.village_id)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, _tag(name))
    if text is not None:
        child.text = text
    return child


def _pair(parent: etree._Element, name: str, key: str, value: str) -> None:
    pair = _add(parent, name)
    _add(pair, "valueName", key)
    _add(pair, "value", value)
