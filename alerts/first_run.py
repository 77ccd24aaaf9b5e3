"""What a deployment's home is given on its first run: a signing key, and people for an exercise.

The people of an exercise are the roles that the plans name, with addresses that no mail server
on earth delivers (RFC 2606, ``.invalid``). A list that somebody has edited is never touched.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from alerts.people.store import takes_over
from alerts.plan.model import Plan
from alerts.roster import (
    CONTACTS,
    KEY_BYTES,
    SIGNING_KEY,
    Right,
    read_private,
    write_private,
)
from alerts.warning_pack import WarningPack
from pipeline.database import private_folder
from pipeline.site.model import Village, VillageKind
from pipeline.world import Mode

DOMAIN = "mailbox.invalid"
MADE = "# Made by floodwarn for an exercise; an edit of any line makes it yours for good: "
COUNTY_LOGINS = ("officer", "deputy")
DEPUTY = "-deputy"
TOWNSHIP_RIGHTS = (Right.ORDER, Right.ACKNOWLEDGE, Right.REPORT, Right.APPROVE)
Entry = dict[str, str | bool | list[str]]


def init_home(home: Path, pack: WarningPack, mode: Mode) -> tuple[str, ...]:
    """Make the signing key and, for an exercise, the contacts; return the names of what was made.

    Contacts that were made here and not edited since follow the plans of today's pack; none are
    made where people stand in their own database.

    Raises
    ------
    RosterError
        The contacts that are there are open to others.
    """
    private_folder(home)
    made = []
    if write_private(home / SIGNING_KEY, secrets.token_bytes(KEY_BYTES)):
        made.append(SIGNING_KEY)
    wanted = mode is Mode.EXERCISE and not takes_over(home)
    if wanted and _write_contacts(home / CONTACTS, contacts_toml(pack)):
        made.append(CONTACTS)
    return tuple(made)


def contacts_toml(pack: WarningPack, line: Callable[[str], Entry] = lambda _ref: {}) -> str:
    """Return the contacts of an exercise: duty officers, and everyone whom a plan names.

    Parameters
    ----------
    line : what else a contact is given, by reference: a telephone, and the channels for it
    """
    entries = (each | line(str(each["ref"])) for each in (*_officers(pack), *_villagers(pack)))
    body = 'schema = "floodwarn.contacts/1"\n' + "".join(_table(entry) for entry in entries)
    return f"{MADE}{_sha256(body)}\n{body}"


def _write_contacts(path: Path, content: str) -> bool:
    if path.exists():
        present = read_private(path).decode(errors="replace")
        if present == content or not _as_made(present):
            return False
        path.unlink()
    return write_private(path, content.encode())


def _as_made(content: str) -> bool:
    first, _, body = content.partition("\n")
    return first == f"{MADE}{_sha256(body)}"


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _officers(pack: WarningPack) -> Iterator[Entry]:
    """Yield two county officers, because it takes two to lower, and one of each township."""
    county, *others = pack.config.roles.officers
    rights = [right.value for right in Right]
    for number, login in enumerate(COUNTY_LOGINS, start=1):
        person = _entry(f"{county}-{number}", county, ["*"], pack.languages[0])
        yield person | {"logins": [login], "rights": rights}
    for role in others:
        for township, villages in _townships(pack.villages).items():
            person = _entry(f"{role}-{township}", role, villages, pack.languages[0])
            yield person | {"rights": [right.value for right in TOWNSHIP_RIGHTS]}


def _townships(villages: Iterable[Village]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for village in villages:
        found.setdefault(_slug(village.township), []).append(village.village_id)
    return found


def _villagers(pack: WarningPack) -> Iterator[Entry]:
    """Yield everyone whom a plan names; the deputies read the site's second language, if any."""
    for village in pack.villages:
        if village.kind is VillageKind.RIVER_POINT:
            continue
        for ref, role in _named(pack.plans.get(village.village_id), village).items():
            language = pack.languages[-1 if ref.endswith(DEPUTY) else 0]
            yield _entry(ref, role, [village.village_id], language)


def _named(plan: Plan | None, village: Village) -> dict[str, str]:
    if plan is None:
        return {f"role:{village.village_id}/responsible": "responsible"}
    named: dict[str, str] = {}
    for field, ref in plan.told():
        named.setdefault(ref, "helper" if "needs_help" in field else field.rpartition(".")[2])
    return named


def _entry(ref: str, role: str, villages: list[str], language: str) -> Entry:
    return {
        "ref": ref,
        "role": role,
        "villages": villages,
        "email": f"{_slug(ref.removeprefix('role:'))}@{DOMAIN}",
        "language": language,
        "exercise": True,
    }


def _slug(text: str) -> str:
    """Return a name in plain letters; of one without any, the first digits of its hash."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return slug or hashlib.sha256(text.encode()).hexdigest()[:6]


def _table(entry: Entry) -> str:
    # JSON writes strings, lists and booleans as TOML reads them.
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
    return "\n[[contacts]]\n" + "".join(lines)
