"""The index of a hub of warnings, Atom or RSS: which messages it names, and which it holds.

Source: RFC 4287 (Atom); RSS 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds.xml import Element, children, name_of, parsed, text
from pipeline.observation import RawPayload

ATOM: Final = "http://www.w3.org/2005/Atom"
CAP_MEDIA: Final = "application/cap+xml"
NAMESPACES: Final = ("urn:oasis:names:tc:emergency:cap:1.1", "urn:oasis:names:tc:emergency:cap:1.2")
ALERT: Final = "alert"


def is_index(root: Element) -> bool:
    """Tell whether a document is an index of messages."""
    return name_of(root) in {(ATOM, "feed"), (None, "rss")}


def held(root: Element) -> list[Element]:
    """Return the messages that an index holds within itself; one within another is none of it."""
    names = {f"{{{namespace}}}{ALERT}" for namespace in NAMESPACES}
    return [
        alert
        for alert in root.iter(*names)
        if not any(above.tag in names for above in alert.iterancestors())
    ]


def links(payload: RawPayload) -> Sequence[str]:
    """Return the addresses of the messages that an index names but does not hold.

    Raises
    ------
    DecodeError
        It cannot be read.
    """
    root = parsed(payload.content, payload.source_url)
    if not is_index(root):
        return ()
    if name_of(root)[0] == ATOM:
        entries = children(root, "entry")
        return [a for entry in entries if not held(entry) for a in _of_entry(entry)]
    items = [item for channel in children(root, "channel") for item in children(channel, "item")]
    return [link for item in items if not held(item) if (link := text(item, "link"))]


def messages(root: Element, where: str) -> list[Element]:
    """Return the messages of a document: itself, or what an index holds.

    Raises
    ------
    DecodeError
        It is neither a message nor an index of messages.
    """
    namespace, name = name_of(root)
    if name == ALERT and namespace in {None, *NAMESPACES}:
        return [root]
    if is_index(root):
        return held(root)
    raise DecodeError(f"{where}: neither a CAP message nor an index of messages")


def _of_entry(entry: Element) -> Iterator[str]:
    """Yield one address of an entry: that of its CAP form where it says which that is."""
    named = [link for link in children(entry, "link") if link.get("href")]
    said = [link for link in named if link.get("type") == CAP_MEDIA]
    usual = [link for link in named if link.get("rel", "alternate") == "alternate"]
    yield from [str(link.get("href")) for link in (said or usual)[:1]]
