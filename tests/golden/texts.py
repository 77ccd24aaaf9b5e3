"""What people read at night, case by case; run as a program it writes the golden files anew.

.venv/bin/python -m tests.golden.texts
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alerts.compose import compose
from alerts.occasion import Occasion
from alerts.warning_message import WarningMessage
from pipeline.bulletin import DataState, VillageRisk
from pipeline.world import Mode, World, live
from tests.golden.samples import HOUR, SLOT, occasion, risk, shipped

FOLDER = Path(__file__).parent
MODES = (Mode.EXERCISE, Mode.LIVE)


@dataclass(frozen=True, slots=True)
class Night:
    """The hour past midnight at which a site's cases begin, and the places that they are about."""

    site: str
    slot: datetime
    planned: str
    unplanned: str
    river_point: str

    def world(self, mode: Mode) -> World:
        return live(self.site) if mode is Mode.LIVE else World(self.site, mode, "x1")


VALLEY = Night("valley", SLOT, planned="hekou", unplanned="songlin", river_point="rp-lower")
CANCE = Night(
    "cance",
    datetime(2014, 11, 4, 0, tzinfo=UTC),
    planned="FR07-annonay",
    unplanned="FR38-le-peage-de-roussillon",
    river_point="CAN00",
)
NIGHTS = {"en": VALLEY, "zh": VALLEY, "fr": CANCE}
"""Where each language is read."""


def cases(night: Night) -> dict[str, tuple[VillageRisk, ...]]:
    """Return what the bulletins say, hour after hour; the last of them is what people read of."""

    def seen(level: int = 0, lead_min: int | None = None, **more) -> VillageRisk:
        place = {"village": night.planned, "slot": night.slot} | more
        return risk(level, lead_min=lead_min, **place)

    return {
        "stand_by": (seen(2, 150),),
        "stand_down": (seen(2, 150), seen(), seen()),
        "prepare": (seen(3, 150),),
        "move": (seen(4, 150),),
        "refuge": (seen(4, 30, state=DataState.DEGRADED),),
        "without_plan": (seen(4, 60, village=night.unplanned),),
        "river_point": (seen(4, 60, village=night.river_point),),
    }


CASES = tuple(cases(VALLEY))


def page(case: str, mode: Mode, language: str) -> str:
    """Return every text that one case sends in one language, one below the other."""
    night = NIGHTS[language]
    composed = compose(_last(case, mode, night), shipped(night.site))
    assert composed.faults == ()
    said = [message for message in composed.messages if message.language == language]
    return "\n".join(_shown(message) for message in said)


def _last(case: str, mode: Mode, night: Night) -> Occasion:
    told, before, world = [], None, night.world(mode)
    for hour, seen in enumerate(cases(night)[case]):
        told.append(occasion(seen, world=world, before=before, slot=night.slot + hour * HOUR))
        before = told[-1].step.episode
    return told[-1]


def _shown(message: WarningMessage) -> str:
    to = ", ".join((*message.recipients, *(f"all {role}" for role in message.roles)))
    head = f"=== {message.audience}, {message.place_id or 'board'}; to: {to}"
    return f"{head}\n{message.subject}\n\n{message.body}\n"


def golden(case: str, mode: Mode, language: str) -> Path:
    return FOLDER / f"{case}.{mode}.{language}.txt"


def write_all() -> None:
    for case in CASES:
        for mode in MODES:
            for language in NIGHTS:
                text = page(case, mode, language)
                golden(case, mode, language).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all()
