"""The same graph said in other ways: some nodes as a function, nodes out of order, sizes and ranks left out."""

from __future__ import annotations

import random
from collections.abc import Iterable

import onnx
from onnx import helper

_DOMAIN = "local"


def dress(rng: random.Random, model: onnx.ModelProto) -> None:
    """Some of it, some of the time."""
    if rng.random() < 0.12:
        _as_function(rng, model)
    if rng.random() < 0.05:
        _disordered(rng, model)
    for value in model.graph.input:
        roll = rng.random()
        if roll < 0.03:
            value.type.tensor_type.ClearField("shape")
        elif roll < 0.1:
            for dim in value.type.tensor_type.shape.dim:
                if rng.random() < 0.5:
                    dim.Clear()


def _disordered(rng: random.Random, model: onnx.ModelProto) -> None:
    """onnxruntime sorts them, and so do we."""
    nodes = list(model.graph.node)
    rng.shuffle(nodes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _as_function(rng: random.Random, model: onnx.ModelProto) -> None:
    """A run of nodes becomes the body of a function of the model's own, all that they make its outputs."""
    nodes = list(model.graph.node)
    start = rng.randrange(len(nodes))
    moved = nodes[start : start + rng.randint(1, 4)]
    outputs = [name for node in moved for name in node.output if name]
    inputs = list(dict.fromkeys(name for name in _taken(moved) if name not in outputs))
    if not outputs:
        return
    imports = [o for o in model.opset_import if o.domain != _DOMAIN]
    model.functions.append(helper.make_function(_DOMAIN, "Part", inputs, outputs, moved, imports))
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    call = helper.make_node("Part", inputs, outputs, name=moved[0].name, domain=_DOMAIN)
    del model.graph.node[:]
    model.graph.node.extend([*nodes[:start], call, *nodes[start + len(moved) :]])


def _taken(nodes: Iterable[onnx.NodeProto]) -> list[str]:
    """What nodes take from outside of themselves, their bodies included."""
    found = []
    for node in nodes:
        found += [name for name in node.input if name]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                body = attribute.g
                own = {v.name for v in body.input} | {name for inner in body.node for name in inner.output}
                inside = _taken(body.node) + [v.name for v in body.output]
                found += [name for name in inside if name not in own]
    return found
