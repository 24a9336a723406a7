"""What the part says of a model: its findings, its lines and figures, and what it could not look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from auditor.errors import UsageError
from auditor.evidence.deep.aligned import aligned_tensors
from auditor.evidence.deep.divergence import _sides, figures_of
from auditor.evidence.deep.siblings import EIGHT, FLOAT16, FOUR, FULL, kind_of_numbers, siblings_beside
from auditor.evidence.evidence import Evidence
from auditor.model.load import load, loads
from auditor.pipeline import audit
from auditor.report import DeepPart, Report
from auditor.runtime.deep.closeness import Closeness
from auditor.runtime.deep.divergence import ARRAYS, TensorSeen
from auditor.settings import Settings
from tests.rules.sibling_mutators import AGAINST, beside, normalised, other_epsilon, parsed, product, squared
from tests.runtime.deep.test_divergence_memory import chain

from .test_divergence_kinds import calibrated


def looked(path: Path, **changes: Any) -> tuple[Report, DeepPart]:
    report = audit(path, Settings(deep_parts=frozenset({"divergence"}), **changes))
    (part,) = report.depth
    return report, part


def messages(report: Report) -> list[str]:
    return [f"{one.message} [{one.location.node}] {one.fix}" for one in report.findings if "diverging" in one.rule]


def test_a_model_alone_is_held_against_itself_without_optimisation(tmp_path: Path) -> None:
    report, part = looked(beside(tmp_path, {"model.onnx": normalised(1e-5)}))
    assert (part.status, messages(report)) == ("ok", [])
    assert part.lines[0].startswith("with and without optimisation: 1 output alike")
    assert {figure.name for figure in part.figures} >= {"optimisation-largest-error", "optimisation-top1"}
    assert part.stamp.runtime.startswith("onnxruntime") and part.stamp.provider == "CPUExecutionProvider"


def test_another_version_is_named_with_the_node(tmp_path: Path) -> None:
    report, part = looked(other_epsilon(tmp_path), against=str(tmp_path / AGAINST))
    (said,) = messages(report)
    assert part.status == "found"
    assert "held against against.onnx" in said and "'t' of stable (Add)" in said and "[stable]" in said
    assert "the same to the last bit" in said


def test_a_sibling_beside_it_is_found_by_its_name(tmp_path: Path) -> None:
    models = product(by_column=False)
    report, _ = looked(beside(tmp_path, {"model.onnx": models["model.onnx"], **models}))
    (said,) = messages(report)
    assert "its 8 bits sibling model.int8.onnx" in said and "channel" in said
    assert "quantise 'q' by channel" in said


def test_what_is_quantised_on_the_way_is_said(tmp_path: Path) -> None:
    report, _ = looked(beside(tmp_path, calibrated(0.002)))
    (said,) = messages(report)
    assert "quantised by round (QuantizeLinear)" in said


def test_a_reach_beyond_float16_is_said_with_the_number(tmp_path: Path) -> None:
    report, _ = looked(beside(tmp_path, {"m.fp16.onnx": squared(2000, True), "m.onnx": squared(2000, False)}))
    (said,) = messages(report)
    assert "'p' of pow (Pow) reaches" in said and "65504" in said and "keep pow (Pow) in float32" in said


def test_a_frameworks_tensors_need_their_inputs(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5)})
    arrays = tmp_path / "torch.npz"
    np.savez(arrays, h=np.zeros((1, 16), np.float32))
    _, part = looked(path, against=str(arrays))
    assert part.status == "not looked at" and "torch.npz has no values of the inputs ('x')" in part.why
    np.savez(arrays, h=np.zeros((2, 16), np.float32), x=np.ones((2, 16), np.float32))
    report, part = looked(path, against=str(arrays))
    (said,) = messages(report)
    assert "held against torch.npz" in said and "[project]" in said


def test_arrays_that_were_named_are_asked_for(tmp_path: Path) -> None:
    """What of them cannot be compared is missed, and leaves the verdict open."""
    path = beside(tmp_path, {"model.onnx": normalised(1e-5)})
    arrays = str(tmp_path / "torch.npz")
    np.savez(arrays, y=np.zeros((2, 16), np.float32))
    asked = list(_sides(Evidence(load(str(path)), Settings(against=arrays)), []))
    assert [(side.asked.kind == ARRAYS, side.given) for side in asked] == [(False, False), (True, True)]


def test_a_channel_is_told_where_it_is_more_than_3_db_worse_than_the_whole() -> None:
    whole = Closeness(64, sqnr=40.0, axis=1, channels=4, channel=2, channel_sqnr=36.5, each=16)
    assert "channel 2 of 4 (axis 1) 36.5 dB" in figures_of(TensorSeen("t", closeness=whole))
    assert "channel" not in figures_of(TensorSeen("t", closeness=whole._replace(channel_sqnr=37.5)))


def test_arrays_of_other_names_are_said(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5)})
    arrays = tmp_path / "torch.npz"
    np.savez(arrays, nothing=np.zeros(3, np.float32))
    report, part = looked(path, against=str(arrays))
    assert part.status == "open"
    assert any("no array that is called as a tensor" in missed.why for missed in report.coverage.skipped)


def test_a_model_that_is_none_and_one_of_other_inputs_are_said(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5)})
    (tmp_path / "junk.onnx").write_bytes(b"\x00junk" * 9)
    report, part = looked(path, against=str(tmp_path / "junk.onnx"))
    assert part.status == "open" and any("junk.onnx" in missed.what for missed in report.coverage.skipped)
    two = parsed("agraph (float[N, 16] a, float[N, 16] b) => (float[N, 16] c) { c = Add(a, b) }")
    (tmp_path / "two.onnx").write_bytes(two.SerializeToString())
    report, part = looked(path, against=str(tmp_path / "two.onnx"))
    assert "its inputs and outputs are not this model's" in part.why


def test_tensors_that_together_pass_the_limit_are_looked_at(tmp_path: Path) -> None:
    """320 MB of tensors after each other, in 300 MB of addresses."""
    models = {"model.onnx": chain(True, 80), AGAINST: chain(False, 80)}
    report, part = looked(beside(tmp_path, models), against=str(tmp_path / AGAINST), memory=300 << 20, timeout=600.0)
    assert part.status == "found", part
    (said,) = messages(report)
    assert "'t10' of Mul" in said


def test_siblings_are_named_as_the_model_but_for_a_type(tmp_path: Path) -> None:
    names = ("net.onnx", "net_fp16.onnx", "net.int8.onnx", "net-quantized.onnx", "other_fp16.onnx", "net_fp32.onnx")
    for name in names:
        (tmp_path / name).touch()

    def of(name: str) -> list[str]:
        return [Path(one).name for one in siblings_beside(str(tmp_path / name))]

    assert of("net_fp16.onnx") == ["net.onnx", "net_fp32.onnx"]
    assert of("net.onnx") == ["net.int8.onnx", "net-quantized.onnx"]
    assert of("net_fp32.onnx") == ["net.onnx", "net.int8.onnx"]
    assert of("other_fp16.onnx") == [] and siblings_beside("") == ()


def test_the_numbers_of_a_model_are_those_of_most_of_it() -> None:
    def kind(model: onnx.ModelProto) -> str:
        return kind_of_numbers(loads(model.SerializeToString()))

    assert kind(normalised(1e-5)) == FULL
    assert kind(squared(1, True)) == FLOAT16
    assert kind(product(True)["model.int8.onnx"]) == EIGHT
    four = parsed("agraph (float[N, 2] x) => (float[N, 2] y) { y = Identity(x) }")
    four.graph.initializer.append(onnx.helper.make_tensor("w", onnx.TensorProto.INT4, [2], [1, 2]))
    assert kind(four) == FOUR


def test_tensors_are_aligned_by_name_else_by_the_order_of_operators() -> None:
    one = loads(normalised(1e-5).SerializeToString()).graph
    assert [pair.old for pair in aligned_tensors(one, one).tensors] == ["h", "mu", "d", "p", "s", "t", "r", "n", "y"]
    other = parsed("agraph (float[N, 16] x) => (float[N, 4] y) { k = Identity(x) a = MatMul(k, k) "
                   "b = ReduceMean(a) c = Cast <to = 10> (b) e = Sub(a, c) y = Pow(e, e) }")  # fmt: skip
    found = aligned_tensors(one, loads(other.SerializeToString()).graph)
    assert found.loose and not aligned_tensors(one, one).loose
    assert [(pair.old, pair.new) for pair in found.tensors] == [("h", "a"), ("mu", "b"), ("d", "e"), ("p", "y")]


@pytest.mark.parametrize(
    "between",
    [
        "k = Cast<to = 10>(a)",
        "k = Identity(a)",
        "c = Constant<value = float {1}>() k = Identity(a)",
        "k = QuantizeLinear(a, s, z)",
        "q = QuantizeLinear(a, s, z) k = DequantizeLinear(q, s, z)",
        "k, s, z = DynamicQuantizeLinear(a)",
    ],
)
def test_what_only_changes_the_type_does_not_come_between_operators_in_a_row(between: str) -> None:
    """Three in a row are the fewest that are taken for the same."""
    head, body = (
        "agraph (float[2] x, float s, uint8 z) => (float[2] {})",
        "{{ {} = Abs(x) {} {} = Neg({}) {} = Exp({}) }}",
    )
    ours = parsed(head.format("r") + body.format("p", "", "q", "p", "r", "q"))
    theirs = parsed(head.format("y") + body.format("a", between, "b", "k", "y", "b"))
    one, other = (loads(model.SerializeToString()).graph for model in (ours, theirs))
    assert [tuple(pair) for pair in aligned_tensors(one, other).tensors] == [("p", "a"), ("q", "b"), ("r", "y")]


def test_a_file_that_is_not_there_is_a_mistake_of_the_command() -> None:
    from auditor.config.table import values

    with pytest.raises(UsageError, match=r"--against takes a model, or a file made by numpy\.savez"):
        values({"against": "nowhere.onnx"})
