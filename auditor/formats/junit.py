"""JUnit XML: a suite for each model, a case for each rule that ran and for each thing that was not looked at.

An error fails its rule's case, and a warning or a note does where the verdict is a failure without any error. What was
left out is skipped, with its reason; what was asked for and not looked at is an error, as the verdict is open. A case
whose findings are waived or known is skipped with who answers for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ..names import prose, visible
from ..report import Finding, Missed, Report, Severity, Verdict, waiver_of
from . import Format
from .parts.depth import in_depth
from .parts.telling import Shapes, counting, derivation, further, input_shapes, place, why_waived


class JunitSuites:
    """One document with a suite for each model, written as it comes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="auditor">\n')

    def write(self, report: Report, verdict: Verdict) -> None:
        suite = _suite(report, verdict)
        ElementTree.indent(suite, level=1)
        # All that is not ASCII becomes a character reference, so that the stream's encoding does not matter.
        self._out.write(f"  {ElementTree.tostring(suite, encoding='us-ascii').decode('ascii')}\n")

    def close(self) -> None:
        self._out.write("</testsuites>\n")


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """The document of one model."""
    several = JunitSuites(out)
    several.write(report, verdict)
    several.close()


FORMAT = Format(
    "CI services: a suite for each model, a case for each rule, "
    "skipped with the reason where something was not looked at",
    render,
    JunitSuites,
)


def _suite(report: Report, verdict: Verdict) -> Element:
    path = visible(report.model.path, 4096)
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        found[finding.rule].append(finding)
    fails = _failing(report, verdict)
    cases = [
        _rule(path, name, found[name], fails, input_shapes(report))
        for name in dict.fromkeys((*report.coverage.ran, *found))
    ]
    cases += [_missed(path, missed) for missed in (*report.coverage.failed, *report.coverage.skipped)]
    suite = Element(
        "testsuite",
        name=path,
        tests=str(len(cases)),
        failures=_count(cases, "failure"),
        errors=_count(cases, "error"),
        skipped=_count(cases, "skipped"),
        time="0",
    )
    if report.audited_at:
        suite.set("timestamp", visible(report.audited_at))
    properties = SubElement(suite, "properties")
    for key, value in (("verdict", verdict.value), ("digest", report.model.digest)):
        SubElement(properties, "property", name=key, value=visible(value))
    for key, measured in in_depth(report).items():
        SubElement(properties, "property", name=key, value=str(measured))
    suite.extend(cases)
    return suite


def _failing(report: Report, verdict: Verdict) -> frozenset[Severity]:
    """Which severities fail a case. A failure without any error was made by the worst that is there."""
    there = {f.severity for f in counting(report)} if verdict is Verdict.FAIL else set()
    worst = next((s for s in Severity if s in there), Severity.ERROR)
    return frozenset({Severity.ERROR, worst})


def _case(path: str, name: str) -> Element:
    return Element("testcase", classname=path, name=visible(name), time="0")


def _rule(path: str, name: str, findings: list[Finding], fails: frozenset[Severity], shapes: Shapes) -> Element:
    case = _case(path, name)
    failing = [f for f in findings if waiver_of(f) is None and f.severity in fails]
    if failing:
        first, more = failing[0], len(failing) - 1
        message = prose(first.message, 1000) + (f" (and {more:,} more)" if more else "")
        SubElement(case, "failure", type=first.severity.value, message=message).text = _sentences(failing, shapes)
    waived = [f for f in findings if waiver_of(f) is not None]
    if waived and not failing:
        others = f" (and {len(waived) - 1:,} more)" if len(waived) > 1 else ""
        SubElement(case, "skipped", type="waived", message=why_waived(waived[0]) + others)
    said = [f for f in findings if waiver_of(f) is not None or f.severity not in fails]
    if said:
        SubElement(case, "system-out").text = _sentences(said, shapes)
    return case


def _sentences(findings: Iterable[Finding], shapes: Shapes) -> str:
    return "\n\n".join(
        "\n".join([
            f"{finding.severity.value}: {place(finding.location)}".removesuffix(": "),
            *("  " + line for line in _lines(finding, shapes)),
        ])
        for finding in findings
    )  # fmt: skip


def _lines(finding: Finding, shapes: Shapes) -> Iterable[str]:
    yield prose(finding.message)
    if waiver_of(finding) is not None:
        yield why_waived(finding)
    else:
        yield from derivation(finding)
        yield from further(finding, shapes)


def _missed(path: str, missed: Missed) -> Element:
    case = _case(path, missed.what)
    SubElement(case, "error" if missed.asked else "skipped", type="not looked at", message=prose(missed.why))
    return case


def _count(cases: Iterable[Element], kind: str) -> str:
    return str(sum(case.find(kind) is not None for case in cases))
