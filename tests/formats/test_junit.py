"""JUnit XML, read back by junitparser."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from auditor.formats import renderer, writer
from auditor.report import Report, Severity, Verdict

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, WAIVED, with_name


def written(*reports: Report, verdict: Verdict = Verdict.FAIL) -> str:
    out = io.StringIO()
    if len(reports) == 1:
        renderer("junit")(reports[0], verdict, out)
    else:
        several = writer("junit", out)
        for report in reports:
            several.write(report, verdict)
        several.close()
    return out.getvalue()


def suites(*reports: Report, verdict: Verdict = Verdict.FAIL) -> list[TestSuite]:
    return list(JUnitXml.fromstring(written(*reports, verdict=verdict).encode()))


def cases(suite: TestSuite) -> dict[str, TestCase]:
    return {case.name: case for case in suite}


def test_a_case_a_rule_and_a_case_for_what_was_not_looked_at() -> None:
    [suite] = suites(ALEXNET)
    assert suite.name == "models/alexnet.onnx"
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 1, 0, 1)
    assert {p.name: p.value for p in suite.properties()} == {"verdict": "fail", "digest": "d1"}
    told = cases(suite)
    assert list(told) == ["dead-branches", "misfit-initializers", "unused-initializers", "run"]
    assert told["dead-branches"].is_passed
    [failure] = told["misfit-initializers"].result
    assert isinstance(failure, Failure)
    assert failure.type == "error"
    assert failure.message == "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400"
    assert "conv1  [1, 96, 54, 54]  floor((224 - 11) / 4) + 1 = 54" in failure.text
    assert "fits for 227 <= H = W <= 258" in failure.text
    assert told["unused-initializers"].is_passed
    assert "nothing uses it" in told["unused-initializers"].system_out
    [skipped] = told["run"].result
    assert isinstance(skipped, Skipped)
    assert skipped.message == "left out by --no-run"


def test_the_counts_are_those_of_the_cases() -> None:
    xml = JUnitXml.fromstring(written(CLEAN, ALEXNET, NOTHING).encode())
    said = [(s.tests, s.failures, s.errors, s.skipped) for s in xml]
    for suite in xml:
        suite.update_statistics()
    assert said == [(s.tests, s.failures, s.errors, s.skipped) for s in xml]


def test_what_could_not_be_looked_at_is_an_error() -> None:
    [suite] = suites(NOTHING, verdict=Verdict.INCONCLUSIVE)
    [error] = cases(suite)["model"].result
    assert isinstance(error, Error)
    assert error.message == "there is no file none.onnx"


def test_a_verdict_that_fails_for_a_warning_fails_a_case() -> None:
    warned = ALEXNET._replace(findings=ALEXNET.findings[1:])
    [passed], [failed] = suites(warned, verdict=Verdict.PASS), suites(warned, verdict=Verdict.FAIL)
    assert (passed.failures, failed.failures) == (0, 1)
    assert cases(failed)["unused-initializers"].result[0].type == "warning"


def test_findings_of_one_rule_are_one_failure() -> None:
    twice = ALEXNET._replace(findings=ALEXNET.findings[:1] * 3)
    [suite] = suites(twice)
    [failure] = cases(suite)["misfit-initializers"].result
    assert failure.message.endswith("(and 2 more)")
    assert failure.text.count("error: fc6 (Gemm)") == 3


def test_what_is_waived_is_skipped() -> None:
    [suite] = suites(WAIVED, verdict=Verdict.PASS)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (5, 0, 0, 3)
    told = cases(suite)
    [waived] = told["misfit-initializers"].result
    [known] = told["unused-initializers"].result
    assert isinstance(waived, Skipped) and isinstance(known, Skipped)
    assert waived.message == "waived by vision team until 2027-01-31: the client sends 227"
    assert known.message == "known: in the baseline"
    assert "fc6 takes 9216" in told["misfit-initializers"].system_out


def test_a_waived_finding_hides_no_other_of_its_rule() -> None:
    both = ALEXNET._replace(findings=(WAIVED.findings[0], ALEXNET.findings[0]))
    [suite] = suites(both)
    case = cases(suite)["misfit-initializers"]
    [failure] = case.result
    assert isinstance(failure, Failure)
    assert "waived by vision team" not in failure.text
    assert "waived by vision team" in case.system_out


def test_a_waived_error_fails_no_case_where_a_warning_fails_the_verdict() -> None:
    mixed = ALEXNET._replace(findings=(WAIVED.findings[0], ALEXNET.findings[1]))
    [suite] = suites(mixed)
    assert cases(suite)["unused-initializers"].result[0].type == "warning"
    assert isinstance(cases(suite)["misfit-initializers"].result[0], Skipped)


def test_several_models_are_one_document() -> None:
    assert [suite.name for suite in suites(CLEAN, ALEXNET)] == ["/models/a clean:one.onnx", "models/alexnet.onnx"]
    assert suites() == []


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    text = written(with_name(name), with_name(name))
    assert text.isascii()
    tags = {element.tag for element in ElementTree.fromstring(text).iter()}
    assert tags <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    first, second = suites(with_name(name), with_name(name))
    assert [case.name for case in first] == [case.name for case in second]
    assert (first.tests, first.failures, first.errors, first.skipped) == (5, 1, 1, 2)
    severities = {finding.severity for finding in with_name(name).findings}
    assert severities == {Severity.ERROR, Severity.NOTE}
    if name.isprintable() and "##" not in name and not name.strip().startswith("::") and len(name) < 256:
        assert first.name == name
