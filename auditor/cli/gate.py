"""``auditor gate``: the verdict of the policy, why it is so, and what becomes the accepted version."""

from __future__ import annotations

import sys

from ..config.table import AT_ONCE, POLICY, RUN, SAID, SIZES
from ..errors import UsageError, worst
from .command import TARGETS, Command, Words, options


def gate(words: Words) -> int:
    """Say whether models may go live, and why.

    Reports are judged as they are stored; models are audited first, unless an unchanged one was already. Exit codes are
    those of check. With --accept a version that passes becomes the one that later ones are compared with; one that does
    not, inconclusive ones too, is refused, and the exit code is its own.
    """
    from ..sessions.asked import asked
    from ..sessions.gating import Acceptance, Gate, written
    from .gate_tables import OnScreen
    from .terminal import Terminal

    ask = asked(words)
    said = ask.said
    accepts = said.get("accept", False)
    if not accepts and ("reason" in said or "by" in said):
        raise UsageError("--reason and --by say who accepts a version and why: they go with --accept")
    acceptance = Acceptance(said.get("reason", ""), said.get("by") or _you()) if accepts else None
    terminal = Terminal(quiet=said.get("quiet", False))
    to = ask.destinations(sys.stdout, terminal)
    screen = OnScreen(sys.stdout)
    with Gate(ask.configured, ask.limits(), said.get("subject"), acceptance, terminal) as gates:
        with written(to, screen.write) as write:
            for gated in gates.gated(words["targets"]):
                write(gated)
            with to.stream(several=True).guarded():
                screen.end()
        terminal.judged(ask.configured.judged_by)
        return terminal.code(worst(gates.codes))


def _you() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return ""


COMMAND = Command(
    gate,
    ("auditor gate model.onnx", 'auditor gate registry/ --accept --reason "reviewed by the team"'),
    (TARGETS,),
    options("accept", "reason", "by", "subject", "weights", "target_dtype", SIZES, RUN, POLICY, SAID, AT_ONCE, "db"),
)
