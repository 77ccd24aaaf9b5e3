"""Door: all that `floodwarn check` finds: site, plans, texts, contacts, keys, what is forbidden."""

from __future__ import annotations

from alerts.errors import RosterError
from alerts.roster import CONTACTS, SIGNING_KEY, Roster, signing_key
from alerts.warning_pack import load_warning
from pipeline.settings import Settings
from pipeline.site.check import check
from pipeline.site.finding import Finding
from pipeline.site.pack import load
from pipeline.world import Mode


def findings_of(settings: Settings) -> list[Finding]:
    """Return every finding of a deployment; an ``error`` means that it must not run live.

    Raises
    ------
    SiteError
        The site cannot be read at all.
    """
    pack = load(settings.site_folder, settings.home)
    return [*check(pack), *load_warning(pack).findings, *_people(settings), *_live(settings)]


def _people(settings: Settings) -> list[Finding]:
    # A file that is absent matters only to those who send; one open to others matters always.
    found: list[Finding] = []
    for file, read in ((CONTACTS, Roster.load), (SIGNING_KEY, signing_key)):
        if settings.mode is Mode.REPLAY and not (settings.home / file).exists():
            continue
        try:
            content = read(settings.home)
        except RosterError as error:
            cure = "`floodwarn run` makes those of an exercise; for others see the runbook"
            found.append(Finding("error", f"FLOODWARN_HOME/{file}", None, None, str(error), cure))
        else:
            found += _contacts(content) if isinstance(content, Roster) else []
    return found


def _contacts(roster: Roster) -> list[Finding]:
    return [
        Finding(
            "error",
            f"FLOODWARN_HOME/{CONTACTS}",
            fault.row,
            ".".join(part for part in (fault.ref, fault.field) if part) or None,
            fault.message,
            "correct this contact; the others are told meanwhile",
        )
        for fault in roster.faults
    ]


def _live(settings: Settings) -> list[Finding]:
    if settings.mode is not Mode.LIVE:
        return []
    message = "orange and red would go out without approval, which does not exist yet"
    cure = "set FLOODWARN_MODE to exercise or replay"
    return [Finding("error", "FLOODWARN_MODE", None, None, message, cure)]
