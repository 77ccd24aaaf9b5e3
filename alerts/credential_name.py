"""How a secret is named where it must not stand itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

CredentialName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,79}$")]
"""As environment variables are named: what is told of it must not be a secret put in its place."""
