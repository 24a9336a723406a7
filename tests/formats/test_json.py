"""The JSON of a report: its shape as documented, and the way back."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import __version__
from auditor.errors import StoreError
from auditor.formats import json as format_json
from auditor.formats.parts import repairs as format_repairs
from auditor.repair import (
    AttributeChange,
    Declaration,
    DimensionName,
    InputSizes,
    Insertion,
    Move,
    OpsetImport,
    ParameterShape,
    Removal,
    Replacement,
)
from auditor.report import (
    Basis,
    Coverage,
    Finding,
    Fit,
    JudgedFinding,
    Location,
    Missed,
    ModelIdentity,
    Port,
    ProviderFallback,
    ProviderShare,
    RangeRow,
    Report,
    RunAttempt,
    RunLevel,
    RunSummary,
    Severity,
    Step,
    Totals,
    Verdict,
    Waived,
    WeightRow,
    Witness,
    WitnessInput,
)

texts = st.text(max_size=12)
names = st.text(st.characters(), max_size=6) | st.sampled_from(
    ["\udc80", "a\udcff", "\x1b[31m", "\u202e", "a\nb", "NaN"]
)
counts = st.integers(0, 1 << 70)
sizes = st.integers(0, 1 << 64) | st.sampled_from(["N", "N*3"]) | st.none()
shapes = st.none() | st.lists(sizes, max_size=4).map(tuple)
open_counts = counts | st.just("3*N + 1") | st.none()
floats = st.floats(allow_nan=False)
steps = st.builds(Step, texts, texts, st.lists(texts, max_size=3).map(tuple), shapes, texts)
ranges = st.tuples(counts, counts) | st.tuples(counts, st.none()) | st.tuples(counts, counts, counts)
fits = st.builds(Fit, st.lists(texts, max_size=2).map(tuple), st.lists(ranges, max_size=2).map(tuple))
whole = st.lists(counts, max_size=4).map(tuple)
words = texts.filter(lambda text: text not in ("NaN", "Infinity", "-Infinity"))  # numbers that JSON has not
values = st.none() | counts | words | floats | whole | st.lists(floats, max_size=3).map(tuple)
declarations = st.none() | texts | st.lists(sizes, max_size=4).map(tuple)
REPAIRS = (
    st.builds(AttributeChange, texts, texts, values, values, texts, texts),
    st.builds(ParameterShape, texts, texts, whole, whole, texts, texts),
    st.builds(InputSizes, texts, whole, st.lists(sizes, max_size=4).map(tuple), whole, texts),
    st.builds(
        Insertion, texts, texts, texts, st.none() | whole, st.none() | counts, st.none() | whole, st.none() | whole,
        counts, texts,
    ),
    st.builds(Removal, texts, texts, texts),
    st.builds(Move, texts, texts, texts, texts),
    st.builds(Replacement, texts, texts, texts, texts),
    st.builds(Declaration, texts, st.sampled_from(["shape", "type"]), declarations, declarations, texts, texts),
    st.builds(OpsetImport, texts, st.none() | counts, counts, texts),
    st.builds(DimensionName, texts, counts, texts, texts, texts),
)  # fmt: skip
repairs = st.lists(st.one_of(REPAIRS), max_size=3).map(tuple)
locations = st.builds(Location, texts, texts, texts, texts, texts, st.none() | counts)
ports = st.lists(st.builds(Port, texts, texts, shapes), max_size=2).map(tuple)
missed = st.lists(st.builds(Missed, texts, texts, st.booleans(), st.just("")), max_size=2).map(tuple)


bounds = st.floats(allow_nan=False)
percents = st.floats(0, 100) | st.none()


def models(text: st.SearchStrategy[str]) -> st.SearchStrategy[ModelIdentity]:
    files = st.lists(text, max_size=2).map(tuple)
    opsets = st.dictionaries(text, st.integers(), max_size=2)
    return st.builds(ModelIdentity, text, counts, text, st.none() | text, files, st.integers(), opsets, text)


def witnesses(text: st.SearchStrategy[str]) -> st.SearchStrategy[Witness]:
    finite = st.floats(allow_nan=False, allow_infinity=False)
    shape = st.lists(counts, max_size=3).map(tuple)
    inputs = st.builds(WitnessInput, text, text, shape, finite, finite, st.lists(finite, max_size=3).map(tuple))
    names = st.lists(text, max_size=2).map(tuple)
    return st.builds(Witness, st.lists(inputs, max_size=2).map(tuple), text, text, shape, text, names, names, text)


def findings(text: st.SearchStrategy[str]) -> st.SearchStrategy[Finding]:
    found = st.builds(
        Finding,
        message=text,
        location=locations,
        fix=text,
        expected=st.none() | text | counts,
        actual=st.none() | text | counts,
        derivation=st.lists(steps, max_size=2).map(tuple),
        fits=st.lists(fits, max_size=2).map(tuple),
        repairs=repairs,
        severity=st.sampled_from(Severity),
        basis=st.sampled_from(Basis),
        rule=text,
        fingerprint=text,
        consequences=counts,
        magnitude=st.none() | counts | st.floats(allow_nan=False),
        witness=st.none() | witnesses(text),
    )
    waived = st.builds(Waived, st.sampled_from(["baseline", "waiver"]), text, text, text)
    own = st.sampled_from(Severity)
    return (
        found
        | st.builds(lambda f, w: JudgedFinding.from_finding(f, waived=w), found, waived)
        | st.builds(lambda f, s: JudgedFinding.from_finding(f, own_severity=s), found, own)
    )


def reports(text: st.SearchStrategy[str], numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Report]:
    whole_shapes = st.lists(counts, max_size=4).map(tuple)
    weights = st.builds(
        WeightRow, text, text, whole_shapes, numbers, numbers, numbers, numbers, counts, counts, counts
    )  # fmt: skip
    return st.builds(
        Report,
        model=models(text),
        findings=st.lists(findings(text), max_size=2).map(tuple),
        coverage=st.builds(Coverage, st.lists(text, max_size=2).map(tuple), missed, missed),
        totals=st.builds(
            Totals,
            nodes=counts,
            parameters=counts,
            learnable_parameters=open_counts,
            running_statistics=open_counts,
            elementwise_parameters=counts,
            macs=open_counts,
            flops=open_counts,
            weight_bytes=counts,
            peak_activation_bytes=open_counts,
        ),
        inputs=ports,
        outputs=ports,
        weights=st.lists(weights, max_size=2).map(tuple),
        ranges=st.lists(st.builds(RangeRow, text, text, bounds, bounds, st.booleans()), max_size=2).map(tuple),
        run=st.builds(
            RunSummary,
            provider=text,
            status=text,
            why=text,
            seconds=floats,
            isolation=st.dictionaries(text, text, max_size=2),
            placement=st.dictionaries(text, counts, max_size=2),
            golden=st.lists(text, max_size=2).map(tuple),
            outputs=ports,
            optimisation=text,
            cpu=st.lists(text, max_size=2).map(tuple),
            attempts=st.lists(
                st.builds(RunAttempt, st.dictionaries(text, whole_shapes, max_size=1), text, text, text), max_size=1
            ).map(tuple),
            levels=st.lists(st.builds(RunLevel, text, text, text, text), max_size=1).map(tuple),
            shares=st.lists(
                st.builds(ProviderShare, text, counts, percents, counts | st.none(), percents), max_size=2
            ).map(tuple),
            unplaced_macs=counts | st.none(),
            shares_by=text,
            fallbacks=st.lists(st.builds(ProviderFallback, text, text, counts, text), max_size=2).map(tuple),
        ),
        audited_at=text,
        rules_digest=text,
    )


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), (1.5, float("inf")), "infinite", ("a", "b")])
def test_a_repair_keeps_a_number_that_json_has_not(value: float | str | tuple[float, ...] | tuple[str, ...]) -> None:
    """As a bound of Clip before opset 6 is: an attribute's float, and no text."""
    repair = AttributeChange("clip", "min", 0.0, value, "")
    row = json.loads(json.dumps(format_json.plain(format_repairs.row(repair)), allow_nan=False))
    assert format_repairs.read(row) == repair


@given(reports(texts, floats), st.sampled_from(Verdict))
def test_a_report_comes_back_as_it_was(report: Report, verdict: Verdict) -> None:
    text = format_json.line(report, verdict)
    assert format_json.parse(json.loads(text)) == (report, verdict)


@given(reports(names, st.floats()), st.sampled_from(Verdict))
def test_any_report_is_valid_json_and_stays_so(report: Report, verdict: Verdict) -> None:
    """Hostile names and numbers that JSON has not: escaped once, and never again."""
    first = format_json.document(report, verdict)
    assert json.loads(format_json.dumps(first), parse_constant=pytest.fail) == first
    assert json.dumps(first, ensure_ascii=False).encode("utf-8")  # no lone surrogate anywhere
    assert format_json.document(*format_json.parse(first)) == first


def test_the_documented_keys_stand_in_their_places() -> None:
    """The sample of the design, key by key; further keys are allowed."""
    report = Report(
        ModelIdentity("m.onnx", opsets={"": 17}),
        findings=(
            Finding(
                "misfit-initializers",
                Severity.ERROR,
                Basis.ILLEGAL,
                "fc6 takes 9216; pool5 gives 6400",
                Location(node="fc6", op_type="Gemm"),
                expected=9216,
                actual=6400,
                derivation=(
                    Step("conv1", "Conv", ("[1, 3, 224, 224]",), (1, 96, "H", None), "floor((224 - 11) / 4) + 1 = 54"),
                ),
                fits=(Fit(("data[2]", "data[3]"), ((227, 258),)),),
                repairs=(
                    InputSizes("data", (2, 3), (224, 224), (227, 227), "it is 224 x 224"),
                    Insertion("fc6", "Flatten", "nothing flattens", axis=1),
                    Removal("drop6", "it is there twice"),
                ),
            ),
        ),
        coverage=Coverage(("misfit-initializers",), (Missed("run", "--no-run"),)),
        weights=(WeightRow("w", "float32", (2, 3), -1.0, 1.0, 0.5, 0.25, 1, 0, 0),),
        run=RunSummary("CPUExecutionProvider", "ok", outputs=(Port("y", "float32", (1, 10)),)),
        rules_digest="abc",
        audited_at="2026-01-02T03:04:05Z",
    )
    whole = json.loads(format_json.line(report, Verdict.FAIL))
    assert next(iter(whole)) == "schema_version"
    assert whole["schema_version"] == 1
    assert whole["auditor"] == {"version": __version__, "rules": "abc"}
    assert whole["model"] == {
        "path": "m.onnx", "bytes": 0, "digest": "", "content_digest": None, "files": [], "ir_version": 0,
        "opsets": {"": 17}, "producer": "",
    }  # fmt: skip
    assert whole["verdict"] == "fail"
    assert whole["findings"] == [
        {
            "rule": "misfit-initializers", "severity": "error", "own_severity": None, "basis": "illegal",
            "message": "fc6 takes 9216; pool5 gives 6400", "fix": "", "consequences": 0,
            "location": {"graph": "", "node": "fc6", "op_type": "Gemm", "tensor": "", "attribute": "", "offset": None},
            "expected": 9216, "actual": 6400, "fingerprint": "", "parts": [], "magnitude": None,
            "derivation": [{"node": "conv1", "op_type": "Conv", "inputs": ["[1, 3, 224, 224]"],
                            "output": [1, 96, "H", None], "formula": "floor((224 - 11) / 4) + 1 = 54"}],
            "fits": [{"axes": ["data[2]", "data[3]"], "ranges": [[227, 258]]}],
            "waived": None, "witness": None,
            "repairs": [
                {"input": "data", "axes": [2, 3], "from": [224, 224], "to": [227, 227], "why": "it is 224 x 224"},
                {"node": "fc6", "insert": "Flatten", "axis": 1, "why": "nothing flattens"},
                {"node": "drop6", "remove": True, "why": "it is there twice"},
            ],
        }
    ]  # fmt: skip
    assert whole["coverage"] == {
        "ran": ["misfit-initializers"],
        "skipped": [{"what": "run", "why": "--no-run", "asked": False}],
        "failed": [],
    }
    assert set(whole["totals"]) >= {
        "nodes", "parameters", "learnable_parameters", "macs", "flops", "weight_bytes", "peak_activation_bytes",
    }  # fmt: skip
    assert whole["inputs"] == whole["outputs"] == []
    assert whole["weights"] == [
        {"tensor": "w", "dtype": "float32", "shape": [2, 3], "min": -1.0, "max": 1.0, "mean": 0.5, "std": 0.25,
         "zeros": 1, "nan": 0, "inf": 0}
    ]  # fmt: skip
    assert whole["run"] == {
        "provider": "CPUExecutionProvider", "status": "ok", "why": "", "seconds": 0.0, "isolation": {}, "placement": {},
        "golden": [], "outputs": [{"name": "y", "dtype": "float32", "shape": [1, 10]}],
        "optimisation": "", "cpu": [], "attempts": [], "levels": [],
            "shares": [], "unplaced_macs": None, "shares_by": "", "fallbacks": [],
    }  # fmt: skip
    assert whole["audited_at"] == "2026-01-02T03:04:05Z"


def test_nothing_of_a_report_is_left_out() -> None:
    """Every field of the report's types has a key, or a part of the document that is made of it."""
    report = Report(
        ModelIdentity("m"),
        findings=(
            JudgedFinding(
                "",
                Severity.NOTE,
                Basis.ILLEGAL,
                "",
                derivation=(Step("", "", (), (), ""),),
                fits=(Fit((), ()),),
                witness=Witness((WitnessInput("", "", (), 0, 0),), "", "", (), ""),
                waived=Waived("waiver"),
            ),
        ),
        coverage=Coverage((), (Missed("", ""),)),
        inputs=(Port("", "", ()),),
        weights=(WeightRow("", "", (), 0, 0, 0, 0, 0, 0, 0),),
        ranges=(RangeRow("", "", 0, 0),),
    )
    whole = json.loads(format_json.line(report, Verdict.PASS))
    (found,) = whole["findings"]
    parts: dict[type[Any], Any] = {
        Report: {**whole, "rules_digest": whole["auditor"]["rules"]},
        ModelIdentity: whole["model"],
        JudgedFinding: found,
        Location: found["location"],
        Step: found["derivation"][0],
        Fit: found["fits"][0],
        Witness: found["witness"],
        WitnessInput: found["witness"]["inputs"][0],
        RangeRow: whole["ranges"][0],
        Waived: found["waived"],
        Coverage: whole["coverage"],
        Missed: whole["coverage"]["skipped"][0],
        Totals: whole["totals"],
        Port: whole["inputs"][0],
        WeightRow: whole["weights"][0],
        RunSummary: whole["run"],
    }
    left = {f"{kind.__name__}.{name}" for kind, part in parts.items() for name in kind._fields if name not in part}
    assert left == {"Missed.trace"}  # of a fault of ours: it goes to standard error


def test_numbers_that_json_has_not_are_text_and_come_back() -> None:
    row = WeightRow("w", "float32", (1,), -math.inf, math.inf, math.nan, 0.0, 0, 1, 2)
    whole = format_json.document(Report(ModelIdentity("m"), weights=(row,)), Verdict.FAIL)
    assert json.loads(format_json.dumps(whole))["weights"][0]["min"] == "-Infinity"
    assert json.loads(format_json.dumps(whole))["weights"][0]["max"] == "Infinity"
    assert json.loads(format_json.dumps(whole))["weights"][0]["mean"] == "NaN"
    (back,) = format_json.parse(whole)[0].weights
    assert (back.min, back.max) == (-math.inf, math.inf)
    assert math.isnan(back.mean)


def test_an_integer_that_python_cannot_print_is_hexadecimal_text() -> None:
    report = Report(ModelIdentity("m"), totals=Totals(macs=1 << 20_000))
    assert json.loads(format_json.line(report, Verdict.PASS))["totals"]["macs"] == "0x1" + "0" * 5000


def test_names_that_are_not_utf8_are_escaped_and_nothing_reaches_a_terminal_raw() -> None:
    report = Report(ModelIdentity("m\udc80.onnx", producer="\x1b]0;x\x07\u202e\x9b31m"))
    text = format_json.line(report, Verdict.PASS)
    assert text.isascii() and text.isprintable()
    assert json.loads(text)["model"]["path"] == r"m\udc80.onnx"
    assert json.loads(text)["model"]["producer"] == "\x1b]0;x\x07\u202e\x9b31m"


def test_one_model_is_spread_over_lines_and_several_are_a_line_each() -> None:
    report = Report(ModelIdentity("m\n.onnx"))
    out = io.StringIO()
    format_json.render(report, Verdict.PASS, out, layers=[{"path": "conv1", "shape": (1, "N", None)}])
    assert out.getvalue().startswith('{\n  "schema_version": 1,\n') and out.getvalue().endswith("}\n")
    assert json.loads(out.getvalue())["layers"] == [{"path": "conv1", "shape": [1, "N", None]}]
    assert "\n" not in format_json.line(report, Verdict.PASS)


def test_a_report_with_further_keys_is_read_and_its_extras_left_aside() -> None:
    report = Report(ModelIdentity("m"))
    whole = format_json.document(report, Verdict.PASS, layers=[1], tensors=[2])
    assert format_json.parse(whole | {"later": 1}) == (report, Verdict.PASS)


def test_what_is_no_value_of_json_is_a_fault_of_the_caller() -> None:
    with pytest.raises(TypeError, match="JSON has no bytes"):
        format_json.document(Report(ModelIdentity("m")), Verdict.PASS, layers=b"raw")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema_version": 2}, "newer auditor .schema_version 2; this one reads up to 1.: upgrade auditor"),
        ({"schema_version": None}, "not a report of auditor"),
        ({"schema_version": "1"}, "not a report of auditor"),
        ({"findings": 3}, "not a whole report"),
        ({"findings": [{}]}, "not a whole report"),
        ({"model": {}}, "not a whole report"),
        ({"verdict": "perhaps"}, "not a whole report"),
        ({"run": []}, "not a whole report"),
    ],
)
def test_what_is_no_report_is_one_clear_line(change: dict[str, object], says: str) -> None:
    whole = format_json.document(Report(ModelIdentity("m")), Verdict.PASS)
    with pytest.raises(StoreError, match=says):
        format_json.parse(whole | change)


def test_a_report_of_before_is_read() -> None:
    """As the store keeps it: without keys that came later, waived and weighed by a policy."""
    found = Finding("nan-weights", Severity.ERROR, Basis.SUSPICIOUS, "m", fingerprint="f")
    judged = JudgedFinding.from_finding(
        found, severity=Severity.NOTE, own_severity=Severity.ERROR, waived=Waived("baseline")
    )
    report = Report(ModelIdentity("m"), (found, judged))
    whole = json.loads(format_json.line(report, Verdict.PASS))
    for row in whole["findings"]:
        del row["magnitude"], row["parts"]
    del whole["findings"][0]["own_severity"], whole["findings"][0]["waived"]  # of before policies
    assert format_json.parse(whole)[0] == report
