"""Commands about what was kept: explain a message, draft it in China's form, hand out its CAP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerts.cli.case_text import case_answer, case_lines
from alerts.cli.findings import FINDING
from pipeline.commands.options import (
    At,
    Home,
    Json,
    Site,
    opened,
    say,
    settings_of,
    write_bytes,
    write_json,
)

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.explain import Explained
    from alerts.handing_out import Copy
    from pipeline.replay import Verdict
    from pipeline.settings import Settings
    from pipeline.village_case import VillageCase
    from pipeline.world import Mode


MessageId = Annotated[str | None, typer.Argument(help="As the board shows it.")]
VillageId = Annotated[str | None, typer.Option("--village", help="With --at.")]
Folder = Annotated[Path, typer.Option("--to", help="The folder of the drafts.")]
Out = Annotated[Path | None, typer.Option("--to", help="A folder; default standard output.")]
File = Annotated[Path | None, typer.Option("--verify", help="An alert of anybody's, to check.")]
Pinned = Annotated[Path | None, typer.Option("--key", help="Whose: a certificate (PEM).")]


def explain(
    message_id: MessageId = None,
    village: VillageId = None,
    at: At = None,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Rebuild a decision and its words from the store, and compare them with what was sent.

    The site's files are not read for that. With --village and --at it first shows what spoke for
    the village's level then, and what did not: also where nobody was told anything.

    Raises
    ------
    BadParameter
        Neither a message nor a village and an instant is named, or both.
    Exit
        With 1 where something differs or was pruned.
    """
    from alerts import explain as door
    from pipeline.database import connect
    from pipeline.replay import Verdict

    _one_of(message_id, village, at)
    settings = settings_of(site, home)
    case = None if village is None or at is None else _case(settings, village, at)
    engine = connect(settings.database_url)
    try:
        if message_id is None and village is not None and at is not None:
            message_id = door.message_at(engine, _told_in(settings), village, at)
        found = None if message_id is None else door.explain(engine, message_id)
    finally:
        engine.dispose()
    if where is not None:
        write_json(_answer(found, case), where)
    else:
        _show(found, case)
    good = {Verdict.IDENTICAL, Verdict.SAME_DECISION, None}
    if found is not None and not {_decision(found), found.text} <= good:
        raise typer.Exit(FINDING)


def draft(
    to: Folder,
    message_id: MessageId = None,
    village: VillageId = None,
    at: At = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Write what was told as a draft in the Chinese national form; nobody is sent it.

    The draft is unverified, and is for the authority of [warning.publisher], who judges, signs and
    publishes it. A message that changed a village's warning has one draft, which bears the same
    name whenever it is written.

    Raises
    ------
    NotKept
        The village had been told nothing by then.
    """
    from alerts import drafting
    from alerts.cli.plan_files import put
    from alerts.explain import message_at
    from alerts.warning_pack import load_warning
    from pipeline.errors import NotKept

    _one_of(message_id, village, at)
    settings = settings_of(site, home)
    with opened(settings) as (engine, pack):
        config = load_warning(pack).config
        drafting.publisher_of(config)
        if message_id is None and village is not None and at is not None:
            message_id = message_at(engine, _told_in(settings), village, at)
        if message_id is None:
            raise NotKept(f"{village} had been told nothing by then")
        drafted = drafting.draft(engine, message_id, config)
    # the form's file name lacks the last digit of the identifier
    path = to / drafted.identifier / drafted.file_name
    put(path, drafted.content)
    say(f"written: {path}")
    say(drafted.note)


def cap(  # noqa: PLR0913, PLR0917 - a command's options
    message_id: MessageId = None,
    village: VillageId = None,
    at: At = None,
    to: Out = None,
    verify: File = None,
    key: Pinned = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Hand out the CAP 1.2 alert of what was told, as it was issued; nobody is sent it.

    With FLOODWARN_CAP_KEY it is signed. With --village and --at it is the alert that stood then,
    also one that was issued anew since the last message. With --verify it checks an alert's
    signature against the certificate of --key, and writes what is signed: read nothing else of it.

    Raises
    ------
    BadParameter
        Neither a message, nor a village and an instant, nor a file and a certificate is named.
    """
    if verify is None and key is None:
        _one_of(message_id, village, at)
        copy = _handed_out(settings_of(site, home), message_id, village, at)
        _write(copy.file_name, copy.content, to)
    elif verify is None or key is None or (message_id, village, at) != (None, None, None):
        raise typer.BadParameter("give --verify and --key together, and nothing to hand out")
    else:
        from alerts.cap_signature import verified
        from pipeline import clock

        content = verified(verify.read_bytes(), key.read_bytes(), now=clock.now())
        _write(f"{verify.stem}.verified.xml", content, to)


def _handed_out(
    settings: Settings, message_id: str | None, village: str | None, at: datetime | None
) -> Copy:
    from alerts import handing_out
    from pipeline import clock
    from pipeline.database import connect

    engine = connect(settings.database_url)
    try:
        if village is not None and at is not None:
            copy = handing_out.of_village(engine, _told_in(settings), village, at, now=clock.now())
        else:
            copy = handing_out.of_message(engine, message_id or "", now=clock.now())
    finally:
        engine.dispose()
    return handing_out.signed(copy, settings, now=clock.now())


def _write(name: str, content: bytes, to: Path | None) -> None:
    from alerts.cli.plan_files import put

    if to is None:
        write_bytes(content, Path("-"))
        return
    put(to / name, content)
    say(f"written: {to / name}")


def _one_of(message_id: str | None, village: str | None, at: datetime | None) -> None:
    if (message_id is None) == (village is None or at is None):
        raise typer.BadParameter("give a message id, or --village and --at")


def _told_in(settings: Settings) -> Mode:
    """Return the mode in which people were told; a replay tells nobody anything."""
    from pipeline.world import Mode

    return Mode.EXERCISE if settings.mode is Mode.REPLAY else settings.mode


def _case(settings: Settings, village: str, at: datetime) -> VillageCase:
    from pipeline.village_case import village_case

    with opened(settings) as (engine, pack):
        return village_case(engine, pack, village, at)


def _decision(found: Explained) -> Verdict | None:
    return None if found.decision is None else found.decision.verdict


def _show(found: Explained | None, case: VillageCase | None) -> None:
    for line in () if case is None else case_lines(case):
        say(line)
    if found is None:
        say("it had been told nothing by then")
        return
    decision = _decision(found) or "a person, before any bulletin"
    say(f"decision: {decision}; text: {found.text}")
    for place in found.where:
        say(f"  {place}")


def _answer(found: Explained | None, case: VillageCase | None) -> dict[str, Any]:
    told = None if found is None else found.kept.message
    return {
        "schema": "floodwarn.explain/1",
        "message_id": None if told is None else told.message_id,
        "village_id": told.village_id if case is None and told is not None else _village(case),
        "slot": None if told is None else told.slot,
        "decision": None if found is None else _decision(found),
        "text": None if found is None else found.text,
        "where": () if found is None else found.where,
        "case": None if case is None else case_answer(case),
    }


def _village(case: VillageCase | None) -> str | None:
    return None if case is None else case.risk.village_id


COMMANDS = (explain, draft, cap)
