"""The plan files of a site: read as they are, written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from alerts import whole_file
from alerts.plan.book_whose import KnownVillage
from alerts.plan.model import Plan
from alerts.warning_pack import PLANS
from pipeline.site.sheet import read_toml

UNFIT: Final = re.compile(r"[^\w-]+")
"""What no folder is named with."""
READABLE: Final = 0o644


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """The plans that stand in a site's folder, also those from which no order can be made.

    Attributes
    ----------
    paths : the file of each village that has one, whether it can be read or not
    unread : villages whose plan could not be read, with why
    """

    folder: Path
    plans: Mapping[str, Plan]
    paths: Mapping[str, Path]
    unread: Mapping[str, str]

    def place(self, village: KnownVillage, among: Sequence[KnownVillage]) -> Path:
        """Return where a village's plan lies, or should: beside those of its township."""
        if village.village_id in self.paths:
            return self.paths[village.village_id]
        beside = (
            self.paths[other.village_id].parent
            for other in among
            if other.township == village.township and other.village_id in self.paths
        )
        township = UNFIT.sub("-", village.township).strip("-") or "township"
        folder = next(beside, self.folder / PLANS / township)
        return folder / f"{village.village_id}.toml"


def read_plans(folder: Path) -> PlanFiles:
    """Read every plan of a site; nothing is judged but whether it is one."""
    plans: dict[str, Plan] = {}
    paths: dict[str, Path] = {}
    unread: dict[str, str] = {}
    for path in sorted((folder / PLANS).glob("*/*.toml")):
        file = path.relative_to(folder).as_posix()
        raw, _, faults = read_toml(folder, file)
        try:
            plan = Plan.model_validate(raw)
        except ValidationError as error:
            first = faults[0].message if faults else error.errors()[0]["msg"]
            unread[path.stem] = f"{file} cannot be read: {first}"
            paths[path.stem] = path
            continue
        if plan.village_id in paths:
            other = paths[plan.village_id].relative_to(folder).as_posix()
            unread[plan.village_id] = f"{file} and {other} are of one village"
        plans[plan.village_id], paths[plan.village_id] = plan, path
    kept = {village: plan for village, plan in plans.items() if village not in unread}
    return PlanFiles(folder, kept, paths, unread)


def put(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it, or comes after a crash, finds the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode if path.exists() else READABLE
    whole_file.put(path, content, mode=mode & 0o777)


def take_away(path: Path) -> None:
    """Delete a plan, for good also after a crash."""
    path.unlink(missing_ok=True)
    whole_file.settle(path.parent)
