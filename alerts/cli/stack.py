"""Commands that keep things running: run, stop, board, and what `run` starts beside Airflow."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.cli.drills import Hasten, Seed
from pipeline.commands.options import Home, Site, say, settings_of

Phones = Annotated[
    bool, typer.Option("--phones", help="Tell telephones that answer by themselves; no people.")
]
Port = Annotated[int, typer.Option("--port", help="On 127.0.0.1.")]


def run(
    phones: Phones = False,  # noqa: FBT002 - a flag
    seed: Seed = 1,
    hasten: Hasten = 1.0,
    site: Site = None,
    home: Home = None,
) -> None:
    """Play the site's recorded flood through Airflow, until Ctrl-C or `floodwarn stop`."""
    from alerts import local_stack
    from alerts.local_phones import LocalPhones, deployment_below
    from alerts.supervisor import StopAsked
    from alerts.terminal import Terminal

    settings, telephones, terminal = settings_of(site, home), None, Terminal()
    if phones:
        settings = deployment_below(settings)
        telephones = LocalPhones(settings.home, seed, hasten)
    try:
        local_stack.run(settings, terminal, telephones)
    except StopAsked:
        terminal.stopped()


def stop(home: Home = None) -> None:
    """Stop what `floodwarn run` started from this home."""
    from alerts.supervisor import stop as stop_stack

    settings = settings_of(None, home)
    say("Stopped." if settings.home.is_dir() and stop_stack(settings.home) else "Nothing ran.")


def board(site: Site = None, home: Home = None, port: Port = 8090) -> None:
    """Serve the duty page alone, without Airflow, behind a login of its own."""
    from alerts.board.standalone import serve

    serve(settings_of(site, home), port)


def mailbox(
    home: Home = None,
    port: Port = 8092,
    smtp_port: Annotated[int, typer.Option("--smtp-port", help="On 127.0.0.1.")] = 8025,
) -> None:
    """Take in e-mail, and show it: what each person got in an exercise."""
    from alerts.mailbox import serve

    serve(settings_of(None, home), port, smtp_port)


def ack_pages(site: Site = None, home: Home = None, port: Port = 8091) -> None:
    """Serve the public pages on which a signed link is acknowledged."""
    from alerts.board.ack_app import serve

    serve(settings_of(site, home), port)


COMMANDS = (run, stop, board, mailbox, ack_pages)
