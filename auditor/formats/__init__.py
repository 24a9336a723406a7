"""The formats of a report. Every module of this package is one, and its name is the format's.

A module says with its ``FORMAT`` what the format is for, how one report is written, and how several are. What formats
share lies in `parts`: a package is never a format.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TextIO, TypeAlias

from ..errors import UsageError
from ..modules import module_names
from ..tuples import NamedTuple

if TYPE_CHECKING:
    from ..picture import Picture
    from ..report import Report, Verdict

Render: TypeAlias = "Callable[[Report, Verdict, TextIO], None]"
Draw: TypeAlias = "Callable[[Report, Verdict, Picture, TextIO], None]"


class Writer(Protocol):
    """Writes report after report; the document begins when it is made, and ends with `close`."""

    def write(self, report: Report, verdict: Verdict) -> None: ...

    def close(self) -> None: ...


class Format(NamedTuple):
    """A format, as its module says it.

    ``used_for`` is who reads it: its cell in the table of docs/formats.md. ``render`` writes one report. ``several``
    begins a document of several; without it they stand one behind the other, each with an empty line behind it.
    ``draw`` writes one report with a picture of its model, where there is one: then whoever has the model makes it.
    """

    used_for: str
    render: Render
    several: Callable[[TextIO], Writer] | None = None
    draw: Draw | None = None


class _Apart:
    """Reports one behind the other, each with an empty line behind it."""

    def __init__(self, render: Render, out: TextIO) -> None:
        self._render = render
        self._out = out

    def write(self, report: Report, verdict: Verdict) -> None:
        self._render(report, verdict, self._out)
        self._out.write("\n")

    def close(self) -> None:
        """Each report is whole."""


@cache
def formats() -> tuple[str, ...]:
    """The names of all formats. None is imported for it: the help of every command lists them."""
    return tuple(name for name in module_names(__path__) if not name.startswith("_"))


def format_of(name: str) -> Format:
    """The format of that name; `UsageError` where there is none."""
    found = getattr(import_module(f"{__name__}.{name}"), "FORMAT", None) if name in formats() else None
    if not isinstance(found, Format):
        from ..wording import nearest

        raise UsageError(f"there is no format {name!r}{nearest(name, formats())}; there are {', '.join(formats())}")
    return found


def renderer(name: str) -> Render:
    """The function that writes a report in a format; `UsageError` where there is no such format."""
    return format_of(name).render


def draws(name: str) -> bool:
    """Whether a format shows a picture of the model; `UsageError` where there is no such format."""
    return format_of(name).draw is not None


def write(name: str, report: Report, verdict: Verdict, picture: Picture | None, out: TextIO) -> None:
    """Write a report in a format, with the picture where the format draws and there is one."""
    form = format_of(name)
    if form.draw is None or picture is None:
        form.render(report, verdict, out)
    else:
        form.draw(report, verdict, picture, out)


def render(report: Report, verdict: Verdict, format: str = "text", out: TextIO | None = None) -> None:
    """Write a report in a format, to standard output if nothing else is said. `UsageError` for a name that is none."""
    renderer(format)(report, verdict, sys.stdout if out is None else out)


def writer(name: str, out: TextIO) -> Writer:
    """What writes several reports in a format; `UsageError` where there is no such format."""
    found = format_of(name)
    return _Apart(found.render, out) if found.several is None else found.several(out)
