"""Who is told of what goes on beside the result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ..errors import ExitCode


class Listener:
    """Hears nothing; the doors make of it what their callers shall hear."""

    lost = False
    """Whether a result could not be written or kept."""

    def say(self, line: str) -> None:
        """A line for the user."""

    def lose(self, line: str) -> None:
        """A result that was asked for is nowhere, and why: told once. What was found out still counts."""
        if not self.lost:
            self.say(line)
        self.lost = True

    def code(self, code: ExitCode) -> ExitCode:
        """The exit code of a call whose models come to this one: what failed stays so, and nothing else passes."""
        if not self.lost or code in (ExitCode.FINDINGS, ExitCode.FAULT):
            return code
        return ExitCode.USAGE

    def fault(self, trace: str, sentence: str) -> None:
        """A fault of ours: its traceback, and what to do with it."""

    def auditing(self, path: str) -> AbstractContextManager[Callable[[str], object]]:
        """Around the audit of a model that somebody waits for; what it gives is called with what is looked at now."""
        return nullcontext(lambda stage: None)

    def moving(self, doing: str, size: int) -> AbstractContextManager[Callable[[int], None]]:
        """Around so many bytes that are hashed or sent; what it gives is called with how many more are done."""
        return nullcontext(lambda count: None)

    def nobody_reads(self) -> None:
        """Whoever read the result is gone. The verdict still counts."""
