"""Commands about contingency plans: import and export as a workbook, lint."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from alerts.cli.findings import FINDING, tell_findings
from alerts.cli.plan_card import BaseUrl, card, rebuild
from alerts.cli.plan_diff import diff
from pipeline.commands.options import Home, Json, Site, complain, say, settings_of

if TYPE_CHECKING:
    from alerts.cli.plan_files import PlanFiles
    from alerts.plan.book_read import BookResult
    from alerts.plan.book_whose import KnownVillage
    from alerts.plan.workbook import BookLanguage
    from pipeline.site.pack import SitePack

UNREAD_CURE: Final = "mend that file, or delete it"

app: Final = typer.Typer(help="Contingency plans.", no_args_is_help=True)
app.command()(card)
app.command()(diff)


class Language(StrEnum):
    """In which a workbook speaks."""

    ZH = "zh"
    EN = "en"


Workbook = Annotated[Path, typer.Argument(metavar="BOOK", help="A workbook, .xlsx.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")]
Speaking = Annotated[
    Language | None, typer.Option("--language", help="Of headings and lists; default: the site's.")
]
Villages = Annotated[
    list[str] | None, typer.Option("--village", help="Only this village; may be repeated.")
]
By = Annotated[str | None, typer.Option("--by", help="Who: needed once somebody has the right.")]
Empty = Annotated[bool, typer.Option("--empty", help="A template without any plan.")]


@app.callback()
def _group() -> None:
    """Import and export contingency plans as a workbook, or find what is wrong with them."""


@app.command("import")
def import_book(
    book: Workbook,
    dry_run: DryRun = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
    base_url: BaseUrl = None,
    by: By = None,
) -> None:
    """Take plans out of a workbook, a village whole or not at all, and make its card anew.

    Raises
    ------
    Exit
        With 1 where anything of the book was refused.
    """
    from alerts.cli.plan_files import read_plans
    from alerts.plan.book_read import read_book
    from alerts.plan.workbook import MAX_BYTES

    with book.open("rb") as file:
        content = file.read(MAX_BYTES + 1)  # one more than is read: it is told as too large
    pack = pack_of(site, home)
    known, files = _known(pack), read_plans(pack.folder)
    result = read_book(content, known=known, current=files.plans)
    stuck = _stuck(result, files, settings_of(site, home).home, by)
    for fault in result.faults:
        say(f"error: {fault.line(result.language or first_language(pack))}")
    for why in stuck.values():
        say(f"error: {why}")
    for line in _changes(result, files, known, stuck):
        say(line)
    if not dry_run:
        _write(result, files, known, stuck)
    refused = (*result.refused, *stuck)
    _count(result, stuck, dry_run=dry_run)
    changed = {*result.imported, *result.removed} - set(stuck)
    if changed and not dry_run:
        rebuild(settings_of(site, home), sorted(changed), base_url)
    if refused or result.faults:
        raise typer.Exit(FINDING)


@app.command("export")
def export_book(
    book: Workbook,
    language: Speaking = None,
    village: Villages = None,
    empty: Empty = False,  # noqa: FBT002 - a flag
    site: Site = None,
    home: Home = None,
) -> None:
    """Write the site's plans as a workbook that `plans import` takes back.

    Raises
    ------
    Refused
        There is no such village, or a plan does not fit into a workbook.
    Exit
        With 1 where a plan could not be read and is not in the book.
    """
    from alerts.cli.plan_files import put, read_plans
    from alerts.errors import Refused
    from alerts.plan.book_write import Book, TooLong, write_book

    pack = pack_of(site, home)
    known, files = _known(pack), read_plans(pack.folder)
    ids = [one.village_id for one in known]
    for unknown in set(village or ()) - {*ids, *files.paths}:
        raise Refused(f"there is no village {unknown}")
    asked = set() if empty else set(village or files.paths)
    order = [*ids, *sorted(set(files.plans) - set(ids))]
    plans = [files.plans[one] for one in order if one in asked and one in files.plans]
    spoken: BookLanguage = first_language(pack) if language is None else language.value
    try:
        content = write_book(Book(plans, known, pack.languages), spoken)
    except TooLong as error:
        raise Refused(str(error)) from error
    put(book, content)
    say(f"{len(plans)} plans in {book}")
    left = [files.unread.get(one, f"{one} has no plan") for one in sorted(asked - set(files.plans))]
    for why in left:
        complain(f"not in the book: {why}")
    if left:
        raise typer.Exit(FINDING)


@app.command()
def lint(site: Site = None, home: Home = None, where: Json = None) -> None:
    """Find what would fail at night: every fault of every plan, with file, row and field.

    Plans are also held against the hazard zones and the register of places; what could not be, for
    want of either, is said.

    Raises
    ------
    Exit
        With 1 where a finding is an error.
    """
    from alerts.hazard_files import PLACES_FILE, ZONES_FILE
    from alerts.terminal import Terminal
    from alerts.warning_pack import PLANS, load_warning
    from pipeline import clock

    pack = pack_of(site, home)
    today = clock.now().astimezone(ZoneInfo(pack.zone)).date()
    with Terminal.on_stderr().bars() as bar:
        findings = load_warning(pack, today=today, progress=bar("plans")).findings
    files = (f"{PLANS}/", ZONES_FILE, PLACES_FILE)
    of_plans = [one for one in findings if one.file.startswith(files)]
    tell_findings(of_plans, "floodwarn.plans-lint/1", where)


def pack_of(site: Path | None, home: Path | None) -> SitePack:
    """Return the site pack that a command works on."""
    from pipeline.site.pack import load

    settings = settings_of(site, home)
    return load(settings.site_folder, settings.home)


def first_language(pack: SitePack) -> BookLanguage:
    """Return the language of workbooks where nothing says another."""
    return "zh" if pack.languages[:1] == ("zh",) else "en"


def _known(pack: SitePack) -> tuple[KnownVillage, ...]:
    from alerts.plan.book_whose import KnownVillage

    return tuple(
        KnownVillage(one.village_id, one.name, one.township, one.name_en) for one in pack.villages
    )


def _stuck(result: BookResult, files: PlanFiles, home: Path, by: str | None) -> dict[str, str]:
    """Return the villages whose plan cannot be written, and why."""
    from alerts.roster import Right, Roster

    roster = Roster.at_hand(home)
    changed = (*result.imported, *result.removed)
    not_theirs = {
        village: f"{village}: {by or 'nobody'} has no right to {Right.PLAN} there (--by)"
        for village in changed
        if not roster.may_plan(by, village)
    }
    unread = {
        village: f"{why} ({UNREAD_CURE})"
        for village, why in files.unread.items()
        if village in {*changed, *result.unchanged}
    }
    return not_theirs | unread


def _changes(
    result: BookResult,
    files: PlanFiles,
    known: tuple[KnownVillage, ...],
    stuck: dict[str, str],
) -> Iterator[str]:
    """Yield what a book does to each village that it changes."""
    from alerts.plan.difference import differences

    names = {one.village_id: one.name for one in known}
    for village, plan in result.imported.items():
        if village in stuck:
            continue
        yield f"{village} {names[village]}:"
        old = files.plans.get(village)
        if old is None:
            parts = ("zones", "routes", "shelters", "special_sites", "needs_help")
            counts = (f"{len(getattr(plan, part))} {part.replace('_', ' ')}" for part in parts)
            yield f"  a new plan: {', '.join(counts)}"
            continue
        yield from (f"  {change.line()}" for change in differences(old, plan))
    for village in result.removed:
        if village not in stuck:
            yield f"{village} {names[village]}:"
            yield "  the plan is removed: the village would be ordered as a whole"


def _write(
    result: BookResult,
    files: PlanFiles,
    known: tuple[KnownVillage, ...],
    stuck: dict[str, str],
) -> None:
    from alerts.cli.plan_files import put, take_away
    from alerts.plan.toml_text import toml_text

    villages = {one.village_id: one for one in known}
    for village, plan in result.imported.items():
        if village not in stuck:
            put(files.place(villages[village], known), toml_text(plan).encode())
    for village in result.removed:
        if village not in stuck:
            take_away(files.paths[village])


def _count(result: BookResult, stuck: dict[str, str], *, dry_run: bool) -> None:
    imported, unchanged, removed = (
        sum(village not in stuck for village in villages)
        for villages in (result.imported, result.unchanged, result.removed)
    )
    refused = len(result.refused) + len(stuck)
    told = f"{imported} imported, {unchanged} unchanged, {refused} refused, {removed} removed"
    complain(f"{told}; nothing was written" if dry_run else told)
