"""Nodes that did not run on the provider that was asked for.

## What it does
Counts, by onnxruntime's own record, the nodes that ran elsewhere than on the provider that was asked for, by
operator, with the reason where onnxruntime's log gives one: no kernel for the operator, its opset or its types, or
kept beside arithmetic on shapes. Providers that compile pieces of a graph (TensorRT, OpenVINO) give none, and then
none is told. A note where all of them are arithmetic on shapes, which providers leave to the CPU on purpose, or went
to a provider that was asked for too (`--provider tensorrt,cuda`); an error with `--no-cpu-fallback`; else a warning.

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
or element type often has one. `--no-cpu-fallback` makes it an error here, and the option
`session.disable_cpu_ep_fallback` of onnxruntime set to "1" makes it one in production.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..findings.kind import KnownBy
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Run
from ..settings import Settings
from ..wording import counted
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial

_MOST = 5

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
def provider_fallback(trial: Trial, settings: Settings) -> Iterator[Found]:
    match trial.result:
        case Run(provider=provider, placement=placement) as run:
            elsewhere = {name: number for name, number in placement.items() if name != provider}
            total, away = sum(placement.values()), sum(elsewhere.values())
            if not away:
                return
            first = next((p for p in run.placed if p.provider != provider), None)
            yield Found(
                f"{away:,} of {counted(total, 'node')} did not run on {_short(provider)} but on "
                + ", ".join(_short(name) for name in elsewhere)
                + _by_operator(run),
                Location(node=first.node, op_type=first.op_type) if first is not None else Location(),
                "export these operators with an opset or element type for which the provider has a kernel",
                expected=0,
                actual=away,
                severity=_severity(run, elsewhere, settings),
            )


def _severity(run: Run, elsewhere: Mapping[str, int], settings: Settings) -> Severity | None:
    from ..runtime.providers import names_in, plain_word, word_for

    asked = {plain_word(name) for name in names_in(settings.provider)} - {"cpu"}
    stray = [name for name in elsewhere if word_for(name) not in asked]
    if settings.no_cpu_fallback and stray:
        return Severity.ERROR
    operators = {one.op_type for one in run.placed if one.provider != run.provider}
    if not stray or (operators and operators <= _ON_SHAPES):
        return Severity.NOTE
    return None


def _by_operator(run: Run) -> str:
    """``: 3 NonZero (no kernel for it), 2 LabelEncoder``."""
    told = [f"{one.nodes} {one.op_type}" + (f" ({one.why})" if one.why else "") for one in run.fallbacks[:_MOST]]
    return f": {', '.join(told)}" if told else ""


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")
