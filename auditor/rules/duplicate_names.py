"""One name for two things.

## What it does
Finds tensors that a graph defines twice (as an input, an initializer or the output of a node), node outputs, inputs and
initializers of a subgraph that hide a tensor of the graph around it, nodes of one name, and local functions of one
name.

## Why it matters
"A value name used in a graph must have a unique definition, with the exception that the same name MAY appear in both
the graph input list and graph initializer list"; "in the case of a nested subgraph, a node output name MUST be
distinct from the names from the outer scopes that are visible in the nested subgraph"; names of nodes: "Within a
namespace, each name MUST be unique for each given graph"
(https://onnx.ai/onnx/repo-docs/IR.html#names-within-a-graph). Which of the two a node gets hangs on the reader:
onnxruntime 1.32 takes two initializers of one name without a word. It refuses two nodes of one name, unless they are
Constants, which it turns into initializers: so for Constants this is a note. Inputs and initializers of a subgraph may
hide what is around them: onnxruntime takes the inner one, other compilers the outer one; so that is a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) {
  a = Relu(x)
  a = Abs(x)
  y = Neg(a)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "f" : 1]>
agraph (float[2] x) => (float[2] y) { y = f.g(x) }
<domain: "f", opset_import: ["" : 17]> g (a) => (b) { b = Relu(a) }
<domain: "f", opset_import: ["" : 17]> g (a) => (b) { b = Neg(a) }
```
```onnx
# A warning: the body's input has the name of the tensor that it starts from.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4] x) => (float[4] y) <int64 trips = {3}> {
  h = Relu(x)
  y = Loop (trips, "", h) <
    body = again (int64 i, bool c, float[4] h) => (bool d, float[4] g) { g = Neg(h) d = Identity(c) }
  >
}
```
```onnx
# A warning: the branch stores a tensor of the name of an input.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x, float[2] w) => (float[2] y) {
  v = Neg(w)
  y = If (c) <
    then_branch = one () => (float[2] a) <float[2] w = {1.0, 2.0}> { a = Add(v, w) },
    else_branch = two () => (float[2] b) { b = Neg(v) }
  >
  z = Abs(x)
}
```
```mutator
two_nodes_of_one_name
two_initializers_of_one_name
subgraph_hides_a_tensor
constants_of_one_name
```

## Quiet on
```onnx
# An initializer may be listed as an input, too, and the branches of an If may use the same names.
<ir_version: 8, opset_import: ["" : 17]>
agraph (bool c, float[2] x, float[2] w) => (float[2] y) <float[2] w = {1.0, 2.0}> {
  a = Add(x, w)
  y = If (c) <
    then_branch = one () => (float[2] z) { z = Relu(a) },
    else_branch = two () => (float[2] z) { z = Neg(a) }
  >
}
```

## How to fix
Rename one of the two, and every use of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.file_troubles import FunctionTwice
from ..model.graph import Graph, Model
from ..model.scopes import Scope, makes_each_once, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule


@rule(Severity.ERROR, Basis.ILLEGAL)
def duplicate_names(model: Model) -> Iterator[Found]:
    for trouble in model.troubles:
        if isinstance(trouble, FunctionTwice):
            yield Found(
                f"there is a second local function {trouble.name!r}; which of the two is called hangs on the reader",
                Location(offset=trouble.offset),
                "rename one of the functions, or delete it",
            )
    for scope in scopes(model):
        yield from _values(scope)
        yield from _hidden(scope)
        yield from _nodes(scope)


def _values(scope: Scope) -> Iterator[Found]:
    graph = scope.graph
    if _all_apart(graph):
        return
    stored = Counter([t.name for t in graph.initializers] + [t.name for t in graph.sparse_initializers])
    fed = Counter(v.name for v in graph.inputs)
    made = Counter(name for node in graph.nodes for name in node.outputs if name)
    for name in _in_order(made, stored, fed):
        times = made[name] + max(stored[name], fed[name])
        if times > 1:
            yield Found(
                f"the tensor {name!r} is defined {times} times: {_places(graph, name, stored[name], fed[name])}",
                Location(scope.path, tensor=name),
                "rename all but one of them, and their uses",
                expected=1,
                actual=times,
            )


def _all_apart(graph: Graph) -> bool:
    """Whether it is plain that no name is defined twice: of nearly every graph, and cheap to see."""
    made, stored = graph.producers.keys(), graph.initializer_names
    fed = {v.name for v in graph.inputs}
    once = len(stored) == len(graph.initializers) + len(graph.sparse_initializers) and len(fed) == len(graph.inputs)
    return once and makes_each_once(graph) and made.isdisjoint(stored) and made.isdisjoint(fed)


def _in_order(made: Counter[str], stored: Counter[str], fed: Counter[str]) -> Iterator[str]:
    """The names that may be defined twice."""
    if len(made) < made.total() or len(stored) < stored.total() or len(fed) < fed.total():
        yield from (name for name in {**made, **stored, **fed} if made[name] + max(stored[name], fed[name]) > 1)
    else:
        yield from (name for name in made if name in stored or name in fed)


def _places(graph: Graph, name: str, stored: int, fed: int) -> str:
    makers = [graph.label(i) for i, node in enumerate(graph.nodes) for output in node.outputs if output == name]
    parts = [counted(stored, "initializer")] if stored else []
    parts += [counted(fed, "graph input")] if fed else []
    parts += [f"made by {listed(makers)}"] if makers else []
    return ", ".join(parts)


def _hidden(scope: Scope) -> Iterator[Found]:
    outside, holder = scope.outside, scope.holder
    if outside is None:
        return
    own = scope.graph.producers
    formal = {v.name: "input" for v in scope.graph.inputs} | dict.fromkeys(scope.graph.initializer_names, "initializer")
    while outside is not None:
        graph = outside.graph
        for name in (*own, *(n for n in formal if n not in own)):
            # Only what stands before the subgraph's node is visible in the subgraph.
            if graph.producers.get(name, holder) >= holder and not (
                name in graph.initializer_names or name in outside.inputs
            ):
                continue
            if name in own:
                node, label = scope.graph.nodes[own[name]], scope.graph.label(own[name])
                where = Location(scope.path, label, node.op_type, name, offset=node.offset)
            else:
                label = f"the subgraph's {formal[name]}"
                where = Location(scope.path, tensor=name, offset=graph.nodes[holder].offset)
            yield Found(
                f"{label} makes {name!r}, which the graph around it has, too"
                if name in own
                else f"{label} {name!r} hides a tensor of the graph around it",
                where,
                "rename the tensor of the subgraph",
                severity=None if name in own else Severity.WARNING,
                basis=None if name in own else Basis.SUSPICIOUS,
            )
        holder = outside.holder
        outside = outside.outside


def _nodes(scope: Scope) -> Iterator[Found]:
    graph = scope.graph
    named = [node.name for node in graph.nodes if node.name]
    if len(set(named)) == len(named):
        return
    names = Counter(named)
    twice = {name for name, times in names.items() if times > 1}
    working = Counter(n.name for n in graph.nodes if n.name in twice and (n.op_type, n.domain) != ("Constant", ""))
    refused = [name for name, times in working.items() if times > 1]
    harmless = [name for name in sorted(twice) if working[name] < 2]
    for group, severity, basis in ((refused, Severity.ERROR, Basis.REFUSED), (harmless, Severity.NOTE, Basis.ILLEGAL)):
        if group:
            shared = frozenset(group)
            first = next(node for node in graph.nodes if node.name == group[0])
            yield Found(
                f"{counted(sum(names[n] for n in group), 'node')} share {counted(group, 'name')}: {listed(group)}"
                + (
                    "; onnxruntime refuses that"
                    if severity is Severity.ERROR
                    else " (Constants, which onnxruntime takes)"
                ),
                Location(scope.path, group[0], first.op_type, offset=first.offset),
                "give each node a name of its own, or none",
                severity=severity,
                basis=basis,
                places=nodes_at((scope.path, i) for i, node in enumerate(graph.nodes) if node.name in shared),
            )
