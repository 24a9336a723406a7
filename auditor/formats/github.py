"""Annotations of GitHub Actions: a workflow command for each finding, and for what was asked for and not looked at.

GitHub keeps the first "10 warning annotations, 10 error annotations, and 10 notice annotations per step"
(https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md) and says nothing of the others. So no more are
written, the last notice says how many more there are, and findings that are waived or known share one notice for the
model. What was asked for and not looked at comes before the findings, or ten warnings would hide it.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from ..names import prose, visible
from ..report import Finding, Missed, Report, Severity, Verdict
from ..wording import counted
from . import Format
from .parts.telling import Shapes, counting, covered, further, input_shapes, place, why_waived

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MOST_WAIVED = 10


_MOST = {"error": 10, "warning": 10, "notice": 9}  # of one step; the tenth notice is of all that is left out


class GithubAnnotations:
    """The lines of several models: each names its file."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._seen: Counter[str] = Counter()

    def write(self, report: Report, verdict: Verdict) -> None:
        for name, line in _annotations(report):
            self._seen[name] += 1
            if self._seen[name] <= _MOST[name]:
                self._out.write(line)

    def close(self) -> None:
        more = [counted(left, name) for name, most in _MOST.items() if (left := self._seen[name] - most) > 0]
        if more:
            text = f"{', '.join(more)} more: GitHub shows ten of a kind. --format text, json or sarif has them all"
            self._out.write(f"::notice title={_property('more than is shown')}::{_data(text)}\n")


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """A line a finding; a model without findings, of which everything was looked at, has no line."""
    several = GithubAnnotations(out)
    several.write(report, verdict)
    several.close()


def _annotations(report: Report) -> Iterator[tuple[str, str]]:
    """Each line, with the kind of its annotation."""
    shapes = input_shapes(report)
    for missed in (*report.coverage.failed, *report.coverage.skipped):
        if missed.asked:
            yield "warning", _missed(report, missed)
    for finding in counting(report):
        yield _COMMAND[finding.severity], _annotation(report, finding, shapes)
    if waived := covered(report):
        yield "notice", _waived(report, waived)


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
