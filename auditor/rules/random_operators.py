"""Operators whose results differ from run to run.

## What it does
Finds RandomNormal, RandomUniform, their Like forms, Bernoulli and Multinomial whose results reach an output.

## Why it matters
Two runs on one input give different answers, so nothing can be compared: not with the framework, not between CPU and
GPU, not with a golden vector. With a seed it is a note: each runtime has its own generator, and a seed gives other
numbers in another runtime. In onnxruntime 1.32 a seed begins a session, and its second run draws other numbers
(microsoft/onnxruntime#20054): `--deep` runs twice, and `unrepeatable-outputs` says so.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  noise = RandomNormalLike(x)
  y = Add(x, noise)
}
```

## Quiet on
```onnx
# Its result is used by nothing: `dead-branches` speaks of it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  noise = RandomNormalLike(x)
  y = Abs(x)
}
```

## How to fix
Make the random tensor an input of the model (the attribute `seed` repeats a session's first run at most); if it comes
from a layer that should be silent in inference, call `model.eval()` before the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.kind import Symptom
from ..findings.places import nodes_at
from ..model.graph import Model
from ..model.scopes import Scope, dead_nodes, scopes
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"}
)


@rule(Severity.WARNING, Basis.SUSPICIOUS, explains=(Symptom.OTHER_OUTPUTS,))
def random_operators(model: Model) -> Iterator[Found]:
    places: dict[bool, list[tuple[Scope, int]]] = {False: [], True: []}
    for scope in scopes(model):
        graph = scope.graph
        nodes = [i for i, node in graph.nodes_of(RANDOM) if not node.domain]
        dead = set(dead_nodes(graph)) if nodes else set()
        for i in nodes:
            if i not in dead:
                places["seed" in graph.nodes[i].attributes].append((scope, i))
    for seeded, found in places.items():
        if found:
            labels = [scope.graph.label(i) for scope, i in found]
            scope, index = found[0]
            node = scope.graph.nodes[index]
            yield Found(
                f"{counted(found, 'random operator')} {'with' if seeded else 'without'} a seed: "
                f"{listed(labels)}; "
                + ("the numbers differ from runtime to runtime" if seeded else "results differ from run to run"),
                Location(scope.path, labels[0], node.op_type, offset=node.offset),
                "make the random tensor an input"
                if seeded
                else "make the random tensor an input; a seed repeats no more than the first run of a session",
                severity=Severity.NOTE if seeded else None,
                places=nodes_at((s.path, i) for s, i in found),
            )
