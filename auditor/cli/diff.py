"""``auditor diff OLD NEW``: what changed between two models, and what proves it."""

from __future__ import annotations

import sys

from ..config.table import RUN
from .command import Argument, Command, Words, options

_OF_THE_RUN = tuple(
    row.name
    for row in options(RUN)
    if row.name in ("run", "seed", "rtol", "atol", "timeout", "memory", "require_isolation")
)


def diff(words: Words) -> int:
    """Say what changed between two models, and how far that goes.

    A model is a file, the number of a stored report, a folder of one model, or MODEL@VERSION of a registry. Exit codes:
    0 less than --fail-on, 1 as much or more, 2 wrong usage, 3 no such model, 4 not all could be compared.
    """
    from ..sessions.asked import asked
    from ..sessions.differing import differing, listed_for_git
    from .terminal import Terminal

    ask = asked(words)
    if ask.said.get("git", False):
        return listed_for_git(words["models"], ask, sys.stdout, Terminal())
    return differing(words["models"], ask, sys.stdout, Terminal())


COMMAND = Command(
    diff,
    ("auditor diff old.onnx new.onnx", "auditor diff 12 new.onnx --no-run --fail-on behaviour -o markdown:diff.md"),
    (Argument("models", "OLD NEW", "Two models.", many=True),),
    options("diff_form", "outputs", "degree", "weights", *_OF_THE_RUN, "git", "config", "no_config", "db"),
)
