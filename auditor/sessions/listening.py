"""Who is told of what goes on beside the result."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class Listener:
    """Hears nothing; the doors make of it what their callers shall hear."""

    def say(self, line: str) -> None:
        """A line for the user."""

    def fault(self, trace: str, sentence: str) -> None:
        """A fault of ours: its traceback, and what to do with it."""

    def auditing(self, path: str) -> AbstractContextManager[None]:
        """Around the audit of a model that somebody waits for."""
        return nullcontext()

    def nobody_reads(self) -> None:
        """Whoever read the result is gone. The verdict still counts."""
