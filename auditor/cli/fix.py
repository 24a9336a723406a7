"""``auditor fix MODEL``: write a mended copy, say what was changed and why that is right."""

from __future__ import annotations

import sys

from ..config.table import RUN
from .command import MODEL, Command, Words, options

_OF_THE_RUN = tuple(
    row.name for row in options(RUN) if row.name in ("run", "seed", "timeout", "memory", "require_isolation")
)


def fix(words: Words) -> int:
    """Write a mended copy of a model, each edit with its proof.

    Edits that keep what the model computes are made; those that change its numbers only where --choose names them. The
    copy is audited, and its outputs are compared. Exit codes: 0 no error is left, 1 some are, 2 wrong usage, 3 no such
    model.
    """
    from ..sessions.asked import asked
    from ..sessions.fixing import fixing
    from .terminal import Terminal

    ask = asked(words)
    return fixing(words["model"], ask, sys.stdout, Terminal())


COMMAND = Command(
    fix,
    ("auditor fix model.onnx --dry-run", "auditor fix model.onnx -o mended.onnx --choose 2 --dim N=1"),
    (MODEL,),
    options(
        "copy", "only", "chosen", "dry_run", "in_place", "dims", "runtimes", "data_file", "embed", "plain_form",
        *_OF_THE_RUN, "config", "no_config",
    ),
)  # fmt: skip
