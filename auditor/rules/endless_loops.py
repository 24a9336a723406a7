"""Loops of a million rounds and more, or without an end.

## What it does
Works out how often the body of every Loop and Scan runs, without running it: from the number of trips, a condition that
never turns false, one that compares the number of the round with a constant, the length of what is scanned; and for
loops in loops the product. A loop that data may end before is not accused, whatever its largest number of trips:
exporters write 2^63 - 1 there.

## Why it matters
A loop of 2^62 rounds fits in a hundred bytes, and keeps a processor busy for ever; onnxruntime 1.32 runs it, and can
only be ended from outside. Loops of trained models run over a sequence: thousands of rounds.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1] x) => (float[1] y) <int64 trips = {4611686018427387904}> {
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {
    on = Identity(go)
    c = Mul(a, a)
  }>
}
```
```onnx
# The round itself is compared, with a number far away.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1] x) => (float[1] y) <int64 most = {1000000000}> {
  y = Loop("", "", x) <body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {
    on = Less(i, most)
    c = Mul(a, a)
  }>
}
```

## Quiet on
```onnx
# The data ends it, as it does in what exporters make of a while.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float x) => (float y) <int64 trips = {9223372036854775807}, float limit = {1}> {
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float a) => (bool on, float c) {
    c = Mul(a, a)
    on = Less(c, limit)
  }>
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1] x) => (float[1] y) <int64 trips = {1000}> {
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {
    on = Identity(go)
    c = Mul(a, a)
  }>
}
```

## How to fix
Bound the number of trips, or let the condition end the loop. In a model that you did not make it is a reason not to run
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..findings.places import location_of
from ..model.graph import Graph, Model, Node
from ..report import Basis, Found, Severity
from ..shapes.facts import Facts
from ..shapes.troubles import At
from . import rule

MANY = 1_000_000
_CARRIED_ON = frozenset({"Identity", "Cast", "Add", "Squeeze", "Unsqueeze", "Reshape"})
_COMPARES = {"Less": (0, 1), "LessOrEqual": (0, 1), "Greater": (1, 0), "GreaterOrEqual": (1, 0)}
"""By operator the input that must be the smaller one, and the other."""


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def endless_loops(model: Model, facts: Facts) -> Iterator[Found]:
    if len(facts.graphs) < 2:  # without bodies
        return
    around: dict[str, tuple[float, At]] = {}  # by a body's path: rounds of all loops around it, and the outermost
    told = set[str]()
    for path in sorted(facts.graphs, key=lambda one: (one.count("/"), one)):
        visited = facts.graphs[path]
        before, outermost = around.get(path, (1.0, None))
        for index in visited.entries:
            node = visited.nodes[index]
            bodies = [(name, value) for name, value in node.attributes.items() if isinstance(value, Graph)]
            at = At(path, index)
            if not bodies:
                continue
            rounds = trips(facts, at) if node.op_type in ("Loop", "Scan") else 1
            first = outermost if outermost is not None else at if (rounds or 1) > 1 else None
            total = before * (rounds if rounds is not None else 1)
            for name, _ in bodies:
                inner = f"{path}/{facts.label(at)}/{name}" if path else f"{facts.label(at)}/{name}"
                if first is not None:
                    around[inner] = (total, first)
            label = f"{first.graph}/{first.index}" if first is not None else ""
            if total >= MANY and first is not None and label not in told and (rounds or 0) > 1:
                told.add(label)
                yield _found(facts, first, at, total)


def _found(facts: Facts, first: At, at: At, total: float) -> Found:
    label = facts.label(first)
    inner = "" if first == at else f" with {facts.label(at)} within it"
    often = "for ever" if math.isinf(total) else f"{int(total):,} times" if total < 1 << 53 else f"{total:.3g} times"
    endless = math.isinf(total)
    return Found(
        f"{label}{inner} runs its body {often}, whatever the input: nothing in the model ends it before",
        location_of(facts, first),
        "bound the number of trips, or let the condition end it; if you did not make the model, do not run it",
        expected=f"less than {MANY:,}",
        actual="no end" if endless else int(total),
        magnitude=None if endless else int(min(total, 1e18)),
    )


def trips(facts: Facts, at: At) -> float | None:
    """How often a body runs for certain, infinity for ever; None where that hangs on something unknown."""
    node = facts.node(at)
    if node.op_type == "Scan":
        return _of_scan(facts, node, at.graph)
    body = node.attributes.get("body")
    if not isinstance(body, Graph) or not body.outputs:
        return None
    path = f"{at.graph}/{facts.label(at)}/body" if at.graph else f"{facts.label(at)}/body"
    inside = facts.graphs.get(path)
    if inside is None:
        return None
    given = [*node.inputs[:2], "", ""]
    most: float | None = math.inf if not given[0] else _number(facts, given[0], at.graph)
    start = facts.at(given[1], at.graph) if given[1] else None
    if start is not None and start.elements == (False,):
        return 0
    go_on = inside.facts.get(body.outputs[0].name)
    if go_on is not None and go_on.elements == (True,):
        return most
    bound = _compared(facts, body, path)
    if bound is None:
        return None
    return bound if most is None else min(most, bound)


def _number(facts: Facts, name: str, path: str) -> int | None:
    fact = facts.at(name, path)
    value = fact.elements[0] if fact is not None and fact.elements else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _compared(facts: Facts, body: Graph, path: str) -> int | None:
    """The constant that the number of the round is compared with, where that alone ends the loop."""
    index = body.producers.get(body.outputs[0].name)
    for _ in range(8):
        node = body.nodes[index] if index is not None else None
        if node is None:
            return None
        if node.op_type == "Identity":
            index = body.producers.get(node.inputs[0])
            continue
        if node.op_type == "And":  # with what was true before
            others = [name for name in node.inputs if name != body.inputs[1].name]
            if len(others) != 1:
                return None
            index = body.producers.get(others[0])
            continue
        if node.op_type not in _COMPARES or len(node.inputs) != 2:
            return None
        small, large = (node.inputs[i] for i in _COMPARES[node.op_type])
        return _number(facts, large, path) if _is_the_round(body, small) else None
    return None


def _is_the_round(body: Graph, name: str) -> bool:
    for _ in range(8):
        if body.inputs and name == body.inputs[0].name:
            return True
        index = body.producers.get(name)
        if index is None or body.nodes[index].op_type not in _CARRIED_ON:
            return False
        name = body.nodes[index].inputs[0]
    return False


def _of_scan(facts: Facts, node: Node, path: str) -> int | None:
    """The length of what is scanned."""
    count = node.attributes.get("num_scan_inputs")
    if not isinstance(count, int) or not 0 < count <= len(node.inputs):
        return None
    axes = node.attributes.get("scan_input_axes")
    axis = axes[0] if isinstance(axes, tuple) and axes and isinstance(axes[0], int) else 0
    fact = facts.at(node.inputs[-count], path)
    if fact is None or fact.shape is None or not -len(fact.shape) <= axis < len(fact.shape):
        return None
    size = fact.shape[axis]
    return size if isinstance(size, int) else None
