"""Texts as cells can hold them: what XML cannot say, and white space at the ends, is escaped.

Excel's own form, ``_x000B_``. A text that looks like an escape has its first mark escaped.
"""

from __future__ import annotations

import re
from typing import Final

NOT_IN_XML: Final = "\x00-\x08\x0b-\x1f\ufffe\uffff"
CONTROL: Final = re.compile(f"[{NOT_IN_XML}]")
EDGE: Final = re.compile(r"\A\s+|\s+\Z")
LOOKS_ESCAPED: Final = re.compile(rf"_(?=x[0-9A-Fa-f]{{4}}[_\s{NOT_IN_XML}])")
ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
MARK: Final = "_"


def escaped(text: str) -> str:
    """Return a text that a cell keeps as it is, even after a person's program has saved it."""
    marked = LOOKS_ESCAPED.sub(_escape, text)
    return EDGE.sub(_escape, CONTROL.sub(_escape, marked))


def unescaped(text: str) -> str:
    """Return the text of a cell; what stands around it by mistake, and unescaped, is taken off."""
    return ESCAPED.sub(_unescape, text.strip())


def _escape(found: re.Match[str]) -> str:
    return "".join(f"_x{ord(char):04X}_" for char in found.group())


def _unescape(found: re.Match[str]) -> str:
    char = chr(int(found.group(1), 16))
    ours = char == MARK or char.isspace() or CONTROL.match(char) is not None
    return char if ours else found.group()
