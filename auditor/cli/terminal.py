"""The person at the terminal: what sessions tell beside their results, and an output that nobody reads any more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..sessions.listening import Listener

if TYPE_CHECKING:
    from ..report import JudgedBy


class Terminal(Listener):
    """Tells on standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.draws = not quiet and sys.stderr.isatty() and not os.environ.get("CI")

    def say(self, line: str) -> None:
        """One line, harmless whatever names are in it."""
        from ..names import prose

        print(f"auditor: {prose(line)}", file=sys.stderr)

    def judged(self, by: JudgedBy) -> None:
        """Whose verdicts an exit code is of, where nothing else says it."""
        if self.quiet and (by.policy or by.baseline):
            from ..formats.parts.telling import judged_by

            self.say(f"judged {judged_by(by)}")

    def fault(self, trace: str, sentence: str) -> None:
        print(trace, file=sys.stderr)
        self.say(sentence)

    @contextmanager
    def auditing(self, path: str) -> Iterator[Callable[[str], object]]:
        """A sign of life, and what is looked at now; gone when the report comes."""
        if not self.draws:
            yield lambda stage: None
            return
        from ..names import visible

        line = f"auditing {visible(path, 60)} ..."
        room = _columns() - 1

        def at(stage: str) -> None:
            print(f"\r\x1b[K{f'{line} {stage}'[:room]}", end="", file=sys.stderr, flush=True)

        print(line, end="", file=sys.stderr, flush=True)
        try:
            yield at
        finally:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def nobody_reads(self) -> None:
        """Standard output leads nowhere from here on: `auditor ... | head` is not a fault."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _columns() -> int:
    """How wide the terminal is that is told; 80 where it does not say."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
