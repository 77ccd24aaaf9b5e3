"""One text as it is stored, sent and shown, and the hashes of all that it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from alerts.episode import TierEpisode
from alerts.message import Text
from alerts.plan.ways import Closures
from alerts.said import Said
from alerts.tier import Action, Tier
from pipeline.bulletin import canonical
from pipeline.site.model import Village
from pipeline.world import World

OFFICERS = ""
"""The place id of what the officers get."""


class Audience(StrEnum):
    """For whom a text is written; no colour and no number ever reaches a villager.

    An approver's is the question whether an order that waits should go: no order, and no answer
    to it but a yes or a no.
    """

    VILLAGER = "villager"
    OFFICER = "officer"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The hashes of everything a message was made of; each content is kept by its hash.

    Attributes
    ----------
    village_sha256 : of a person's order before any bulletin, which would name the site's villages
    """

    decision_sha256: str | None
    risk_config_sha256: str | None
    warning_config_sha256: str
    plan_sha256: str | None
    template_sha256: str
    episode_before_sha256: str | None
    text_sha256: str
    action_id: str | None
    code_version: str | None
    village_sha256: str | None = None
    closures: Closures | None = None
    closures_before: Closures | None = None
    drilled: bool = False
    last_word: bool = False

    def to_bytes(self) -> bytes:
        """Return the one canonical form (JSON), as stored with the message."""
        said = {name: value for name, value in asdict(self).items() if name not in LATER or value}
        return canonical(said)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the provenance that `to_bytes` wrote."""
        raw = json.loads(content)
        for name in CLOSING & raw.keys():
            raw[name] = Closures(**{kind: tuple(ids) for kind, ids in raw[name].items()})
        return cls(**raw)


CLOSING = frozenset({"closures", "closures_before"})
LATER = CLOSING | {"drilled", "last_word"}
"""Said only where there is something to say, so that an older message keeps its bytes."""


@dataclass(frozen=True, slots=True)
class WarningMessage:
    """One text for one place, audience and language; what is stored, sent and shown.

    Attributes
    ----------
    place_id : zone or special site, ``village`` without a plan, '' for officers and approvers
    recipients : roster references, in the plan's order; of approvers, as the site names them
    roles : besides `recipients`, everyone of these roles whom the roster has for the village
    decide_by, expires_at : UTC (flood time)
    sms, voice : the same for a telephone; None where the templates have no such form
    deadlines : minutes from the order to each stage of its answer, in the plan's time
    """

    message_id: str
    episode_id: str
    revision: int
    village_id: str
    place_id: str
    audience: Audience
    language: str
    slot: datetime
    tier: Tier
    action: Action
    decide_by: datetime | None
    subject: str
    body: str
    recipients: tuple[str, ...]
    roles: tuple[str, ...]
    expires_at: datetime
    provenance: Provenance
    cap_identifier: str | None = None
    sms: str | None = None
    voice: str | None = None
    deadlines: Mapping[Said, int] = field(default_factory=dict)


def message_id(
    world: World, episode: TierEpisode, *, place_id: str, audience: Audience, language: str
) -> str:
    """Return the identity of a message: the same step gives the same id, whenever composed."""
    parts = (
        *(world.site, world.mode, world.world_id, episode.episode_id, str(episode.revision)),
        *(place_id, audience, language),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def text_sha256(text: Text) -> str:
    """Return the hash of a text as it was stored: subject, line end, body."""
    return hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest()


def village_bytes(village: Village) -> bytes:
    """Return the one canonical form of a village, kept by its hash."""
    return village.model_dump_json().encode()
