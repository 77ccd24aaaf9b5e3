"""What of a site was fitted, and on what: so that nobody is told a skill that was seen before."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field, model_validator

from pipeline.site.frozen import Frozen


class Fitted(Frozen):
    """One row of fitted.csv: a table or parameter of the site that was tuned on a record.

    Attributes
    ----------
    artefact : file, or part of one
    trained_from, trained_to : of the record that it was tuned on
    stations : whose flow it was tuned on; empty = it is not said, so all
    """

    artefact: str = Field(min_length=1)
    trained_from: AwareDatetime
    trained_to: AwareDatetime
    stations: tuple[str, ...] = ()
    source: str = ""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Fitted:
        if self.trained_from > self.trained_to:
            raise ValueError("trained_from is after trained_to")
        return self

    def overlaps(self, first: datetime, last: datetime) -> bool:
        """Tell whether it was tuned on any instant of [first, last]."""
        return self.trained_from <= last and self.trained_to >= first
