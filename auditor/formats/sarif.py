"""SARIF 2.1.0: the findings of all models as the results of a run.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html

Where SARIF leaves a choice, it is made for GitHub's code scanning, which reads a part of the format:

- It wants a line of every result ("At minimum, 'region.startLine' is required", rule GH1003 of
  https://github.com/microsoft/sarif-sdk). A model has no lines, so it is the first one.
- It knows an alert again by the fingerprint ``primaryLocationLineHash`` alone
  (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
  Its upload action makes one of the line where there is none, and keeps ours
  (https://github.com/github/codeql-action/blob/main/src/fingerprints.ts); of one line, all findings of a rule in a
  model would be one alert.
- It does not show the message of a result whose region is in bytes (https://github.com/ossf/scorecard/pull/1458), so
  that the byte stands among the result's properties.
- It opens an alert for a suppressed result as for any other (https://github.com/github/codeql-action/issues/1230). What
  is waived or known is therefore a note, at which no check fails; its severity stands among the properties.
- It refuses a run of more than 25,000 results, and two runs of one category
  (https://github.blog/changelog/2025-07-21-code-scanning-will-stop-combining-multiple-sarif-runs-uploaded-in-the-same-sarif-file/).
  The results behind those are another run, in a category of its own. Of each run GitHub shows the 5,000 most severe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import TextIO
from urllib.parse import quote

from .. import __version__
from ..names import prose, visible
from ..repair import words
from ..report import Finding, Location, Missed, Report, Severity, Verdict, Waived, waiver_of
from ..rules import Rule, all_rules
from . import Format
from .json import plain
from .parts.depth import in_depth
from .parts.telling import Shapes, derivation, fits, input_shapes, why_waived

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LONGEST_PATH = 4096  # no system takes a longer one
_SECTION = re.compile(r"^## What it does\n(.*?)(?=\n## |\Z)", re.DOTALL | re.MULTILINE)


_MOST_RESULTS = 25_000


class SarifLog:
    """Results are written as they come; what is kept are a few lines for each model of the run."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        out.write(f'{{\n"$schema": "{SCHEMA}",\n"version": "2.1.0",\n"runs": [')
        self._run = _Run(out, 1)

    def write(self, report: Report, verdict: Verdict) -> None:
        model = self._run.model(report, verdict)
        shapes = input_shapes(report)
        compared = any(w is not None and w.by == "baseline" for w in map(waiver_of, report.findings))
        for finding in report.findings:
            if self._run.results == _MOST_RESULTS:
                self._run.close(more=True)
                self._out.write(",\n")
                self._run = _Run(self._out, self._run.number + 1)
                model = self._run.model(report, verdict)
            self._run.result(_result(finding, model, shapes) | _state(finding, compared))
        for missed in report.coverage.failed:
            self._run.notify(_not_looked_at(missed), "error", model)
        for missed in report.coverage.skipped:
            self._run.notify(_not_looked_at(missed), "warning" if missed.asked else "note", model)

    def close(self) -> None:
        self._run.close()
        self._out.write("]\n}\n")


class _Run:
    """One run of the document; it begins when it is made."""

    def __init__(self, out: TextIO, number: int) -> None:
        self._out = out
        self.number = number
        self.results = 0
        self._artifacts: dict[str, int] = {}  # as text, and its index: a model that is audited twice stands there once
        self._notifications: list[object] = []
        self._successful = True
        driver = {"name": "auditor", "version": __version__, "semanticVersion": __version__, "rules": _rules()}
        out.write(f'{{\n"tool": {_dumps({"driver": driver})},\n')
        if number > 1:  # the category of the first one is the uploader's
            out.write(f'"automationDetails": {_dumps({"id": f"auditor/{number}/"})},\n')
        out.write('"results": [')

    def model(self, report: Report, verdict: Verdict) -> object:
        """What results and notifications name the model by."""
        self._successful = self._successful and not report.coverage.failed
        index = self._artifacts.setdefault(_dumps(_artifact(report, verdict)), len(self._artifacts))
        return {"uri": _uri(report.model.path), "index": index}

    def result(self, result: object) -> None:
        self._out.write((",\n" if self.results else "\n") + _dumps(result))
        self.results += 1

    def notify(self, text: str, level: str, model: object = None) -> None:
        where = {} if model is None else {"locations": [{"physicalLocation": {"artifactLocation": model}}]}
        self._notifications.append({"level": level, "message": {"text": _message(text)}} | where)

    def close(self, *, more: bool = False) -> None:
        if more:
            self.notify(f"there are more than {_MOST_RESULTS:,} results: the others are in the next run", "note")
        invocation = {"executionSuccessful": self._successful, "toolExecutionNotifications": self._notifications}
        self._out.write('\n],\n"artifacts": [' + ",\n".join(self._artifacts))
        self._out.write(f'],\n"invocations": {_dumps([invocation])}\n}}')


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """The run over one model."""
    several = SarifLog(out)
    several.write(report, verdict)
    several.close()


FORMAT = Format(
    "editors, viewers and dashboards that read SARIF 2.1.0; with the rules' pages; several models are one run",
    render,
    SarifLog,
)


def _dumps(value: object) -> str:
    return json.dumps(plain(value), allow_nan=False)


@cache
def _indices() -> dict[str, int]:
    return {rule.name: index for index, rule in enumerate(all_rules())}


def _rules() -> list[object]:
    return [_rule(rule) for rule in all_rules()]


def _rule(rule: Rule) -> object:
    section = _SECTION.search(rule.page)
    return {
        "id": f"auditor/{rule.name}",
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": " ".join((section[1] if section else rule.summary).split())},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": [rule.basis.value]},
    }


def _result(finding: Finding, model: object, shapes: Shapes) -> dict[str, object]:
    where = finding.location
    location: dict[str, object] = {"physicalLocation": {"artifactLocation": model, "region": {"startLine": 1}}}
    logical = list(_logical(where))
    if logical:
        location["logicalLocations"] = logical
    fix = [f"Fix: {prose(finding.fix)}"] if finding.fix else []
    result: dict[str, object] = {
        "ruleId": f"auditor/{visible(finding.rule)}",
        "level": (finding.severity if waiver_of(finding) is None else Severity.NOTE).value,
        "message": {"text": _message("\n".join([prose(finding.message), *fix]))},
        "locations": [location],
        "properties": _properties(finding, shapes),
    }
    if finding.rule in _indices():
        result["ruleIndex"] = _indices()[finding.rule]
    if finding.fingerprint:
        fingerprint = visible(finding.fingerprint)
        result["partialFingerprints"] = {"auditor/v1": fingerprint, "primaryLocationLineHash": fingerprint}
    return result


def _state(finding: Finding, compared: bool) -> dict[str, object]:
    """A waiver is a suppression; what the baseline knows is unchanged, and beside it the others are new."""
    match waiver_of(finding):
        case None:
            return {"baselineState": "new"} if compared else {}
        case Waived("baseline"):
            return {"baselineState": "unchanged"}
    justification = _message(why_waived(finding))
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": justification}]}


def _properties(finding: Finding, shapes: Shapes) -> dict[str, object]:
    offset = finding.location.offset
    return {
        "severity": finding.severity.value,
        "basis": finding.basis.value,
        "byteOffset": offset if offset is not None and offset >= 0 else None,
        "expected": _value(finding.expected),
        "actual": _value(finding.actual),
        "fix": prose(finding.fix),
        "fits": list(fits(finding, shapes)),
        "repairs": [prose(words(one)) for one in finding.repairs],
        "derivation": list(derivation(finding)),
        "consequences": finding.consequences,
    }


def _value(value: int | str | None) -> int | str | None:
    return prose(value) if isinstance(value, str) else value


def _logical(where: Location) -> Iterable[object]:
    """The node, and the tensor where one is named."""
    for kind, name in (("node", where.node), ("tensor", where.tensor)):
        if name:
            whole = f"{visible(where.graph)}/{visible(name)}" if where.graph else visible(name)
            yield {"name": visible(name), "fullyQualifiedName": whole, "kind": kind}


def _artifact(report: Report, verdict: Verdict) -> object:
    model = report.model
    return {
        "location": {"uri": _uri(model.path)},
        "length": model.bytes,
        "roles": ["analysisTarget"],
        "properties": {
            "verdict": verdict.value,
            "digest": visible(model.digest),
            "contentDigest": None if model.content_digest is None else visible(model.content_digest),
            **in_depth(report),
        },
    }


def _not_looked_at(missed: Missed) -> str:
    return f"not looked at: {prose(missed.what)}: {prose(missed.why)}"


def _message(text: str) -> str:
    """Text that holds no placeholder (3.11.5) and no link (3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _uri(path: str) -> str:
    """The path as it was given: relative to the working directory, or a whole one."""
    path = path[:_LONGEST_PATH]
    try:
        encoded = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character: no path of a system has one
        encoded = path.encode("utf-8", "backslashreplace")
    return ("file://" if path.startswith("/") else "") + quote(encoded)
