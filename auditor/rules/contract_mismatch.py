"""Inputs or outputs that are not those that the registry says.

## What it does
Compares what the registry beside the model says of its inputs and outputs with the graph's: names, element types,
number of axes, sizes. Registries are Triton's config.pbtxt, the signature in MLflow's MLmodel and the ports in the ONNX
model zoo's manifest. What either side leaves open contradicts nothing, with one exception: Triton's -1, and the batch
that `max_batch_size` puts in front, promise to serve any size, which a model of fixed sizes cannot keep.

## Why it matters
Clients build their requests by the registry's word. Where the model takes something else, the server refuses to load
it ("unexpected datatype", "model configuration supports batching but first dimension of tensor ... is not a
variable-size batch dimension", says Triton's backend for ONNX), or each request fails. Most often a new version was
exported with other names or a fixed batch, and the configuration stayed.

## Fires on
```mutator
served_under_another_name
served_as_another_type
served_in_another_shape
served_with_another_rank
served_in_batches_with_a_batch_of_one
served_at_any_size_with_a_fixed_one
served_without_an_input
served_as_another_output
signed_as_one_tensor_of_two
```

## Quiet on
```mutator
served_as_it_is
served_in_batches
signed_with_an_open_size
signed_without_a_name
```
```onnx
# No registry says anything of it.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }
```

## How to fix
Find out which side is right. Export the model anew with the names and sizes that clients use (`input_names`,
`dynamic_axes` or `dynamic_shapes` in torch.onnx.export), or write into the configuration what the model has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.dtypes import DType, name_of
from ..model.graph import Model, TensorType, Value
from ..report import Basis, Contract, Found, Location, Port, Severity
from ..shapes.declared import declared
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, Size, same
from ..wording import counted, listed
from . import rule

_DTYPES = frozenset(name_of(t) for t in DType)


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def contract_mismatch(model: Model, facts: Facts, contract: Contract) -> Iterator[Found]:
    feeds, outputs = model.graph.feeds, model.graph.outputs
    if contract.inputs:
        yield from _names(contract, "input", contract.inputs, model.graph.inputs)
        yield from _unfed(contract, feeds, model.graph.inputs)
        for port, value in _pairs(contract.inputs, model.graph.inputs, feeds):
            yield from _port(contract, "input", port, value, declared(value))
    if contract.outputs:
        yield from _names(contract, "output", contract.outputs, outputs)
        if any(facts.inputs[v.name].shape != declared(v).shape for v in feeds if v.name in facts.inputs):
            facts = facts.rebind()  # the caller asked for sizes of his own, which no registry knows
        for port, value in _pairs(contract.outputs, outputs, outputs):
            yield from _port(contract, "output", port, value, facts.get(value.name, declared(value)))


def _pairs(said: Iterable[Port], named: Iterable[Value], alone: tuple[Value, ...]) -> Iterator[tuple[Port, Value]]:
    by_name = {v.name: v for v in named}
    for port in said:
        if port.name in by_name and port.name:
            yield port, by_name[port.name]
        elif not port.name and len(alone) == 1:
            yield port, alone[0]


def _names(contract: Contract, side: str, said: tuple[Port, ...], values: tuple[Value, ...]) -> Iterator[Found]:
    """What the registry names and the graph has not."""
    there = [v.name for v in values]
    for port in said:
        if port.name and port.name not in there:
            yield Found(
                f"{contract.origin} names the {side} {port.name!r}; the model's {side}s are "
                f"{listed(there, 10) or 'none'}",
                Location(),
                f"rename the {side} in the model, or name it in {contract.origin} as the model does",
                expected=port.name,
                actual=", ".join(there[:10]) or "none",
            )


def _unfed(contract: Contract, feeds: tuple[Value, ...], inputs: tuple[Value, ...]) -> Iterator[Found]:
    """What the graph must be given and the registry does not name."""
    said = {p.name for p in contract.inputs}
    if said == {""}:
        if len(feeds) > 1:
            yield Found(
                f"{contract.origin} says one input without a name; the model takes {counted(feeds, 'input')}: "
                f"{listed(v.name for v in feeds)}",
                Location(),
                "name every input in the signature (infer it from a dictionary of arrays)",
                expected=1,
                actual=len(feeds),
            )
        return
    unfed = [v for v in feeds if v.name not in said]
    if len(unfed) > len(said - {v.name for v in inputs}):  # else each has only another name, which is said already
        for value in unfed:
            yield Found(
                f"the model must be given the input {value.name!r}; {contract.origin} names only "
                f"{listed(p.name for p in contract.inputs)}",
                Location(tensor=value.name, offset=value.offset),
                f"name the input in {contract.origin}, or give it a default in the model (an initializer of its name)",
                expected=", ".join(p.name for p in contract.inputs[:10]),
                actual=value.name,
            )


def _port(contract: Contract, side: str, port: Port, value: Value, fact: Fact) -> Iterator[Found]:
    # An output's fact that rests on what the file declares proves nothing.
    severity = Severity.WARNING if side == "output" and fact.declared else None
    where = Location(tensor=value.name, offset=value.offset)
    if fact.dtype and port.dtype in _DTYPES and port.dtype != name_of(fact.dtype):
        yield Found(
            f"{contract.origin} says that the {side} {value.name!r} is {port.dtype}; in the model it is "
            f"{name_of(fact.dtype)}",
            where,
            f"write {name_of(fact.dtype)} into {contract.origin}, or export the model with {port.dtype}",
            expected=port.dtype,
            actual=name_of(fact.dtype),
            severity=severity,
        )
    if port.shape is None or fact.shape is None:
        return
    why = _difference(contract, port.shape, fact.shape, value)
    if why:
        yield Found(
            f"{contract.origin} says that the {side} {value.name!r} is {_shown(port.shape)}; in the model it is "
            f"{_shown(fact.shape)}: {why}",
            where,
            f"export the model with the sizes of {contract.origin}, or write its own there",
            expected=_shown(port.shape),
            actual=_shown(fact.shape),
            severity=severity,
        )


def _difference(
    contract: Contract, said: tuple[int | str | None, ...], there: tuple[Size | None, ...], value: Value
) -> str:
    """Why the two shapes cannot both be right; nothing where they can."""
    if len(said) != len(there):
        batch = f" (max_batch_size {contract.max_batch} puts one in front)" if contract.max_batch > 0 else ""
        return f"{counted(len(said), 'axis', 'axes')}{batch} against {len(there)}"
    fixed = value.type.shape if isinstance(value.type, TensorType) and value.type.shape else ()
    for axis, (a, b) in enumerate(zip(said, there, strict=True)):
        if isinstance(a, int) and b is not None and same(a, b) is False:
            return f"axis {axis} is {a} against {b}"
        declares = axis < len(fixed) and isinstance(fixed[axis], int)
        if a is None and contract.open_is_promise and isinstance(b, int) and declares:
            if axis == 0 and contract.max_batch > 0:
                return f"max_batch_size {contract.max_batch} needs an open first axis, and it is fixed at {b}"
            return f"axis {axis} should be open and is fixed at {b}"
    return ""


def _shown(shape: Iterable[int | str | Dim | None]) -> str:
    return "[" + ", ".join("?" if s is None else str(s) for s in shape) + "]"
