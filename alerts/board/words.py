"""How the board words times, evidence and answers for an officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.board.facts import Sent, answers
from alerts.templates import SAW
from alerts.tier import Action, Tier
from pipeline.bulletin import Evidence, Indicator, Onset, RiskLevel, StationEventKind

ACTION_WORDS = {
    Action.STAND_BY: "stand by",
    Action.PREPARE: "prepare to move",
    Action.MOVE: "move now",
    Action.REFUGE: "go to the last refuge",
    Action.RETURN: "may return",
    Action.STAND_DOWN: "need not stand by any more",
    Action.RETRACT: "sent in error",
}

FORESEEN_WORDS = {
    Indicator.MODEL: ("flow foreseen", "from"),
    Indicator.FORECAST: ("forecast", "of"),
}

EVENT_WORDS = {
    StationEventKind.DEATH: "station silent 测站中断",
    StationEventKind.COMMS_AT_RISK: "comms at risk 通信告急",
    StationEventKind.SUSPENDED: "SUSPENDED 已停用",
    StationEventKind.PROBATION: "on probation 试运行",
    StationEventKind.HAND_FED: "fed by hand 人工录入",
}


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return a plan's text in a language where it has it, else in the first that it has."""
    return texts.get(language) or next(iter(texts.values()))


def clock(instant: datetime, zone: ZoneInfo, *, with_date: bool = False) -> str:
    """Return local time on the 24 h clock, with the day where asked."""
    local = instant.astimezone(zone)
    return local.strftime("%d %b %H:%M" if with_date else "%H:%M")


def left(span: timedelta) -> str:
    """Return a span in hours and minutes; under a minute it says so."""
    minutes = int(abs(span).total_seconds()) // 60
    if minutes == 0:
        return "under a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def window(onset: Onset, zone: ZoneInfo) -> str:
    """Return the onset as earliest - latest with the likely time."""
    early, likely, late = (clock(t, zone) for t in (onset.earliest, onset.likely, onset.latest))
    return f"{early} - {late}, likely {likely}"


def evidence_line(evidence: Evidence, zone: ZoneInfo) -> str:
    """Return one piece of evidence, with what lowered its threshold and whose hand fed it."""
    lowered = "" if evidence.lowered_by is None else f"threshold over {evidence.lowered_by}"
    said = [_rise(evidence), _odds(evidence), lowered, evidence.fed_by]
    return "; ".join([_measured(evidence, zone), *filter(None, said)])


def _rise(evidence: Evidence) -> str:
    rate = evidence.rise_per_h
    if rate is None:
        return ""
    way = "rising" if rate >= 0 else "falling"
    return f"{way} {abs(rate):.3g} {evidence.unit} an hour"


def _odds(evidence: Evidence) -> str:
    if evidence.probability is None or evidence.spread is None:
        return ""
    low, high = evidence.spread
    return f"{evidence.probability:.0%} of the members, {low:.4g} to {high:.4g} {evidence.unit}"


def _measured(evidence: Evidence, zone: ZoneInfo) -> str:
    if evidence.indicator is Indicator.GAUGE_LOST:
        return f"{evidence.station_id} lost: raised one level"
    if evidence.indicator is Indicator.OFFICIAL and evidence.value is not None:
        colour = RiskLevel(int(evidence.value)).name.lower()
        sent = "" if evidence.valid_time is None else f", sent {clock(evidence.valid_time, zone)}"
        return f"official warning of {evidence.station_id}: {colour}{sent}; alone it moves nobody"
    if evidence.saw is not None:
        seen = "" if evidence.valid_time is None else f", seen {clock(evidence.valid_time, zone)}"
        return f"{SAW[evidence.saw]}: report of {evidence.station_id}{seen}"
    what, at = FORESEEN_WORDS.get(evidence.indicator, (evidence.indicator.value, "at"))
    if evidence.duration_h is not None:
        what = f"{evidence.duration_h:g} h {what}"
    value = "-" if evidence.value is None else f"{evidence.value:.4g}"
    limit = "" if evidence.threshold is None else f" of {evidence.threshold:.4g}"
    own = evidence.station_id == evidence.indicator.value
    where = "" if own else f" {at} {evidence.station_id}"
    run = "run of " if evidence.indicator is Indicator.FORECAST else ""
    when = "" if evidence.valid_time is None else f" ({run}{clock(evidence.valid_time, zone)})"
    return f"{what}{where} {value}{limit} {evidence.unit}{when}"


def told(sent: Sequence[Sent], tier: Tier) -> str:
    """Return what the village's places were told; blue pages no one."""
    actions = sorted({s.action for s in sent if s.audience == "villager"}, reverse=True)
    if actions:
        return ", ".join(ACTION_WORDS[action] for action in actions)
    return "officers only" if tier else "nothing"


def sent_count(sent: Sequence[Sent]) -> str:
    """Return how many deliveries a provider took; that is not yet "received"."""
    total = sum(s.total for s in sent)
    if total == 0:
        return "-"
    words = [f"{sum(s.accepted for s in sent)} of {total} accepted"]
    delivered = sum(s.delivered for s in sent)
    words += [f"{delivered} delivered"] if delivered else []
    for count, word in (
        (sum(s.failed for s in sent), "failed"),
        (sum(s.uncertain for s in sent), "uncertain"),
    ):
        if count:
            words.append(f"{count} {word}")
    return ", ".join(words)


def acknowledged(sent: Sequence[Sent], zone: ZoneInfo) -> str:
    """Return who answered first and when, or how many places are silent."""
    places = answers(s for s in sent if s.audience == "villager")
    if not places:
        return "-"
    given = sorted((at, ref) for said in places.values() for ref, at in said)
    silent = sum(not said for said in places.values())
    if not given:
        return "no answer yet"
    at, ref = given[0]
    rest = f"; {silent} of {len(places)} places silent" if silent else ""
    return f"{ref} at {clock(at, zone)}{rest}"
