"""A Reshape that fixes the batch: its target takes the batch from the data instead."""

from __future__ import annotations

from collections.abc import Iterator

from ...repair import AttributeChange
from ...rules.baked_in_batch import baked_in_batch
from ...shapes.edits import SetValues, edited, mends
from ...shapes.troubles import At
from ..applying import applied
from ..offer import Look, Offer

RULE = baked_in_batch.name


def offers(look: Look) -> Iterator[Offer]:
    facts = look.facts
    graph = facts.model.graph
    offsets = {f.location.offset for f in look.of(RULE) if f.location.op_type == "Reshape" and not f.location.graph}
    for index, node in enumerate(graph.nodes):
        if node.offset not in offsets or len(node.inputs) < 2:
            continue
        target = facts.at(node.inputs[1])
        before = None if target is None else target.elements
        if not before:
            continue
        for size in (0, -1):  # 0 takes the size of the data, -1 what is left
            values = (size, *before[1:])
            edit = SetValues(index, 1, values)
            after = edited(facts, edit)
            if after is None or values.count(-1) > 1 or not mends(facts, At("", index), edit):
                continue
            if any(True for _ in baked_in_batch.check(after.model, after)):
                continue
            sizes = tuple(v for v in values if isinstance(v, int))
            repair = AttributeChange(f"{node.op_type}[{index}]", "shape", None, sizes, "")
            yield Offer(
                RULE,
                graph.label(index),
                f"{node.inputs[1]} [{', '.join(map(str, before))}] -> [{', '.join(map(str, values))}]",
                "propagated with the batch left open: every batch fits, and the shapes at the old one are the same",
                lambda draft, repair=repair: applied(draft, repair),  # type: ignore[misc]  # bound here, for it changes
            )
            break
