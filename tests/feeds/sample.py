"""What the laws over all protocols need of each: a small payload, and its rows one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.observation import RawPayload
from pipeline.site.model import FeedSpec
from tests.feeds.samples import NOW


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload as a feed sends it.

    `rows` are its parts that must not disturb one another: lines of a table, members of a JSON
    list (as Python values), blocks of XML (as text); none where a payload is one thing, such as a
    raster. `with_rows` puts any rows back together, so `with_rows(rows) == content` but for white
    space, and whatever junk stands in place of one row, all that `with_rows` of the others alone
    decodes to is still decoded.
    """

    name: str
    spec: FeedSpec
    url: str
    content: bytes
    rows: tuple[Any, ...] = ()
    with_rows: Callable[[Sequence[Any]], bytes] | None = None

    @property
    def payload(self) -> RawPayload:
        """The payload as the client hands it on."""
        return self.holding(self.content)

    def holding(self, content: bytes) -> RawPayload:
        """Return a payload of the same address with another content."""
        return RawPayload(self.spec.feed_id, self.url, NOW, content, "application/octet-stream")


def samples() -> tuple[Sample, ...]:
    """Return the samples of all protocols, from every `sample_<protocol>.py` beside this file."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("sample_*.py"))
    return tuple(
        sample for name in modules for sample in import_module(f"tests.feeds.{name}").SAMPLES
    )
