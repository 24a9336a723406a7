"""Shares of providers: nodes out of onnxruntime's record, multiply-accumulates by arithmetic."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.costs.macs import Macs
from auditor.evidence.placing import shares
from auditor.model.load import loads
from auditor.report import ProviderShare
from auditor.runtime.outcome import Placed, Run
from auditor.runtime.request import Feed
from auditor.shapes.facts import Facts, infer

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"

# 2 x 4 x 4 = 32 multiply-accumulates, 2 x 4 x 8 = 64, and 2 x 8 x 16 = 256
THREE = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N, 4] x, float[4, 4] a, float[4, 8] b, float[8, 16] c) => (float[N, 16] y)
{ [one] t = MatMul (x, a) [two] u = MatMul (t, b) [three] y = MatMul (u, c) }"""


def facts_of(text: str, **dims: int) -> Facts:
    return infer(loads(onnx.parser.parse_model(text).SerializeToString()), None, dims)


def ran(*placed: Placed, feeds: tuple[Feed, ...] = (), provider: str = CUDA) -> Run:
    providers = [one.provider for one in placed]
    counts = {name: providers.count(name) for name in dict.fromkeys(providers)}
    return Run(provider, "1.32.0", {}, feeds, placement=counts, placed=placed, optimisation="all")


SPLIT = (Placed("one", "MatMul", CUDA), Placed("two", "MatMul", CPU), Placed("three", "MatMul", CUDA))


def test_nodes_and_macs_are_counted_apart() -> None:
    found = shares(facts_of(THREE, N=2), ran(*SPLIT))
    assert found.shares == (ProviderShare(CUDA, 2, 66.67, 288, 81.82), ProviderShare(CPU, 1, 33.33, 64, 18.18))
    assert found.unplaced_macs == 0
    assert "onnxruntime 1.32.0" in found.how
    assert "level all" in found.how


def test_open_sizes_are_those_of_the_run() -> None:
    found = shares(facts_of(THREE), ran(*SPLIT, feeds=(Feed("x", 1, (2, 4)),)))
    assert [one.macs for one in found.shares] == [288, 64]


def test_sizes_out_of_a_file_are_not_guessed() -> None:
    found = shares(facts_of(THREE), ran(*SPLIT, feeds=(Feed("x", 1, file="x.npz", key="x"),)))
    assert [(one.nodes, one.macs, one.mac_percent) for one in found.shares] == [(2, None, None), (1, None, None)]
    assert found.unplaced_macs is None
    assert "bind them" in found.how


def test_a_fused_node_is_found_by_its_new_name() -> None:
    """onnxruntime 1.32 calls what it makes of MatMul and Add `one/MatMulAddFusion`."""
    fused = (Placed("one/MatMulAddFusion", "Gemm", CPU), *SPLIT[1:])
    assert [one.macs for one in shares(facts_of(THREE, N=2), ran(*fused)).shares] == [256, 96]


def test_a_node_that_ran_under_its_own_name_is_not_looked_for_under_another() -> None:
    """What is called as if it were fused may be a node of the model that somebody called so: 32 + 256, and 64."""
    both = (Placed("one/MatMulAddFusion", "Gemm", CPU), *SPLIT)
    found = {one.provider: one.macs for one in shares(facts_of(THREE, N=2), ran(*both)).shares}
    assert found == {CUDA: 288, CPU: 64}


def test_of_nameless_nodes_any_may_be_the_fused_one() -> None:
    nameless = THREE.replace("[one]", "").replace("[two]", "").replace("[three]", "")
    run = ran(Placed("", "MatMul", CUDA), Placed("/MatMulAddFusion", "Gemm", CPU))
    assert shares(facts_of(nameless, N=2), run).unplaced_macs == 352


def test_what_is_not_found_again_belongs_to_nobody() -> None:
    gone = (Placed("one", "MatMul", CUDA), Placed("two", "MatMul", CPU), Placed("fused", "FusedMatMul", CPU))
    found = shares(facts_of(THREE, N=2), ran(*gone))
    assert found.unplaced_macs == 256
    assert [(one.macs, one.mac_percent) for one in found.shares] == [(32, 9.09), (64, 18.18)]


def test_where_one_provider_did_all_nothing_is_lost() -> None:
    found = shares(facts_of(THREE, N=2), ran(Placed("fused", "FusedMatMul", CPU)))
    assert found.shares == (ProviderShare(CUDA, 0, 0.0, 0, 0.0), ProviderShare(CPU, 1, 100.0, 352, 100.0))


@pytest.mark.parametrize(
    ("providers", "macs"), [((CUDA, CUDA, CUDA), [352]), ((CUDA, CPU, CUDA), [0, 0])], ids=["one place", "two"]
)
def test_nameless_nodes_are_known_where_all_of_an_operator_lie_in_one_place(
    providers: tuple[str, ...], macs: list[int]
) -> None:
    nameless = THREE.replace("[one]", "").replace("[two]", "").replace("[three]", "")
    more = (Placed("relu", "Relu", CPU),) if len(set(providers)) == 1 else ()
    run = ran(*(Placed("", "MatMul", name) for name in providers), *more)
    found = shares(facts_of(nameless, N=2), run)
    assert [one.macs for one in found.shares][: len(macs)] == macs
    assert found.unplaced_macs == 352 - sum(macs)


def test_what_a_runtime_folds_is_in_no_share() -> None:
    """What hangs on stored tensors alone is done when the model is loaded, and is not in the record."""
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[1, 2] x) => (float[1, 2] y) <float[2, 2] a = {1, 2, 3, 4}> {
        [folded] b = MatMul (a, a) [kept] y = MatMul (x, b) [relu] z = Relu (y)
    }"""
    found = shares(facts_of(text), ran(Placed("kept", "MatMul", CUDA), Placed("relu", "Relu", CPU)))
    assert [one.macs for one in found.shares] == [4, 0]
    assert found.unplaced_macs == 0


def test_a_body_has_places_of_its_own() -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[4, 4] x, bool c) => (float[4, 4] y) {
        [if] y = If (c) <
            then_branch = t () => (float[4, 4] p) { [in] p = MatMul (x, x) },
            else_branch = e () => (float[4, 4] q) { q = Identity (x) }
        >
    }"""
    facts = facts_of(text)
    assert Macs(facts).of_graph("") == 64
    found = shares(facts, ran(Placed("if", "If", CPU), Placed("in", "MatMul", CUDA)))
    assert found.unplaced_macs == 64


def test_the_processors_own_runs_have_no_shares() -> None:
    assert not shares(facts_of(THREE, N=2), ran(Placed("one", "MatMul", CPU), provider=CPU)).shares
    assert not shares(facts_of(THREE, N=2), ran()).shares
