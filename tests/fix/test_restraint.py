"""Where edits stop: what cannot be known is left, and what an edit must not touch stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from auditor.errors import ExitCode, UsageError
from auditor.fix import planning
from auditor.fix.draft import Data, Draft
from auditor.fix.kinds import duplicates, layout
from auditor.fix.kinds.imports import means_the_same
from auditor.fix.mending import Changed
from auditor.fix.naming import with_uses
from auditor.fix.offer import Look, Offer, Wishes
from auditor.fix.planning import plan
from auditor.model.graph import Graph
from auditor.model.load import loads
from auditor.repair import AttributeChange, Insertion
from auditor.report import Basis, Finding, Location, Severity
from auditor.weights.users import Key

from .copies import Mended, clean, mend, parsed

SQUARE = np.linspace(-1, 1, 64 * 64, dtype="f4").reshape(64, 64)


def offered(model: onnx.ModelProto, folder: Path) -> list[str]:
    """The rules of all edits that there are for a model, made or not."""
    return [edit.offer.rule for edit in mend(model, folder, run=False, dry_run=True).said.edits]


def wrong(made: Mended) -> list[tuple[str, str]]:
    """The errors that are left: by what rule, and of which operator."""
    return [(f.rule, f.location.op_type) for f in made.said.left if f.severity is Severity.ERROR]


def test_nodes_on_a_cycle_have_no_order(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (float[2] y) { y = Add(x, b) a = Neg(y) b = Abs(a) }")
    assert "nodes-out-of-order" not in offered(model, tmp_path)


def test_of_a_tensor_made_twice_the_order_says_which_is_meant(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (float[2] y) { y = Add(a, x) a = Neg(x) a = Abs(x) }")
    assert "nodes-out-of-order" not in offered(model, tmp_path)


def test_a_body_that_takes_the_outer_tensor_before_it_hides_it(tmp_path: Path) -> None:
    model = parsed(
        "agraph (bool c, float[2] x) => (float[2] y) { a = Neg(x) y = If(c) "
        "<then_branch = g () => (float[2] t) { b = Relu(a) a = Abs(x) t = Add(a, b) },"
        " else_branch = h () => (float[2] e) { e = Relu(a) }> }"
    )
    assert "duplicate-names" not in offered(model, tmp_path)


def test_formal_inputs_and_initializers_of_a_body_get_new_names_too(tmp_path: Path) -> None:
    body = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["next"]), helper.make_node("Identity", ["go"], ["still"])],
        "body",
        [helper.make_tensor_value_info("i", 7, []), helper.make_tensor_value_info("go", 9, []),
         helper.make_tensor_value_info("x", 1, [2])],
        [helper.make_tensor_value_info("still", 9, []), helper.make_tensor_value_info("next", 1, [2])],
        [numpy_helper.from_array(np.ones(2, "f4"), "w")],
    )  # fmt: skip
    model = parsed(
        "agraph (float[2] x) => (float[2] y) <int64 n = {3}, bool go = {1}, float[2] w = {5, 5}> { z = Add(x, w) }"
    )
    model.graph.node.append(helper.make_node("Loop", ["n", "go", "z"], ["y"], body=body))
    made = mend(model, tmp_path)
    assert "duplicate-names" in made.rules and clean(made), made.said.left
    inner = made.model.graph.node[1].attribute[0].g
    assert {v.name for v in inner.input} == {"i", "go_inner", "x_inner"}
    assert [t.name for t in inner.initializer] == ["w_inner"]
    assert list(inner.node[0].input) == ["x_inner", "w_inner"]
    assert made.said.compared is not None and made.said.compared.equal == ("y",)


def test_an_operator_that_was_changed_in_between_keeps_the_opset(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[N, 8] y) { y = Relu(x) }")
    model.opset_import[0].version = 99
    assert offered(model, tmp_path) == ["newer-than-runtime"]
    model.graph.node[0].op_type = "NoSuchOperator"
    assert offered(model, tmp_path) == []


def test_what_float32_cannot_hold_stays_double(tmp_path: Path) -> None:
    text = "agraph (float[N, 2] x) => (float[N, 2] y) { a = Cast<to = 11>(x) b = MatMul(a, w) y = Cast<to = 1>(b) }"
    assert "double-precision" in offered(parsed(text, w=np.array([[1.0, 2], [3, 4]])), tmp_path)
    assert "double-precision" not in offered(parsed(text, w=np.array([[1.0, 2], [3, 1e300]])), tmp_path)


def test_a_copy_that_the_graph_gives_out_or_that_may_be_fed_stays(tmp_path: Path) -> None:
    text = "agraph (float[N, 64] x{}) => (float[N, 64] y{}) {{ a = MatMul(x, w) y = MatMul(a, v) }}"
    model = parsed(text.format("", ""), w=SQUARE, v=SQUARE)
    assert "duplicate-initializers" in offered(model, tmp_path)
    given = parsed(text.format("", ", float[64, 64] w, float[64, 64] v"), w=SQUARE, v=SQUARE)
    assert "duplicate-initializers" not in offered(given, tmp_path)
    fed = parsed(text.format(", float[64, 64] w, float[64, 64] v", ""), w=SQUARE, v=SQUARE)
    assert "duplicate-initializers" not in offered(fed, tmp_path)


def test_a_name_that_a_body_has_for_its_own_tensor_stands_for_no_copy(tmp_path: Path) -> None:
    """There "w" are other numbers: who takes "v" in the body must not get them."""
    model = parsed(
        "agraph (bool c, float[N, 64] x) => (float[M, 64] y) { z = MatMul(x, w) y = If(c) "
        "<then_branch = g () => (float[K, 64] t) { w = Abs(z) u = MatMul(z, v) t = Add(u, w) },"
        " else_branch = h () => (float[L, 64] e) { e = MatMul(z, v) }> }",
        w=SQUARE, v=SQUARE.copy(),
    )  # fmt: skip
    made = mend(model, tmp_path, run=False, only=frozenset({"duplicate-initializers"}))
    assert [t.name for t in made.model.graph.initializer] == ["v"]
    fed = {"c": np.array(True), "x": np.eye(2, 64, dtype="f4")}
    before, after = (list(ReferenceEvaluator(one).run(None, fed)) for one in (model, made.model))
    assert np.array_equal(before, after)
    for tensor, name in zip(model.graph.initializer, ("w", "z"), strict=True):  # both names are taken in the body
        tensor.name = name
    del model.graph.node[:]
    model.graph.node.extend(parsed(
        "agraph (bool c, float[N, 64] x) => (float[M, 64] y) { q = MatMul(x, w) p = MatMul(q, z) y = If(c) "
        "<then_branch = g () => (float[K, 64] t) { w = Abs(q) z = Abs(w) t = Add(z, w) },"
        " else_branch = h () => (float[L, 64] e) { e = MatMul(p, z) }> }"
    ).graph.node)  # fmt: skip
    made = mend(model, tmp_path, run=False, only=frozenset({"duplicate-initializers"}))
    assert made.rules == [] and len(made.model.graph.initializer) == 2


@pytest.mark.parametrize(("wishes", "held"), [({"data_file": "w.bin"}, 64 << 20), ({}, 0)])
def test_a_dry_run_tells_the_fault_that_no_edit_mends(
    wishes: dict[str, Any], held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside one of the same rule that an edit does mend; also where the copy is not made in memory."""
    monkeypatch.setattr("auditor.fix.mending._HELD", held)
    model = parsed(
        "agraph (float[N, 2, 2, 2] x) => (float[N, 64] y, float[3, 64] z) { y = Gemm(x, g) z = Add(r, s) }",
        g=SQUARE[:8], r=SQUARE[:3], s=SQUARE[:5],
    )  # fmt: skip
    dry = mend(model, tmp_path, run=False, dry_run=True, **wishes)
    assert wrong(dry) == [("impossible-shapes", "Add")]
    assert dry.said.code == ExitCode.FINDINGS and not dry.said.written
    assert bool(dry.said.notes) is (held == 0)
    made = mend(model, tmp_path, run=False, **wishes)
    assert wrong(made) == wrong(dry)


def test_guards_want_an_opset_that_has_them(tmp_path: Path) -> None:
    text = "agraph (float[N, 8] x) => (float[N, 8] y) { r = Relu(x) y = Log(r) }"
    assert offered(parsed(text, 11), tmp_path) == ["domain-faults"]
    assert offered(parsed(text, 10), tmp_path) == []


def test_a_name_that_stands_for_another_size_goes(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 2, 3] x) => (float[N, 3] y) <int64[2] s = {-1, 3}> { y = Reshape(x, s) }")
    made = mend(model, tmp_path)
    assert made.rules == ["stale-shape-annotations"] and clean(made)
    first = made.model.graph.output[0].type.tensor_type.shape.dim[0]
    assert not first.HasField("dim_param") and not first.HasField("dim_value")


def test_a_declaration_of_what_nobody_knows_is_left(tmp_path: Path) -> None:
    model = parsed("agraph (float[N, 8] x) => (float[3, 7] y) { y = there.Unknown(x) }")
    assert offered(model, tmp_path) == []


def test_too_large_to_be_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = parsed("agraph (float[N, 64] x) => (float[N, 64] y) { y = MatMul(x, w) }", w=SQUARE)
    made = mend(model, tmp_path, run=False, data_file="w.bin")
    monkeypatch.setattr(layout, "PROTOBUF_MOST", 10_000)
    with pytest.raises(UsageError, match=r"--embed: the file would have 16\.\d KiB"):
        mend(Path(made.said.written).read_bytes(), tmp_path, run=False, embed=True)


def test_a_copy_over_the_limit_gets_a_data_file_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = parsed("agraph (float[N, 64] x) => (float[N, 64] y) { y = Relu(a) a = MatMul(x, w) }", w=SQUARE)
    monkeypatch.setattr(layout, "PROTOBUF_MOST", 10_000)
    made = mend(model, tmp_path)
    assert made.rules == ["nodes-out-of-order", "too-large-for-protobuf"] and clean(made)
    assert made.said.files == (str(tmp_path / "model.fixed.onnx.data"),)


def test_nothing_large_enough_to_move(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (float[2] y) { y = Add(x, w) }", w=np.ones(2, "f4"))
    with pytest.raises(UsageError, match="no tensor of 1024 bytes or more"):
        mend(model, tmp_path, data_file="w.bin")


def wrong_edit(look: Look) -> Iterator[Offer]:
    """One that says it keeps the outputs, and does not."""
    graph = look.draft.model.graph

    def apply(draft: Draft) -> Draft:
        return draft.with_node(0, graph.nodes[0]._replace(op_type="Neg"))

    yield Offer("", "Relu[0]", "Relu -> Neg", "no proof", apply)


def test_outputs_that_change_against_the_proof_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_BEFORE", (wrong_edit,))
    model = parsed("agraph (float[N, 64] x) => (float[N, 64] y) { r = Relu(x) y = MatMul(r, w) }", w=SQUARE)
    with pytest.raises(Changed, match=r"no edit should change an output, and y: .* apart, .*nothing was written"):
        mend(model, tmp_path, data_file="w.bin")
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_outputs_that_vary_by_themselves_are_not_held_against_an_edit(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (float[2] y) { y = Add(x, r) r = RandomNormalLike(x) }")
    made = mend(model, tmp_path)
    assert made.said.compared is not None and made.said.compared.varying == ("y",)


def test_outputs_that_are_no_tensors_are_told(tmp_path: Path) -> None:
    model = parsed("agraph (float[2] x) => (seq(float[2]) y) { y = SequenceConstruct(a) a = Relu(x) }")
    made = mend(model, tmp_path)
    assert made.said.compared is not None and made.said.compared.unseen == ("y: it is no tensor",)


FINDING = Finding(
    "misfit-initializers", Severity.ERROR, Basis.ILLEGAL, "a fault", Location(node="Elu[0]"), fingerprint="one",
    repairs=tuple(AttributeChange("Elu[0]", "alpha", 1.0, to, "") for to in (2.0, 3.0, 4.0)),
)  # fmt: skip


@pytest.mark.parametrize(("choose", "alpha"), [((), 2.0), ((2,), 3.0), ((3,), 4.0)])
def test_one_repair_of_a_finding_is_made(choose: tuple[int, ...], alpha: float) -> None:
    model = loads(parsed("agraph (float[2] x) => (float[2] y) { y = Elu(x) }").SerializeToString())
    planned = plan(Draft(model, model), (FINDING,), Wishes(choose=choose), "out.onnx")
    assert planned.draft.model.graph.nodes[0].attributes["alpha"] == alpha
    assert [edit.number for edit in planned.edits] == [1, 2, 3]
    assert [edit.number for edit in planned.made] == [choose[0] if choose else 1]


def test_a_repair_that_would_bring_a_fault_is_not_made() -> None:
    model = loads(
        parsed("agraph (float[2, 3] x) => (float[2, 6] y) { y = Concat<axis = 1>(x, x) }").SerializeToString()
    )
    bad = FINDING._replace(repairs=(AttributeChange("Concat[0]", "axis", 1, 5, ""),))
    planned = plan(Draft(model, model), (bad,), Wishes(), "out.onnx")
    assert planned.made == () and planned.draft.model is model


def test_two_findings_of_one_cause_are_mended_once() -> None:
    model = loads(parsed(
        "agraph (float[N, 2, 2, 2] x) => (float[N, 8] y) { y = Gemm(x, w) }", w=SQUARE[:8, :8]
    ).SerializeToString())  # fmt: skip
    flat = Insertion("Gemm[0]", "Flatten", "", axis=1)
    offset = model.graph.nodes[0].offset
    findings = tuple(
        FINDING._replace(repairs=(flat,), fingerprint=name, location=Location(node="Gemm[0]", offset=offset))
        for name in ("one", "two")
    )
    planned = plan(Draft(model, model), findings, Wishes(), "out.onnx")
    assert [node.op_type for node in planned.draft.model.graph.nodes] == ["Flatten", "Gemm"]


def test_a_size_that_is_one_number_keeps_its_name(tmp_path: Path) -> None:
    """Where N is said and 1 comes out the declaration is loose, not false: N may be 1."""
    model = parsed("agraph (float[N, 4] x) => (float[N, 4] y) { y = Neg(a) a = ReduceMax<axes = [0]>(x) }")
    made = mend(model, tmp_path, run=False)
    assert made.rules == ["nodes-out-of-order"]
    assert made.model.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "N"


def test_copies_are_compared_byte_by_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says that they are equal."""
    text = "agraph (float[N, 64] x) => (float[N, 64] y) { a = MatMul(x, w) y = MatMul(a, v) }"
    model, other = parsed(text, w=SQUARE, v=SQUARE), parsed(text, w=SQUARE, v=-SQUARE)
    assert offered(model, tmp_path) == ["duplicate-initializers"]
    groups = SimpleNamespace(duplicates=((Key("", "w"), Key("", "v")),))
    for one, edits in ((model, 1), (other, 0)):
        loaded = loads(one.SerializeToString())
        look = Look(Draft(loaded, loaded), (FINDING._replace(rule="duplicate-initializers"),), Wishes(), "")
        monkeypatch.setattr(look, "weights", groups)
        assert len(list(duplicates.offers(look))) == edits


def test_numbers_of_new_data_are_known_before_they_are_written() -> None:
    """Also of an initializer that IR 3 lists among the inputs."""
    stored = parsed("agraph (float[2] x, int64[1] s) => (float[N] y) { y = Reshape(x, s) }", s=np.array([2]))
    model = loads(stored.SerializeToString())
    draft, tensor = Draft(model, model).with_data(model.graph.initializers[0], Data((b"",), (2,)))
    facts = draft.with_stored("s", tensor).facts()
    assert facts["s"].elements == (2,) and facts["y"].shape == (2,)


def test_a_body_keeps_its_own_tensor_of_the_name() -> None:
    model = loads(parsed(
        "agraph (bool c, float[2] x) => (float[2] y) { y = If(c) "
        "<then_branch = g () => (float[2] t) { u = Neg(x) t = Abs(u) },"
        " else_branch = h () => (float[2] e) { e = Relu(u) }> }"
    ).SerializeToString())  # fmt: skip
    (node,) = with_uses(model.graph, {"u": "w"}).nodes
    bodies = {name: body for name, body in node.attributes.items() if isinstance(body, Graph)}
    assert bodies["then_branch"].nodes[1].inputs == ("u",) and bodies["else_branch"].nodes[0].inputs == ("w",)


@pytest.mark.parametrize(
    ("op_type", "low", "high", "same"),
    [("Softmax", 12, 13, False), ("Softmax", 13, 17, True), ("Relu", 6, 12, True), ("Gelu", 19, 20, False)],
)
def test_whether_an_opset_is_as_good(op_type: str, low: int, high: int, same: bool) -> None:
    """https://onnx.ai/onnx/operators: Softmax has versions 1, 11 and 13, Relu 1, 6, 13 and 14, Gelu 20."""
    model = loads(parsed(f"agraph (float[2, 2] x) => (float[2, 2] y) {{ y = {op_type}(x) }}").SerializeToString())
    assert means_the_same(model, "", low, high) is same
