"""The formats of a report. A module with a ``render(report, verdict, out)`` is one, and its name is the format's.

Where several models make one document, the module also has a `Writer` called ``Several``; without one they stand one
behind the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol, TextIO, TypeAlias, cast

from ..errors import UsageError
from ..report import Report, Verdict

Render: TypeAlias = Callable[[Report, Verdict, TextIO], None]

_HELPERS = frozenset({"layout", "names", "numbers", "telling"})


class Writer(Protocol):
    """Writes report after report; the document begins when it is made, and ends with `close`."""

    def write(self, report: Report, verdict: Verdict) -> None: ...

    def close(self) -> None: ...


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


def formats() -> tuple[str, ...]:
    """The names of all formats."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if m.name not in _HELPERS))


def renderer(name: str) -> Render:
    """The function that writes a report in a format; `UsageError` for a name that is none."""
    return cast(Render, _module(name).render)


def render(report: Report, verdict: Verdict, format: str = "text", out: TextIO | None = None) -> None:
    """Write a report in a format, to standard output if nothing else is said. `UsageError` for a name that is none."""
    renderer(format)(report, verdict, sys.stdout if out is None else out)


def writer(name: str, out: TextIO) -> Writer:
    """What writes several reports in a format; `UsageError` for a name that is none."""
    module = _module(name)
    if hasattr(module, "Several"):
        return cast(Writer, module.Several(out))
    return _Apart(module.render, out)


def _module(name: str) -> ModuleType:
    if name not in formats():
        raise UsageError(f"there is no format {name!r}; there are {', '.join(formats())}")
    return import_module(f"{__name__}.{name}")
