"""Commands about what was kept: explain a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import At, Home, Json, Site, say, settings_of, write_json

if TYPE_CHECKING:
    from alerts.explain import Explained
    from pipeline.replay import Verdict

FINDING = 1


MessageId = Annotated[str | None, typer.Argument(help="As the board shows it.")]
VillageId = Annotated[str | None, typer.Option("--village", help="With --at.")]


def explain(
    message_id: MessageId = None,
    village: VillageId = None,
    at: At = None,
    site: Site = None,
    home: Home = None,
    where: Json = None,
) -> None:
    """Rebuild a decision and its words from the store, and compare them with what was sent.

    The site's files are not read.

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
    from pipeline.world import Mode

    if (message_id is None) == (village is None or at is None):
        raise typer.BadParameter("give a message id, or --village and --at")
    settings = settings_of(site, home)
    # A replay tells nobody anything: what was told here was told in an exercise.
    mode = Mode.EXERCISE if settings.mode is Mode.REPLAY else settings.mode
    engine = connect(settings.database_url)
    try:
        if message_id is None and village is not None and at is not None:
            message_id = door.message_at(engine, mode, village, at)
        found = door.explain(engine, str(message_id))
    finally:
        engine.dispose()
    decision = None if found.decision is None else found.decision.verdict
    if where is not None:
        write_json(_answer(found, decision), where)
    else:
        say(f"decision: {decision or 'a person, before any bulletin'}; text: {found.text}")
        for place in found.where:
            say(f"  {place}")
    if not {decision, found.text} <= {Verdict.IDENTICAL, Verdict.SAME_DECISION, None}:
        raise typer.Exit(FINDING)


def _answer(found: Explained, decision: Verdict | None) -> dict[str, Any]:
    return {
        "schema": "floodwarn.explain/1",
        "message_id": found.kept.message.message_id,
        "village_id": found.kept.message.village_id,
        "slot": found.kept.message.slot,
        "decision": decision,
        "text": found.text,
        "where": found.where,
    }


COMMANDS = (explain,)
