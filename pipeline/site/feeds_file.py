"""feeds.toml: the feeds of a site; one that cannot be read as declared is refused whole."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pipeline.feeds.declaration import problems
from pipeline.site.finding import Finding
from pipeline.site.model import FeedSpec
from pipeline.site.references import unique
from pipeline.site.sheet import Sheet, finding_of, line_of, read_toml

FILE: Final = "feeds.toml"
TABLE: Final = "feeds"


def read_feeds(folder: Path) -> Sheet[FeedSpec]:
    """Return the feeds that can be read; a misspelt key refuses its feed.

    A key that is not understood may be the one without which numbers mean something else, so its
    feed is not used at all, and the other feeds are.
    """
    raw, text, findings = read_toml(folder, FILE)
    if raw is None:
        return Sheet(FILE, (), tuple(findings))
    findings += [
        Finding("error", FILE, None, key, "unknown key", "feeds are written as [[feeds]]")
        for key in raw
        if key != TABLE
    ]
    entries = raw.get(TABLE, [])
    rows: list[tuple[int, FeedSpec]] = []
    for nth, entry in enumerate(entries if isinstance(entries, list) else []):
        rows += _feed(nth, entry, text, findings)
    return unique(Sheet(FILE, tuple(rows), tuple(findings)), lambda f: f.feed_id, "feed_id")


def _feed(
    nth: int,
    entry: object,
    text: str,
    findings: list[Finding],
) -> list[tuple[int, FeedSpec]]:
    line = line_of(text, TABLE, (), nth) or 1
    try:
        spec = FeedSpec.model_validate(entry)
    except ValidationError as error:
        findings += [
            finding_of(FILE, line_of(text, TABLE, detail["loc"], nth) or line, detail, TABLE)
            for detail in error.errors()
        ]
        return []
    faults = [
        Finding(
            "error",
            FILE,
            line_of(text, TABLE, (name,), nth) or line,
            f"{TABLE}.{name}",
            f"feed {spec.feed_id}: {message}",
            "correct feeds.toml; the feed is not used",
        )
        for name, message in problems(spec)
    ]
    findings += faults
    return [] if faults else [(line, spec)]
