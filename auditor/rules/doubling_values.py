"""Texts and tensors that double, over and over.

## What it does
Follows Concat, StringConcat, Tile and Resize: how many times what goes in is in what comes out. In the body of a Loop
or a Scan it asks whether what is carried on comes back at least twice as large, and how many rounds there are; in a
graph, how long a text has become by its nodes alone.

## Why it matters
Thirty doublings make a gigabyte of a byte. What a text's length will be no shape says, so nothing but this sees it
coming: onnxruntime 1.32 ran a loop of 280 bytes that doubled a text until 2 GB were gone. A list that grows by one item
in each round is usual, and is not meant.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 20]>
agraph (string[1] x) => (string[1] y) <int64 trips = {40}> {
  y = Loop(trips, "", x) <body = b (int64 i, bool go, string[1] a) => (bool on, string[1] c) {
    on = Identity(go)
    c = StringConcat(a, a)
  }>
}
```
```mutator
text_doubled_thirty_times
```

## Quiet on
```onnx
# Longer by one row in each round.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 4] x) => (float[N, 4] y) <int64 trips = {40}> {
  y = Loop(trips, "", x) <body = b (int64 i, bool go, float[K, 4] a) => (bool on, float[M, 4] c) {
    on = Identity(go)
    c = Concat<axis = 0>(a, x)
  }>
}
```

## How to fix
Append what is new, and not what is there already. In a model that you did not make it is a reason not to run it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..findings.places import location_of
from ..model.graph import Graph, Model, Node
from ..report import Basis, Found, Severity
from ..shapes.facts import Facts
from ..shapes.troubles import At
from . import rule
from .endless_loops import trips

_ROUNDS = 20  # a million of what there was
_LONG = 1 << 24  # characters that a text has by its nodes alone
_JOINS = frozenset({"Concat", "StringConcat", "ConcatFromSequence"})
_KEEPS = frozenset({
    "Identity", "Cast", "Relu", "Neg", "Abs", "Add", "Sub", "Mul", "Div", "Transpose", "Reshape", "Squeeze",
    "Unsqueeze", "Flatten", "Tanh", "Sigmoid", "StringNormalizer", "Clip", "Sqrt", "Exp", "Max", "Min", "Where",
})  # fmt: skip
"""Operators behind which there is at least as much as one of their inputs had."""


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def doubling_values(model: Model, facts: Facts) -> Iterator[Found]:
    yield from _texts(facts)
    if len(facts.graphs) < 2:
        return
    for at in facts.nodes_of({"Loop", "Scan"}):
        node = facts.node(at)
        body = node.attributes.get("body")
        if isinstance(body, Graph):
            found = _of_loop(facts, at, node, body)
            if found is not None:
                yield found


def _of_loop(facts: Facts, at: At, node: Node, body: Graph) -> Found | None:
    rounds = trips(facts, at)
    if rounds is not None and rounds < _ROUNDS:
        return None
    skipped_in, skipped_out = (2, 1) if node.op_type == "Loop" else (0, 0)
    path = f"{at.graph}/{facts.label(at)}/body" if at.graph else f"{facts.label(at)}/body"
    for carried, out in zip(body.inputs[skipped_in:], body.outputs[skipped_out:], strict=False):
        if _copies(facts, body, carried.name, path).get(out.name, 0) >= 2:
            index = body.producers.get(out.name)
            maker = body.label(index) if index is not None else out.name
            often = "" if rounds is None else " for ever" if math.isinf(rounds) else f" {int(rounds):,} times"
            return Found(
                f"{facts.label(at)} carries {carried.name!r} on at least twice as large as it was ({maker} in its "
                f"body){often}",
                location_of(facts, at, carried.name),
                "append what is new, and not what is there already; if you did not make the model, do not run it",
                severity=Severity.NOTE if rounds is None else None,
            )
    return None


def _copies(facts: Facts, body: Graph, carried: str, path: str) -> Mapping[str, float]:
    """By tensor of the body how many times, at least, what is carried is in it."""
    found: dict[str, float] = {carried: 1.0}
    for node in body.nodes:
        times = [found.get(name, 0.0) for name in node.inputs]
        if not any(times) or not node.outputs:
            continue
        if node.op_type in _JOINS:
            held = sum(times)
        elif node.op_type in ("Tile", "Resize", "Upsample", "Expand"):
            held = times[0] * _factor(facts, node, path)
        else:
            held = max(times) if node.op_type in _KEEPS else 0.0
        if held:
            found[node.outputs[0]] = min(held, 1e30)
    return found


def _factor(facts: Facts, node: Node, path: str) -> float:
    """By how much a Tile or a Resize makes its input larger, where its numbers are known."""
    at = {"Tile": 1, "Upsample": 1, "Resize": 2}.get(node.op_type, len(node.inputs))
    fact = facts.at(node.inputs[at], path) if at < len(node.inputs) and node.inputs[at] else None
    numbers = fact.elements if fact is not None and fact.elements else ()
    factor = 1.0
    for number in numbers:
        factor *= number if isinstance(number, int | float) else 1
    return max(factor, 0.0)


def _texts(facts: Facts) -> Iterator[Found]:
    """Where a text has become too long by the nodes of one graph."""
    for path, visited in facts.graphs.items():
        lengths: dict[str, float] = {}
        for index in facts.places_where(path, lambda asked: asked.node.op_type == "StringConcat"):
            node = visited.nodes[index]
            if len(node.inputs) != 2:
                continue
            held = sum(lengths.get(name) or _length(facts, name, path) for name in node.inputs)
            lengths[node.outputs[0]] = min(held, 1e30)
            before = max((lengths.get(name, 0.0) for name in node.inputs), default=0.0)
            if held >= _LONG > before:
                at = At(path, index)
                yield Found(
                    f"{facts.label(at)} makes texts of {int(held):,} characters and more, by joining what was joined "
                    "before",
                    location_of(facts, at, node.outputs[0]),
                    "join each text once; if you did not make the model, do not run it",
                    expected=f"less than {_LONG:,}",
                    actual=int(min(held, 1e18)),
                    magnitude=min(held, 1e18),
                )


def _length(facts: Facts, name: str, path: str) -> float:
    """Characters of a text that is stored; of another one, 1."""
    fact = facts.at(name, path)
    lengths = [len(e) for e in (fact.elements or () if fact is not None else ()) if isinstance(e, str)]
    return float(max(lengths, default=1))
