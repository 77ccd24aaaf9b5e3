"""Door: all that `floodwarn check` finds: site, plans, texts, contacts, keys, what is forbidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts import cap_signature
from alerts.cap_rules import NAMESPACE
from alerts.channels.gateway import GATEWAYS, gateway_of
from alerts.channels.mqtt import BROKER, access_of
from alerts.checking import silent
from alerts.contacts.findings import of_database, source_of
from alerts.errors import AlertError, RosterError
from alerts.fit import fits
from alerts.forms import SPEECH
from alerts.ledger import actions
from alerts.progress import Progress
from alerts.push_findings import NOT_READ_HERE, push_findings
from alerts.reaching import reach_findings
from alerts.roster import CONTACTS, SIGNING_KEY, Right, Roster, read_private, signing_key
from alerts.serving import seen, turn_of
from alerts.signed_post import signing_key as webhook_key
from alerts.toml_lines import line_of
from alerts.warning_config import WarningConfig
from alerts.warning_pack import PLANS, WarningPack, load_warning
from alerts.watchdog.short_list import WATCH, ShortList
from pipeline.database import (
    Connection,
    Engine,
    SQLAlchemyError,
    connect,
    exists,
    is_newest,
    reading,
)
from pipeline.errors import SettingsError, StoreUnavailable
from pipeline.runs import open_now
from pipeline.settings import PEOPLE, NotSet, Settings, ca_bundle, credential
from pipeline.site.check import check
from pipeline.site.finding import Finding
from pipeline.site.model import VillageKind
from pipeline.site.pack import load
from pipeline.site.sheet import read_text
from pipeline.world import Mode, World, live

APPROVERS = 2
NOT_READ = Finding(
    "info",
    "the database",
    None,
    None,
    "not checked: its schema is not of this version, so the log of persons' acts was not read",
    "any command that works on it brings it up to date",
)
UNSAID = f'<alert xmlns="{NAMESPACE}"></alert>'.encode()
"""An alert that says nothing, to try a key on."""


def findings_of(
    settings: Settings, now: datetime, bar: Callable[[str], Progress | None] = lambda _text: None
) -> list[Finding]:
    """Return every finding of a deployment; an ``error`` means that it must not run live.

    Parameters
    ----------
    now : wall time; its day at the site is that of what has a season or runs out
    bar : gives each thing that takes time a bar of its own

    Raises
    ------
    SiteError
        The site cannot be read at all.
    """
    pack = load(settings.site_folder, settings.home)
    day = now.astimezone(ZoneInfo(pack.zone)).date()
    warning = load_warning(pack, today=day, progress=bar("plans"))
    return [
        *check(pack),
        *warning.findings,
        *_fit(settings.site_folder, warning, bar("orders in words")),
        *_people(settings, warning, now),
        *_signs(settings, now),
        *push_findings(warning.config, settings),
        *_authorised(settings.mode, warning.config, day),
        *_watched(settings),
        *_log(settings, warning, now),
    ]


def _fit(folder: Path, pack: WarningPack, progress: Progress | None) -> list[Finding]:
    """Return what a telephone would not bring, each with its line where the file is TOML."""
    found = fits(pack, _plan_files(folder), progress)
    return [replace(each, row=_row(folder, each)) for each in found]


def _plan_files(folder: Path) -> Mapping[str, str]:
    """Return the file of each village's plan, below the site folder."""
    paths = folder.glob(f"{PLANS}/*/*.toml")
    return {path.stem: path.relative_to(folder).as_posix() for path in paths}


def _row(folder: Path, found: Finding) -> int | None:
    if not found.file.endswith(".toml") or found.field is None:
        return None
    place = tuple(int(part) if part.isdigit() else part for part in found.field.split("."))
    return line_of(read_text(folder, found.file)[0] or "", place)


def _people(settings: Settings, pack: WarningPack, now: datetime) -> list[Finding]:
    # A file that is absent matters only to those who send; one open to others matters always.
    found: list[Finding] = []
    people = source_of(settings.home)
    for file, read in ((people, Roster.load), (SIGNING_KEY, signing_key)):
        is_absent = file != PEOPLE and not (settings.home / file).exists()
        if settings.mode is Mode.REPLAY and is_absent:
            continue
        try:
            content = read(settings.home)
        except RosterError as error:
            cure = "`floodwarn run` makes those of an exercise; for others see the runbook"
            found.append(Finding("error", f"FLOODWARN_HOME/{file}", None, None, str(error), cure))
        else:
            if isinstance(content, Roster):
                own = _of_roster(content, pack, settings, now)
                found += [replace(each, file=each.file.replace(CONTACTS, people)) for each in own]
                found += of_database(settings.home, content, now)
    return found


def _signs(settings: Settings, now: datetime) -> list[Finding]:
    """Find a key that is set to sign CAP alerts and cannot: then none is handed out."""
    if settings.cap_key is None:
        return []
    try:
        cap_signature.sign(UNSAID, read_private(settings.home / settings.cap_key), now=now)
    except AlertError as error:
        file = f"FLOODWARN_HOME/{settings.cap_key}"
        cure = "no CAP alert is handed out; see the runbook, or unset FLOODWARN_CAP_KEY"
        return [Finding("error", file, None, None, str(error), cure)]
    return []


def _of_roster(
    roster: Roster, pack: WarningPack, settings: Settings, now: datetime
) -> list[Finding]:
    return [
        *_contacts(roster),
        *_approvers(roster),
        *_order_of_approvers(roster, pack.config),
        *_webhooks(roster),
        *_gateways(roster, settings),
        *_sirens(roster, settings, {village.village_id for village in pack.villages}),
        *_unknown(roster, pack, settings.site_folder),
        *_unreached(roster, pack),
        *reach_findings(roster, pack, settings, now=now),
    ]


def _unknown(roster: Roster, pack: WarningPack, folder: Path) -> Iterator[Finding]:
    """Find whom a plan tells of its orders and the roster does not know; of a plan, the first."""
    files = _plan_files(folder)
    for village_id, plan in pack.plans.items():
        unknown = [(field, ref) for field, ref in plan.told() if roster.contact(ref) is None]
        if not unknown:
            continue
        (field, ref), more = unknown[0], len(unknown) - 1
        others = f", nor {more} more that the plan names" if more else ""
        message = f"the roster does not know {ref}{others}: no order reaches them"
        cure = "add them to the roster, or correct the reference"
        found = Finding("warning", files[village_id], None, field, message, cure)
        yield replace(found, row=_row(folder, found))


def _unreached(roster: Roster, pack: WarningPack) -> Iterator[Finding]:
    """Find villages of whose leaders the roster knows nobody: officers alone would be told."""
    for village in pack.villages:
        plan = pack.plans.get(village.village_id)
        leading = () if plan is None else plan.told()
        refs = tuple(ref for field, ref in leading if field.startswith("people."))
        roles = pack.config.roles.villagers
        if village.kind is not VillageKind.RIVER_POINT and not roster.named(
            refs, roles, village.village_id
        ):
            message = f"nobody of {village.name_en} is in the roster: no order reaches the village"
            cure = "add its responsible person, by the plan's reference or by role and village"
            file = f"FLOODWARN_HOME/{CONTACTS}"
            yield Finding("error", file, None, village.village_id, message, cure)


def _webhooks(roster: Roster) -> list[Finding]:
    """Find secrets without which a webhook is not signed, and so not sent."""
    users = {name: c for c in roster.contacts if c.webhook for name in c.webhook.credentials}
    found = []
    for name, contact in users.items():
        place = (f"FLOODWARN_HOME/{CONTACTS}", None, f"{contact.ref}.webhook.credentials")
        try:
            webhook_key(name, credential(name))
        except NotSet as error:
            found.append(Finding("warning", *place, str(error), NOT_READ_HERE))
        except SettingsError as error:
            cure = "make a new one as the runbook says; nothing is signed with this one"
            found.append(Finding("error", *place, str(error), cure))
    return found


def _log(settings: Settings, pack: WarningPack, now: datetime) -> list[Finding]:
    """Find what was changed in the log, whom a check did not reach, and why nothing is sent."""
    if not exists(settings.database_url):
        return []
    engine = connect(settings.database_url)
    try:
        with reading(engine) as connection:
            if not is_newest(connection):
                return [NOT_READ]
            world, folder = _paging(engine, settings.mode, pack.site_id), settings.site_folder
            links = _links(connection, pack.site_id)
            unheard = () if world is None else _silent(connection, world, folder, pack, now)
            return [*links, *unheard, *_sender(connection, settings)]
    except (StoreUnavailable, SQLAlchemyError) as error:
        why = (
            error if isinstance(error, StoreUnavailable) else "the database is no database of ours"
        )
        cure = "no cycle can run without it; see the runbook"
        return [Finding("error", "the database", None, None, str(why), cure)]
    finally:
        engine.dispose()


def _paging(engine: Engine, mode: Mode, site: str) -> World | None:
    """Return the world whose people are told; None of a replay, and where no exercise is open."""
    if mode is Mode.LIVE:
        return live(site)
    exercise = open_now(engine, site) if mode is Mode.EXERCISE else None
    return None if exercise is None else exercise.world


def _silent(
    connection: Connection, world: World, folder: Path, pack: WarningPack, now: datetime
) -> Iterator[Finding]:
    """Find whom a plan tells of its orders and a check did not reach; as error where all who lead.

    Before the season each village must have one who answers.
    """
    why = silent(connection, world, now)
    files, cure = _plan_files(folder), "call them, and correct their entry"
    for village_id, plan in pack.plans.items():
        leads = {ref for field, ref in plan.told() if field.startswith("people.responsible")}
        nobody = bool(leads) and leads <= set(why)
        for field, ref in plan.told():
            if ref in why:
                found = Finding("warning", files[village_id], None, field, why[ref], cure)
                if nobody and ref in leads:
                    found = replace(found, severity="error")
                yield replace(found, row=_row(folder, found))


def _sender(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """Find that this host may not send, or that a fence would not tell it that another does."""
    _, refused = turn_of(connection, settings)
    if refused is not None:
        cure = "see the runbook, after a restore"
        yield Finding("error", "the sender", None, None, f"nothing is sent: {refused}", cure)
    if settings.fence is not None and seen(settings) is None:
        message = "the fence cannot be seen: if another host takes over, both send"
        cure = "mount its folder; the file is made once, empty, by hand"
        yield Finding("error", "FLOODWARN_FENCE", None, None, message, cure)


def _links(connection: Connection, site: str) -> list[Finding]:
    broken = {w: actions.broken_link(connection, w) for w in actions.worlds(connection, site)}
    return [
        Finding(
            "error",
            "the database: officer_action",
            number,
            "chain_sha256",
            f"{world.mode} {world.world_id}: entry {number} of the log does not follow from the one"
            " before: one was changed, taken out or slipped in",
            "hold it against a backup; from there on the log proves nothing",
        )
        for world, number in broken.items()
        if number is not None
    ]


def _gateways(roster: Roster, settings: Settings) -> Iterator[Finding]:
    """Find whom no SMS or call can reach, for want of a gateway or its secret; the first of all."""
    for form in SPEECH:
        refs = [contact.ref for contact in roster.contacts if form in contact.channels]
        if not refs:
            continue
        others = f" and {len(refs) - 1} more" if len(refs) > 1 else ""
        place = (f"FLOODWARN_HOME/{GATEWAYS}", None, form)
        try:
            gateway = gateway_of(settings.home, form)
            if gateway.credential is not None:
                credential(gateway.credential)
        except NotSet as error:
            yield Finding("warning", *place, f"{error}; {refs[0]}{others} use it", NOT_READ_HERE)
        except SettingsError as error:
            cure = "configure it as the runbook says, or give them another channel"
            message = f"{error}; no {form} reaches {refs[0]}{others}"
            yield Finding("error", *place, message, cure)


def _sirens(roster: Roster, settings: Settings, villages: Set[str]) -> Iterator[Finding]:
    """Find sirens that nobody calls: of a village that is none, or for want of a broker."""
    sirens = [contact for contact in roster.contacts if contact.siren is not None]
    for siren in sirens:
        if not villages >= set(siren.villages):
            file, field = f"FLOODWARN_HOME/{CONTACTS}", f"{siren.ref}.villages"
            cure = "name its village_id"
            yield Finding("error", file, None, field, "no village of this site", cure)
    if not sirens:
        return
    place = (f"FLOODWARN_HOME/{BROKER}", None, None)
    message = f"no siren sounds ({len(sirens)} in {CONTACTS})"
    try:
        access_of(settings.home, credential, ca_bundle())
    except NotSet as error:
        yield Finding("warning", *place, f"{error}; {message}", NOT_READ_HERE)
    except SettingsError as error:
        yield Finding("error", *place, f"{error}; {message}", "configure it as the runbook says")


def _approvers(roster: Roster) -> list[Finding]:
    approvers = [c for c in roster.contacts if Right.APPROVE in c.rights]
    if len(approvers) >= APPROVERS:
        return []
    message = f"{len(approvers)} may approve an order: when they sleep each waits out its time"
    cure = 'give two persons the right "approve"'
    return [Finding("warning", f"FLOODWARN_HOME/{CONTACTS}", None, "rights", message, cure)]


def _order_of_approvers(roster: Roster, config: WarningConfig) -> list[Finding]:
    """Find whom site.toml would ask and nobody could: the turn would be the next one's."""
    may = [c for c in roster.contacts if Right.APPROVE in c.rights]
    known = {name for c in may for name in (c.ref, c.role)}
    stated = [("warning.approvers", config.approvers)]
    stated += [
        (f"warning.approval_at.{number}.approvers", at.approvers)
        for number, at in enumerate(config.approval_at)
    ]
    cure = 'name a contact, or a role of contacts, with the right "approve"'
    return [
        Finding("warning", "site.toml", None, field, f"{named} is no approver: passed over", cure)
        for field, order in stated
        for named in order
        if named not in known
    ]


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


def _authorised(mode: Mode, config: WarningConfig, day: date) -> list[Finding]:
    """Find a live deployment whose orders go by themselves and nobody has signed for it."""
    if mode is not Mode.LIVE:
        return []
    signed = config.authorisation
    if signed is None:
        message = "orders go by themselves when nobody answers, and nobody has signed for that"
    elif not signed.signed_on <= day <= signed.valid_to:
        message = f"the authorisation of {signed.signed_on} is valid to {signed.valid_to}"
    else:
        return []
    cure = "file a signed, dated pre-authorisation, and write it into [warning.authorisation]"
    return [Finding("error", "site.toml", None, "warning.authorisation", message, cure)]


def _watched(settings: Settings) -> list[Finding]:
    """Find a live deployment that nobody watches from elsewhere, or a list that cannot be used."""
    if settings.mode is not Mode.LIVE and not (settings.home / WATCH).exists():
        return []
    listed, file = ShortList.at_hand(settings.home), f"FLOODWARN_HOME/{WATCH}"
    cure = "write it as the runbook says (The watch)"
    found = [Finding("error", file, None, None, fault, cure) for fault in listed.faults]
    if settings.mode is Mode.LIVE and not listed.contacts:
        message = "the watch has nobody to tell"
        found.append(Finding("error", file, None, "contacts", message, cure))
    if settings.mode is Mode.LIVE and listed.heartbeat is None:
        message = "no second watcher elsewhere takes a heartbeat: one on this machine dies with it"
        found.append(Finding("error", file, None, "heartbeat", message, cure))
    return found
