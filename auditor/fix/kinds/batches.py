"""A Reshape that fixes the batch: its target takes the batch from the data instead."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.baked_in_batch import baked_in_batch
from ...shapes.edits import SetValues, edited, mends
from ...shapes.troubles import At
from ..offer import Look, Offer
from ..repairing import applied

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
        made = []
        for size in (0, -1):  # 0 takes the size of the data, -1 what is left
            edit = SetValues(index, 1, (size, *before[1:]))
            after = edited(facts, edit)
            fits = -1 not in before[1:] if size else True
            if after is None or not fits or not mends(facts, At("", index), edit):
                continue
            if not any(True for _ in baked_in_batch.check(after.model, after)):
                made.append((edit, node.offset))
        for edit, offset in made[:1]:
            yield Offer(
                RULE,
                graph.label(index),
                f"{node.inputs[1]} [{', '.join(map(str, before))}] -> [{', '.join(map(str, edit.values))}]",
                "propagated with the batch left open: every batch fits, and the shapes at the old one are the same",
                lambda draft, edit=edit, offset=offset: applied(draft, edit, offset),  # type: ignore[misc]  # bound here
            )
