"""Door: drafts what was issued in the Chinese national form, for the authority that may publish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.cn_alert import CnAlert, Filing, Publisher, cn_alert
from alerts.cn_chain import Entry, filings
from alerts.compose import case_of
from alerts.errors import Refused
from alerts.explain import occasion_of, pack_of
from alerts.ledger import messages
from alerts.ledger.messages import Kept
from alerts.message import Voice
from alerts.warning_config import WarningConfig
from pipeline.assess import bulletins
from pipeline.bulletin import RiskBulletin
from pipeline.database import Connection, Engine, reading
from pipeline.errors import NotKept

CHINESE = "zh"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A message in Chinese, and under which number its draft is filed."""

    kept: Kept
    entry: Entry
    filing: Filing


def draft(engine: Engine, message_id: str, config: WarningConfig) -> CnAlert:
    """Return the draft of the step that a message belongs to, made of the versions kept then.

    It is written to no one and nothing is stored: the same message gives the same draft again.

    Parameters
    ----------
    config : names the publisher; the texts rest on the configuration that was kept

    Raises
    ------
    NotKept
        There is no such message, or what it was made of was pruned.
    Refused
        The site names no publisher, the step was not issued as a CAP alert or not in Chinese, it
        has no place in the chain, or the draft breaks a rule of the form.
    """
    publisher = publisher_of(config)
    with reading(engine) as connection:
        issued = _issued(connection, message_id, publisher)
    kept = issued.kept
    bulletin = _bulletin(engine, kept)
    with reading(engine) as connection:
        pack = pack_of(connection, kept.message)
        occasion = occasion_of(connection, kept, bulletin, pack)
    voices = tuple(Voice(kept.world.mode, w, pack.config) for w in pack.templates.values())
    # the instant of its CAP alert, by which an episode's messages are in order
    case = replace(case_of(occasion, pack), at=issued.entry.at)
    drafted = cn_alert(
        case,
        voices,
        world=kept.world,
        filing=issued.filing,
        code_version=kept.message.provenance.code_version,
    )
    if drafted.faults:
        raise Refused(f"no draft: {'; '.join(drafted.faults)}")
    return drafted


def publisher_of(config: WarningConfig) -> Publisher:
    """Return the authority in whose name a site's drafts are written.

    Raises
    ------
    Refused
        The site names none.
    """
    named = config.publisher
    if named is None:
        raise Refused(
            "nobody may publish: site.toml has no [warning.publisher] with division, sector and "
            "name of the authority in whose name a draft is written"
        )
    return Publisher(named.division, named.sector, named.unit, named.extension, named.name)


def _issued(connection: Connection, message_id: str, publisher: Publisher) -> _Issued:
    named = messages.find(connection, message_id)
    if named is None:
        raise NotKept(f"there is no message {message_id}")
    step = named.message.episode_id, named.message.revision
    entries = {e.key: e for e in messages.entries(connection, named.world)}
    if step not in entries:
        raise Refused(f"message {message_id} was not issued as a CAP alert, so nothing is drafted")
    filing = filings(publisher, entries.values()).get(step)
    if filing is None:
        raise Refused(
            f"message {message_id} has no place in the form: its warning was lifted before, or its "
            "minute has no number left"
        )
    return _Issued(_in_chinese(connection, named), entries[step], filing)


def _in_chinese(connection: Connection, named: Kept) -> Kept:
    """Return a message of the same step that is in Chinese."""
    episode = messages.of_episodes(connection, named.world, (named.message.episode_id,))
    for kept in episode:
        spoken = kept.message.language.split("-")[0]
        if kept.message.revision == named.message.revision and spoken == CHINESE:
            return kept
    raise Refused("the national form is Chinese, and the site has no messages/zh.toml")


def _bulletin(engine: Engine, kept: Kept) -> RiskBulletin | None:
    if kept.message.provenance.decision_sha256 is None:
        return None
    slot = kept.message.slot
    found = bulletins(engine, kept.world, after=slot - SECOND, upto=slot)
    if not found:
        raise NotKept("the bulletin behind this message was pruned")
    return found[0]
