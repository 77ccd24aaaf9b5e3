"""What people read in the valley, case by case; run as a program it writes the golden files anew.

.venv/bin/python -m tests.golden.texts
"""

from pathlib import Path

from alerts.compose import Occasion, WarningMessage, compose
from pipeline.bulletin import DataState
from pipeline.world import World
from tests.golden.samples import EXERCISE, HOUR, LIVE, SLOT, occasion, risk, valley

FOLDER = Path(__file__).parent
WORLDS = {"exercise": EXERCISE, "live": LIVE}
LANGUAGES = ("en", "zh")
CASES = {
    "stand_by": (risk(2, lead_min=150),),
    "stand_down": (risk(2, lead_min=150), risk(0), risk(0)),
    "prepare": (risk(3, lead_min=150),),
    "move": (risk(4, lead_min=150),),
    "refuge": (risk(4, lead_min=30, state=DataState.DEGRADED),),
    "without_plan": (risk(4, village="songlin", lead_min=60),),
    "river_point": (risk(4, village="rp-lower", lead_min=60),),
}
"""What the bulletins say, hour after hour; the last of them is what people read of."""


def page(case: str, world: World, language: str) -> str:
    """Return every text that one case sends in one language, one below the other."""
    composed = compose(_last(case, world), valley())
    assert composed.faults == ()
    said = [message for message in composed.messages if message.language == language]
    return "\n".join(_shown(message) for message in said)


def _last(case: str, world: World) -> Occasion:
    told, before = [], None
    for hour, seen in enumerate(CASES[case]):
        told.append(occasion(seen, world=world, before=before, slot=SLOT + hour * HOUR))
        before = told[-1].step.episode
    return told[-1]


def _shown(message: WarningMessage) -> str:
    to = ", ".join((*message.recipients, *(f"all {role}" for role in message.roles)))
    head = f"=== {message.audience}, {message.place_id or 'board'}; to: {to}"
    return f"{head}\n{message.subject}\n\n{message.body}\n"


def golden(case: str, mode: str, language: str) -> Path:
    return FOLDER / f"{case}.{mode}.{language}.txt"


def write_all() -> None:
    for case in CASES:
        for mode, world in WORLDS.items():
            for language in LANGUAGES:
                text = page(case, world, language)
                golden(case, mode, language).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all()
