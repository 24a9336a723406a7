"""What a command is made of: its function, its arguments, and the rows of the table of settings that it offers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..config.kinds import TEXT, ValueKind
from ..config.table import OPTIONS, Setting, in_groups
from ..tuples import NamedTuple

Words: TypeAlias = Mapping[str, Any]
"""A command line by the names of arguments and options: words, lists of words, and True or False of switches."""


class Argument(NamedTuple):
    """A word, or all words, that are not of options."""

    name: str
    metavar: str
    help: str
    many: bool = False
    optional: bool = False
    kind: ValueKind = TEXT


class Command(NamedTuple):
    """One command. The first line of the function's docstring is its summary."""

    run: Callable[[Words], int | None]  # the exit code; None is 0
    examples: tuple[str, ...]
    arguments: tuple[Argument, ...] = ()
    settings: tuple[Setting, ...] = ()


def options(*names_or_groups: str) -> tuple[Setting, ...]:
    """Rows of the table: by name, or all of a group."""
    return tuple(row for what in names_or_groups for row in ((OPTIONS[what],) if what in OPTIONS else in_groups(what)))


def help_of(row: Setting) -> str:
    """What the help says of an option, FORMATS by their names."""
    from ..formats import formats

    return row.explained.replace("FORMATS", ", ".join(formats())) if "FORMATS" in row.help else row.explained


MODEL = Argument("model", "MODEL", "An ONNX file.")
TARGETS = Argument(
    "targets",
    "REPORT|MODEL|SOURCE...",
    "Ids of stored reports, files of JSON reports, models, folders or registries of models.",
    many=True,
)
