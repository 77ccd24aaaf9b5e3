"""Commands about people: taken in and handed out as a workbook, shown, sealed with another key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alerts.cli.findings import FINDING
from alerts.cli.people import By, at_desk, send
from alerts.cli.plans import Speaking, first_language, pack_of
from pipeline.commands.options import Home, Site, complain, say, settings_of, time_option

if TYPE_CHECKING:
    from alerts.contacts.listed import Listed
    from alerts.contacts.register import Act
    from alerts.contacts.taking_in import Settled
    from alerts.plan.workbook import BookLanguage

app: Final = typer.Typer(help="People and their addresses.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="BOOK", help="A workbook, .xlsx, or a .toml file.")]
Target = Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook, .xlsx.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")]
Country = Annotated[
    str | None,
    typer.Option("--country", help="Calling code of numbers without +: 86. Default: refused."),
]
Ref = Annotated[str, typer.Argument(help="A reference of the roster.")]
Begins = Annotated[datetime, time_option("--from", "ISO 8601 with an offset.")]
Ends = Annotated[datetime, time_option("--to", "When they are back.")]
Show = Annotated[bool, typer.Option("--show", help="With their addresses; it is written down.")]
Viewer = Annotated[str | None, typer.Option("--by", help="Who looks, for --show: a reference.")]


@app.callback()
def _group() -> None:
    """Keep people and their addresses in a database of their own, sealed."""


@app.command("import")
def import_people(
    book: Source,
    by: By,
    dry_run: DryRun = False,  # noqa: FBT002 - a flag
    country: Country = None,
    home: Home = None,
) -> None:
    """Take people in, each whole or not at all; who is not in the book stays as they are.

    Raises
    ------
    Exit
        With 1 where anybody was refused.
    """
    from alerts.contacts.register import take_in

    folder = settings_of(None, home).home
    read = _read(book, country)
    settled = take_in(folder, read.contacts, read.removed, act_of(by), dry_run=dry_run)
    wrong = ((ref, *each) for ref, found in settled.refused.items() for each in found)
    faults = [*read.faults, *(read.telling(*each) for each in wrong)]
    for fault in faults:
        say(f"error: {fault}")
    _tell(read, settled, dry_run=dry_run)
    if faults:
        raise typer.Exit(FINDING)


@app.command("export")
def export_people(
    book: Target, by: By, language: Speaking = None, site: Site = None, home: Home = None
) -> None:
    """Write everybody, with their addresses, as a workbook that `contacts import` takes back.

    Raises
    ------
    Exit
        With 1 where somebody cannot be read and is not in the book.
    """
    from alerts.contacts.register import hand_out
    from alerts.private_files import replace_private

    folder = settings_of(None, home).home
    site_speaks = first_language(pack_of(site, home))
    spoken: BookLanguage = site_speaks if language is None else language.value
    content, roster = hand_out(folder, act_of(by), spoken)
    replace_private(book, content)
    say(f"{len(roster.contacts)} persons in {book}, with their addresses: destroy it after use")
    for fault in roster.faults:
        complain(f"not in the book as they are kept: {fault}")
    if roster.faults:
        raise typer.Exit(FINDING)


@app.command("list")
def list_people(
    show: Show = False,  # noqa: FBT002 - a flag
    by: Viewer = None,
    home: Home = None,
) -> None:
    """Say who is in the roster; their addresses masked, but for one who may read them.

    Raises
    ------
    BadParameter
        They are to be shown, and nobody says to whom.
    """
    from alerts.contacts.register import listed, shown
    from pipeline import clock

    folder = settings_of(None, home).home
    if show and by is None:
        raise typer.BadParameter("--show needs --by: who looks is written down")
    told = shown(folder, act_of(by)) if show and by is not None else listed(folder, clock.now())
    for one in told:
        away = " (away)" if one.is_away else ""
        about = [one.role, " ".join(one.villages), " ".join(one.channels), *one.addresses]
        kept = [] if one.version is None else [f"version {one.version}"]
        say(f"{one.ref}{away}: {'; '.join(part for part in (*about, *kept) if part)}")


@app.command()
def rotate(by: By, home: Home = None) -> None:
    """Seal every address with a new key, and drop the old one: after a leak, or once a year."""
    from alerts.contacts.register import rotate as door

    count = door(settings_of(None, home).home, act_of(by))
    say(
        f"{count} persons are sealed with a new key; an older backup needs the key it was made with"
    )


@app.command()
def absent(
    ref: Ref,
    begins: Begins,
    ends: Ends,
    by: By,
    deputy: Annotated[str | None, typer.Option(help="Who stands in: a reference.")] = None,
    home: Home = None,
) -> None:
    """Say that a person is away: orders go to the deputy meanwhile, or to those beside them."""
    from alerts.contacts.rota import leave
    from alerts.people.absence import Absence

    leave(settings_of(None, home).home, Absence(ref, begins, ends, deputy), act_of(by))
    say(f"{ref} is away until {ends.isoformat()}; {deputy or 'nobody'} stands in")


@app.command()
def back(ref: Ref, by: By, home: Home = None) -> None:
    """Say that a person is back, from now on and for good."""
    from alerts.contacts.rota import come_back

    say(f"{come_back(settings_of(None, home).home, ref, act_of(by))} absences are over")


@app.command("check")
def check_people(
    by: By,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF]...", help="Only these; default: everybody.")
    ] = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Ask people to answer; who does not within three days is a finding of `floodwarn check`."""
    from alerts.checking import ask

    with at_desk(site, home) as (deployment, desk, minute):
        asked = ask(desk, by, minute, refs or ())
        say(f"{len(asked)} persons are asked to answer")
        send(deployment, desk, minute)


@app.command()
def heard(ref: Ref, by: By, site: Site = None, home: Home = None) -> None:
    """Record that a person answered the check by telephone, or in person."""
    from alerts.checking import heard as door

    with at_desk(site, home) as (_, desk, minute):
        say("Recorded." if door(desk, ref, by, minute) else "It was recorded before.")


@app.command()
def purge(
    by: By,
    days: Annotated[int, typer.Option(min=0, help="How long ago they were removed.")] = 365,
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it.")] = False,  # noqa: FBT002
    site: Site = None,
    home: Home = None,
) -> None:
    """Forget who was removed long ago, but for whom `floodwarn hold` keeps; first only say who."""
    from alerts.contacts.keeping import purge as door
    from alerts.deployment import opened

    settings = settings_of(site, home)
    with opened(settings) as deployment:
        purged = door(settings.home, deployment.engine, days, act_of(by), confirm=confirm)
    for ref, episode in purged.kept_for:
        say(f"{ref}: kept for {episode}")
    for ref in purged.refs:
        say(f"{ref}: {'forgotten' if confirm else 'would be forgotten; --confirm does it'}")
    complain(f"{len(purged.refs)} to forget, {len(purged.kept_for)} kept for an inquiry")


def hold(
    episode: Annotated[str, typer.Argument(help="An episode's id, as the board shows it.")],
    by: By,
    until: Annotated[
        datetime | None, time_option("--until", "Default: three years from now.")
    ] = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Keep whoever had a part in an episode, for an inquiry: no purge forgets them."""
    from alerts.contacts.keeping import HELD
    from alerts.contacts.keeping import hold as door
    from alerts.deployment import opened

    settings, act = settings_of(site, home), act_of(by)
    ends = act.at + HELD if until is None else until
    with opened(settings) as deployment:
        count = door(settings.home, deployment.engine, episode, ends, act)
    say(f"{count} persons are kept until {ends.date().isoformat()}")


def act_of(by: str) -> Act:
    """Return that a person does something now."""
    from alerts.contacts.register import Act
    from pipeline import clock

    return Act(by, clock.now())


def _read(path: Path, country: str | None) -> Listed:
    from alerts.contacts.book_read import read_contacts
    from alerts.contacts.listed import read_file
    from alerts.plan.workbook import MAX_BYTES

    if path.suffix == ".toml":
        return read_file(path)
    with path.open("rb") as file:
        return read_contacts(file.read(MAX_BYTES + 1), country=country)


def _tell(read: Listed, settled: Settled, *, dry_run: bool) -> None:
    told: Mapping[str, list[str]] = {
        "added": [contact.ref for contact in settled.added],
        "changed": [contact.ref for contact in settled.changed],
        "removed": list(settled.removed),
        "refused": [*read.refused, *settled.refused],
    }
    for what, refs in told.items():
        for ref in refs:
            say(f"{ref}: {what}")
    counts = [f"{len(refs)} {what}" for what, refs in told.items()]
    would = ", nothing written" if dry_run else ""
    complain(f"{', '.join(counts)}, {len(settled.unchanged)} unchanged{would}")
    if settled.brought:
        complain(f"{len(settled.brought)} of contacts.toml are kept too: it counts no more")


COMMANDS = (hold,)
