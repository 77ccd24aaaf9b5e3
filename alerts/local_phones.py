"""Telephones that answer by themselves, as one machine runs them beside its Airflow.

They have a deployment of their own below the home that is named: neither its people nor its past
are touched by what is played to them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alerts.phones.home import connect, furnish, new_secret
from alerts.phones.lines import CREDENTIAL
from alerts.phones.server import CERTIFICATE, LOG, certificate_in
from alerts.supervisor import Component
from alerts.warning_pack import WarningPack
from pipeline import clock
from pipeline.database import private_folder
from pipeline.settings import STORE, Settings, embedded

FOLDER: Final = "phones"
SAMPLE: Final = "sample"
"""Downloaded once and read by every deployment: some gigabytes."""


@dataclass(frozen=True, slots=True)
class LocalPhones:
    """The telephones of one local run.

    Attributes
    ----------
    home : of their deployment, see `deployment_below`
    secret : that they sign their answers with, of this run alone
    """

    home: Path
    seed: int
    hasten: float
    secret: str = field(default_factory=new_secret, repr=False)

    @property
    def log(self) -> Path:
        """What they write themselves of whatever they were given and said."""
        return self.home / LOG

    def furnish(self, pack: WarningPack, port: int) -> None:
        """Make every contact of the deployment a telephone, and them its gateway.

        Raises
        ------
        Refused
            The deployment has contacts of its own.
        """
        furnish(self.home, pack)
        connect(self.home, port)
        certificate_in(self.home, clock.now())

    def environment(self) -> dict[str, str]:
        """Return the variables by which every process knows and trusts them."""
        return {
            CREDENTIAL: self.secret,
            "FLOODWARN_CA_BUNDLE": str(self.home / CERTIFICATE),
        }

    def component(self, port: int, answers_to: str) -> Component:
        """Return the process that they are."""
        options = {
            "--port": port,
            "--answers-to": answers_to,
            "--seed": self.seed,
            "--hasten": self.hasten,
        }
        words = (str(word) for option in options.items() for word in option)
        return Component(FOLDER, (sys.executable, "-m", "alerts.cli", FOLDER, *words))


def deployment_below(settings: Settings) -> Settings:
    """Return the telephones' own deployment below another's home, with its sample."""
    home = settings.home / FOLDER
    private_folder(home)
    if (settings.home / SAMPLE).exists() and not (home / SAMPLE).is_symlink():
        (home / SAMPLE).symlink_to(Path("..") / SAMPLE)
    return replace(settings, home=home, database_url=embedded(home / STORE))
