"""What ``auditor batch`` tells people: a few lines for a model with something to say, and a summary of one screen."""

from __future__ import annotations

from collections import Counter
from typing import Any, TextIO

from ..batch.run import Outcome
from ..errors import ExitCode
from ..findings.order import RANK
from ..formats.parts.layout import Page, Span, cells, end_of
from ..formats.parts.telling import judged_by
from ..names import prose, visible
from ..report import NOBODY, JudgedBy, Verdict
from ..wording import counted

_MOST_FINDINGS = 4  # of one model
_MOST_NAMED = 3  # of those that passed and were not run
_MOST_ROWS = 8  # of each table of the summary
_LONGEST = 56  # of a path in a table
_HEADS: dict[Verdict, Span] = {
    Verdict.PASS: ("PASS", "bold green"),
    Verdict.FAIL: ("FAIL", "bold red"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "bold yellow"),
}


def has_to_be_told(outcome: Outcome) -> bool:
    """Whether there is more to say than that the model passed."""
    return outcome.verdict is not Verdict.PASS or any(_worth_telling(outcome)) or bool(not_run(outcome))


def not_run(outcome: Outcome) -> str:
    """Why a model was not run, or ran on no inputs, though it was to be; nothing where it ran."""
    run = outcome.document["run"] if outcome.document is not None else {}
    if not run.get("optimisation") or run["status"] == "ok":
        return ""
    missed = outcome.document["coverage"]["skipped"] if outcome.document is not None else []
    return str(next((one["why"] for one in missed if one["what"] == "run"), run["why"] or run["status"]))


def _worth_telling(outcome: Outcome) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if outcome.document is None:
        return [], []
    findings = [f for f in outcome.document["findings"] if f["severity"] != "note" and not f.get("waived")]
    return findings, outcome.document["coverage"]["failed"]


def write_outcome(outcome: Outcome, out: TextIO) -> None:
    """One model: its verdict, and its findings in a line each."""
    findings, failed = _worth_telling(outcome)
    page = Page(out)
    head, path = _HEADS[outcome.verdict], visible(outcome.ref.place)
    beside = f"  version {visible(outcome.ref.version)}" if outcome.ref.version else ""
    beside += "  (reused)" if outcome.reused else ""
    if cells(f"{head[0]}  {path}{beside}") <= page.width:
        page.line(head, "  ", (path, "bold"), beside)
    else:  # a long path in a line of its own can still be copied
        page.line(head, beside)
        page.line((path, "bold"), indent=2)
    for finding in findings[:_MOST_FINDINGS]:
        page.line(_line(finding), indent=2, hang=2)
    if len(findings) > _MOST_FINDINGS:
        page.line(f"and {len(findings) - _MOST_FINDINGS} more", indent=2)
    if why := not_run(outcome):
        page.line(f"not run: {prose(why.splitlines()[0], 300)}", indent=2, hang=2)
    for missed in failed[:_MOST_FINDINGS]:
        page.line(f"not looked at: {prose(missed['what'], 200)}: {prose(missed['why'], 400)}", indent=2, hang=2)


def _line(finding: dict[str, Any]) -> str:
    return f"{finding['severity']}  {visible(finding['rule'])}  {prose(finding['message'].splitlines()[0], 300)}"


class Tally:
    """What all models together come to."""

    def __init__(self, by: JudgedBy = NOBODY) -> None:
        self.by = by
        self.models = self.reused = 0
        self.verdicts: Counter[Verdict] = Counter()
        self.not_run = 0  # of those that passed
        self.named: list[str] = []  # the first of them
        self.rules: Counter[tuple[str, str]] = Counter()  # severity and rule: findings
        self.models_of: Counter[tuple[str, str]] = Counter()  # the same: models
        self.worst: list[tuple[int, int, str]] = []  # errors, warnings, model

    def add(self, outcome: Outcome) -> None:
        """Take one more model into account."""
        self.models += 1
        self.reused += outcome.reused
        self.verdicts[outcome.verdict] += 1
        if outcome.document is None:
            return
        if outcome.verdict is Verdict.PASS and not_run(outcome):
            self.not_run += 1
            self.named = [*self.named, end_of(visible(outcome.ref.place), _LONGEST)][:_MOST_NAMED]
        findings = outcome.document["findings"]
        found = Counter(("waived" if f.get("waived") else f["severity"], f["rule"]) for f in findings)
        self.rules.update(found)
        self.models_of.update(found.keys())
        by_severity: Counter[str] = Counter()
        for (severity, _), number in found.items():
            by_severity[severity] += number
        if outcome.code != ExitCode.PASS:
            self.worst.append(
                (by_severity["error"], by_severity["warning"], end_of(visible(outcome.ref.place), _LONGEST))
            )
            self.worst = sorted(self.worst, key=lambda row: (-row[0], -row[1], row[2]))[:_MOST_ROWS]

    def _of_which(self, verdict: Verdict) -> str:
        return f", of which {self.not_run} not run" if self.not_run and verdict is Verdict.PASS else ""

    def write(self, out: TextIO) -> None:
        """The summary, by rule and by model; it fits a screen."""
        page = Page(out)
        verdicts = ", ".join(
            f"{self.verdicts[v]} {word}{self._of_which(v)}" for v, word in _WORDS.items() if self.verdicts[v]
        )
        reused = f"; {self.reused} reused" if self.reused else ""
        by = judged_by(self.by)
        page.line(
            (counted(self.models, "model"), "bold"), f": {verdicts or 'none'}{reused}{f'; judged {by}' if by else ''}"
        )
        if self.named:
            more = f" and {self.not_run - len(self.named)} more" if self.not_run > len(self.named) else ""
            page.line(f"not run: {', '.join(self.named)}{more}", indent=2, hang=2)
        if self.rules:
            page.blank()
            rows = sorted(self.rules.items(), key=lambda row: (-RANK.get(row[0][0], -1), -row[1], row[0]))
            page.grid(
                [
                    (visible(rule), severity, str(number), str(self.models_of[severity, rule]))
                    for (severity, rule), number in rows[:_MOST_ROWS]
                ],
                head=("rule", "severity", "findings", "models"),
                right=(2, 3),
            )
            if len(rows) > _MOST_ROWS:
                page.line(f"and {len(rows) - _MOST_ROWS} more rules")
        if self.worst:
            page.blank()
            page.grid(
                [(path, str(errors), str(warnings)) for errors, warnings, path in self.worst],
                head=("not passed", "errors", "warnings"),
                right=(1, 2),
            )
            left = self.models - self.verdicts[Verdict.PASS] - len(self.worst)
            if left > 0:
                page.line(f"and {counted(left, 'more model')}")


_WORDS = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive"}
