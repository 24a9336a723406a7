"""Annotations for several devices that name what the model does not have.

## What it does
Holds the device configurations of every node against the model: the configuration that they name, the tensor of the
node, and the axes along which it is cut.

## Why it matters
onnx.proto says of a node's `configuration_id`: "MUST match the name of a DeviceConfigurationProto", of `tensor_name`
"Required to match a name specified in the node's input or output list", and of `axis` "Must be in the range of
[-r, r - 1], where r is the rank of the tensor". onnx's checker and onnxruntime 1.32 do not read them, so nobody says
that the model cannot be spread as it was meant.

## Fires on
```mutator
sharded_along_no_axis
sharded_in_no_configuration
sharded_tensor_of_another_node
```

## Quiet on
```mutator
sharded_in_two
```

## How to fix
Name a configuration of the model's own `configuration` list, a tensor of the node, and an axis that the tensor has.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.graph import Model, Node, Sharding
from ..model.scopes import Scope, scopes
from ..report import Basis, Found, Location, Severity
from ..shapes.facts import Facts
from ..wording import listed, nearest
from . import rule


@rule(Severity.WARNING, Basis.ILLEGAL)
def undefined_devices(model: Model, facts: Facts) -> Iterator[Found]:
    if not model.shardings:
        return
    by_node: dict[int, list[Sharding]] = {}
    for sharding in model.shardings:
        by_node.setdefault(sharding.node_offset, []).append(sharding)
    for scope in scopes(model):
        for index, node in enumerate(scope.graph.nodes):
            for sharding in by_node.get(node.offset, ()):
                for what, fix in _wrong(model, facts, scope, node, sharding):
                    label = scope.graph.label(index)
                    yield Found(
                        f"{label}: {what}",
                        Location(scope.path, label, node.op_type, offset=sharding.offset),
                        fix,
                        places=nodes_at([(scope.path, index)]),
                    )


def _wrong(model: Model, facts: Facts, scope: Scope, node: Node, sharding: Sharding) -> Iterator[tuple[str, str]]:
    name = sharding.configuration
    if name not in model.configurations:
        has = f"it has {listed(model.configurations)}" if model.configurations else "it has none"
        near = nearest(name, model.configurations)
        yield (
            f"its device configuration {name!r} is not one of the model's; {has}",
            f"name one of the model's configurations{near}, or add {name!r} to them",
        )
    for tensor, axes in sharding.tensors:
        if tensor not in (*node.inputs, *node.outputs):
            yield f"{tensor!r} is to be cut over devices, and is no tensor of it", f"name a tensor of {node.op_type}"
            continue
        fact = facts.at(tensor, scope.path)
        rank = None if fact is None or fact.declared else fact.rank
        outside = [axis for axis in axes if rank is not None and not -rank <= axis < rank]
        if outside:
            yield (
                f"{tensor!r} is to be cut along axis {outside[0]}, and has {rank} axes",
                f"name an axis of {tensor!r}",
            )
