"""Uses of operators with bodies, of sequences, and of ONNX's own node tests; and how a whole graph comes about."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import onnx
from onnx import helper

from auditor.shapes.fact import Fact
from tests.corpus import NodeTest, node_tests
from tests.shapes.microsoft import MAKERS

from . import extremes, others, shaping  # noqa: F401  # their uses register themselves
from .dressing import dress
from .graphs import BOOL, FLOAT, INT64, NUMBERS, OTHERS, BodyInput, Case, Graph
from .operators import USES, Use, use

NEWEST = min(onnx.defs.onnx_opset_version(), 26)
"""The last opset that the installed onnxruntime takes."""

_OPSETS = (6, 7, 8, 9, 10, 11, 11, 12, 13, 13, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21, 22, 23, 24)
DEPTH = 2


def grow(g: Graph, nodes: int) -> None:
    """So many uses more, unless one is refused by us: what is behind it is never reached."""
    uses = _uses(g.opset)
    for _ in range(nodes):
        if g.main.accused or len(g.nodes) > 14:
            return
        g.rng.choice(uses)(g)


@cache
def _uses(opset: int) -> tuple[Use, ...]:
    return tuple(function for since, function in USES if since <= max(opset, 7))


def _depth(g: Graph) -> int:
    return 0 if g.outer is None else 1 + _depth(g.outer)


def _results(body: Graph, dtypes: list[int]) -> list[str]:
    """One tensor of each dtype: the last that the body made, or a new one. An output must be made in the body."""
    found = []
    for dtype in dtypes:
        made = [name for name, fact in body.pool if fact.dtype == dtype and any(name in n.output for n in body.nodes)]
        name = made[-1] if made and body.rng.random() < 0.8 else body.fresh(dtype, body.shape((0, 1, 2)), 0)
        found += body.node("Identity", [name])
    return found


def _known(body: Graph, name: str) -> Fact:
    return body.fact(name) or Fact()


def _either(a: Fact, b: Fact) -> Fact:
    return a if a.dtype == b.dtype and a.shape == b.shape else Fact(a.dtype)


@use(weight=2)
def choice(g: Graph) -> None:
    if _depth(g) >= DEPTH:
        return
    dtypes = [g.rng.choice((FLOAT, INT64)) for _ in range(g.rng.randint(1, 2))]
    branches = []
    for _ in range(2):
        body = g.body()
        grow(body, g.rng.randint(0, 2))
        names = _results(body, dtypes)
        branches.append((body.closed([], names), [_known(body, name) for name in names]))
    condition = g.given(np.array(g.rng.random() < 0.5), 0.4)
    attributes = {"then_branch": branches[0][0], "else_branch": branches[1][0]}
    facts = [_either(a, b) for a, b in zip(branches[0][1], branches[1][1], strict=True)]
    g.node("If", [condition], attributes, len(dtypes), [Fact(f.dtype, f.shape) for f in facts])


@use(weight=2)
def loop(g: Graph) -> None:
    """Carried tensors keep their shapes, or grow by an axis of the body's making."""
    if _depth(g) >= DEPTH:
        return
    body = g.body()
    trip, going = body.name("i"), body.name("c")
    body.pool.append((trip, Fact(INT64, ())))
    inputs: list[BodyInput] = [(trip, INT64, ()), (going, BOOL, ())]
    initial = [g.pick(NUMBERS, (0, 1, 2), 1) for _ in range(g.rng.randrange(3))]
    carried = []
    for _, dtype, shape in initial:
        name = body.name("v")
        body.pool.append((name, Fact(dtype, shape)))
        inputs.append((name, dtype, None))
        carried.append(name)
    grow(body, g.rng.randint(0, 2))
    kept, facts = [], []
    for name, (_, dtype, shape) in zip(carried, initial, strict=True):
        match g.rng.randrange(4):
            case 0:
                kept += body.node("Identity", [name])
                facts.append(Fact(dtype, shape))
            case 1 if shape:
                kept += body.node("Concat", [name, name], {"axis": 0}, facts=[Fact()])
                facts.append(Fact(dtype))
            case 2:
                (result,) = _results(body, [dtype])
                kept.append(result)
                facts.append(Fact(dtype))
            case _:
                kept += body.node("Add", [name, name])
                facts.append(Fact(dtype, shape))
    stacked = _results(body, [g.rng.choice((FLOAT, INT64)) for _ in range(g.rng.randrange(3))])
    (goes_on,) = body.node("Identity", [going])
    trips = g.rng.randint(0, 3)
    limit = g.integers([trips], fed=0.3) if g.rng.random() < 0.5 else g.given(np.array(trips), 0.3)
    condition = "" if g.rng.random() < 0.5 else g.given(np.array(g.rng.random() < 0.9), 0.3)
    outputs = len(kept) + len(stacked)
    if outputs == 0:
        return
    closed = body.closed(inputs, [goes_on, *kept, *stacked])
    more = [Fact(_known(body, name).dtype) for name in stacked]
    g.node("Loop", [limit, condition, *(name for name, _, _ in initial)], {"body": closed}, outputs, [*facts, *more])


@use(9, 2)
def scan(g: Graph) -> None:
    if _depth(g) >= DEPTH:
        return
    body = g.body()
    length = g.size(1)
    inputs: list[BodyInput] = []
    states = [g.pick((FLOAT, INT64), (0, 1, 2), 1) for _ in range(g.rng.randrange(2))]
    scanned, axes = [], []
    for _, dtype, shape in states:
        inputs.append((body.name("s"), dtype, shape))
    for _ in range(g.rng.randint(1, 2)):
        row = g.shape((0, 1, 2), 1)
        axis = g.rng.randint(0, len(row))
        dtype = g.rng.choice((FLOAT, INT64))
        scanned.append(g.fresh(dtype, (*row[:axis], length, *row[axis:])))
        axes.append(axis)
        inputs.append((body.name("x"), dtype, row))
    body.pool += [(name, Fact(dtype, shape)) for name, dtype, shape in inputs]
    grow(body, g.rng.randint(0, 2))
    kept = [body.node("Add", [name, name])[0] for name, _, _ in inputs[: len(states)]]
    stacked = _results(body, [FLOAT] * g.rng.randint(1, 2))
    ranks = [_known(body, name).shape for name in stacked]
    attributes = {"body": body.closed(inputs, [*kept, *stacked]), "num_scan_inputs": len(scanned)}
    if any(axes):
        attributes["scan_input_axes"] = axes
    if g.rng.random() < 0.4 and all(shape is not None for shape in ranks):
        attributes["scan_output_axes"] = [g.rng.randint(0, len(shape)) for shape in ranks if shape is not None]
    if g.rng.random() < 0.3:
        attributes["scan_input_directions"] = [g.rng.randrange(2) for _ in scanned]
    facts = [Fact(dtype, shape) for _, dtype, shape in states] + [Fact(FLOAT)] * len(stacked)
    g.node("Scan", [*(name for name, _, _ in states), *scanned], attributes, len(facts), facts)


@use(11, 2)
def sequence(g: Graph) -> None:
    x, dtype, shape = g.pick((FLOAT, INT64), (1, 2, 3), 1)
    place = g.given(np.array(g.rng.choice((0, -1))), 0.2)
    if g.rng.random() < 0.5:
        others = [x]
        for _ in range(g.rng.randrange(3)):
            theirs = list(shape)
            if g.rng.random() < 0.3:
                theirs[g.rng.randrange(len(theirs))] = g.size(1)
            others.append(g.fresh(dtype, theirs))
        (made,) = g.node("SequenceConstruct", others, facts=[Fact()])
    else:
        axis = g.rng.randrange(-len(shape), len(shape))
        keep = g.rng.choice((None, 0, 1))
        parts = [g.integers(1)] if g.rng.random() < 0.4 else []
        (made,) = g.node("SplitToSequence", [x, *parts], {"axis": axis, "keepdims": keep}, facts=[Fact()])
    match g.rng.randrange(7):
        case 5 if g.opset >= 15:
            (maybe,) = g.node("Optional", [x if g.opset >= 18 and g.rng.random() < 0.5 else made], facts=[Fact()])
            g.node("OptionalHasElement", [maybe], facts=[Fact(BOOL, ())])
            g.node("OptionalGetElement", [maybe], facts=[Fact()])
        case 6 if g.opset >= 17 and _depth(g) < DEPTH:
            body = g.body()
            item = body.name("e")
            body.pool.append((item, Fact(dtype)))
            results = body.node("Identity", [item], facts=[Fact()])
            (mapped,) = g.node(
                "SequenceMap", [made], {"body": body.closed([(item, dtype, None)], results)}, facts=[Fact()]
            )
            g.node("SequenceAt", [mapped, place], facts=[Fact(dtype)])
        case 0:
            g.node("SequenceAt", [made, place], facts=[Fact(dtype)])
        case 1:
            attributes = {"axis": g.rng.randrange(len(shape)), "new_axis": g.rng.choice((None, 0, 1))}
            g.node("ConcatFromSequence", [made], attributes, facts=[Fact(dtype)])
        case 2:
            g.node("SequenceLength", [made], facts=[Fact(INT64, ())])
        case 3:
            (made,) = g.node("SequenceInsert", [made, x], facts=[Fact()])
            g.node("SequenceAt", [made, place], facts=[Fact(dtype)])
        case _:
            (made,) = g.node("SequenceErase", [made, place], facts=[Fact()])
            g.node("SequenceLength", [made], facts=[Fact(INT64, ())])


@use(weight=4)
def microsoft(g: Graph) -> None:
    """One of onnxruntime's own operators, or one of the newest."""
    case = g.rng.choice(tuple(MAKERS.values()))(g.rng)
    if case.inferred or (case.domain == "" and case.opset > g.opset):
        return
    names = []
    for i, array in enumerate(case.inputs):
        stored = array is None or i in case.stored or _odd(array)
        names.append("" if array is None else g.given(array, 0.0 if stored else g.main.fed))
    g.node(case.op_type, names, case.attributes, case.outputs, domain=case.domain)


# ONNX's node tests


@cache
def single_nodes() -> tuple[NodeTest, ...]:
    """The node tests of one node whose inputs are all tensors."""
    return tuple(
        test
        for test in node_tests()
        if len(test.model.graph.node) == 1
        and all(array is not None and array.size < 5_000 for array in test.inputs)
        and not any(a.type == onnx.AttributeProto.GRAPH for a in test.model.graph.node[0].attribute)
        and max(o.version for o in test.model.opset_import) <= NEWEST
    )


def from_node_test(rng: random.Random) -> Case:
    """A node test, some inputs stored, sometimes an attribute or a size changed; and more nodes behind it."""
    test = rng.choice(single_nodes())
    (node,) = test.model.graph.node
    opset = next((o.version for o in test.model.opset_import if o.domain == ""), 17)
    g = Graph(rng, opset)
    names = {}
    arrays = dict(zip((v.name for v in test.model.graph.input), test.inputs, strict=False))
    if rng.random() < 0.25 and arrays:
        name = rng.choice(sorted(arrays))
        arrays[name] = _cut(rng, arrays[name])
    for name, array in arrays.items():
        assert array is not None
        small = array.dtype.kind in "iu" and array.size <= 16
        names[name] = g.given(array, fed=0.0 if _odd(array) else 0.3 if small else 0.8)
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.name = g.name("n")
    if rng.random() < 0.3 and copy.attribute:
        _change(rng, copy)
    del copy.input[:], copy.output[:]
    copy.input.extend(names.get(name, "") for name in node.input)
    copy.output.extend(g.name("r") if name else "" for name in node.output)
    g.nodes.append(copy)
    for name, array in zip((n for n in copy.output if n), test.outputs, strict=False):
        if array is not None and array.dtype.name in _FEEDABLE and array.dtype != object:
            g.pool.append((name, Fact(int(helper.np_dtype_to_tensor_dtype(array.dtype)), array.shape)))
    if opset >= 6 and rng.random() < 0.5:
        grow(g, rng.randint(1, 3))
    case = g.case()
    del case.model.opset_import[:]
    case.model.opset_import.extend(test.model.opset_import)
    have = {o.domain for o in test.model.opset_import}
    missing = {domain: version for domain, version in {"": opset, **OTHERS}.items() if domain not in have}
    case.model.opset_import.extend(helper.make_opsetid(*each) for each in missing.items())
    return case


_FEEDABLE = {
    "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool",
    "object",
}  # fmt: skip


def _odd(array: np.ndarray) -> bool:
    """Of a type that NumPy lacks, so that it cannot be fed."""
    return array.dtype.kind == "V" or array.dtype.name not in _FEEDABLE


def _cut(rng: random.Random, array: np.ndarray | None) -> np.ndarray | None:
    """Shorter or longer along an axis; but indices and axes are not named twice."""
    if array is None or not array.ndim or not array.size:
        return array
    axis = rng.randrange(array.ndim)
    if rng.random() < 0.5 or array.dtype.kind in "iu":
        return array.take(range(array.shape[axis] - 1), axis) if array.shape[axis] > 1 else array
    return np.concatenate([array, array.take([0], axis)], axis)


def _change(rng: random.Random, node: onnx.NodeProto) -> None:
    attribute = rng.choice(node.attribute)
    if rng.random() < 0.3:
        node.attribute.remove(attribute)
        return
    match attribute.type:
        case onnx.AttributeProto.INT:
            flag = attribute.i in (0, 1)
            attribute.i = 1 - attribute.i if flag else max(-4, min(attribute.i + rng.choice((-1, 1, 2)), 40))
        case onnx.AttributeProto.INTS if attribute.ints:
            at = rng.randrange(len(attribute.ints))
            attribute.ints[at] = max(-4, min(attribute.ints[at] + rng.choice((-1, 1, 2)), 40))
        case onnx.AttributeProto.FLOAT:
            attribute.f *= 2


def random_case(seed: int) -> Case:
    """The graph of this seed."""
    rng = random.Random(seed)
    case = from_node_test(rng) if rng.random() < 0.25 else _grown(rng)
    dress(rng, case.model)
    return case


def _grown(rng: random.Random) -> Case:
    g = Graph(rng, rng.choice(_OPSETS), fed=rng.choice((0.05, 0.7, 0.7)), spoilt=rng.choice((0.2, *(0.0,) * 7)))
    while not g.nodes:
        g.accused = False  # by a body that came to nothing
        grow(g, rng.randint(1, 8))
    return g.case()
