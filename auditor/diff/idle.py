"""Nodes that hand on what they take: to put one in, or take it out, changes no value."""

from __future__ import annotations

from ..shapes.fact import Fact
from ..shapes.facts import Facts
from .content import elements
from .skeleton import ABSENT, STORED, Skeleton, Source


def passed_on(facts: Facts, skeleton: Skeleton, index: int) -> Source | None:
    """What an idle node hands on; None of a node that does something, or may."""
    node, sources = skeleton.graph.nodes[index], skeleton.sources[index]
    if node.domain or not sources or (node.domain, node.op_type, node.overload) in facts.model.functions:
        return None
    behind = sources[0]
    match node.op_type:
        case "Identity":
            return behind
        case "Dropout":
            return behind if _is_inference(facts, skeleton, index) else None
        case "Cast":
            given, to = _fact(facts, skeleton, node.inputs[0]), node.attributes.get("to")
            known = None if given is None or given.declared else given.dtype
            return behind if known is not None and known == to else None
        case "Transpose":
            perm = node.attributes.get("perm")
            return behind if isinstance(perm, tuple) and list(perm) == list(range(len(perm))) else None
        case "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Expand":
            return behind if _keeps_sizes(facts, skeleton, node.inputs[0], node.outputs[0]) else None
        case "Pad":
            return behind if _pads_nothing(facts, skeleton, index) else None
        case "Sum" | "Mean" | "Max" | "Min" | "Concat":
            return behind if len(sources) == 1 else None
    return None


def _is_inference(facts: Facts, skeleton: Skeleton, index: int) -> bool:
    """Since opset 7 a Dropout does nothing; since 12 only where nobody asks for training."""
    node, sources = skeleton.graph.nodes[index], skeleton.sources[index]
    if (skeleton.scope.opsets.get("") or 0) < 7 or any(out == 1 for _, _, out in skeleton.users[index]):
        return False
    if any(out == 1 for out, _ in skeleton.output_ports.get(index, ())) or not node.outputs[0]:
        return False
    mode = sources[2] if len(sources) > 2 else ABSENT
    return mode == ABSENT or (mode[0] == STORED and elements(facts.model, skeleton.stored[mode[1]]) in ((False,), (0,)))


def _keeps_sizes(facts: Facts, skeleton: Skeleton, given: str, made: str) -> bool:
    before, after = _fact(facts, skeleton, given), _fact(facts, skeleton, made)
    if before is None or after is None or before.shape is None or after.shape is None:
        return False
    return None not in before.shape and before.shape == after.shape and not (before.declared or after.declared)


def _pads_nothing(facts: Facts, skeleton: Skeleton, index: int) -> bool:
    node, sources = skeleton.graph.nodes[index], skeleton.sources[index]
    pads: object = node.attributes.get("pads", node.attributes.get("paddings"))
    if pads is None and len(sources) > 1 and sources[1][0] == STORED:
        pads = elements(facts.model, skeleton.stored[sources[1][1]])
    return isinstance(pads, tuple) and bool(pads) and not any(pads)


def _fact(facts: Facts, skeleton: Skeleton, name: str) -> Fact | None:
    return facts.at(name, skeleton.path)
