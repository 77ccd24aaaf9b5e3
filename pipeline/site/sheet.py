"""Read a site's tables and settings: bounded, typed, every bad row a finding, the rest used."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.site.finding import Finding

MAX_BYTES = 64_000_000
HEADER_LINE = 1
REMEMBERED = 16
"""Tables of a process: those of one site."""
SHOWN = 60
LISTS = {"stations", "variables"}
"""Columns that hold several words, separated by semicolons or spaces."""

Model = TypeVar("Model", bound=BaseModel)

CURES = {
    "extra_forbidden": "remove it, or correct its spelling",
    "missing": "fill it in",
    "literal_error": "use one of the values named",
    "enum": "use one of the values named",
    "float_parsing": "write a number with a decimal point",
    "int_parsing": "write a whole number",
}


@dataclass(frozen=True, slots=True, eq=False)
class Sheet(Generic[Model]):
    """The good rows of one table, with the line that each was read from.

    One sheet is another only where it is the same: a hundred thousand rows are not compared.
    """

    file: str
    rows: tuple[tuple[int, Model], ...]
    findings: tuple[Finding, ...]


def read_text(folder: Path, file: str) -> tuple[str | None, list[Finding]]:
    """Return a file's text, or None and why it cannot be read; its size is bounded beforehand."""
    path = folder / file
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"{size} bytes; at most {MAX_BYTES} are read"
            return None, [Finding("error", file, None, None, message, "split or shorten the file")]
        return path.read_text(encoding="utf-8-sig"), []
    except FileNotFoundError:
        return None, [Finding("error", file, None, None, "the file is missing", "create it")]
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {type(error).__name__}"
        return None, [Finding("error", file, None, None, message, "save it as readable UTF-8")]


def read_sheet(
    folder: Path, file: str, model: type[Model], *, required: bool = True
) -> Sheet[Model]:
    """Read a CSV table; a row that breaks its model becomes findings and the others are used.

    Parameters
    ----------
    required : an absent file is a finding; otherwise it is an empty table
    """
    if not required and not (folder / file).exists():
        return _absent(file)
    text, findings = read_text(folder, file)
    if text is None:
        return Sheet(file, (), tuple(findings))
    return _sheet_of(text, file, model)


@lru_cache(maxsize=REMEMBERED)
def _absent(file: str) -> Sheet[Any]:
    return Sheet(file, (), ())


@lru_cache(maxsize=REMEMBERED)
def _sheet_of(text: str, file: str, model: type[Model]) -> Sheet[Model]:
    """Read a table's text; the same text again is the same sheet.

    A county's thresholds are a hundred thousand rows, and every step of every run reads them.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    faults = _header_faults(file, reader.fieldnames or (), model)
    if any(fault.severity == "error" and "missing" in fault.message for fault in faults):
        return Sheet(file, (), tuple(faults))
    return _validated(file, reader, model, faults)


def _header_faults(file: str, header: Any, model: type[Model]) -> list[Finding]:  # noqa: ANN401
    known = model.model_fields
    faults = [
        Finding("error", file, HEADER_LINE, name, "unknown column", CURES["extra_forbidden"])
        for name in header
        if name not in known
    ]
    faults += [
        Finding("error", file, HEADER_LINE, name, "the column is missing", "add the column")
        for name, field in known.items()
        if field.is_required() and name not in header
    ]
    return faults


def _validated(
    file: str, reader: csv.DictReader[str], model: type[Model], findings: list[Finding]
) -> Sheet[Model]:
    rows: list[tuple[int, Model]] = []
    known = frozenset(model.model_fields)
    for line, raw in _records(reader, file, findings):
        cells = {name: _cell(name, text) for name, text in raw.items() if name in known}
        filled = {name: value for name, value in cells.items() if value not in {None, ""}}
        try:
            rows.append((line, model.model_validate(filled)))
        except ValidationError as error:
            findings += [finding_of(file, line, detail) for detail in error.errors()]
    return Sheet(file, tuple(rows), tuple(findings))


def _records(
    reader: csv.DictReader[str], file: str, findings: list[Finding]
) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for raw in reader:
            if None in raw or None in raw.values():
                message = "the row has not as many cells as the header"
                findings.append(
                    Finding("error", file, reader.line_num, None, message, "count the commas")
                )
            else:
                yield reader.line_num, raw
    except csv.Error as error:
        findings.append(
            Finding("error", file, reader.line_num, None, f"not CSV: {error}", "mend the quotes")
        )


def _cell(name: str, text: str) -> Any:  # noqa: ANN401 - what pydantic takes
    text = text.strip()
    return tuple(text.replace(";", " ").split()) if name in LISTS else text


def finding_of(file: str, line: int | None, detail: ErrorDetails, prefix: str = "") -> Finding:
    """Return the finding of one pydantic error."""
    field = ".".join([*filter(None, [prefix]), *(str(part) for part in detail["loc"])])
    given = repr(detail["input"])[:SHOWN]
    what = "unknown key" if detail["type"] == "extra_forbidden" else detail["msg"]
    shown = "" if detail["type"] in {"missing", "extra_forbidden"} else f", given {given}"
    cure = CURES.get(detail["type"], "correct the value")
    return Finding("error", file, line, field or None, what + shown, cure)


def read_toml(folder: Path, file: str) -> tuple[dict[str, Any] | None, str, list[Finding]]:
    """Return a TOML file's content and text, or None and why it cannot be read."""
    text, findings = read_text(folder, file)
    if text is None:
        return None, "", findings
    raw, findings = toml_of(text, file)
    return raw, text, findings


def toml_of(text: str, file: str) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the content of a TOML file's text, or None and why it is none."""
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        message = f"not TOML: {error}"
        return None, [Finding("error", file, None, None, message, "mend the syntax")]


def read_document(
    folder: Path, file: str, model: type[Model]
) -> tuple[Model | None, list[Finding]]:
    """Return a JSON file as its model, or None: it is absent, or what is wrong is a finding."""
    if not (folder / file).exists():
        return None, []
    text, findings = read_text(folder, file)
    if text is None:
        return None, findings
    try:
        return model.model_validate_json(text), []
    except ValidationError as error:
        return None, [finding_of(file, None, detail) for detail in error.errors()]


def settle(
    model: type[Model], raw: Mapping[str, Any], *, file: str, table: str, text: str
) -> tuple[Model | None, list[Finding]]:
    """Return the settings of one table, without the keys that break the model.

    Each key that is unknown or wrong is a finding, and its default is used; where there is no
    default there are no settings (None).
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        findings = [
            finding_of(file, line_of(text, table, detail["loc"]), detail, table)
            for detail in error.errors()
        ]
        rest = _without(raw, [detail["loc"] for detail in error.errors()])
    try:
        return model.model_validate(rest), findings
    except ValidationError:
        return None, findings


def _without(raw: Mapping[str, Any], places: list[tuple[int | str, ...]]) -> dict[str, Any]:
    heads = {place[0] for place in places if len(place) == 1}
    inner = {place[0] for place in places if len(place) > 1}
    rest: dict[str, Any] = {}
    for key, value in raw.items():
        if key in inner and isinstance(value, Mapping):
            rest[key] = _without(value, [p[1:] for p in places if p[0] == key and len(p) > 1])
        elif key not in heads | inner:
            rest[key] = value
    return rest


def line_of(text: str, table: str, place: tuple[int | str, ...], nth: int = 0) -> int | None:
    """Return the line on which a TOML key stands, or its table's line, as an editor counts them.

    Parameters
    ----------
    nth : which ``[[table]]`` of an array of tables, from 0
    """
    path = [str(part) for part in place if isinstance(part, str)]
    headers = [".".join([table, *path[:-1]]), table]
    best: int | None = None
    current, seen = "", -1
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("["):
            current = bare.strip("[] ").split("]")[0].strip()
            seen += bare.startswith("[[")
            if current == table and max(seen, 0) == nth:
                best = number
        elif current in headers and max(seen, 0) == nth and _key(bare) == path[-1:]:
            return number
    return best


def _key(line: str) -> list[str]:
    return [line.split("=", maxsplit=1)[0].strip().strip('"')]
