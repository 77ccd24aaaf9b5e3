"""What `floodwarn run` shows a person who has never seen it: progress, past storms, addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from alerts.ordered import Ordered
from alerts.storms import Storm
from alerts.tier import Action
from pipeline.world import Exercise

NO_TIME = timedelta()
IN_A_FILE = 160
"""Columns of a table that no terminal limits."""
ORDERED_AS = {Action.MOVE: "move", Action.REFUGE: "refuge"}
Advance = Callable[[int, int], None]
"""Told what is done and what there is in all."""


class Terminal:
    """Writes to a person's terminal; plain lines where it is not one."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    @classmethod
    def on_stderr(cls) -> Self:
        """Return a terminal that leaves standard output to machines."""
        return cls(Console(stderr=True, highlight=False))

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show that something goes on."""
        with self._console.status(f"{text} ..."):
            yield
        self._console.print(f"{text}: done.")

    @contextmanager
    def bars(self) -> Iterator[Callable[[str], Advance]]:
        """Give each thing that takes time a bar, which it moves itself."""
        columns = (
            TextColumn("{task.description:20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as bars:

            def bar(text: str) -> Advance:
                task = bars.add_task(text, total=None)
                return lambda done, total: bars.update(task, completed=done, total=total)

            yield bar

    def storms(self, storms: Sequence[Storm]) -> None:
        """Show for each storm what would have been ordered, against the rise of the rivers."""
        self._console.print("\nWhat would have been ordered that season (times are UTC):")
        for storm in storms:
            self._console.print(
                f"\n[bold]{_day(storm.began)}[/]: {storm.prepare} villages told to prepare,"
                f" {storm.move} to move; first order {_order(storm)}"
            )
            table = Table("river at", "peak", "rose over", "at", "warned", "ahead", box=SIMPLE)
            for river in storm.rivers:
                table.add_row(
                    river.name,
                    _value(river.peak, river.unit),
                    _value(river.mark, river.unit),
                    _time(river.crossed),
                    _time(river.warned),
                    _span(river.lead),
                )
            self._console.print(table)

    def orders(self, ordered: Sequence[Ordered]) -> None:
        """Show who would have been told to leave, against the plan's clock and the river's."""
        table = Table(
            *("village", "place", "told", "at", "decide by", "water from", "there by"),
            *("river at level 3", "margin"),
            box=SIMPLE,
        )
        for one in ordered:
            table.add_row(
                one.village.name_en,
                one.order.place_id,
                ORDERED_AS[one.order.action],
                _time(one.at),
                _time(one.order.decide_by.at),
                _time(None if one.onset is None else one.onset.earliest),
                _time(one.there_by),
                _time(one.crossed),
                _span(one.margin),
            )
        if not self._console.is_terminal:  # a file has no edge that a name need be cut for
            self._console.width = max(self._console.width, IN_A_FILE)
        self._console.print(table)
        known = [one.margin for one in ordered if one.margin is not None]
        walked = [one.margin_on_foot for one in ordered if one.margin_on_foot is not None]
        self._console.print(
            f"{len(ordered)} places told to leave, {sum(one.by_plan for one in ordered)} of them by"
            f" their decide-by. A river tells of {len(known)}: before it stood at level 3 all were"
            f" there in {sum(m >= NO_TIME for m in known)}, and would have been by the way, had"
            f" they gone, in {sum(m >= NO_TIME for m in walked)}. Times are UTC."
        )

    def say(self, text: str) -> None:
        """Show one line."""
        self._console.print(text)

    def addresses(
        self,
        pages: Sequence[tuple[str, str]],
        login: tuple[str, str],
        exercise: Exercise,
        told: str,
    ) -> None:
        """Show where everything is, and whom it reaches."""
        hours = (exercise.flood_end - exercise.flood_start).total_seconds() / 3600
        minutes = hours * 3600 / exercise.speed / 60
        self._console.print(
            f"\nThe flood of {_time(exercise.flood_start)} UTC plays now: {hours:.0f} flood hours"
            f" in {minutes:.0f} minutes. It reaches nobody but {told}.\n"
        )
        table = Table(show_header=False, box=None)
        for what, address in pages:
            table.add_row(what, f"[bold]{address}[/]")
        table.add_row("log in as", f"[bold]{login[0]}[/] with [bold]{login[1]}[/]")
        self._console.print(table)

    def by_hand(self, variables: str) -> None:
        """Show how a person's own commands reach this exercise, and how it ends."""
        self._console.print(
            f"\nOrders by hand, from another terminal:\n  export {variables}\n"
            "  .venv/bin/floodwarn order --help\n\n"
            "Ctrl-C here, or `.venv/bin/floodwarn stop` there, ends it.",
            soft_wrap=True,
        )

    def stopped(self) -> None:
        """Say that nothing runs any more."""
        self._console.print("Stopped; no process is left.")


def _value(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.1f} {unit}"


def _span(span: timedelta | None) -> str:
    """Return how long before it was due something was done, or how late."""
    if span is None:
        return "-"
    hours, minutes = divmod(round(abs(span).total_seconds() / 60), 60)
    return f"{hours} h {minutes:02} min{' late' if span < NO_TIME else ''}"


def _order(storm: Storm) -> str:
    if storm.first_order is None:
        return "none"
    return f"{_time(storm.first_order)} to {storm.first_village}"


def _day(at: datetime) -> str:
    return at.strftime("%-d %B %Y")


def _time(at: datetime | None) -> str:
    return "-" if at is None else at.strftime("%-d %b %H:%M")
