"""Nodes that did not run on the provider that was asked for.

## What it does
Counts, by onnxruntime's own record, the nodes that ran elsewhere than on the provider that was asked for, by
operator. A note where all of them are arithmetic on shapes, which providers leave to the CPU on purpose; else a
warning.

## Why it matters
Each such node copies its tensors to the host and back, and the model is slower than the CPU alone would be;
onnxruntime says so in a log line at best.

## Fires on
```mutator
recorded_fallback
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N] x) => (float[N] y) { y = Relu(x) }
```

## How to fix
Look up the named operators in onnxruntime's list of kernels (docs/OperatorKernels.md) for the provider: another opset
or element type often has one. Set `session.disable_cpu_ep_fallback` to "1" to make falling back an error in
production.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Run
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial

_ON_SHAPES = frozenset(
    {
        "Shape",
        "Size",
        "Gather",
        "Unsqueeze",
        "Squeeze",
        "Concat",
        "Slice",
        "Cast",
        "Range",
        "ConstantOfShape",
        "Constant",
    }
)


@rule(Severity.WARNING, Basis.REFUSED, known_by=KnownBy.OPERATOR)
def provider_fallback(trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(provider=provider, placement=placement, placed=placed):
            elsewhere = {name: number for name, number in placement.items() if name != provider}
            total, away = sum(placement.values()), sum(elsewhere.values())
            if not away:
                return
            operators = Counter(p.op_type for p in placed if p.provider != provider)
            by_operator = ", ".join(f"{number} {op}" for op, number in operators.most_common(5))
            first = next((p for p in placed if p.provider != provider), None)
            yield Found(
                f"{away:,} of {counted(total, 'node')} did not run on {_short(provider)} but on "
                + ", ".join(_short(name) for name in elsewhere)
                + (f": {by_operator}" if by_operator else ""),
                Location(node=first.node, op_type=first.op_type) if first is not None else Location(),
                "export these operators with an opset or element type for which the provider has a kernel",
                expected=0,
                actual=away,
                severity=Severity.NOTE if operators and operators.keys() <= _ON_SHAPES else None,
            )


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")
