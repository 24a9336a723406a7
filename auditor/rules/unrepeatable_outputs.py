"""The same inputs are answered otherwise in another run, though nothing random is in the model.

## What it does
Runs the model on the same inputs again (`--deep`, or `--deep-part repeatability`): in the same session, in a fresh
one, and with other numbers of threads. What is another by more than rounding is followed through cut models to the
first tensor that is not the same again. Of outputs that random operators make it speaks where all of them have a seed;
`random-operators` and `training-mode` speak of the others, and the report says whether a fresh session begins anew.

## Why it matters
Nothing can be compared: not with the framework, not between CPU and GPU, not with a golden vector; and answers hang on
what was asked before. In onnxruntime 1.32 a BatchNormalization in training mode whose new statistics nothing takes
normalises by the stored ones, and writes the new ones over them: each run moves the answers to all that follow. And a
seed begins a session, not a run: the second run of a session draws other numbers than the first.

## Fires on
```onnx
# The stored statistics move from run to run (microsoft/onnxruntime#29790).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x) => (float[N, 2] y)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0}> {
  r = Relu(x)
  y, mean, var = BatchNormalization<training_mode = 1>(r, s, b, m, v)
}
```

```onnx
# A seed is of a session: its second run draws other numbers (microsoft/onnxruntime#20054).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  noise = RandomNormalLike<seed = 1.0>(x)
  y = Add(x, noise)
}
```

## Quiet on
```onnx
# Chance without a seed: `random-operators` speaks of that.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y, float[N, 4] z) {
  noise = RandomNormalLike(x)
  y = Add(x, noise)
  z = Softmax(x)
}
```
```onnx
# In training mode, but the new statistics are given, and nothing is kept.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 2] x, float[2] m, float[2] v) => (float[N, 2] y, float[2] mean, float[2] var)
<float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> {
  y, mean, var = BatchNormalization<training_mode = 1>(x, s, b, m, v)
}
```

## How to fix
Export with `model.eval()`, so that no node keeps a state; give a state that is meant to live on as an input and an
output, and random numbers as an input. What differs by threads alone: set `intra_op_num_threads` to 1 where answers
must repeat, or replace the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..wording import counted, listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.repeatability import Repeatability
    from ..runtime.deep.repeatability import Repeated


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def unrepeatable_outputs(model: Model, repeatability: Repeatability) -> Iterator[Found]:
    graph = model.graph
    groups: dict[int, list[Repeated]] = {}
    for one in repeatability.unlike:
        groups.setdefault(one.node, []).append(one)
    for index, group in groups.items():
        first = group[0]
        outputs = listed(dict.fromkeys(one.output for one in group))
        where = f"{graph.label(index)}: " if index >= 0 else ""
        why, fix = _why(repeatability, first.output)
        location = Location(tensor=first.output)
        if index >= 0:
            node = graph.nodes[index]
            location = Location("", graph.label(index), node.op_type, first.tensor, offset=node.offset)
        yield Found(
            f"{where}the same inputs give another {outputs} in {_ways(group)} ({first.difference}){why}",
            location,
            fix,
        )


def _why(seen: Repeatability, output: str) -> tuple[str, str]:
    """What is known of the cause, and what can be done."""
    if output in seen.seeded:
        return "; a seed begins a session, and not a run", "make the random numbers an input"
    if output in seen.keeps_state:
        why = "; a fresh session gives the first answer: state is kept from run to run"
        return why, "export in inference mode, so that no node keeps a state"
    return "", "replace the node by one that gives the same, or run with one thread where answers must repeat"


def _ways(group: list[Repeated]) -> str:
    from ..runtime.deep.repeatability import OTHER_THREADS

    ways = dict.fromkeys(
        f"a session of {counted(one.threads, 'thread')}"
        if one.where == OTHER_THREADS
        else one.where.replace("the same session", "a second run")
        for one in group
    )
    return " and in ".join(ways)
