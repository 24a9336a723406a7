"""Models that onnxruntime does not load, or does not run.

## What it does
Says what onnxruntime said when it refused the model, and at which node. A failure of the run counts as a fault where
the inputs are real: golden vectors beside the model, or a file given with `--inputs`. On inputs that auditor invented
it is a note: they may be what the model never gets. An operator for which this provider has no kernel is a warning,
and an error where the provider was asked for by name (`--provider`): another runtime may have one.

## Why it matters
The specification may allow what a runtime cannot run: an operator without a kernel for a type, an opset that it does
not know, a combination of attributes. Some it refuses only at its default level of optimisation, by a fault of one of
its optimisers, which is then named. Where the model itself is wrong other rules say so, and this finding is folded
under theirs.

## Fires on
```onnx
# onnxruntime 1.32 has no kernel for a convolution in float64.
<ir_version: 8, opset_import: ["" : 17]>
agraph (double[N, 1, 4, 4] x, double[1, 1, 2, 2] w) => (double[N, 1, 3, 3] y) { y = Conv(x, w) }
```
```onnx
# The index lies outside: the run fails on the inputs that auditor invents, and on all others.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[1] y) <int64[1] i = {5}> { y = Gather(x, i) }
```

```onnx
# onnxruntime 1.32 fuses Relu and Clip, and of int8 it cannot: no session is made at the default level.
<ir_version: 8, opset_import: ["" : 17]>
agraph (int8[N, 4] x) => (int8[N, 4] y) <int8 least = {-3}> {
  r = Relu(x)
  y = Clip(r, least)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x) => (float[N] y) { y = Relu(x) }
```

## How to fix
Look up the named operator in onnxruntime's list of kernels (docs/OperatorKernels.md) for your provider, and export
with an opset or a type that it has. Where the inputs were invented, give some that are real: `--inputs FILE.npz`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..model.graph import Model
from ..model.scopes import scopes
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Failed, Try, first_line
from ..settings import Settings
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial


_EXPORT = "export with an opset or element type that has one, or use another provider"
_REGISTER = "name the library that registers it (--custom-ops LIBRARY), or export to ONNX's own operators"
_QUOTED = "'([^']+)'"


@rule(Severity.ERROR, Basis.REFUSED, symptom=Symptom.REFUSED)
def runtime_refusal(model: Model, trial: Trial, settings: Settings) -> Iterator[Found]:
    match trial.result:
        case Failed(by_optimiser=True) as failed:
            yield _of_the_optimiser(model, failed)
        case Failed(stage="run") as failed if trial.invented:
            yield Found(
                f"the run failed on inputs that auditor invented{_fed(failed.tries)}: {first_line(failed.message)}",
                location(model, failed.node, failed.op_type),
                "give inputs that the model is made for: --inputs FILE.npz, --input-shape, --dim",
                severity=Severity.NOTE,
            )
        case Failed(kind="NOT_IMPLEMENTED") as failed:
            operator = failed.op_type or "an operator"
            yield Found(
                f"onnxruntime has no kernel for {operator} as it is used here: {first_line(failed.message)}",
                location(model, failed.node, failed.op_type),
                _REGISTER if "is not a registered" in failed.message else _EXPORT,
                # Another runtime may have one: this one fails the model only if it was asked for.
                severity=Severity.ERROR if settings.provider_asked else Severity.WARNING,
            )
        case Failed(stage=stage) as failed:
            what = "load the model" if stage == "load" else "run the model"
            yield Found(
                f"onnxruntime does not {what}: {first_line(failed.message)}",
                location(model, failed.node, failed.op_type),
                "mend what onnxruntime names, or export again",
            )


def _of_the_optimiser(model: Model, failed: Failed) -> Found:
    """Without optimisation it works: whose doing it is, and what the message speaks of."""
    what = "load the model" if failed.stage == "load" else "run the model"
    whose = f", nor does it fail without {listed(failed.optimisers)}" if failed.optimisers else ""
    message = first_line(failed.message)
    place = location(model, failed.node, failed.op_type)
    fix = f"load it with disabled_optimizers={list(failed.optimisers)}" if failed.optimisers else "optimise it less"
    made = {name: i for i, node in enumerate(model.graph.nodes) for name in node.outputs if name}
    named = next((name for name in re.findall(_QUOTED, failed.message) if name in made), None)
    if named is not None:
        node, label = model.graph.nodes[made[named]], model.graph.label(made[named])
        place = Location("", label, node.op_type, named, offset=node.offset)
        fix = f"write the place around {label} ({node.op_type}) otherwise: take out what does nothing there; or {fix}"
    return Found(
        f"onnxruntime does not {what} with optimisation ({failed.optimisation}): {message}; without, it runs{whose}",
        place,
        fix,
    )


def location(model: Model, name: str | None, op_type: str | None) -> Location:
    """The place of the node that onnxruntime named, as far as it did."""
    if name:
        for scope in scopes(model):
            for node in scope.graph.nodes:
                if node.name == name:
                    return Location(scope.path, name, node.op_type, offset=node.offset)
    elif op_type:
        alike = [(s, i) for s in scopes(model) for i, node in enumerate(s.graph.nodes) if node.op_type == op_type]
        if len(alike) == 1:
            scope, index = alike[0]
            return Location(scope.path, scope.graph.label(index), op_type, offset=scope.graph.nodes[index].offset)
    return Location(node=name or "", op_type=op_type or "")


def _fed(tries: tuple[Try, ...]) -> str:
    if not tries:
        return ""
    shapes = (f"{feed.name}: {list(feed.shape)}" for feed in tries[-1].feeds[:3])
    return f" ({', '.join(shapes)})"
