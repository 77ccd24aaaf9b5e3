"""Door: gathers what one pass of the watch sees; what is broken is a fact and never an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from alerts.contacts.rota import untaken_shifts
from alerts.deployment import Deployment
from alerts.errors import NothingToDo
from alerts.people.store import changed_at
from alerts.receivers_file import FILE, within_home
from alerts.roster import CONTACTS, Roster
from alerts.warning_config import WatchRules
from alerts.warning_pack import WarningPack, load_warning
from alerts.watchdog import machine_facts
from alerts.watchdog.findings import AIRFLOW, OUTSIDE, Facts, Ledger
from alerts.watchdog.ledger_facts import EVER, Looking, ledger_facts
from alerts.watchdog.memory import Memory
from alerts.watchdog.short_list import WATCH, ShortList
from pipeline.database import connect, exists, is_newest, reading
from pipeline.errors import PipelineError
from pipeline.settings import PEOPLE, Settings
from pipeline.site.pack import SitePack, load
from pipeline.world import Mode

LOOK_S = 30.0
"""For which the database has to answer."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a pass saw, and the site's rules for it; the defaults where the site cannot be read."""

    facts: Facts
    rules: WatchRules
    site_name: str
    site_id: str
    zone: str


@dataclass(frozen=True, slots=True)
class _People:
    """The roster, and the wall time of its last edit; nobody where it cannot be read."""

    roster: Roster = field(default_factory=lambda: Roster(()))
    since: datetime = EVER


def look(
    settings: Settings,
    listed: ShortList,
    memory: Memory,
    *,
    by: str,
    clock: Callable[[], datetime],
) -> Sight:
    """Return what can be seen now.

    Parameters
    ----------
    by : the watcher, which is there itself
    """
    site, pack = _site(settings)
    config = None if pack is None else pack.config
    facts = Facts(
        wall=clock(),
        is_live=settings.mode is Mode.LIVE,
        site_readable=site is not None,
        list_readable=not (listed.faults and _is_wanted(settings)),
        disk_free=machine_facts.disk_free(settings.home),
        in_step=machine_facts.in_step(),
        scheduler=None if listed.airflow is None else machine_facts.scheduler(listed.airflow),
        keys=(
            *machine_facts.certificates(_certificates(settings, listed)),
            *(machine_facts.authorisation(config.authorisation, config.zone) if config else ()),
        ),
        passes=memory.passes,
        awaited=_awaited(settings, listed) - {by},
        beat=memory.beat if listed.heartbeat else None,
    )
    people, facts = _people(settings, facts)
    facts = _with_ledger(settings, facts, site, pack, people, clock)
    if config is None:
        return Sight(
            facts, WatchRules(), settings.site_folder.name, settings.site_folder.name, "UTC"
        )
    return Sight(facts, config.watch, config.site_name, config.site, config.zone)


def _site(settings: Settings) -> tuple[SitePack | None, WarningPack | None]:
    try:
        site = within_home(load(settings.site_folder, settings.home), settings.home)
        return site, load_warning(site)
    except (PipelineError, OSError, ValueError):
        return None, None


def _is_wanted(settings: Settings) -> bool:
    """Tell whether the list's faults are faults: of a rehearsal that has none, they are not."""
    return settings.mode is Mode.LIVE or (settings.home / WATCH).exists()


def _certificates(settings: Settings, listed: ShortList) -> tuple[Path, ...]:
    own = () if settings.cap_key is None else (settings.home / settings.cap_key,)
    return (*own, *(settings.home / file for file in listed.certificates))


def _awaited(settings: Settings, listed: ShortList) -> frozenset[str]:
    if settings.mode is not Mode.LIVE:
        return frozenset()
    return frozenset({OUTSIDE, AIRFLOW} if listed.airflow else {OUTSIDE})


def _people(settings: Settings, facts: Facts) -> tuple[_People, Facts]:
    home, is_missed = settings.home, settings.mode is not Mode.REPLAY

    def read() -> tuple[_People, dict[str, datetime]]:
        # the instant first: who is changed meanwhile is not missed
        since = changed_at(home) or _edited(home / CONTACTS)
        missed = untaken_shifts(home, facts.wall) if is_missed else ()
        untaken = {shift.role: shift.begins for shift in reversed(missed)}
        return _People(Roster.load(home), since), untaken

    try:
        people, untaken = machine_facts.within(LOOK_S, read, of=PEOPLE)
    except Exception:  # noqa: BLE001 - whatever it is, it must not end the watch
        return _People(), replace(facts, roster_readable=not is_missed, untaken=None)
    is_whole = not (is_missed and people.roster.hidden)
    return people, replace(facts, roster_readable=is_whole, untaken=untaken)


def _with_ledger(
    settings: Settings,
    facts: Facts,
    site: SitePack | None,
    pack: WarningPack | None,
    people: _People,
    clock: Callable[[], datetime],
) -> Facts:
    if not exists(settings.database_url):
        return replace(facts, database="absent")

    def read() -> tuple[str | None, Ledger | None]:
        engine = connect(settings.database_url)
        try:
            with reading(engine) as connection:
                if not is_newest(connection):
                    return "schema", None
            if site is None or pack is None:
                return None, None
            deployment = Deployment(settings, site, engine)
            named_since = _edited(settings.site_folder / FILE)
            looking = Looking(deployment, pack, people.roster, clock, people.since, named_since)
            return None, ledger_facts(looking)
        except NothingToDo:
            return None, None
        finally:
            engine.dispose()

    try:
        database, ledger = machine_facts.within(LOOK_S, read)
    except TimeoutError:
        database, ledger = "no answer", None
    except Exception:  # noqa: BLE001 - a row that nobody can read must not end the watch either
        # the words of a driver may quote an address
        database, ledger = "unusable", None
    return replace(facts, database=database, ledger=ledger)


def _edited(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return EVER
