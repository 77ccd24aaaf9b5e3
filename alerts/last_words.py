"""What the officers get where a village's messages could not be written at all; pure."""

from __future__ import annotations

from datetime import timedelta

from alerts.message import Text
from alerts.occasion import Occasion
from alerts.tier import Action, Tier
from alerts.warning_message import (
    OFFICERS,
    Audience,
    Provenance,
    WarningMessage,
    message_id,
    text_sha256,
)
from alerts.warning_pack import WarningPack
from pipeline.world import Mode

LANGUAGE = "en"


def last_words(occasion: Occasion, pack: WarningPack) -> WarningMessage | None:
    """Return one text to the officers: the village, its tier, and that they must call.

    None where there is no episode, so nothing to tell.
    """
    episode = occasion.step.episode
    if episode is None:
        return None
    bulletin, before = occasion.bulletin, occasion.before
    text = _text(occasion, episode.tier)
    return WarningMessage(
        message_id=message_id(
            occasion.world, episode, place_id=OFFICERS, audience=Audience.OFFICER, language=LANGUAGE
        ),
        episode_id=episode.episode_id,
        revision=episode.revision,
        village_id=occasion.village_id,
        place_id=OFFICERS,
        audience=Audience.OFFICER,
        language=LANGUAGE,
        slot=occasion.at if bulletin is None else bulletin.slot,
        tier=episode.tier,
        action=Action.MOVE if episode.tier is Tier.RED else Action.PREPARE,
        decide_by=None,
        subject=text.subject,
        body=text.body,
        sms=text.subject,
        voice=text.subject,
        recipients=(),
        roles=pack.config.roles.officers,
        expires_at=occasion.at + timedelta(minutes=pack.config.expires_minutes),
        provenance=Provenance(
            decision_sha256=None if bulletin is None else bulletin.decision_sha256,
            risk_config_sha256=None if bulletin is None else bulletin.risk_config_sha256,
            warning_config_sha256=pack.config.sha256,
            plan_sha256=None,
            template_sha256="",
            episode_before_sha256=None if before is None else before.sha256,
            text_sha256=text_sha256(text),
            action_id=None if occasion.by_hand is None else occasion.by_hand.action_id,
            code_version=None if bulletin is None else bulletin.code_version,
        ),
    )


def _text(occasion: Occasion, tier: Tier) -> Text:
    subject = f"{occasion.village_id}: {tier.colour}"
    body = (
        f"{occasion.village_id} is {tier.colour}. Its orders could not be written.\n"
        "Nobody in the village was told. Call the village now."
    )
    if occasion.world.mode is Mode.LIVE:
        return Text(subject, body)
    mark = occasion.world.mode.value.upper()
    return Text(f"{mark} {subject} {mark}", f"{mark}\n{body}\n{mark}")
