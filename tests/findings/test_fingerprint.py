"""Fingerprints: whatever a model's names and free orders are, a finding stays the same finding."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import onnx
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper

from auditor import Settings, audit
from auditor.findings.fingerprint import fingerprinted
from auditor.findings.kind import Candidate, Kind
from auditor.model.load import load
from auditor.report import Basis, Finding, Found, Location, Places, Severity
from auditor.rules import all_rules

from ..corpus import SAMPLES, converted_models, light_models
from ..disguise import Disguise
from ..rules.fixtures import fixtures

STATIC = Settings(run=False)
SEEDS = range(10)
IN_THE_BYTES = {
    "concatenated-models", "conflicting-data-fields", "disputed-encoding", "duplicate-attributes", "names-not-utf8",
    "payload-size-mismatch", "repeated-fields", "unknown-fields", "unreadable-model",
}  # fmt: skip
"""Rules about bytes that are not others any more when protobuf has written the model anew."""
IN_THE_NAMES = {
    "addresses-in-text", "code-in-text", "hidden-characters", "look-alike-names", "overlong-names", "secrets-in-text",
    "shadowing-functions",
}  # fmt: skip
"""Rules about names that are others in a disguise."""


def candidate(rule: str, found: Found) -> Candidate:
    kinds = {known.name: known.kind for known in all_rules()}
    return Candidate.from_found(kinds.get(rule, Kind(rule, Severity.ERROR, Basis.ILLEGAL)), found)


def found(path: Path) -> tuple[Finding, ...]:
    return audit(str(path), STATIC).findings


def holds(path: Path, folder: Path) -> int:
    """How many findings a model has, each of which has kept its fingerprint and its place in all disguises."""
    before = {f.fingerprint: f for f in found(path)}
    if not before:
        return 0
    model = onnx.load(str(path), load_external_data=False)
    for data in path.parent.iterdir() if folder != path.parent else ():
        if data.is_file() and data.suffix != ".onnx":
            shutil.copy(data, folder)
    for seed in SEEDS:
        disguise = Disguise(model, seed)
        (folder / "disguised.onnx").write_bytes(disguise.model.SerializeToString())
        after = {f.fingerprint: f for f in found(folder / "disguised.onnx")}
        assert after.keys() == before.keys(), f"seed {seed}"
        for fingerprint, finding in before.items():
            if finding.location.node:
                here = disguise.places[finding.location.graph, finding.location.node]
                there = after[fingerprint].location
                assert here == (there.graph, there.node), f"seed {seed}"
    return len(before)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.onnx")), ids=lambda path: path.stem)
def test_samples_in_disguise(path: Path, tmp_path: Path) -> None:
    assert holds(path, tmp_path) >= (path.parent.name == "broken")


def test_the_corpus_in_disguise(tmp_path: Path) -> None:
    assert sum(holds(path, tmp_path) for path in (*light_models(), *converted_models())) > 0


def broken_models() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    for rule in all_rules():
        for fixture in fixtures(rule):
            if rule.name not in IN_THE_BYTES | IN_THE_NAMES and fixture.section == "Fires on" and not fixture.policy:
                yield fixture.label, fixture.model


@pytest.mark.parametrize("make", [make for _, make in broken_models()], ids=[label for label, _ in broken_models()])
def test_the_models_of_the_pages_in_disguise(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    if path.stat().st_size > 1 << 22:
        pytest.skip("a model of gigabytes")
    try:
        onnx.load(str(path), load_external_data=False)
    except Exception:
        pytest.skip("protobuf does not read it")
    holds(path, tmp_path)


def model(nodes: list[NodeProto], out: str, **more: list[TensorProto]) -> ModelProto:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 4]) for name in ("x", out)]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], more.get("stored"))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def chain(blocks: int, extra: Callable[[int], list[NodeProto]] = lambda _: []) -> ModelProto:
    """Equal blocks of three nodes; ``extra`` gives nodes to be put behind a block, from ``e`` of it on."""
    nodes, before = [], "x"
    for i in range(blocks):
        a, b, c = f"a{i}", f"b{i}", f"c{i}"
        nodes += [
            helper.make_node("Relu", [before], [a], name=f"relu{i}"),
            helper.make_node("Neg", [a], [b], name=f"neg{i}"),
            helper.make_node("Add", [b, before], [c], name=f"add{i}"),
        ]
        before = c
        for node in extra(i):
            node.input[0] = before
            nodes.append(node)
            before = node.output[0]
    return model(nodes, before)


def at_nodes(folder: Path, proto: ModelProto, *labels: str, rule: str = "wrong-window") -> dict[str, str]:
    """The fingerprint of a finding at each of the nodes of these names."""
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    loaded = load(path)
    ops = {node.name: node.op_type for node in loaded.graph.nodes}
    findings = [candidate(rule, Found("m", Location(node=label, op_type=ops[label]))) for label in labels]
    return {f.location.node: f.fingerprint for f in fingerprinted(loaded, findings)}


def test_one_of_sixteen_equal_blocks(tmp_path: Path) -> None:
    names = [f"neg{i}" for i in range(16)]
    all_of_them = at_nodes(tmp_path, chain(16), *names)
    assert len(set(all_of_them.values())) == 16
    for name in names:  # alone, it is what it was among the others
        assert at_nodes(tmp_path, chain(16), name) == {name: all_of_them[name]}


def test_a_change_elsewhere_moves_nothing(tmp_path: Path) -> None:
    before = at_nodes(tmp_path, chain(16), "neg3", "neg9")

    def cast(i: int) -> list[NodeProto]:
        return [helper.make_node("Sigmoid", [""], ["s"], name="sigmoid")] if i == 14 else []

    assert at_nodes(tmp_path, chain(16, cast), "neg3", "neg9") == before
    longer = at_nodes(tmp_path, chain(20), "neg3", "neg9")
    assert longer == before


def test_a_change_beside_it_is_seen(tmp_path: Path) -> None:
    before = at_nodes(tmp_path, chain(16), "neg9")
    changed = chain(16)
    next(node for node in changed.graph.node if node.name == "relu9").op_type = "Sigmoid"
    assert at_nodes(tmp_path, changed, "neg9") != before


def test_one_more_user_of_a_shared_tensor_moves_nothing(tmp_path: Path) -> None:
    def fan(users: int) -> ModelProto:
        nodes = [helper.make_node("Relu", ["x"], [f"r{i}"], name=f"relu{i}") for i in range(users)]
        tails = [helper.make_node("Neg" if i else "Abs", [f"r{i}"], [f"n{i}"], name=f"n{i}") for i in range(users)]
        sum_ = helper.make_node("Sum", [f"n{i}" for i in range(users)], ["y"], name="sum")
        return model([*nodes, *tails, sum_], "y")

    assert at_nodes(tmp_path, fan(3), "n0", "relu0") == at_nodes(tmp_path, fan(4), "n0", "relu0")


def test_values_and_batch_are_no_part_of_it(tmp_path: Path) -> None:
    def dense(fill: float, batch: str | int) -> ModelProto:
        weight = helper.make_tensor("w", TensorProto.FLOAT, [4, 4], [fill] * 16)
        made = model([helper.make_node("MatMul", ["x", "w"], ["y"], name="m")], "y", stored=[weight])
        for value in (*made.graph.input, *made.graph.output):
            size = value.type.tensor_type.shape.dim[0]
            if isinstance(batch, int):
                size.dim_value = batch
            else:
                size.dim_param = batch
        return made

    assert at_nodes(tmp_path, dense(1.0, "N"), "m") == at_nodes(tmp_path, dense(2.0, 8), "m")


def test_dead_and_cyclic_nodes_have_an_order_too(tmp_path: Path) -> None:
    """Nothing of it reaches an output, and the places are still told apart, and found again in disguise."""
    nodes = [helper.make_node("Relu", ["x"], ["y"], name="live")]
    for i, length in enumerate((1, 2, 3, 4, 5)):
        last = "x"
        for k in range(length):
            nodes.append(helper.make_node("Neg", [last], [f"d{i}_{k}"], name=f"dead{i}_{k}"))
            last = f"d{i}_{k}"
    nodes += [helper.make_node("Abs", [f"loop{(i + 1) % 3}"], [f"loop{i}"], name=f"loop{i}") for i in range(3)]
    plain = model(nodes, "y")
    names = [node.name for node in nodes]
    before = at_nodes(tmp_path, plain, *names)
    assert len(set(before.values())) == len(names)
    for seed in SEEDS:
        disguise = Disguise(plain, seed)
        moved = {name: disguise.places["", name][1] for name in names}
        after = at_nodes(tmp_path, disguise.model, *moved.values())
        assert {n: after[moved[n]] for n in names if not n.startswith("loop")} == {
            n: before[n] for n in names if not n.startswith("loop")
        }
        assert set(after.values()) == set(before.values())


@cache
def nested() -> ModelProto:
    """Two equal If nodes with equal branches, and a function called twice."""
    from onnx import parser

    return parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
        agraph (bool c, float[2] x) => (float[2] y) {
            p = If (c) <then_branch = t1 () => (float[2] a) { q = Relu(x) a = Neg(q) },
                        else_branch = e1 () => (float[2] b) { r = Relu(x) b = Neg(r) }>
            z = own.Twice(p)
            y = If (c) <then_branch = t2 () => (float[2] f) { g = Relu(z) f = Neg(g) },
                        else_branch = e2 () => (float[2] h) { k = Relu(z) h = Neg(k) }>
        }
        <domain: "own", opset_import: ["" : 17]>
        Twice (s) => (t) { u = Relu(s) t = Neg(u) }"""
    )


def test_places_in_subgraphs_and_functions(tmp_path: Path) -> None:
    def prints(proto: ModelProto, places: list[tuple[str, str]]) -> list[str]:
        path = tmp_path / "model.onnx"
        path.write_bytes(proto.SerializeToString())
        findings = [candidate("r", Found("m", Location(graph, node))) for graph, node in places]
        return [f.fingerprint for f in fingerprinted(load(path), findings)]

    branches = [f"If[{i}]/{branch}" for i in (0, 2) for branch in ("then_branch", "else_branch")]
    places = [(path, "Relu[0]") for path in (*branches, "function own.Twice")]
    before = prints(nested(), places)
    assert len(set(before)) == 5
    for seed in SEEDS:
        disguise = Disguise(nested(), seed)
        assert prints(disguise.model, [disguise.places[place] for place in places]) == before


def test_fingerprints_of_a_model_without_findings_cost_nothing() -> None:
    assert fingerprinted(None, ()) == ()


def test_two_findings_at_one_place_are_two(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(chain(2).SerializeToString())
    findings = [candidate("r", Found(m, Location(node="neg1", op_type="Neg"))) for m in ("one", "two", "three")]
    prints = [f.fingerprint for f in fingerprinted(load(path), findings)]
    assert len(set(prints)) == 3
    assert all(re.fullmatch("[0-9a-f]{20}", p) for p in prints)


def of_group(folder: Path, proto: ModelProto, *places: Places, rule: str = "wrong-types") -> str:
    """The fingerprint of one finding that speaks of all these places."""
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    [found] = fingerprinted(load(path), [candidate(rule, Found("m", places=places))])
    return found.fingerprint


def test_a_group_that_grows_is_a_new_finding(tmp_path: Path) -> None:
    """Of a chain of equal blocks node 1, 4, 7 ... is a Neg: one more, less or another is seen, an order is not."""
    plain = chain(16)
    known = of_group(tmp_path, plain, Places(nodes=(1, 4, 7)))
    assert of_group(tmp_path, plain, Places(nodes=(7, 1, 4))) == known
    assert of_group(tmp_path, plain, Places(nodes=(1, 4)), Places(nodes=(7,))) == known
    others = [of_group(tmp_path, plain, Places(nodes=nodes)) for nodes in ((1, 4), (1, 4, 10), (1, 4, 7, 10), (1,))]
    assert len({known, *others}) == 5


def test_a_group_of_tensors(tmp_path: Path) -> None:
    plain = chain(16)
    known = of_group(tmp_path, plain, Places(tensors=("a1", "x")))
    assert of_group(tmp_path, plain, Places(tensors=("x", "a1"))) == known
    others = [of_group(tmp_path, plain, Places(tensors=names)) for names in (("a1",), ("a2", "x"), ("a1", "a2", "x"))]
    assert len({known, *others}) == 4


def test_of_a_crowd_the_kinds_are_counted(tmp_path: Path) -> None:
    """Whoever adds one is seen, whoever moves one is not."""
    long = chain(1200)
    crowd = tuple(range(1, 3 * 1101, 3))
    known = of_group(tmp_path, long, Places(nodes=crowd))
    assert of_group(tmp_path, long, Places(nodes=(*crowd[1:], 3 * 1150 + 1))) == known
    assert of_group(tmp_path, long, Places(nodes=(*crowd, 3 * 1150 + 1))) != known
    assert of_group(tmp_path, long, Places(nodes=(*crowd[1:], 0))) != known


def test_a_cycle_is_known_by_its_operators(tmp_path: Path) -> None:
    plain = chain(4)
    known = of_group(tmp_path, plain, Places(nodes=(0, 1)), rule="cyclic-graph")
    assert of_group(tmp_path, plain, Places(nodes=(3, 4)), rule="cyclic-graph") == known
    assert of_group(tmp_path, plain, Places(nodes=(0, 1, 2)), rule="cyclic-graph") != known


def test_places_that_are_nowhere_are_no_fault(tmp_path: Path) -> None:
    """Two graphs may have one path, and only the first of them is found by it."""
    nowhere = of_group(tmp_path, chain(2), Places("no/graph", (0,), ("x",)), Places("", (999,), ("none",)))
    assert re.fullmatch("[0-9a-f]{20}", nowhere)


def test_the_baseline_sees_one_more_bad_node(tmp_path: Path) -> None:
    """From the rule to the fingerprint: the first of three operators that nobody knows, then all of them."""

    def unknown(*at: int) -> str:
        made = chain(8)
        for i in at:
            made.graph.node[3 * i].op_type = "Rellu"
        path = tmp_path / "model.onnx"
        path.write_bytes(made.SerializeToString())
        [finding] = [f for f in found(path) if f.rule == "unknown-operators"]
        return finding.fingerprint

    assert len({unknown(2), unknown(2, 5), unknown(2, 5, 6)}) == 3
    assert unknown(2, 5) == unknown(5, 2)


def test_they_are_the_same_tomorrow(tmp_path: Path) -> None:
    """They stand in files that people commit: this one may change only with a word to all who have one."""
    assert at_nodes(tmp_path, chain(4), "neg2") == {"neg2": "4e45eb69ff980a481f06"}


def test_a_crowd_is_bounded(tmp_path: Path) -> None:
    """A thousand findings among 20,000 equal nodes: every node is looked at a bounded number of times."""
    nodes = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"], name=f"r{i}") for i in range(20_000)]
    nodes[0].input[0] = "x"
    prints = at_nodes(tmp_path, model(nodes, "t20000"), *(f"r{i}" for i in range(0, 20_000, 20)))
    assert max(Counter(prints.values()).values()) == 1


@pytest.mark.parametrize("kind", ["one maker of all", "one taker of all", "all of one name", "a nest"])
def test_hostile_graphs_are_bounded(kind: str, tmp_path: Path) -> None:
    """What takes the square of the size, or a power of the depth, would not end here."""
    many = 20_000
    tensors = [f"t{i}" for i in range(many)]
    match kind:
        case "one maker of all":
            users = [helper.make_node("Neg", [name], [f"n{name}"], name=f"n{name}") for name in tensors]
            nodes = [helper.make_node("Split", ["x"], tensors, name="split"), *users]
        case "one taker of all":
            nodes = [helper.make_node("Neg", ["x"], [name], name=f"n{name}") for name in tensors]
            nodes.append(helper.make_node("Sum", tensors, ["y"], name="sum"))
        case "all of one name":
            nodes = [helper.make_node("Neg", ["y"], ["y"], name="n") for _ in tensors]
        case _:
            nodes = [helper.make_node("Neg", ["x"], ["y"], name="inner")]
            for i in range(25):
                body = helper.make_graph(nodes, "b", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])])
                own = helper.make_node("If", ["x"], [f"y{i}"], name=f"if{i}", then_branch=body)
                nodes = [own]
    labels = {node.name for node in nodes}
    assert at_nodes(tmp_path, model(nodes, "y"), *labels).keys() == labels
