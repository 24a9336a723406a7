"""The formats of a report. A module with a ``render(report, verdict, out)`` is one, and its name is the format's.

Where several models make one document, the module also has a `Writer` called ``Several``; without one they stand one
behind the other.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Protocol, TextIO, TypeAlias, cast

from ..errors import UsageError
from ..modules import module_names
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
    return tuple(name for name in module_names(__path__) if name not in _HELPERS)


def renderer(name: str) -> Render:
    """The function that writes a report in a format; `UsageError` for a name that is none."""
    return cast(Render, _module(name).render)


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
