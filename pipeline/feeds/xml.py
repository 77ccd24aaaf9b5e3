"""XML of strangers, bounded: no document type, no entity, no network, and no more than may be.

The bytes are walked once with counters before any tree is built, because what is refused while a
tree grows has already cost its memory. XInclude and schema locations are never followed. What is
given to a parser that also validates is another matter: see alerts/cap_rules.py.

Source: OWASP, XML External Entity Prevention; alerting.md 1.2 and S5.
"""

from __future__ import annotations

from typing import Final, NoReturn

from lxml import etree

from pipeline.errors import DecodeError

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it

MAX_BYTES: Final = 4_000_000
"""An index of a country's warnings; a message is far smaller."""

MAX_DEPTH: Final = 32
MAX_NODES: Final = 60_000
"""Elements, attributes, comments and instructions: read and weighed in half a second."""

CHUNK: Final = 65_536


class _Walk:
    """The parser's target: counts, keeps nothing, and stops at the first thing too many."""

    def __init__(self, where: str) -> None:
        self.where, self.depth, self.nodes = where, 0, 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse(f"elements deeper than {MAX_DEPTH}")
        self._count(1 + len(attributes))

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def comment(self, _text: str) -> None:
        self._count(1)

    def pi(self, _target: str, _text: str | None = None) -> None:
        self._count(1)

    def doctype(self, *_name: str | None) -> None:
        self._refuse("a document type is refused")

    def close(self) -> None:
        return None

    def _count(self, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            self._refuse(f"more than {MAX_NODES} nodes")

    def _refuse(self, why: str) -> NoReturn:
        raise DecodeError(f"{self.where}: {why}")


def parsed(content: bytes, where: str, max_bytes: int = MAX_BYTES) -> Element:
    """Return the root of an XML document.

    Raises
    ------
    DecodeError
        Too large, too deep, with too many nodes, with a document type, or not well-formed.
    """
    limit = min(max_bytes, MAX_BYTES)
    if len(content) > limit:
        raise DecodeError(f"{where}: more than {limit} bytes")
    try:
        walk = _parser(_Walk(where))
        for begin in range(0, len(content), CHUNK):
            walk.feed(content[begin : begin + CHUNK])
        walk.close()
        return etree.fromstring(content, _parser())
    except (etree.LxmlError, ValueError, LookupError) as error:
        # Its kind only: what the parser says may quote the payload.
        row = getattr(error, "lineno", None)
        raise DecodeError(f"{where}: not well-formed XML", row=row) from None


def _parser(target: _Walk | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=target is None,
        remove_pis=target is None,
        target=target,  # type: ignore[arg-type] # the stubs know no target that counts only
    )


def line(element: Element) -> int | None:
    """Return the line on which an element begins, as an editor counts."""
    found: int | None = getattr(element, "sourceline", None)
    return found


def name_of(element: Element) -> tuple[str | None, str]:
    """Return the namespace and the local name of an element."""
    name = etree.QName(element)
    return name.namespace, name.localname


def children(element: Element, name: str) -> list[Element]:
    """Return the children of this name that share their parent's namespace."""
    return element.findall(_own(element, name))


def text(element: Element, name: str) -> str:
    """Return what the first child of this name says, without white space around; else nothing."""
    found = element.find(_own(element, name))
    return "" if found is None else whole_text(found)


def whole_text(element: Element) -> str:
    """Return all that an element says, its children included."""
    return "".join(map(str, element.itertext())).strip()


def _own(element: Element, name: str) -> str:
    namespace, _ = name_of(element)
    return name if namespace is None else f"{{{namespace}}}{name}"
