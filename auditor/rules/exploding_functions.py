"""Functions that become a million nodes and more when their calls are replaced by their bodies.

## What it does
Counts, from the bodies alone, how many nodes the model has when every call of its functions is replaced by the body, as
runtimes do when they load it. It speaks from a million on where that is a hundred times what the file holds.

## Why it matters
Sixteen functions, each of which calls the next twice, are 1,786 bytes and 65,536 nodes; of twenty-four, onnx 1.23 and
onnxruntime 1.32 hang while they load them. Exporters write a function for each module: a few thousand nodes in all.

## Fires on
```mutator
functions_that_call_the_next_twice
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17, "f" : 1]>
main (float[2] x) => (float[2] y) { a = f.block(x)  y = f.block(a) }
<domain: "f", opset_import: ["" : 17]>
block (a) => (c) { b = Relu(a)  c = Neg(b) }
```

## How to fix
Write a loop, or the nodes themselves. In a model that you did not make it is a reason not to load it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..model.graph import Model, Node, subgraphs
from ..report import Basis, Found, Location, Severity
from . import rule

_MUCH, _TIMES = 1_000_000, 100
_MOST = 1 << 80  # beyond it nobody counts

Key = tuple[str, str, str]


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def exploding_functions(model: Model) -> Iterator[Found]:
    if not model.functions:
        return
    sizes = expanded(model)
    held = sum(len(function.nodes) for function in model.functions.values()) + len(model.graph.nodes)
    for path, graph in model.graphs:
        calls = [(sizes.get((n.domain, n.op_type, n.overload), 0), -i) for i, n in enumerate(graph.nodes)]
        total = sum(size for size, _ in calls)
        if total >= _MUCH and total >= _TIMES * held:
            index = -max(calls)[1]
            node, label = graph.nodes[index], graph.label(index)
            many = f"{total:,}" if total < _MOST else "more than 2^80"
            yield Found(
                f"{label} calls the function {node.op_type!r}; with all that it calls, {many} nodes come of the "
                f"{held:,} that the file holds",
                Location(path, label, node.op_type, offset=node.offset),
                "write a loop, or the nodes themselves; if you did not make the model, do not load it",
                expected=f"less than {_MUCH:,}",
                actual=min(total, 1 << 62),
                magnitude=min(total, 1 << 62),
            )


def expanded(model: Model) -> dict[Key, int]:
    """By function how many nodes come of one call. What calls itself counts once: another rule says so."""
    calls = {key: Counter(_all_nodes(function.nodes)) for key, function in model.functions.items()}
    sizes: dict[Key, int] = {}
    for start in calls:
        waiting, on_the_way = [start], set[Key]()
        while waiting:
            key = waiting[-1]
            if key in sizes:
                waiting.pop()
                continue
            missing = [n for n in calls[key] if n in calls and n not in sizes and n not in on_the_way and n != key]
            if missing and key not in on_the_way:
                on_the_way.add(key)
                waiting += missing
                continue
            on_the_way.discard(key)
            sizes[key] = min(sum(count * sizes.get(n, 1) for n, count in calls[key].items()), _MOST)
            waiting.pop()
    return sizes


def _all_nodes(nodes: tuple[Node, ...]) -> Iterator[Key]:
    """What the nodes of a body call, those of its subgraphs too."""
    waiting = [nodes]
    while waiting:
        for node in waiting.pop():
            yield node.domain, node.op_type, node.overload
            waiting += [graph.nodes for _, graph in subgraphs(node)]
