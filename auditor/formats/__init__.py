"""The formats of a report. A module with a ``render(report, verdict, out)`` is one, and its name is the format's."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TextIO, TypeAlias, cast

from ..errors import UsageError
from ..report import Report, Verdict

Render: TypeAlias = Callable[[Report, Verdict, TextIO], None]

_HELPERS = frozenset({"layout", "names", "numbers"})


def formats() -> tuple[str, ...]:
    """The names of all formats."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if m.name not in _HELPERS))


def renderer(name: str) -> Render:
    """The function that writes a report in a format; `UsageError` for a name that is none."""
    if name not in formats():
        raise UsageError(f"there is no format {name!r}; there are {', '.join(formats())}")
    return cast(Render, import_module(f"{__name__}.{name}").render)
