"""What ``auditor watch`` tells: a line for each verdict that is new."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from ..names import prose, visible
from ..sessions.watching import WatchListener
from ..wording import counted
from .terminal import Terminal

if TYPE_CHECKING:
    from ..batch.run import Outcome

_LEVELS = ("error", "warning", "note")


class WatchTerminal(Terminal, WatchListener):
    """Tells verdicts on standard output, unless the batch writes them there itself, and all else on standard error."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._tells = form == "text"

    def came(self, outcome: Outcome) -> None:
        if not self._tells:
            return
        try:
            sys.stdout.write(f"{verdict_line(outcome)}\n")
            sys.stdout.flush()
        except OSError:
            self.nobody_reads()


def verdict_line(outcome: Outcome) -> str:
    """``2026-11-30T04:30:00+00:00 FAIL models/a.onnx version 3: 1 error, 2 warnings``."""
    document = outcome.document or {}
    version = f" version {visible(outcome.ref.version)}" if outcome.ref.version else ""
    head = f"{document.get('audited_at', '')} {outcome.verdict.value.upper()} {visible(outcome.ref.place)}{version}"
    return f"{head}: {_found(outcome)}{' (audited before, elsewhere)' if outcome.reused else ''}"


def _found(outcome: Outcome) -> str:
    document = outcome.document or {"findings": [], "coverage": {"failed": []}}
    levels = Counter(finding["severity"] for finding in document["findings"] if not finding.get("waived"))
    found = [counted(levels[level], level) for level in _LEVELS if levels[level]]
    missed = [f"not looked at: {prose(one['why'], 200)}" for one in document["coverage"]["failed"][:1]]
    return ", ".join((*found, *missed)) or "nothing found"
