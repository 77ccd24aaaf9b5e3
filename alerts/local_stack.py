"""`floodwarn run`: everything that one machine needs to play a recorded flood, and its end."""

from __future__ import annotations

import json
import secrets
import shlex
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from alerts import local_airflow, past, supervisor
from alerts.deployment import Deployment, opened
from alerts.first_run import init_home
from alerts.local_airflow import LocalAirflow
from alerts.local_phones import LocalPhones
from alerts.login import USER as LOGIN
from alerts.login import account_with
from alerts.supervisor import Component, ProcessTree
from alerts.terminal import Terminal
from alerts.warning_pack import load_warning
from pipeline import clock, instants
from pipeline.database import private_folder
from pipeline.errors import SiteError
from pipeline.runs import open_exercise
from pipeline.settings import Settings
from pipeline.world import Exercise, Mode

AIRFLOW_PORT = 8080
ACK_PORT = 8091
MAILBOX_PORT = 8092
SMTP_PORT = 8025
PHONES_PORT = 8093
HEALTHY_WITHIN_S = 180.0


Flood = Mapping[str, str | int]
AS_THE_SITE: Flood = MappingProxyType({})
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks our own pages without any proxy in between."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the stack listens on 127.0.0.1: the usual ports, or free ones where those are taken."""

    airflow: int
    ack: int
    mailbox: int
    smtp: int
    phones: int

    @property
    def ack_url(self) -> str:
        """Where answers are given."""
        return f"http://127.0.0.1:{self.ack}"


def run(settings: Settings, terminal: Terminal, phones: LocalPhones | None = None) -> None:
    """Set up, replay the archive, then play the site's recorded flood until somebody stops it.

    Parameters
    ----------
    phones : that every contact is; None = people, who have a mailbox
    """
    private_folder(settings.home)
    ports = free_ports()
    settings = replace(
        settings,
        mode=Mode.EXERCISE,
        public_url=ports.ack_url,
        smtp_host="127.0.0.1",
        smtp_port=ports.smtp,
    )
    folder = settings.home / "airflow"
    airflow = LocalAirflow(
        folder, ports.airflow, {LOGIN: "admin"}, local_airflow.sqlite_url(folder)
    )
    passwords = local_airflow.write_files(airflow)
    account_with(settings.home, passwords[LOGIN])
    environment = supervisor.environment(
        local_airflow.environment(airflow)
        | floodwarn_environment(settings)
        | ({} if phones is None else phones.environment())
    )
    beside = own_components(ports, phones)
    with supervisor.owning(settings.home, environment) as tree, opened(settings) as deployment:
        if phones is not None:
            phones.furnish(load_warning(deployment.pack), ports.phones)
        _prepare(tree, deployment, terminal)
        exercise = new_exercise(deployment, clock.now())
        for component in (*local_airflow.components(airflow), *beside):
            tree.start(component)
        with terminal.waiting("Starting Airflow, the mailbox and the acknowledgement pages"):
            tree.watch(lambda: is_healthy(airflow.url), within_s=HEALTHY_WITHIN_S)
        told = "the mailbox" if phones is None else "the telephones"
        terminal.addresses(pages(airflow, ports, phones), (LOGIN, passwords[LOGIN]), exercise, told)
        terminal.by_hand(by_hand(settings))
        tree.watch()


def _prepare(tree: ProcessTree, deployment: Deployment, terminal: Terminal) -> None:
    """Bring Airflow's database up, take the archive in and show what it would have ordered.

    Airflow's own set-up (8 s, another process) goes on beside it.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        airflow_ready = beside.submit(_finish_all, tree, local_airflow.set_up())
        init_home(deployment.settings.home, load_warning(deployment.pack), deployment.settings.mode)
        _show_the_past(deployment, terminal)
        with terminal.waiting("Setting up Airflow"):
            airflow_ready.result()


def _show_the_past(deployment: Deployment, terminal: Terminal) -> None:
    with terminal.bars() as bar:
        past.take_in(deployment, now=clock.now(), progress=bar)
        start, end = past.archive_span(deployment.pack)
        seen = past.replayed(deployment, start=start, end=end, progress=bar("replay"))
    terminal.storms(past.storms_of(deployment, seen))


def _finish_all(tree: ProcessTree, components: tuple[Component, ...]) -> None:
    for component in components:
        tree.finish(component)


def new_exercise(deployment: Deployment, now: datetime, asked: Flood = AS_THE_SITE) -> Exercise:
    """Open a new exercise; see `exercise_of`."""
    exercise = exercise_of(deployment, now, asked)
    open_exercise(deployment.engine, exercise)
    return exercise


def exercise_of(deployment: Deployment, now: datetime, asked: Flood = AS_THE_SITE) -> Exercise:
    """Return an exercise, not opened, on the flood that the site's ``[exercise]`` names.

    Parameters
    ----------
    asked : flood_start, flood_end and speed, where they are not the site's

    Raises
    ------
    SiteError
        The site names none, or not wholly.
    """
    try:
        settings = {**deployment.pack.exercise, **asked}
        return Exercise(
            site=deployment.pack.site_id,
            world_id=f"{instants.text(now)}-{secrets.token_hex(3)}",
            wall_start=now,
            flood_start=instants.parse(settings["flood_start"]),
            flood_end=instants.parse(settings["flood_end"]),
            speed=int(settings["speed"]),
        )
    except (KeyError, ValueError) as error:
        raise SiteError(f"site.toml, [exercise]: {error!r}") from error


def floodwarn_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which every child finds the same deployment."""
    return {
        "FLOODWARN_HOME": str(settings.home),
        "FLOODWARN_SITE": str(settings.site_folder),
        "FLOODWARN_DATABASE_URL": settings.database_url,
        "FLOODWARN_MODE": settings.mode.value,
        "FLOODWARN_PUBLIC_URL": settings.public_url,
        "FLOODWARN_SMTP_HOST": settings.smtp_host,
        "FLOODWARN_SMTP_PORT": str(settings.smtp_port),
    }


def own_components(ports: Ports, phones: LocalPhones | None = None) -> tuple[Component, ...]:
    """Return what runs beside Airflow: mailbox, public acknowledgement pages, and telephones."""
    pages = (
        _floodwarn("mailbox", "--smtp-port", str(ports.smtp), "--port", str(ports.mailbox)),
        answer_pages(ports),
    )
    return pages if phones is None else (*pages, phones.component(ports.phones, ports.ack_url))


def answer_pages(ports: Ports) -> Component:
    """Return the public pages on which answers are given."""
    return _floodwarn("ack-pages", "--port", str(ports.ack))


def free_ports() -> Ports:
    """Return the usual ports, each replaced by a free one where it is taken."""
    return Ports(
        *map(_free, (AIRFLOW_PORT, ACK_PORT, MAILBOX_PORT, SMTP_PORT, PHONES_PORT)),
    )


def pages(
    airflow: LocalAirflow, ports: Ports, phones: LocalPhones | None = None
) -> tuple[tuple[str, str], ...]:
    """Return what a person may open, and where."""
    told = (
        ("the mailbox", f"http://127.0.0.1:{ports.mailbox}"),
        ("acknowledgement", f"{ports.ack_url} (by the links in the mails)"),
    )
    return (
        ("the board", f"{airflow.url}/plugin/floodwarn"),
        *(told if phones is None else (("telephones", str(phones.log)),)),
        ("Airflow", airflow.url),
    )


def by_hand(settings: Settings) -> str:
    """Return what a person sets so that their own commands act in this exercise."""
    named = floodwarn_environment(settings)
    wanted = ("HOME", "SITE", "MODE", "SMTP_PORT", "PUBLIC_URL")
    return " ".join(
        f"FLOODWARN_{name}={shlex.quote(named[f'FLOODWARN_{name}'])}" for name in wanted
    )


def is_healthy(url: str) -> bool:
    """Tell whether Airflow's database, scheduler and DAG processor all answer."""
    try:
        with DIRECT.open(f"{url}/api/v2/monitor/health", timeout=2) as answer:
            health: Mapping[str, Mapping[str, str]] = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "dag_processor")
    return all(health[part]["status"] == "healthy" for part in parts)


def _floodwarn(*arguments: str) -> Component:
    return Component(arguments[0], (sys.executable, "-m", "alerts.cli", *arguments))


def _free(port: int) -> int:
    for candidate in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")
