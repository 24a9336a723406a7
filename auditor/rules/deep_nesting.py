"""Graphs within graphs, or calls within calls, deeper than anybody writes.

## What it does
Measures how many graphs lie within one another (the branches of If, the bodies of Loop and Scan), and how many
functions call one another in a chain. From eight graphs on it is a note, from sixteen graphs or sixty-four calls a
warning.

## Why it matters
Readers and runtimes go into each level by calling themselves, so depth costs them their stack: what is nested deeply
enough ends the process. Protobuf gives up at a hundred messages, which is thirty-three graphs. The deepest of the
trained models that we know has four.

## Fires on
```mutator
branches_twenty_deep
branches_eight_deep
functions_a_hundred_deep
```

## Quiet on
```mutator
branches_five_deep
```

## How to fix
Join the conditions, or write a loop. In a model that you did not make it is a reason not to load it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from . import rule

_UNUSUAL, _DEEP, _CALLS = 8, 16, 64


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def deep_nesting(model: Model) -> Iterator[Found]:
    depths: dict[int, int] = {}
    deepest: dict[tuple[int, int], tuple[int, Scope]] = {}  # by the outermost holder
    for scope in scopes(model):  # a graph before those inside it
        outside = scope.outside
        depth = depths[id(scope.graph)] = depths.get(id(outside.graph), 0) + 1 if outside is not None else 0
        if depth < _UNUSUAL:
            continue
        top, holder = scope, scope.holder
        while top.outside is not None:
            top, holder = top.outside, top.holder
        if depth > deepest.get((id(top.graph), holder), (0, top))[0]:
            deepest[id(top.graph), holder] = depth, top
    for (_, holder), (depth, top) in deepest.items():
        node, label = top.graph.nodes[holder], top.graph.label(holder)
        yield Found(
            f"{label} holds graphs within graphs, {depth} deep",
            Location(top.path, label, node.op_type, offset=node.offset),
            "join the conditions, or write a loop",
            expected=f"less than {_UNUSUAL}",
            actual=depth,
            severity=None if depth >= _DEEP else Severity.NOTE,
            magnitude=depth,
        )
    if len(model.functions) >= _CALLS:
        yield from _calls(model)


def _calls(model: Model) -> Iterator[Found]:
    """Functions that call one another in a long chain."""
    heights: dict[tuple[str, str, str], int] = {}
    for start in model.functions:
        waiting, on_the_way = [start], set[tuple[str, str, str]]()
        while waiting:
            key = waiting[-1]
            called = [(n.domain, n.op_type, n.overload) for n in model.functions[key].nodes]
            missing = [n for n in called if n in model.functions and n not in heights and n not in on_the_way]
            if key in heights or key in on_the_way or not missing:
                heights.setdefault(key, 1 + max((heights.get(n, 0) for n in called), default=0))
                on_the_way.discard(key)
                waiting.pop()
            else:
                on_the_way.add(key)
                waiting += [n for n in missing if n != key]
    graph = model.graph
    found = [(heights.get((n.domain, n.op_type, n.overload), 0), -i) for i, n in enumerate(graph.nodes)]
    most, at = max(found, default=(0, 0))
    if most >= _CALLS:
        node, label = graph.nodes[-at], graph.label(-at)
        yield Found(
            f"{label} calls functions that call functions, {most} deep",
            Location("", label, node.op_type, offset=node.offset),
            "write the nodes themselves, or a loop",
            expected=f"less than {_CALLS}",
            actual=most,
            magnitude=most,
        )
