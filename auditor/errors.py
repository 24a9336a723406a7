"""What can go wrong, in the reader's words, and the exit codes of the command line.

An `AuditorError` is one line for the user: what, where, what to do. It is never shown with a traceback.
Everything else that is raised is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell; of several models the worst counts (see `worst`)."""

    PASS = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    INCONCLUSIVE = 4
    FAULT = 70
    INTERRUPTED = 130


_WORST_FIRST = (ExitCode.FAULT, ExitCode.FINDINGS, ExitCode.INCONCLUSIVE, ExitCode.NOTHING, ExitCode.PASS)


def worst(codes: list[ExitCode]) -> ExitCode:
    """The exit code of several models together."""
    return min(codes, key=_WORST_FIRST.index, default=ExitCode.NOTHING)


class AuditorError(Exception):
    """One clear line for the user; `exit_code` is what the process then returns."""

    exit_code = ExitCode.USAGE


class UsageError(AuditorError):
    """An option or a setting that makes no sense."""


class NothingToAudit(AuditorError):
    """There is no file at the path."""

    exit_code = ExitCode.NOTHING


class CannotLook(AuditorError):
    """The file is there, and the system does not let us read it (permission, input/output error)."""

    exit_code = ExitCode.INCONCLUSIVE


class Unusable(Exception):
    """What a registry wrote and a source cannot read; the text says why, and becomes a line of the model's report."""


class StoreError(AuditorError):
    """The report database cannot be used: locked, newer, read-only, full, or no database."""


class Unreadable(AuditorError):
    """The file is not an ONNX model that can be read; this becomes a finding of the rule ``unreadable-model``.

    ``offset`` is the byte in the file where reading ended, where there is one; ``fix`` is what would mend it.
    """

    exit_code = ExitCode.FINDINGS

    def __init__(self, why: str, offset: int | None = None, fix: str = "") -> None:
        super().__init__(why)
        self.why, self.offset, self.fix = why, offset, fix
