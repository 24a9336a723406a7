"""SARIF 2.1.0: one run, whose results are the findings of all models.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import TextIO
from urllib.parse import quote

from .. import __version__
from ..report import Finding, Location, Missed, Report, Verdict
from ..rules import Rule, all_rules
from .json import plain
from .names import prose, visible
from .telling import Shapes, derivation, fits, input_shapes, severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LONGEST_PATH = 4096  # no system takes a longer one
_SECTION = re.compile(r"^## What it does\n(.*?)(?=\n## |\Z)", re.DOTALL | re.MULTILINE)


class Several:
    """One run over several models. Results are written as they come; what is kept are a few lines for each model."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._between = "\n"
        self._artifacts: dict[str, int] = {}  # as text, and its index: a model that is audited twice stands there once
        self._notifications: list[object] = []
        self._successful = True
        driver = {"name": "auditor", "version": __version__, "semanticVersion": __version__, "rules": _rules()}
        out.write(f'{{\n"$schema": "{SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n')
        out.write(f'"tool": {_dumps({"driver": driver})},\n"results": [')

    def write(self, report: Report, verdict: Verdict) -> None:
        index = self._artifacts.setdefault(_dumps(_artifact(report, verdict)), len(self._artifacts))
        model = {"uri": _uri(report.model.path), "index": index}
        self._successful = self._successful and not report.coverage.failed
        shapes = input_shapes(report)
        for finding in report.findings:
            self._out.write(self._between + _dumps(_result(finding, model, shapes)))
            self._between = ",\n"
        self._notifications += [_notification(m, "error", model) for m in report.coverage.failed]
        for missed in report.coverage.skipped:
            self._notifications.append(_notification(missed, "warning" if missed.asked else "note", model))

    def close(self) -> None:
        invocation = {"executionSuccessful": self._successful, "toolExecutionNotifications": self._notifications}
        self._out.write('\n],\n"artifacts": [' + ",\n".join(self._artifacts))
        self._out.write(f'],\n"invocations": {_dumps([invocation])}\n}}]\n}}\n')


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """The run over one model."""
    several = Several(out)
    several.write(report, verdict)
    several.close()


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
    physical: dict[str, object] = {"artifactLocation": model}
    if where.offset is not None and where.offset >= 0:
        physical["region"] = {"byteOffset": where.offset}
    location: dict[str, object] = {"physicalLocation": physical}
    logical = list(_logical(where))
    if logical:
        location["logicalLocations"] = logical
    fix = [f"Fix: {prose(finding.fix)}"] if finding.fix else []
    result: dict[str, object] = {
        "ruleId": f"auditor/{visible(finding.rule)}",
        "level": severity(finding).value,
        "message": {"text": _message("\n".join([prose(finding.message), *fix]))},
        "locations": [location],
        "properties": _properties(finding, shapes),
    }
    if finding.rule in _indices():
        result["ruleIndex"] = _indices()[finding.rule]
    if finding.fingerprint:
        result["partialFingerprints"] = {"auditor/v1": visible(finding.fingerprint)}
    return result


def _properties(finding: Finding, shapes: Shapes) -> dict[str, object]:
    return {
        "basis": finding.basis.value if finding.basis else None,
        "expected": _value(finding.expected),
        "actual": _value(finding.actual),
        "fix": prose(finding.fix),
        "fits": list(fits(finding, shapes)),
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
        },
    }


def _notification(missed: Missed, level: str, model: object) -> object:
    return {
        "level": level,
        "message": {"text": _message(f"not looked at: {prose(missed.what)}: {prose(missed.why)}")},
        "locations": [{"physicalLocation": {"artifactLocation": model}}],
    }


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
