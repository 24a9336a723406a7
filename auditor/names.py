"""Names out of a model are data: made visible, cut, never interpreted."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 256
"""Characters of a name that are shown."""

# Letters that move or hide others on a terminal: controls, formats (bidi), surrogates, private use, line separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# What the logs of CI services obey: ``::error::`` where a line begins, ``##[error]`` and ``##vso[...]`` anywhere.
_LINE_COMMAND = r"^(\s*):(?=:)"
COMMAND = r"##(?=\w*\[)"

_LONG_WORD = rf"\S{{{LONGEST + 1},}}"


def visible(text: str, longest: int = LONGEST) -> str:
    """The text with every character that is not plainly printable as its escape, cut with ``…`` behind ``longest``."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if "##" in text:
        text = re.sub(COMMAND, r"#\\x23", text)
    text = begun(text)
    if text.isprintable():  # of all that is not, a space that is none of ASCII's alone may stand
        return text
    return "".join(c if c == " " or unicodedata.category(c) not in _HIDDEN else _escape(c) for c in text)


def prose(text: str, longest: int = 4096) -> str:
    """A message with names in it: as `visible`, with a longer bound; a single word in it has the bound of a name."""
    if len(text) > LONGEST:
        text = re.sub(_LONG_WORD, lambda word: word[0][: LONGEST - 1] + "…", text)
    return visible(text, longest)


def begun(line: str) -> str:
    """A line that a CI service does not take for a command, wherever a name was broken into lines."""
    return re.sub(_LINE_COMMAND, r"\1\\x3a", line) if "::" in line else line


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode() if code < 0x10000 else f"\\U{code:08x}"
