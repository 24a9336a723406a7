"""The words of a plain command line, without typer: importing it costs more than most checks do.

What typer takes and this does not, it leaves to typer: an option that is unknown or lacks its value, several short
options in one word, ``--``, too few or too many arguments, ``--help``. So all that is said of a wrong command line is
said by typer. A test holds the two together: where this returns words, typer returns the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .command import Command, Words


def plain_words(command: Command, arguments: Sequence[str]) -> Words | None:
    """What the arguments say; None where typer has to look at them."""
    values: dict[str, str] = {}
    switches: dict[str, tuple[str, bool]] = {}
    for row in command.settings:
        if row.is_pair:
            yes, _, no = row.flags[0].partition("/")
            switches |= {yes: (row.name, True), no: (row.name, False)}
        elif row.is_switch:
            switches |= dict.fromkeys(row.flags, (row.name, True))
        else:
            values |= dict.fromkeys(row.flags, row.name)
    repeated = {row.name for row in command.settings if row.kind.repeated}
    found: dict[str, Any] = {}
    left: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-") or word == "-":
            left.append(word)
            continue
        if word in switches:
            name, said = switches[word]
            found[name] = said
            continue
        flag, equals, value = word.partition("=")
        if flag not in values or (equals and not flag.startswith("--")):
            return None
        if not equals:
            following = next(rest, None)
            if following is None:
                return None
            value = following
        name = values[flag]
        if name in repeated:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return _with_arguments(command, found, left)


def _with_arguments(command: Command, found: dict[str, Any], left: list[str]) -> Words | None:
    for argument in command.arguments:
        if not left:
            if not argument.optional:
                return None
        elif argument.many:
            found[argument.name], left = left, []
        else:
            found[argument.name], left = left[0], left[1:]
    return None if left else found
