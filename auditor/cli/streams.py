"""What goes beside the result: lines for the user on standard error, and an output that nobody reads any more."""

from __future__ import annotations

import os
import sys


def say(line: str) -> None:
    """One line on standard error, harmless whatever names are in it."""
    from ..formats.parts.names import prose

    print(f"auditor: {prose(line)}", file=sys.stderr)


def hush() -> None:
    """Standard output leads nowhere from here on: `auditor ... | head` is not a fault."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
