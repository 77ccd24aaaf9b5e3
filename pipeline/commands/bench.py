"""The commands `bench ...`: how fast something is, against what is commonly used for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from pipeline.bench.ratio import Differs, Measured, Work, by_turns
from pipeline.commands.options import Home, Json, complain, say, settings_of, write_json

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pipeline.bench.comparison import Line
    from pipeline.database import Engine

__all__ = [
    "Differs", "Measured", "OnlyWorks", "Work", "app", "by_turns", "own_schema", "tell_works",
]  # fmt: skip

Told = TypeVar("Told")
OnlyWorks = Annotated[
    list[str] | None, typer.Option("--work", help="Only this work; may be said again.")
]
app: Final = typer.Typer(help="How fast it is, against what is common.", no_args_is_help=True)

SHAPE: Final = 41
HEAD: Final = (
    f"{'database':10}  {'shape':{SHAPE}} {'rows':>9}  {'times faster':>12}"
    f" {'(least - most)':>18} {'reach':>5}  {'pairs':>5}  first pair, ms"
)

WORK, PEER = 32, 26
RISK_HEAD: Final = (
    f"{'work':{WORK}}  {'against':{PEER}}  {'times faster':>12} {'(least - most)':>20} {'reach':>8}"
    f"  {'pairs':>5}  first pair, ms"
)


@app.callback()
def _group() -> None:
    """Measure, and say what was measured."""


@app.command()
def store(
    *,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url",
            help="A PostgreSQL; default FLOODWARN_DATABASE_URL. A schema is made in it, and goes.",
        ),
    ] = None,
    shape: Annotated[
        list[str] | None, typer.Option("--shape", help="Only this shape; may be said again.")
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="A hundredth of the work, to see that it runs.")
    ] = False,
    home: Home = None,
    where: Json = None,
) -> None:
    """Time the store's log against a row table, in SQLite and in PostgreSQL.

    Raises
    ------
    Exit
        With 1 where the log was not as many times faster as it must be.
    """
    from pipeline.bench.comparison import compared
    from pipeline.bench.shapes import SHAPES, SMALL, Sizes
    from pipeline.database import private_folder

    settings = settings_of(None, home)
    postgresql = _postgresql(database_url or settings.database_url)
    if postgresql is None:
        complain("SQLite only; --database-url names a PostgreSQL to measure in as well")
    private_folder(settings.home)
    sizes = SMALL if small else Sizes()
    lines = compared(settings.home, postgresql, _known(shape, SHAPES, "shapes"), sizes)
    _tell(lines, HEAD, _text, lambda told: _answer(told, asdict(sizes)), where)


@app.command()
def risk(
    *,
    work: OnlyWorks = None,
    small: Annotated[
        bool, typer.Option("--small", help="A hundredth of the work, to see that it runs.")
    ] = False,
    where: Json = None,
) -> None:
    """Time the arithmetic of risk against what is commonly used for it, and against memory.

    Raises
    ------
    Exit
        With 1 where a work was not as many times faster as it must be.
    """
    from pipeline.bench.risk_works import SMALL, WORKS, Sizes

    sizes = SMALL if small else Sizes()
    head = {"schema": "floodwarn.bench-risk/1", "sizes": asdict(sizes)}
    tell_works(WORKS, work, sizes, head=head, where=where)


def own_schema(url: str) -> AbstractContextManager[Engine]:
    """Give a migrated schema of its own in a PostgreSQL database; it goes at the end."""
    from pipeline.bench.scratch import in_postgresql

    return in_postgresql(url)


def tell_works(
    works: Mapping[str, Callable[[Told], Iterable[Measured]]],
    only: Sequence[str] | None,
    sizes: Told,
    *,
    head: dict[str, Any],
    where: Path | None,
) -> None:
    """Do works and say of each how many times faster than its peer it was.

    Parameters
    ----------
    only : names of works; None = all
    head : what the answer says besides its lines: its schema, and the sizes

    Raises
    ------
    Exit
        With 1 where a work was not as many times faster as it must be.
    """
    lines = (line for name in _known(only, works, "works") for line in works[name](sizes))
    _tell(lines, RISK_HEAD, _risk_text, lambda told: _risk_answer(told, head), where)


def _tell(
    lines: Iterable[Told],
    head: str,
    text: Callable[[Told], str],
    answer: Callable[[Sequence[Told]], dict[str, Any]],
    where: Path | None,
) -> None:
    """Write each line as it is measured, or all of them as JSON; exit 1 where a reach is missed."""
    told: list[Told] = []
    if where is None:
        say(head)
    for line in lines:
        told.append(line)
        if where is None:
            say(text(line))
    found = answer(told)
    if where is not None:
        write_json(found, where)
    if not found["reached"]:
        raise typer.Exit(1)


def _risk_text(line: Measured) -> str:
    ratio = line.ratio
    spread = f"({ratio.least:.2f} - {ratio.most:.2f})"
    reach = "-" if line.reach is None else f"{line.reach:.2f}"
    return (
        f"{line.work:{WORK}}  {line.peer:{PEER}}  {ratio.median:12.2f} {spread:>20} {reach:>8}"
        f"  {ratio.pairs:5d}  {ratio.first_ours_ms:.1f} : {ratio.first_peer_ms:.1f}"
        f"{'' if line.reached else '  NOT REACHED'}"
    )


def _risk_answer(lines: Sequence[Measured], head: dict[str, Any]) -> dict[str, Any]:
    return {
        **head,
        "reached": all(line.reached for line in lines),
        "lines": [
            {
                "work": line.work,
                "peer": line.peer,
                "reach": line.reach,
                "reached": line.reached,
                **asdict(line.ratio),
            }
            for line in lines
        ],
    }


def _postgresql(url: str) -> str | None:
    return url if url.startswith("postgresql") else None


def _known(names: Sequence[str] | None, of: Iterable[str], what: str) -> list[str]:
    known = [*of]
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: the {what} are {', '.join(known)}")
    return [*names] if names else known


def _text(line: Line) -> str:
    one, ratio = line.timed, line.timed.ratio
    spread = f"({ratio.least:.2f} - {ratio.most:.2f})"
    missed = "" if one.reached else "  NOT REACHED"
    reach = "-" if one.reach is None else f"{one.reach:.0f}"
    return (
        f"{line.database:10}  {one.shape:{SHAPE}} {one.rows:9d}  {ratio.median:12.2f}"
        f" {spread:>18} {reach:>5}  {ratio.pairs:5d}"
        f"  {ratio.first_ours_ms:.0f} : {ratio.first_peer_ms:.0f}{missed}"
    )


def _answer(lines: Sequence[Line], sizes: dict[str, int]) -> dict[str, Any]:
    return {
        "schema": "floodwarn.bench-store/1",
        "sizes": sizes,
        "reached": all(line.timed.reached for line in lines),
        "lines": [
            {
                "database": line.database,
                "shape": line.timed.shape,
                "rows": line.timed.rows,
                "reach": line.timed.reach,
                "reached": line.timed.reached,
                **asdict(line.timed.ratio),
            }
            for line in lines
        ],
    }
