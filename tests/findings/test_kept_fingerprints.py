"""Fingerprints stand in baselines that people commit: these may change only with a word to all who have one."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.findings.fingerprint import fingerprinted
from auditor.findings.kind import Candidate, Kind
from auditor.model.graph import Model
from auditor.model.load import loads
from auditor.report import Basis, Finding, Found, Location, Places, Severity
from auditor.rules import all_rules

MODEL = """
    <ir_version: 8, opset_import: ["" : 17, "own" : 1, "com.microsoft" : 1]>
    g (bool c, float[N, 2] x, float[2] free) => (float[N, 2] y, float[N, 2] z)
    <float[2] w = {1, 2}, float[2] alone = {3, 4}> {
      [add] a = Add(x, w)
      [twice] b = own.Twice(a)
      [gelu] d = com.microsoft.Gelu(b)
      [choice] y = If(c) <
        then_branch = t () => (float[N, 2] e) { [deep] e = Mul(d, w) },
        else_branch = s () => (float[N, 2] f) { [deep] f = Neg(d) }
      >
      [split] p, q = Split<axis = 1>(d)
      [join] z = Concat<axis = 1>(p, q)
      [lost] l = Relu(nowhere)
    }
    <domain: "own", opset_import: ["" : 17]> Twice (s) => (t) { [inner] u = Relu(s) t = Neg(u) }
"""
THEN, ELSE = "choice/then_branch", "choice/else_branch"


def model() -> Model:
    return loads(onnx.parser.parse_model(MODEL).SerializeToString())


KINDS = {rule.name: rule.kind for rule in all_rules()}
NOWHERE = Location()


def candidate(rule: str, location: Location = NOWHERE, places: tuple[Places, ...] = ()) -> Candidate:
    kind = KINDS.get(rule, Kind(rule, Severity.ERROR, Basis.ILLEGAL))
    return Candidate.from_found(kind, Found("m", location, places=places))


def marked(location: Location = NOWHERE, rule: str = "r", places: tuple[Places, ...] = ()) -> Finding:
    (found,) = fingerprinted(model(), [candidate(rule, location, places)])
    return found


PLACES = {
    "nowhere": (Location(), "r"),
    "node": (Location(node="add"), "r"),
    "node of another rule": (Location(node="add"), "s"),
    "attribute": (Location(node="join", attribute="axis"), "r"),
    "first input": (Location(node="add", tensor="x"), "r"),
    "second input": (Location(node="add", tensor="w"), "r"),
    "first output": (Location(node="split", tensor="p"), "r"),
    "second output": (Location(node="split", tensor="q"), "r"),
    "tensor elsewhere": (Location(node="add", tensor="q"), "r"),
    "call of a function": (Location(node="twice"), "r"),
    "other domain": (Location(node="gelu"), "r"),
    "node in a branch": (Location(THEN, "deep"), "r"),
    "node in the other branch": (Location(ELSE, "deep"), "r"),
    "tensor from outside": (Location(THEN, "deep", tensor="w"), "r"),
    "node of a function": (Location("function own.Twice", "inner"), "r"),
    "no such node": (Location(node="none"), "r"),
    "no such graph": (Location("none", tensor="w"), "r"),
    "stored tensor": (Location(tensor="w"), "r"),
    "stored tensor without a user": (Location(tensor="alone"), "r"),
    "input": (Location(tensor="x"), "r"),
    "input without a user": (Location(tensor="free"), "r"),
    "made tensor": (Location(tensor="q"), "r"),
    "no such tensor": (Location(tensor="none"), "r"),
    "of a tensor, at its node": (Location(node="add", tensor="w"), "nan-weights"),
    "of a tensor, in a branch": (Location(THEN, "deep", tensor="e"), "nan-weights"),
    "of a tensor, and none": (Location(node="add"), "nan-weights"),
    "by kind, a node": (Location(node="add"), "provider-fallback"),
    "by kind, a call": (Location(node="twice"), "provider-fallback"),
    "by kind, a tensor": (Location(tensor="w"), "provider-fallback"),
    "by kind, nothing": (Location(), "provider-fallback"),
}

KEPT = {
    "nowhere": "938a37b7b8bee37b6aa8",
    "node": "a098fad086b0924109ee",
    "node of another rule": "5048fdbd0e73a6d20b14",
    "attribute": "0c315abd49b42bf2c076",
    "first input": "161a7fbf987066c3c407",
    "second input": "d3709092e68ef3a4fef9",
    "first output": "99483f7ca80e732cba60",
    "second output": "472bbc0ec3616b4c92db",
    "tensor elsewhere": "d48bcdae551a7146f168",
    "call of a function": "c31ac596c9079f325efb",
    "other domain": "db828c7100c189537fba",
    "node in a branch": "1d800708a732bb79251d",
    "node in the other branch": "4542c3d6f86f40582097",
    "tensor from outside": "11e554705b16bb7addf5",
    "node of a function": "d0ebb0fb4feafab8487c",
    "no such node": "938a37b7b8bee37b6aa8",
    "no such graph": "938a37b7b8bee37b6aa8",
    "stored tensor": "2495f650af33f9262bac",
    "stored tensor without a user": "0a242068d61062868285",
    "input": "76e783c4bbb2696035c7",
    "input without a user": "f96cbf746db1ee482e9d",
    "made tensor": "472bbc0ec3616b4c92db",
    "no such tensor": "bfd4ef37c853688ebc09",
    "of a tensor, at its node": "1caefa649ab3f479c203",
    "of a tensor, in a branch": "7d6477d7f500e857c3eb",
    "of a tensor, and none": "1a6fd109c6a7f2de21df",
    "by kind, a node": "c2d2d7f30f972f371397",
    "by kind, a call": "7f731fb3c9cec9575460",
    "by kind, a tensor": "34188c0d398531a1eb83",
    "by kind, nothing": "293ca053ff36ba49d985",
}


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_a_place_is_known_tomorrow(name: str, place: tuple[Location, str]) -> None:
    assert marked(*place).fingerprint == KEPT[name]


def test_different_places_are_different() -> None:
    """But for what is nowhere, which shares the place of nothing, and an output that is named with and without node."""
    alike = {"no such node", "no such graph", "made tensor"}
    assert len({KEPT[name] for name in KEPT.keys() - alike}) == len(KEPT) - len(alike)


GROUPS = {
    "nodes": (Places(nodes=(0, 2)),),
    "nodes and tensors": (Places(nodes=(0,), tensors=("w", "x")),),
    "of two graphs": (Places(THEN, (0,)), Places(ELSE, (0,), ("f",))),
    "tensors": (Places(tensors=("w", "alone")),),
    "one twice": (Places(nodes=(0, 0)),),
    "beyond the end": (Places(nodes=(6, 7, 8)),),
}
KEPT_GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "nodes": ("61f8ca3535360b79bfc8", ("7d00b123f593", "def40b47d142")),
    "nodes and tensors": ("7647b78db5dfb88d42ad", ("14f2a5693073", "55f0543d40b6", "def40b47d142")),
    "of two graphs": ("2f132ae80277b742965f", ("04458c8b4938", "b18ee24c9d3a", "ccbe19068133")),
    "tensors": ("f4132b0031c76226df5c", ("1bcd72d01021", "55f0543d40b6")),
    "one twice": ("add58329c9601bff866c", ("4855a143b752", "def40b47d142")),
    "beyond the end": ("4d193e5a2612eb75a452", ("dd146990c247",)),
}


@pytest.mark.parametrize(("name", "places"), GROUPS.items())
def test_a_group_and_its_parts_are_known_tomorrow(name: str, places: tuple[Places, ...]) -> None:
    found = marked(places=places)
    assert (found.fingerprint, found.parts) == KEPT_GROUPS[name]


def test_a_part_is_what_it_is_alone() -> None:
    """So a baseline that knew a group knows what is left of it."""
    both, first, second = (set(marked(places=(Places(nodes=nodes),)).parts) for nodes in ((0, 2), (0,), (2,)))
    assert both == first | second and len(both) == 2


def test_by_its_kind_a_group_has_no_parts() -> None:
    assert marked(rule="cyclic-graph", places=GROUPS["nodes"]).parts == ()
    assert marked(rule="cyclic-graph", places=GROUPS["nodes"]).fingerprint != marked(places=GROUPS["nodes"]).fingerprint


@pytest.mark.parametrize(("nodes", "tensors", "each"), [(1000, 0, 1000), (999, 1, 1000), (1000, 1, 0), (0, 1001, 0)])
def test_of_more_than_a_thousand_places_the_kinds_are_counted(nodes: int, tensors: int, each: int) -> None:
    """No matter whether they are nodes or tensors."""
    assert len(marked(places=(Places(nodes=(0,) * nodes, tensors=("w",) * tensors),)).parts) == each


def test_of_kinds_each_graph_and_each_tensor_counts() -> None:
    def crowd(*more: Places) -> str:
        return marked(places=(Places(tensors=("w",) * 1001), *more)).fingerprint

    assert crowd() != marked(places=(Places(tensors=("w",) * 1002),)).fingerprint
    assert crowd(Places(nodes=(0,))) != crowd(Places(nodes=(2,))) != crowd()
    assert crowd(Places(nodes=(1,))) not in (crowd(Places(nodes=(0,))), crowd(Places(nodes=(2,))))
    assert crowd() == marked(places=(Places(tensors=("x",) * 1001),)).fingerprint


def test_where_there_is_no_model_the_rule_is_all_that_is_known() -> None:
    first, second, other = fingerprinted(None, map(candidate, "rrs"))
    assert len({first.fingerprint, second.fingerprint, other.fingerprint}) == 3
    (alone,) = fingerprinted(None, [candidate("r", Location(node="n"), (Places(nodes=(1,)),))])
    assert alone.fingerprint == first.fingerprint and alone.parts == ()
