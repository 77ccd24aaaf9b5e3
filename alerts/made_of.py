"""What a message was made of, by the hashes under which each content is kept."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from alerts.message import Text, Voice
from alerts.occasion import Occasion
from alerts.officer_facts import Case
from alerts.plan.ways import OPEN
from alerts.warning_message import Provenance, text_sha256, village_bytes
from pipeline.bulletin import RiskBulletin


def made_of(occasion: Occasion, case: Case, voice: Voice, text: Text) -> Provenance:
    """Return the provenance of one text."""
    bulletin, before = occasion.bulletin, occasion.before
    return Provenance(
        decision_sha256=None if bulletin is None else _decision_sha256(bulletin),
        risk_config_sha256=None if bulletin is None else bulletin.risk_config_sha256,
        warning_config_sha256=voice.config.sha256,
        plan_sha256=None if case.plan is None else case.plan.sha256,
        template_sha256=voice.templates.sha256,
        episode_before_sha256=None if before is None else before.sha256,
        text_sha256=text_sha256(text),
        action_id=None if occasion.by_hand is None else occasion.by_hand.action_id,
        code_version=None if bulletin is None else bulletin.code_version,
        village_sha256=None if bulletin is not None else _sha256(village_bytes(case.village)),
        closures=None if occasion.closures == OPEN else occasion.closures,
        closures_before=occasion.closures_before,
        drilled=occasion.drilled,
        last_word=occasion.last_word,
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=4)
def _decision_sha256(bulletin: RiskBulletin) -> str:
    """Return the bulletin's hash, worked out once for all the villages and languages of a cycle."""
    return bulletin.decision_sha256
