"""Tiers: what people were told. They have memory, unlike the science's RiskLevel."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from pipeline.bulletin import RiskLevel


class Tier(IntEnum):
    """The tier of a village's episode, on the four national colours."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def colour(self) -> str:
        """The colour's English name; for officers only, never in a villager's text."""
        return self.name.lower()


def above(tier: Tier) -> Tier:
    """Return the next tier; nothing is above red."""
    return Tier(min(tier + 1, Tier.RED))


def tier_for(level: RiskLevel) -> Tier:
    """Return the tier that a level asks for when nothing is remembered."""
    match level:
        case RiskLevel.NONE:
            return Tier.NONE
        case RiskLevel.BLUE:
            return Tier.BLUE
        case RiskLevel.YELLOW:
            return Tier.YELLOW
        case RiskLevel.ORANGE:
            return Tier.ORANGE
        case RiskLevel.RED:
            return Tier.RED


class Officer(StrEnum):
    """When the officers that a rehearsal assumes lower a tier that only people lower."""

    EARLIEST = "earliest"
    NEVER = "never"


class Action(StrEnum):
    """What one place is told to do."""

    STAND_BY = "stand_by"
    PREPARE = "prepare"
    MOVE = "move"
    REFUGE = "refuge"
    RETURN = "return"
    STAND_DOWN = "stand_down"  # officers, and those who were only asked to stand by
    RETRACT = "retract"  # to all who were told: it was sent in error


WAITING = frozenset({Action.STAND_BY, Action.PREPARE})
"""Orders by which people wait for the next."""
LEAVING = frozenset({Action.MOVE, Action.REFUGE})
"""Orders by which people are away from home until they are let back."""
