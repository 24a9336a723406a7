"""``auditor check MODEL...``: audit, store, print, and say by the exit code whether it passed."""

from __future__ import annotations

import sys

from ..config.table import DEPTH, ELSEWHERE, KEPT, LOOKED_AT, POLICY, RUN, SAID, SIZES
from ..errors import worst
from .command import Argument, Command, Words, options


def check(words: Words) -> int:
    """Audit models: shapes, parameters, weights, a run in a sandbox.

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, 3 nothing to audit, 4 inconclusive,
    70 a fault of auditor.
    """
    from ..sessions.asked import asked
    from ..sessions.checking import Checking
    from .terminal import Terminal

    ask = asked(words)
    terminal = Terminal(quiet=ask.said.get("quiet", False))
    checking = Checking(ask.settings, ask.configured, ask.destinations(sys.stdout, terminal), terminal)
    code = worst(checking.codes(words["models"]))
    terminal.judged(ask.configured.judged_by)
    return terminal.code(code)


COMMAND = Command(
    check,
    ("auditor check model.onnx", "auditor check model.onnx --no-run --dim N=1 -o sarif:report.sarif"),
    (Argument("models", "MODEL...", "One or several ONNX files, here or at an address.", many=True),),
    options(LOOKED_AT, SIZES, RUN, DEPTH, POLICY, SAID, KEPT, ELSEWHERE),
)
