"""Two models, or two runs of one, side by side: what parts, what does not, and what is no proof."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from auditor.runtime.deep import divergence
from auditor.runtime.deep.divergence import ARRAYS, OPTIMISATION, PROVIDER, SIBLING, VERSION, Comparing, SideAsked
from auditor.runtime.request import DEFAULT, OFF, NamePair, Request, RunLimits
from tests.rules.sibling_mutators import AGAINST, beside, normalised, other_epsilon, parsed, product, squared

from ..conftest import floats
from .divergence_campaign import bases, tried
from .in_process import ground_of, held_against, sides_of


def one(path: Path, side: SideAsked, *shape: int) -> object:
    request = Request(str(path), attempts=((floats("x", *shape),),), limits=RunLimits(seconds=600, threads=1))
    *_, seen = Comparing(ground_of(request), side, invented=True).steps()
    return seen


@pytest.mark.parametrize("stem", ["lenet5", "resnet_block"])
def test_the_right_node_is_named(stem: str) -> None:
    """The short form of ``python -m tests.runtime.deep.divergence_campaign``."""
    (base,) = (path for path in bases() if path.stem == stem)
    found = list(tried(base, layers=2))
    moved = [one for one in found if one.moved]
    assert len(moved) >= 6
    assert not [one for one in moved if not one.right]


def test_the_node_with_another_epsilon_is_named_and_its_inputs_are_the_same(tmp_path: Path) -> None:
    path = other_epsilon(tmp_path)
    seen = held_against(path, tmp_path / AGAINST)
    assert seen.first is not None
    assert (seen.first.tensor, seen.first.node, seen.first.op_type) == ("t", "stable", "Add")
    assert [(b.tensor, b.closeness.same) for b in seen.before] == [("s", True)]
    assert [(output.tensor, output.bad) for output in seen.outputs] == [("y", True)]


@pytest.mark.parametrize(("rows", "size"), [("N", 8), (1, 1)])
def test_what_is_within_the_tolerance_where_it_begins_is_named_too(tmp_path: Path, rows: str | int, size: int) -> None:
    """The weight moves its own product by less than the tolerance; a difference of two large ones shows it."""
    text = f"""agraph (float[{rows}, {size}] x) => (float[{rows}, {size}] y) {{
      [large] a = MatMul(x, w) [again] b = MatMul(x, v) [less] y = Sub(a, b)
    }}"""
    w = np.full((size, size), 100, np.float32)
    v = w + np.float32(1e-2)
    spoilt = w.copy()
    spoilt[0, 0] += np.float32(5e-3)
    path = beside(
        tmp_path, {"model.onnx": parsed(text, {"w": spoilt, "v": v}), AGAINST: parsed(text, {"w": w, "v": v})}
    )
    seen = held_against(path, tmp_path / AGAINST)
    assert seen.first is not None and seen.beyond is not None
    assert (seen.first.tensor, seen.beyond.tensor) == ("a", "y")
    assert not seen.first.bad


def test_a_model_held_against_itself_is_the_same(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5), AGAINST: normalised(1e-5)})
    seen = held_against(path, tmp_path / AGAINST)
    assert all(output.closeness.same for output in seen.outputs) and seen.looked == 0 and seen.runs == 2


def test_other_names_are_aligned_by_position(tmp_path: Path) -> None:
    old = normalised(1e-5)
    for node in old.graph.node:
        for held in (node.input, node.output):
            for i, name in enumerate(held):
                held[i] = name if name in ("x", "y", "w", "v", "two", "eps") else f"other/{name}"
    path = beside(tmp_path, {"model.onnx": normalised(0.5), AGAINST: old})
    seen = held_against(path, tmp_path / AGAINST)
    assert seen.first is not None
    assert (seen.first.tensor, seen.first.partner) == ("t", "other/t")


def test_chance_proves_nothing(tmp_path: Path) -> None:
    text = """agraph (float[N, 8] x) => (float[N, 8] y) { r = RandomNormalLike(x) s = Add(x, r) y = Mul(s, k) }"""
    models = {"model.onnx": parsed(text, {"k": np.float32(1)}), AGAINST: parsed(text, {"k": np.float32(2)})}
    seen = held_against(beside(tmp_path, models), tmp_path / AGAINST)
    assert dict(seen.exempt).keys() == {"y"} and seen.first is None


def test_what_a_side_does_not_give_twice_proves_nothing(tmp_path: Path) -> None:
    """Chance in a branch, which nobody sees in the main graph."""
    text = """agraph (float[N, 8] x, bool c) => (float[N, 8] y) {
      y = If (c) <
        then_branch = t () => (float[N, 8] p) { r = RandomNormalLike(x) p = Add(x, r) },
        else_branch = e () => (float[N, 8] q) { s = RandomNormalLike(x) q = Mul(x, s) }
      >
    }"""
    path = beside(
        tmp_path, {"model.onnx": parsed(text), AGAINST: parsed(text.replace("Add", "Sub").replace("Mul", "Sub"))}
    )
    seen = held_against(path, tmp_path / AGAINST)
    assert dict(seen.exempt) == {"y": "not the same in two runs of one side"} and seen.first is None


def test_a_jump_that_makes_much_of_a_rounding_proves_nothing(tmp_path: Path) -> None:
    """x * 0.7 / 0.7 and x are apart by a rounding, and Floor of what should be whole falls either way."""
    whole = np.arange(1, 401, dtype=np.float32).reshape(1, 400)
    share = np.float32(0.7)
    assert (np.floor(whole * share / share) != whole).any()
    head = "agraph (float[N, 400] x) => (float[N, 400] y)"
    new = parsed(f"{head} {{ a = Mul(x, k) b = Div(a, k) [jump] y = Floor(b) }}", {"k": share})
    old = parsed(f"{head} {{ b = Mul(x, one) [jump] y = Floor(b) }}", {"one": np.float32(1)})
    path = beside(tmp_path, {"model.onnx": new, AGAINST: old})
    np.savez(tmp_path / "inputs.npz", x=whole)
    feed = floats("x", 1, 400)._replace(file=str(tmp_path / "inputs.npz"), key="x")
    seen = held_against(path, tmp_path / AGAINST, inputs=(feed,))
    assert [output.bad for output in seen.outputs] == [True]
    assert dict(seen.exempt) == {"y": "Floor makes much of a rounding (jump)"} and seen.first is None


@pytest.mark.parametrize(
    ("kind", "asked", "ours", "other"),
    [
        (OPTIMISATION, OFF, DEFAULT, OFF), (OPTIMISATION, "basic", "basic", OFF), (PROVIDER, OFF, OFF, OFF),
        (PROVIDER, "basic", "basic", "basic"), (VERSION, "basic", OFF, OFF), (SIBLING, "basic", OFF, OFF),
    ],
)  # fmt: skip
def test_each_side_is_optimised_as_the_comparison_needs_it(
    kind: str, asked: str, ours: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without optimisation on both sides there would be nothing to compare; two models are compared as they stand."""
    levels: list[str] = []
    monkeypatch.setattr(divergence, "ModelSide", lambda sessions, own, level, *more: levels.append(level))
    request = Request("m.onnx", attempts=((),), limits=RunLimits(seconds=600), optimisation=asked)
    Comparing(ground_of(request), SideAsked(kind), invented=True)
    assert levels == [ours, other]


def test_an_output_that_is_no_tensor_is_not_judged_and_the_others_are(tmp_path: Path) -> None:
    text = """agraph (float[2, 4] x) => (float[2, 4] y, seq(float[2, 4]) several) {
      y = Mul(x, k) several = SequenceConstruct(x, y)
    }"""
    models = {"model.onnx": parsed(text, {"k": np.float32(1)}), AGAINST: parsed(text, {"k": np.float32(2)})}
    seen = held_against(beside(tmp_path, models), tmp_path / AGAINST)
    judged = [(one.tensor, one.op_type, one.bad, one.closeness.elements) for one in seen.outputs]
    assert judged == [("y", "Mul", True, 8), ("several", "SequenceConstruct", False, 0)]
    assert seen.first is not None and seen.first.tensor == "y"


def test_a_model_that_does_not_load_is_said(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5), AGAINST: normalised(1e-5)})
    (side,) = sides_of(path, str(tmp_path / AGAINST))[1:]
    (tmp_path / AGAINST).write_bytes(b"no model")
    seen = one(path, side, 2, 16)
    assert getattr(seen, "failed", "") == "load"


def test_a_provider_is_held_against_the_cpu(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model.onnx": normalised(1e-5)})
    seen = one(path, SideAsked(PROVIDER, "cpu", outputs=(NamePair("y", "y"),)), 2, 16)
    assert [output.bad for output in getattr(seen, "outputs", ())] == [False]


def test_a_frameworks_tensors_name_the_first_that_is_another(tmp_path: Path) -> None:
    model = normalised(1e-5)
    path = beside(tmp_path, {"model.onnx": model})
    traced = onnx.ModelProto.FromString(model.SerializeToString())
    for name in ("h", "d", "t", "n"):
        traced.graph.output.append(onnx.ValueInfoProto(name=name))
    x = np.random.default_rng(0).uniform(0, 1, (2, 16)).astype(np.float32)
    session = onnxruntime.InferenceSession(traced.SerializeToString(), providers=["CPUExecutionProvider"])
    names = ["h", "d", "t", "n", "y"]
    arrays = dict(zip(names, session.run(names, {"x": x}), strict=True))
    sound = tmp_path / "sound.npz"
    np.savez(sound, x=x, **arrays)
    spoilt = tmp_path / "spoilt.npz"
    np.savez(spoilt, x=x, **{name: a + (name in "tny") * np.float32(0.5) for name, a in arrays.items()})
    inside = tuple(NamePair(name, name) for name in names)
    feeds = ((floats("x", 2, 16)._replace(file=str(sound), key="x"),),)
    request = Request(str(path), attempts=feeds, limits=RunLimits(seconds=600, threads=1))
    for file, wanted in ((sound, None), (spoilt, "t")):
        side = SideAsked(ARRAYS, file.name, str(file), (), (inside[-1],), inside)
        *_, seen = Comparing(ground_of(request), side, invented=False).steps()
        assert (seen.first and seen.first.tensor) == wanted


@pytest.mark.parametrize("by_column", [False, True])
def test_a_column_without_steps_is_seen_in_the_channel_alone(by_column: bool, tmp_path: Path) -> None:
    path = beside(tmp_path, product(by_column))
    seen = held_against(path, tmp_path / "model.onnx")
    (output,) = seen.outputs
    assert output.closeness.sqnr is not None and output.closeness.sqnr > 20
    assert output.closeness.each >= 4
    assert output.bad == (not by_column)


def test_float16_is_judged_inside_where_a_processor_computes_in_float32(tmp_path: Path) -> None:
    path = beside(tmp_path, {"model_fp16.onnx": squared(2000, True), "model.onnx": squared(2000, False)})
    seen = held_against(path, tmp_path / "model.onnx")
    assert seen.first is not None
    assert (seen.first.tensor, seen.first.node) == ("p", "pow")
    assert seen.first.closeness.nonfinite and seen.first.closeness.reach > 65504
