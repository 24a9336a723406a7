"""Names or texts with characters that cannot be seen, or that move others.

## What it does
Looks for control characters (the escape sequences of a terminal, line breaks in a name, NUL), for marks that turn the
direction of writing around, for zero-width and other invisible characters, for private ones, for stacks of combining
marks, and for blanks at either end of a name. In doc strings and metadata line breaks and tabs are usual.

## Why it matters
What a person reviews is then not what a program reads: two names look alike and are not, a line of a log is
overwritten, a line is hidden ("Trojan Source", https://trojansource.codes). auditor shows every such character as its
escape; other tools may not. On one's own model it is a note; under the profile `untrusted` it is a warning.

## Fires on
```mutator
name_with_an_escape_sequence
name_with_a_bidi_override
name_with_a_zero_width_space
name_with_a_line_break
```

## Quiet on
```mutator
names_in_other_scripts
metadata_with_line_breaks
```

## How to fix
Rename it; if you did not make the model, find out who did.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ..model.graph import Model
from ..model.texts import Text, TextKind, odd_texts
from ..report import Basis, Found, Severity
from . import rule

_KINDS = {"Cc": "a control character", "Zl": "a line separator", "Zp": "a paragraph separator",
          "Co": "a character for private use", "Zs": "an unusual blank"}  # fmt: skip
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\u17b4\u17b5")  # letters that show nothing
_USUAL_IN_PROSE = frozenset("\n\r\t\u00a0\u3000\u200d\u200c\ufeff\u00ad\u2009\u202f")
_USUAL_IN_WORDS = frozenset("\n\r\t \u00a0\u3000\u2581")
_MOST_MARKS = 3  # combining marks on one letter, as some scripts have
_TOGETHER = 4


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def hidden_characters(model: Model) -> Iterator[Found]:
    groups: dict[tuple[str, str], list[tuple[Text, str]]] = {}
    for text in odd_texts(model):
        if text.kind is not TextKind.VOCABULARY and (told := hidden(text)) is not None:
            what, where = told
            whose = text.what.replace(repr(text.key), "") if text.key else text.what
            groups.setdefault((what, whose), []).append((text, where))
    for (what, _), group in groups.items():
        for text, where in group if len(group) <= _TOGETHER else group[:1]:
            others = f" (and {len(group) - 1:,} more such texts)" if len(group) > _TOGETHER else ""
            yield Found(
                f"{text.what} holds {what}: {where}{others}",
                text.where,
                "rename it or take it out: letters, digits, _, . and / are safe everywhere",
                magnitude=len(group) if others else 1,
            )


def hidden(text: Text) -> tuple[str, str] | None:
    """What is hidden in a text, and an excerpt with escapes around it; None where nothing is."""
    value = text.value
    name = text.kind is TextKind.NAME
    if value.isascii() and value.isprintable() and not (name and value != value.strip()):
        return None
    characters = set(value)
    usual = _USUAL_IN_PROSE if text.kind is TextKind.PROSE else _USUAL_IN_WORDS if not name else frozenset[str]()
    marks = 0
    odd = any(_hidden(c) for c in characters - usual) or any(unicodedata.combining(c) for c in characters)
    for at, character in enumerate(value if odd else ""):
        what = "" if character in usual else _hidden(character)
        marks = marks + 1 if unicodedata.combining(character) else 0
        if not what and marks > _MOST_MARKS:
            what = "a stack of combining marks"
        if what:
            return what, ascii(value[max(at - 16, 0) : at + 24])
    if name and value and value != value.strip():
        return "blanks at its end", ascii(value[:16] if value[0].isspace() else value[-16:])
    return None


def _hidden(character: str) -> str:
    if character == "\x1b":
        return "an escape sequence of a terminal"
    if "\x20" <= character < "\x7f":
        return ""
    if character in _BIDI:
        return "a mark that turns the direction of writing"
    if character in _EMPTY:
        return "a letter that shows nothing"
    kind = unicodedata.category(character)
    if kind == "Cf":
        return "an invisible character"
    return _KINDS.get(kind, "")
