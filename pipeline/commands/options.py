"""What every command shares: which site and home, its database, and how an answer is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import instants
from pipeline.bulletin import canonical
from pipeline.settings import Settings, from_environment

if TYPE_CHECKING:
    from pipeline.database import Engine
    from pipeline.site.pack import SitePack

SAID = 0

Site = Annotated[Path | None, typer.Option("--site", help="The site pack; default FLOODWARN_SITE.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Where state lies; default FLOODWARN_HOME.")
]
Json = Annotated[
    Path | None, typer.Option("--json", help="Write the answer as JSON, to a file or - .")
]


def instant(text: str) -> datetime:
    """Read a time of the command line.

    Raises
    ------
    BadParameter
        It is not ISO 8601 with an offset.
    """
    try:
        return instants.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def time_option(name: str, about: str) -> Any:  # noqa: ANN401 - typer's own
    """Return the option of a time."""
    return typer.Option(name, parser=instant, metavar="TIME", help=about)


From = Annotated[datetime | None, time_option("--from", "The first slot; ISO 8601 with an offset.")]
To = Annotated[datetime | None, time_option("--to", "The last slot.")]
Slot = Annotated[datetime | None, time_option("--slot", "Default: the latest.")]
At = Annotated[datetime | None, time_option("--at", "The decision that stood then.")]


def settings_of(site: Path | None, home: Path | None) -> Settings:
    """Return the deployment's settings; what the command line says wins."""
    return from_environment(site=site, home=home)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Engine, SitePack]]:
    """Open the database, migrated, and the site; its connections go at the end."""
    from pipeline.database import connect, migrate
    from pipeline.site.pack import load

    pack = load(settings.site_folder, settings.home)
    engine = connect(settings.database_url)
    try:
        migrate(engine)
        yield engine, pack
    finally:
        engine.dispose()


def write_json(answer: Any, where: Path) -> None:  # noqa: ANN401 - any JSON-like tree
    """Write machine output: sorted keys, fixed decimals, one line."""
    write_bytes(canonical(answer) + b"\n", where)


def write_bytes(content: bytes, where: Path) -> None:
    """Write machine output to a file, or to standard output for ``-``."""
    if str(where) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        where.write_bytes(content)


def say(text: str) -> None:
    """Write one line for a person to standard output."""
    typer.echo(text)


def complain(text: str) -> None:
    """Write one line for a person to standard error."""
    typer.echo(f"floodwarn: {text}", err=True)
