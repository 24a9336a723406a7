"""Outputs whose type or shape in the run is not what the file declares, or what follows from the graph.

## What it does
Compares the dtype and shape of each output of the run with those that auditor propagates for the same inputs, and,
where it cannot propagate them, with those that the file declares. Sizes that are open prove nothing; sizes that hang on
values which auditor invented prove little: a note.

## Why it matters
Whoever allocates buffers or checks requests by the declared shape is wrong then. Where the propagated shape differs,
the runtime, or auditor, does not follow the specification there, and another runtime may answer otherwise.

## Fires on
```onnx
# How many are not zero is known only to the run; the file declares 7.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[3] x) => (int64[1, 7] y) <float[3] one = {1.0, 1.0, 1.0}> {
  p = Add(x, one)
  y = NonZero(p)
}
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x) => (int64[1, M] y, float[N] z) {
  y = NonZero(x)
  z = Relu(x)
}
```

## How to fix
Declare the output as the run gives it, or with an open size. If the propagated shape is the one that differs, report
it with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model.dtypes import name_of
from ..model.graph import Model, TensorType, Value
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Observed, Run
from ..shapes.facts import Facts, rendered
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial


@rule(Severity.WARNING, Basis.REFUSED)
def output_contradicts_run(model: Model, facts: Facts, trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(feeds=feeds, outputs=outputs):
            shapes = {feed.name: feed.shape for feed in feeds if not feed.file}
            bound = _bound(facts, shapes) if len(shapes) == len(facts.inputs) else facts
            declared = {v.name: v for v in model.graph.outputs}
            for seen in outputs:
                if not seen.dtype:
                    continue  # a sequence or a map
                fact = bound.at(seen.name) if bound is not None else None
                sizes = rendered(fact.shape) if fact is not None and not fact.declared else None
                if fact is not None and not fact.declared and _differ(fact.dtype, sizes, seen):
                    yield _finding(seen, "what follows from the graph is", _words(fact.dtype, sizes), _PROPAGATED)
                elif (sizes is None or any(not isinstance(s, int) for s in sizes)) and seen.name in declared:
                    yield from _declared(declared[seen.name], seen, trial.invented)


_PROPAGATED = "report it with the file: the runtime or auditor does not follow the specification here"
_DECLARED = "declare the output as the run gives it, or leave the size open"


def _bound(facts: Facts, shapes: dict[str, tuple[int, ...]]) -> Facts | None:
    """The facts for the sizes of the run."""
    if all(facts.inputs[name].shape == shape for name, shape in shapes.items() if name in facts.inputs):
        return facts
    try:
        return facts.rebind(shapes)
    except UsageError:
        return None


def _declared(value: Value, seen: Observed, invented: bool) -> Iterator[Found]:
    """Sizes that propagation cannot tell hang on values: on those that auditor invented, they prove little."""
    if isinstance(value.type, TensorType):
        dtype, sizes = value.type.dtype or None, value.type.shape
        if _differ(dtype, sizes, seen):
            found = _finding(seen, "the file declares", _words(dtype, sizes), _DECLARED)
            only_sizes = dtype in (None, seen.dtype) and sizes is not None and len(sizes) == len(seen.shape)
            yield found._replace(severity=Severity.NOTE) if invented and only_sizes else found


def _differ(dtype: int | None, sizes: tuple[int | str | None, ...] | None, seen: Observed) -> bool:
    """Whether the two cannot both be true."""
    if dtype is not None and dtype != seen.dtype:
        return True
    if sizes is None:
        return False
    if len(sizes) != len(seen.shape):
        return True
    pairs = zip(sizes, seen.shape, strict=True)
    return any(isinstance(size, int) and size >= 0 and size != actual for size, actual in pairs)


def _words(dtype: int | None, sizes: tuple[int | str | None, ...] | None) -> str:
    shape = "" if sizes is None else "[" + ", ".join("?" if s is None else str(s) for s in sizes) + "]"
    return f"{name_of(dtype)}{shape}"


def _finding(seen: Observed, who: str, expected: str, fix: str) -> Found:
    actual = _words(seen.dtype, seen.shape)
    return Found(
        f"the run gives {seen.name!r} as {actual}; {who} {expected}",
        Location(tensor=seen.name),
        fix,
        expected=expected,
        actual=actual,
    )
