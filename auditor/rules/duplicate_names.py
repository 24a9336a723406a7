"""One name for two things.

## What it does
Finds tensors that a graph defines twice (as an input, an initializer or the output of a node), node outputs of a
subgraph that hide a tensor of the graph around it, nodes of one name, and local functions of one name.

## Why it matters
"A value name used in a graph must have a unique definition, with the exception that the same name MAY appear in both
the graph input list and graph initializer list"; "in the case of a nested subgraph, a node output name MUST be
distinct from the names from the outer scopes that are visible in the nested subgraph"; names of nodes: "Within a
namespace, each name MUST be unique for each given graph"
(https://onnx.ai/onnx/repo-docs/IR.html#names-within-a-graph). Which of the two a node gets hangs on the reader:
onnxruntime 1.32 takes two initializers of one name without a word. It refuses two nodes of one name, unless they are
Constants, which it turns into initializers: so for Constants this is a note.

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

from ..model.file_troubles import FunctionTwice
from ..model.graph import Graph, Model
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import nodes_at, rule


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
    own = scope.graph.producers
    while outside is not None:
        graph = outside.graph
        for name, index in own.items():
            # Only what stands before the subgraph's node is visible in the subgraph.
            if graph.producers.get(name, holder) < holder or name in graph.initializer_names or name in outside.inputs:
                node = scope.graph.nodes[index]
                yield Found(
                    f"{scope.graph.label(index)} makes {name!r}, which the graph around it has, too",
                    Location(scope.path, scope.graph.label(index), node.op_type, name, offset=node.offset),
                    "rename the tensor of the subgraph",
                )
        holder = outside.holder
        outside = outside.outside


def _nodes(scope: Scope) -> Iterator[Found]:
    graph = scope.graph
    names = Counter(node.name for node in graph.nodes if node.name)
    if len(names) == names.total():
        return
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
