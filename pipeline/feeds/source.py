"""A feed as it is fetched in one deployment."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.feeds.answer import Validators
from pipeline.feeds.circuit import Circuit
from pipeline.site.model import FeedSpec

SCHEMES: Final = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Source:
    """A feed as it is fetched in one deployment.

    Attributes
    ----------
    where : the declaration's `where` with the deployment's folders put in
    token : the credential's value, shown as `credential_as` says; of SQL, the database's address
    ca_bundle : file of the authorities that are trusted; None = those of the library
    """

    spec: FeedSpec
    where: str
    token: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether it is spoken to over HTTP."""
        return self.where.lower().startswith(SCHEMES)

    @property
    def secret_headers(self) -> dict[str, str]:
        """The headers that show the credential."""
        kind, _, name = self.spec.credential_as.partition(":")
        if self.token is None or kind == "query":
            return {}
        match kind:
            case "bearer":
                return {"Authorization": f"Bearer {self.token}"}
            case "basic":
                return {"Authorization": f"Basic {b64encode(self.token.encode()).decode()}"}
            case _:
                return {name: self.token}

    @property
    def secret_query(self) -> dict[str, str]:
        """What is added to each request's query; it is part of no address that is kept or told."""
        kind, _, name = self.spec.credential_as.partition(":")
        return {} if self.token is None or kind != "query" else {name: self.token}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the fetch log knows of a feed's addresses and hosts.

    Attributes
    ----------
    validators : by `address_sha256`, of what was stored whole and would be read the same again
    circuits : by `host:port`
    """

    validators: Mapping[str, Validators] = field(default_factory=dict)
    circuits: Mapping[str, Circuit] = field(default_factory=dict)
