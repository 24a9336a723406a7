"""Tensors through which all of a model passes: a model that is cut there takes as long as the first part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.graph import captured

if TYPE_CHECKING:
    from ...model.graph import Model
    from ...shapes.facts import Facts

MOST = 5


def waists(model: Model, facts: Facts) -> tuple[str, ...]:
    """Some of them, in order, about as much work apart; none of a graph that narrows nowhere, or is a few nodes."""
    nodes = model.graph.nodes
    last: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in (*node.inputs, *captured(node)):
            last[name] = index
    fixed = facts.fixed_in("")
    alive: set[str] = set()
    found: list[tuple[int, str]] = []
    for index, node in enumerate(nodes):
        alive = {name for name in alive if last[name] > index}
        alive |= {name for name in node.outputs if name and name not in fixed and last.get(name, -1) > index}
        inputs_left = any(last.get(name, -1) > index for name in facts.inputs)
        if len(alive) == 1 and not inputs_left:
            found.append((index, next(iter(alive))))
    if len(nodes) < 2 * MOST or len(found) < 2:
        return ()
    chosen = dict.fromkeys(
        min(found, key=lambda one: abs(one[0] + 1 - len(nodes) * part / (MOST + 1)))[1] for part in range(1, MOST + 1)
    )
    return tuple(chosen)
