"""What a text may hold that somebody takes for more than text: markup, a command, a password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..tuples import NamedTuple
from .graph import Model
from .texts import Text, TextKind, odd_texts

NAMES = frozenset({TextKind.NAME})
READ = frozenset({TextKind.NAME, TextKind.PROSE})
ALL_BUT_VOCABULARIES = frozenset({TextKind.NAME, TextKind.WORD, TextKind.PROSE})
ALL = frozenset(TextKind)

_TOGETHER = 4
"""Texts of one kind with one sign that are told one by one; of more the first is told, and how many there are."""


class Sign(NamedTuple):
    """``guards``: without one of these, in small letters, the pattern cannot match. It is in small letters too.

    Texts are anybody's, and long: what a pattern repeats has a bound, but where it ends the match.
    """

    what: str  # "an HTML tag"
    pattern: str  # compiled when a text asks for it: most models have none that does
    guards: tuple[str, ...] = ()
    within: frozenset[TextKind] = ALL_BUT_VOCABULARIES
    exact: bool = False  # capitals count
    also: Callable[[str], bool] | None = None  # what must hold of the match, too


class Seen(NamedTuple):
    """A sign at a place, and how many texts of its kind hold it, this one too."""

    sign: Sign
    text: Text
    excerpt: str
    number: int

    @property
    def others(self) -> str:
        """Words on the others."""
        return f" (and {self.number - 1:,} more such texts)" if self.number > 1 else ""


def sign(
    what: str,
    pattern: str,
    *guards: str,
    within: frozenset[TextKind] = ALL_BUT_VOCABULARIES,
    exact: bool = False,
    also: Callable[[str], bool] | None = None,
) -> Sign:
    return Sign(what, pattern, guards, within, exact, also)


def seen(
    model: Model, signs: tuple[Sign, ...], passed_over: Callable[[Sign, Text], bool] = lambda sign, text: False
) -> Iterator[Seen]:
    """The first of the signs in each text, those alike together where they are many."""
    groups: dict[tuple[str, str], list[tuple[Sign, Text, str]]] = {}
    for text in odd_texts(model):
        low = text.value.lower()
        for one in signs:
            if text.kind not in one.within or (one.guards and not any(guard in low for guard in one.guards)):
                continue
            match = re.search(one.pattern, text.value if one.exact else low)
            if match is None or (one.also is not None and not one.also(match[0])):
                continue
            if not passed_over(one, text):
                excerpt = text.value[match.start() : match.end()] if len(low) == len(text.value) else match[0]
                what = text.what if text.key == "" else text.what.replace(repr(text.key), "")
                groups.setdefault((one.what, what), []).append((one, text, excerpt))
                break
    for group in groups.values():
        if len(group) <= _TOGETHER:
            yield from (Seen(one, text, excerpt, 1) for one, text, excerpt in group)
        else:
            one, text, excerpt = group[0]
            yield Seen(one, text, excerpt, len(group))
