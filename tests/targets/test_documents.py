"""What NVIDIA's documents say of TensorRT, and what is said of a model by them."""

from __future__ import annotations

from pathlib import Path

import onnx.parser
import pytest

from auditor.model.schemas import versions
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.policy.policy import Policy
from auditor.report import Basis, Report, Severity, Verdict
from auditor.settings import Settings
from auditor.targets.documents import all_versions, documents

FLOAT, INT8, INT32, INT64, BOOL, DOUBLE, BFLOAT16 = 1, 3, 6, 7, 9, 11, 16

_NOT_ONNX = {"ImageScaler", "ParametricSoftplus", "ScaledTanh"}  # of opset 1 alone, or never


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("10.6", ["10.6"]), ("10.6.0.26", ["10.6"]), ("10.3", ["9.2", "10.6"]), ("8.6.1", ["8.5", "9.2"]),
        ("10.9", ["10.6", "10.15"]), ("10.15", ["10.15"]), ("10", ["10.15"]), ("8", ["8.5"]), ("11.0", []),
        ("8.4", []), ("7", []),
    ],
)  # fmt: skip
def test_the_document_on_a_release_or_those_around_it(asked: str, found: list[str]) -> None:
    assert [one.version for one in documents(asked)] == found


@pytest.mark.parametrize(
    ("op_type", "refusing"),
    [
        ("Unique", "8.5 9.2 10.6 10.15"), ("Hardmax", "8.5"), ("LayerNormalization", "8.5"), ("STFT", "8.5 9.2"),
        ("HannWindow", "8.5 9.2"), ("BitwiseAnd", "10.6 10.15"), ("Conv", ""), ("Attention", ""), ("Mish", ""),
    ],
)  # fmt: skip
def test_operators_that_the_documents_refuse(op_type: str, refusing: str) -> None:
    """As they have them: "N" in the column "Supported"."""
    assert " ".join(v for v in all_versions() if documents(v)[0].refuses(op_type)) == refusing


@pytest.mark.parametrize(
    ("op_type", "dtype", "naming"),
    [
        ("Pow", INT32, "10.15"), ("Pow", FLOAT, "8.5 9.2 10.6 10.15"), ("ArgMax", INT64, "9.2 10.6 10.15"),
        ("Add", INT64, "8.5 9.2 10.6 10.15"), ("Add", BFLOAT16, "9.2 10.6 10.15"), ("Gelu", FLOAT, "10.6 10.15"),
        ("NonZero", BOOL, ""), ("Conv", DOUBLE, "8.5 9.2 10.6 10.15"), ("Conv", INT8, "8.5 9.2 10.6 10.15"),
        ("Attention", FLOAT, "10.15"), ("Relu", None, "8.5 9.2 10.6 10.15"), ("Swish", FLOAT, ""),
    ],
)  # fmt: skip
def test_types_that_the_documents_name(op_type: str, dtype: int | None, naming: str) -> None:
    assert " ".join(v for v in all_versions() if documents(v)[0].names(op_type, dtype)) == naming


def test_the_documents_name_operators_of_onnx() -> None:
    for version in all_versions():
        (one,) = documents(version)
        assert 150 < len(one.operators) < 210
        assert all(versions("", name) for name in one.operators.keys() - _NOT_ONNX)


def checked(folder: Path, text: str, target: str) -> Report:
    path = folder / "model.onnx"
    path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
    return judge(audit(path, Settings(run=False, runtimes=(target,))), Policy()).report


BODY = "agraph (float[4] x, uint16[2] u) => (float[N] y, float[4] z) { y = Unique(x)  z = Relu(x) }"


def test_a_refusal_by_a_document_is_a_warning_that_says_so(tmp_path: Path) -> None:
    report = checked(tmp_path, f'<ir_version: 8, opset_import: ["" : 17]> {BODY}', "tensorrt==10.3")
    found = [one for one in report.findings if one.rule == "unsupported-by-target"]
    source = "NVIDIA's document on TensorRT 9.2 (2023-11-08) and 10.6 (2024-11-01)"
    assert {one.message for one in found} == {
        f"Unique[0]: {source} says that Unique is not supported; tensorrt 10.3 was not tried",
        f"'u' is of the type uint16, which {source} does not list; tensorrt 10.3 was not tried",
    }
    assert {(one.severity, one.basis) for one in found} == {(Severity.WARNING, Basis.SUSPICIOUS)}
    assert judge(report, Policy()).verdict is Verdict.INCONCLUSIVE, "and of the rest nothing is known"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("tensorrt==10.6", "NVIDIA's document on tensorrt 10.6 does not say all that it refuses"),
        ("tensorrt==12.1", "the documents that auditor has are of tensorrt 8.5 to 10.15"),
    ],
)  # fmt: skip
def test_what_no_document_refuses_is_not_known(target: str, why: str, tmp_path: Path) -> None:
    relu = '<ir_version: 8, opset_import: ["" : 17]> agraph (float[4] x) => (float[4] y) { y = Relu(x) }'
    report = checked(tmp_path, relu, target)
    assert not report.findings and judge(report, Policy()).verdict is Verdict.INCONCLUSIVE
    assert [one.why for one in report.coverage.skipped if one.asked] == [f"nothing was measured, and {why}"]
    other = relu.replace("Relu", "Swish").replace("17", "24")
    nodes = [one.what for one in checked(tmp_path, other, "tensorrt==10.6").coverage.skipped if one.asked]
    assert "1 node for target tensorrt 10.6: 'Swish[0]'" in nodes
    newer = relu.replace("Relu", "Gelu").replace("17", "20")  # 10.6 names it, 9.2 does not
    nodes = [one.what for one in checked(tmp_path, newer, "tensorrt==10.3").coverage.skipped if one.asked]
    assert "1 node for target tensorrt 10.3: 'Gelu[0]'" in nodes


def test_a_function_of_the_models_own_is_not_the_operator(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]> agraph (float[4] x) => (float[4] y) { y = Unique(x) }
        <domain: "", opset_import: ["" : 17]> Unique (a) => (b) { b = Relu(a) }"""
    assert not [
        one for one in checked(tmp_path, text, "tensorrt==10.6").findings if one.rule == "unsupported-by-target"
    ]
