"""Read the receivers of CAP alerts that a site names; one that is bad is a finding, others stay.

An address that was put where its name belongs is a secret: nothing here quotes what stands there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from alerts.cap_receiver import MOST_RECEIVERS, CapReceiver
from alerts.toml_lines import line_of
from pipeline.settings import OWN_PEOPLE
from pipeline.site.finding import Finding
from pipeline.site.pack import SitePack
from pipeline.site.sheet import read_toml

FILE: Final = "site.toml"
KEY: Final = "cap_receivers"
CURE: Final = "correct it as the runbook says; the other receivers are pushed to meanwhile"


def receivers_of(raw: object, text: str) -> tuple[tuple[CapReceiver, ...], tuple[Finding, ...]]:
    """Sort out the receivers that can be used, and what is wrong with the others.

    Parameters
    ----------
    raw : ``[[warning.cap_receivers]]`` as it was read
    text : of the file, so that a finding can name its line
    """
    if not isinstance(raw, list):
        return (), (() if raw is None else (_finding(text, (), "not a list of tables"),))
    kept: dict[str, CapReceiver] = {}
    findings: list[Finding] = []
    for index, entry in enumerate(raw):
        try:
            receiver = CapReceiver.model_validate(entry)
        except ValidationError as error:
            findings += _faults(text, index, error)
            continue
        if receiver.id in kept or len(kept) == MOST_RECEIVERS:
            why = "given twice; the first stands" if receiver.id in kept else "one too many"
            findings.append(_finding(text, (index, "id"), why))
            continue
        kept[receiver.id] = receiver
    return tuple(kept.values()), tuple(findings)


def receivers_in(folder: Path) -> tuple[CapReceiver, ...] | None:
    """Return the receivers of a site as its file names them now; None where it cannot be read."""
    raw, text, _ = read_toml(folder, FILE)
    if raw is None:
        return None
    warning = raw.get("warning")
    return receivers_of(warning.get(KEY) if isinstance(warning, dict) else None, text)[0]


def pushed_to(pack: SitePack, ids: Collection[str]) -> SitePack:
    """Return a site that names of its receivers those alone: no alert goes to any other."""
    raw = pack.warning.get(KEY)
    listed = raw if isinstance(raw, list) else []
    named = [each for each in listed if isinstance(each, dict) and each.get("id") in ids]
    return replace(pack, warning={**pack.warning, KEY: named})


def within_home(pack: SitePack, home: Path) -> SitePack:
    """Return a site as a home pushes for it: to nobody where its people are telephones alone."""
    return pushed_to(pack, ()) if (home / OWN_PEOPLE).exists() else pack


def _faults(text: str, index: int, error: ValidationError) -> Iterator[Finding]:
    for fault in error.errors(include_input=False, include_context=False, include_url=False):
        yield _finding(text, (index, *fault["loc"]), fault["msg"])


def _finding(text: str, place: tuple[int | str, ...], message: str) -> Finding:
    field = ".".join(["warning", KEY, *map(str, place)])
    row = line_of(text, ("warning", KEY, *place))
    return Finding("error", FILE, row, field, message, CURE)
