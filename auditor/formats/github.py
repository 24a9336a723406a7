"""Annotations of GitHub Actions: a workflow command for each finding, and for what was asked for and not looked at.

Findings that are waived or known share one notice for the model: the runner shows ten annotations of a kind.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TextIO

from ..report import Finding, Missed, Report, Severity, Verdict
from ..wording import counted
from . import Format
from .parts.names import prose, visible
from .parts.telling import Shapes, counting, covered, further, input_shapes, place, why_waived

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MOST_WAIVED = 10


class GithubAnnotations:
    """The lines of several models: each names its file."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, report: Report, verdict: Verdict) -> None:
        render(report, verdict, self._out)

    def close(self) -> None:
        """Each line is whole."""


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """A line a finding; a model without findings, of which everything was looked at, has no line."""
    shapes = input_shapes(report)
    for finding in counting(report):
        out.write(_annotation(report, finding, shapes))
    if waived := covered(report):
        out.write(_waived(report, waived))
    for missed in (*report.coverage.failed, *report.coverage.skipped):
        if missed.asked:
            out.write(_missed(report, missed))


FORMAT = Format("annotations in the log of GitHub Actions", render, GithubAnnotations)


def _annotation(report: Report, finding: Finding, shapes: Shapes) -> str:
    message = "\n".join([prose(finding.message), *further(finding, shapes)])
    return _command(_COMMAND[finding.severity], report.model.path, _title(finding), message)


def _waived(report: Report, waived: list[Finding]) -> str:
    lines = [f"{_title(finding)}: {why_waived(finding)}" for finding in waived[:_MOST_WAIVED]]
    if len(waived) > _MOST_WAIVED:
        lines.append(f"and {len(waived) - _MOST_WAIVED:,} more")
    title = f"{counted(waived, 'finding')} waived or known"
    return _command("notice", report.model.path, title, "\n".join(lines))


def _title(finding: Finding) -> str:
    return ": ".join(filter(None, (visible(finding.rule), place(finding.location))))


def _missed(report: Report, missed: Missed) -> str:
    return _command("warning", report.model.path, f"not looked at: {visible(missed.what)}", prose(missed.why))


def _command(name: str, path: str, title: str, message: str) -> str:
    return f"::{name} file={_property(visible(path, 4096))},title={_property(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    """As the runner reads a message back: on one line, so that nothing in it begins a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
