"""One call of ``auditor fix``."""

from __future__ import annotations

from typing import TextIO

from ..errors import ExitCode
from ..fix.mending import FixAsked as Fix
from ..fix.mending import fixed
from ..fix.offer import Wishes
from ..fix.telling import in_json, in_text
from .asked import Asked
from .faults import tell_fault
from .listening import Listener


def fixing(path: str, ask: Asked, out: TextIO, listener: Listener) -> ExitCode:
    """Mend the model at a path, and say what came of it; the exit code."""
    said = ask.said
    wishes = Wishes(
        said.get("only", frozenset()),
        said.get("chosen", ()),
        said.get("dims", {}),
        said.get("data_file", ""),
        said.get("embed", False),
    )
    wanted = Fix(path, said.get("copy", ""), said.get("in_place", False), said.get("dry_run", False), wishes)
    with listener.auditing(path):
        found = fixed(wanted, ask.settings)
    for trace in found.report.coverage.traces if found.report is not None else ():
        tell_fault(listener, trace)
    (in_json if said.get("plain_form") == "json" else in_text)(found, out)
    return found.code
