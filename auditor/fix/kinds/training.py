"""Training mode switched off: the outputs become those of inference."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.graph import Node
from ...rules.training_mode import training_mode
from ..draft import Draft, with_attribute
from ..offer import Look, Offer

RULE = training_mode.name


def offers(look: Look) -> Iterator[Offer]:
    model = look.draft.model
    graphs = dict(model.graphs)
    for found in look.found_by(training_mode):
        for place in found.places:
            if place.graph not in graphs:
                continue  # in a function
            for index in place.nodes:
                graph = graphs[place.graph]
                node = graph.nodes[index]
                off = _without_mask if node.op_type == "Dropout" else _by_statistics
                yield Offer(
                    RULE,
                    graph.label(index),
                    "training_mode 1 -> 0",
                    "Dropout hands its data on in inference"
                    if node.op_type == "Dropout"
                    else "it normalizes by the stored mean and variance in inference",
                    _at(node.offset, off(model.opsets.get("", 1))),
                    keeps=False,
                    chosen=False,
                )


def _at(offset: int, change: Callable[[Node], Node]) -> Callable[[Draft], Draft]:
    return lambda draft: draft.changed(lambda g: g, lambda node: change(node) if node.offset == offset else node)


def _without_mask(_: int) -> Callable[[Node], Node]:
    """training_mode is the third input, and false where it is left out."""

    def change(node: Node) -> Node:
        inputs = node.inputs[:2]
        return node._replace(inputs=inputs if inputs[-1] else inputs[:1])

    return change


def _by_statistics(opset: int) -> Callable[[Node], Node]:
    """Only training has more than one output; before opset 14 that alone said so."""

    def change(node: Node) -> Node:
        node = with_attribute(node, "training_mode", 0) if opset >= 14 else node
        return node._replace(outputs=node.outputs[:1])

    return change
