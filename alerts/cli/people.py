"""Commands of the people: order, lower, ack, deliver; with Airflow running or stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.said import Said
from alerts.tier import Tier
from pipeline.bulletin import Sighting
from pipeline.commands.options import Home, Site, say, settings_of

if TYPE_CHECKING:
    from alerts.deployment import Deployment
    from alerts.issue import Desk, Issued, Minute
    from alerts.roster import Roster


def _tier(text: str) -> Tier:
    try:
        return Tier[text.upper()]
    except KeyError:
        names = ", ".join(tier.colour for tier in Tier)
        raise typer.BadParameter(f"one of {names}") from None


VillageId = Annotated[str, typer.Argument(help="A village_id of villages.csv.")]
TierName = Annotated[Tier, typer.Option("--tier", parser=_tier, metavar="COLOUR")]
By = Annotated[str, typer.Option("--by", help="Who: a reference of contacts.toml.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words.")]


def order(
    village: VillageId, tier: TierName, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Raise a village by one person's word, and send what follows at once."""
    from alerts.actions import Asked, order_village

    with at_desk(site, home) as (deployment, desk, minute):
        tell(order_village(desk, Asked(village, tier, reason, by), minute))
        send(deployment, desk, minute)


def report(  # noqa: PLR0913, PLR0917 - a command's options
    village: VillageId,
    saw: Annotated[Sighting, typer.Option("--saw", help="What was seen of the water.")],
    by: By,
    ago: Annotated[int, typer.Option(min=0, help="Minutes since it was seen.")] = 0,
    words: Annotated[str, typer.Option(help="What else was said, and by whom; no number.")] = "",
    site: Site = None,
    home: Home = None,
) -> None:
    """Report what a person sees at the water: it is evidence, and raises at once what it asks for.

    A road that is cut is `route close`, a bridge that is gone `bridge out`, a full shelter
    `shelter full`, a gauge that lies `station suspend`.
    """
    from alerts.reporting import Seen, report_seen

    with at_desk(site, home) as (deployment, desk, minute):
        seen = Seen(village, saw, by, words, minute.flood - timedelta(minutes=ago))
        tell(report_seen(desk, seen, deployment.pack.risk.reports, minute))
        send(deployment, desk, minute)


def lower(  # noqa: PLR0913, PLR0917 - a command's options
    village: VillageId,
    tier: TierName,
    reason: Reason,
    by: By,
    override: Annotated[
        str | None, typer.Option(help="Why, although a rule holds the tier.")
    ] = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Ask to lower a village; another person agrees with `agree`."""
    from alerts.actions import Asked, request_lower

    with at_desk(site, home) as (_, desk, minute):
        request = request_lower(desk, Asked(village, tier, reason, by, override), minute)
        say(f"Another person with that right agrees by: floodwarn agree {request} --by REF")


def agree(
    request: Annotated[str, typer.Argument(help="What `lower` printed.")],
    by: By,
    site: Site = None,
    home: Home = None,
) -> None:
    """Agree to another person's request to lower, release or retract, and send what follows."""
    from alerts.agree import agree as door

    with at_desk(site, home) as (deployment, desk, minute):
        tell(door(desk, request, by, minute))
        send(deployment, desk, minute)


def release(  # noqa: PLR0913, PLR0917 - a command's options
    village: VillageId,
    place: Annotated[list[str], typer.Option(help="A place of the plan; several times for more.")],
    by: By,
    checked: Annotated[str, typer.Option(help="What was seen to, with commas.")] = "",
    override: Annotated[str | None, typer.Option(help="Why, though something lacks.")] = None,
    site: Site = None,
    home: Home = None,
) -> None:
    """Let moved people go home: rain, upstream, official, slope, road, headcount are checked."""
    from alerts.releasing import Releasing, release_places

    ticked = frozenset(item.strip() for item in checked.split(",") if item.strip())
    with at_desk(site, home) as (deployment, desk, minute):
        asked = Releasing(village, tuple(place), ticked, by, override)
        done = release_places(desk, asked, minute)
        if isinstance(done, str):
            say(f"Another person with that right agrees by: floodwarn agree {done} --by REF")
            return
        tell(done)
        send(deployment, desk, minute)


def retract(
    village: VillageId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Ask to take back what was sent in error; when another person agrees, all hear it."""
    from alerts.releasing import request_retraction

    with at_desk(site, home) as (_, desk, minute):
        request = request_retraction(desk, village, reason, by, minute)
        say(f"Another person with that right agrees by: floodwarn agree {request} --by REF")


def approve(village: VillageId, by: By, site: Site = None, home: Home = None) -> None:
    """Let a village's orders go that wait for an approver; they would go by themselves soon."""
    from alerts.approvals import Judged
    from alerts.approvals import approve as door

    with at_desk(site, home) as (deployment, desk, minute):
        say(f"{door(desk, Judged(village, by), minute)} deliveries go now")
        send(deployment, desk, minute)


def refuse(
    village: VillageId, reason: Reason, by: By, site: Site = None, home: Home = None
) -> None:
    """Hold back a village's orders for a while; new evidence ends that, and so does its time."""
    from alerts.approvals import Judged
    from alerts.approvals import refuse as door

    with at_desk(site, home) as (_, desk, minute):
        held = door(desk, Judged(village, by, reason), minute)
        say(f"{held} deliveries wait {desk.pack.config.refusal_minutes} minutes more")


def ack(
    message_id: Annotated[str, typer.Argument(help="As the board and `explain` show it.")],
    contact: Annotated[str, typer.Option("--for", help="Who says so.")],
    by: By,
    said: Annotated[Said, typer.Option("--said", help="What they say of it.")] = Said.RECEIVED,
    site: Site = None,
    home: Home = None,
) -> None:
    """Record what a person says of an order: received, on site, moved, all counted, help."""
    from alerts.actions import Told, acknowledge

    with at_desk(site, home) as (_, desk, minute):
        fresh = acknowledge(desk, Told(message_id, contact, by, said), minute)
        say("Recorded." if fresh else "It was recorded before.")


def deliver(
    loop: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--loop", help="Each second, until TERM.")
    ] = False,
    site: Site = None,
    home: Home = None,
) -> None:
    """Send what is due, in the deployment's mode and no other, and chase the answers."""
    from alerts import deliver as door
    from alerts.channels import channels
    from alerts.chase import chase
    from alerts.deployment import opened
    from alerts.serving import has_turn

    if loop:
        settings = settings_of(site, home)
        with opened(settings) as deployment:
            door.loop(
                deployment.engine,
                settings,
                deployment.paging_world,
                channels(settings),
                stop=door.stop_on_signals(),
                chase=_chasing(deployment),
            )
    else:
        with at_desk(site, home) as (deployment, desk, minute):
            if has_turn(deployment.engine, deployment.settings):
                chase(desk, minute)
            send(deployment, desk, minute)


def _chasing(deployment: Deployment) -> Callable[[Roster], None]:
    """Return what chases the answers of the world that is paged, with the roster of the moment."""
    from alerts.chase import chase
    from alerts.issue import Desk, Minute
    from alerts.warning_pack import load_warning
    from pipeline import clock

    pack = load_warning(deployment.pack)

    def looked(roster: Roster) -> None:
        now = clock.now()
        desk = Desk(deployment.engine, pack, deployment.paging_world(), roster)
        chase(desk, Minute(now, deployment.flood_time(now)))

    return looked


@contextmanager
def at_desk(site: Site, home: Home) -> Iterator[tuple[Deployment, Desk, Minute]]:
    """Sit down at the desk of the world that this deployment pages."""
    from alerts.deployment import opened
    from alerts.issue import Desk, Minute
    from alerts.roster import Roster
    from alerts.warning_pack import load_warning
    from pipeline import clock

    settings = settings_of(site, home)
    with opened(settings) as deployment:
        now = clock.now()
        desk = Desk(
            deployment.engine,
            load_warning(deployment.pack),
            deployment.paging_world(),
            Roster.load(settings.home),
        )
        yield deployment, desk, Minute(now, deployment.flood_time(now))


def tell(issued: Issued) -> None:
    """Say what one move of an episode brought into the outbox."""
    say(f"{len(issued.messages)} messages, {issued.deliveries} deliveries")
    for fault in issued.faults:
        say(f"  {fault}")


def send(deployment: Deployment, desk: Desk, minute: Minute) -> None:
    """Send at once what is due, for no DAG may be running."""
    from alerts.channels import channels
    from alerts.deliver import deliver_once

    sent = deliver_once(
        desk.engine,
        deployment.settings,
        desk.world,
        desk.roster,
        channels(deployment.settings),
        now=minute.wall,
    )
    say(str(sent))


COMMANDS = (order, report, lower, release, retract, agree, approve, refuse, ack, deliver)
