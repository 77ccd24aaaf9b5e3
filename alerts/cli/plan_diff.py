"""Command `plans diff`: what differs between two versions of plans, in words for a clerk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.commands.options import Home, Site, complain, say, settings_of

if TYPE_CHECKING:
    from alerts.plan.model import Plan
    from pipeline.settings import Settings

VERSION: Final = re.compile(r"[0-9a-f]{12,64}")

Old = Annotated[str, typer.Argument(help="A plan file, a site's folder, or a card's version.")]
New = Annotated[str, typer.Argument(help="The same; of one plan only its village is compared.")]


@dataclass(frozen=True, slots=True)
class _Side:
    """What is compared.

    Attributes
    ----------
    plans : by village
    whole : all that a site has, so that a village without a plan has none
    unread : villages whose plan cannot be read: that is no plan removed
    """

    plans: Mapping[str, Plan]
    whole: bool
    unread: frozenset[str] = frozenset()


def diff(old: Old, new: New, site: Site = None, home: Home = None) -> None:
    """Say what differs between two versions of plans; a version stands on a card.

    Raises
    ------
    Refused
        One of them is none of the three, or cannot be read.
    """
    from alerts.plan.difference import differences
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    names = {one.village_id: one.name for one in load(settings.site_folder, settings.home).villages}
    before, after = _side(old, settings), _side(new, settings)
    changed = 0
    for village in _compared(before, after):
        changes = differences(before.plans.get(village), after.plans.get(village))
        changed += bool(changes)
        if changes:
            say(f"{village} {names.get(village, '')}".rstrip() + ":")
        for change in changes:
            say(f"  {change.line()}")
    complain(f"{changed} plans differ")


def _compared(before: _Side, after: _Side) -> tuple[str, ...]:
    single = [side for side in (before, after) if not side.whole]
    asked = {village for side in single or (before, after) for village in side.plans}
    return tuple(sorted(asked - before.unread - after.unread))


def _side(what: str, settings: Settings) -> _Side:
    """Return the plans of a file, of a folder, or of a version that an order was made of.

    Raises
    ------
    Refused
        It is none of the three, or cannot be read.
    """
    from alerts.errors import Refused

    path = Path(what)
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        plan = _of_file(path)
    elif VERSION.fullmatch(what):
        plan = _of_store(what, settings)
    else:
        raise Refused(f"{what} is no file, no folder and no version")
    return _Side({plan.village_id: plan}, whole=False)


def _of_folder(path: Path) -> _Side:
    """Return the plans of a site's folder, or of the folder of its plans.

    Raises
    ------
    Refused
        It has none.
    """
    from alerts.cli.plan_files import read_plans
    from alerts.errors import Refused
    from alerts.warning_pack import PLANS

    files = read_plans(path.parent if path.name == PLANS else path)
    for why in files.unread.values():
        complain(f"not compared: {why}")
    if not files.paths:
        raise Refused(f"{path} holds no plan")
    return _Side(files.plans, whole=True, unread=frozenset(files.unread))


def _of_file(path: Path) -> Plan:
    """Return the plan of one file.

    Raises
    ------
    Refused
        It cannot be read as a plan.
    """
    from pydantic import ValidationError

    from alerts.errors import Refused
    from alerts.plan.model import Plan
    from pipeline.site.sheet import read_toml

    raw, _, faults = read_toml(path.parent, path.name)
    try:
        return Plan.model_validate(raw)
    except ValidationError as error:
        why = faults[0].message if faults else error.errors()[0]["msg"]
        raise Refused(f"{path} cannot be read as a plan: {why}") from error


def _of_store(version: str, settings: Settings) -> Plan:
    from alerts.deployment import opened
    from alerts.plan.model import Plan
    from pipeline import explain

    with opened(settings) as deployment, deployment.engine.connect() as connection:
        return Plan.from_bytes(explain.kept_beginning(connection, "plan", version))
