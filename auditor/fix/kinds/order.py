"""Nodes in an order in which they can run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.graph import Graph
from ...model.order import cycles, ordered
from ...model.scopes import Scope, in_order, scopes
from ...rules.nodes_out_of_order import nodes_out_of_order
from ...wording import counted
from ..draft import Draft
from ..offer import Look, Offer

_PROOF = "the same nodes and tensors; each node now stands behind those that make its inputs"


def offers(look: Look) -> Iterator[Offer]:
    for scope in scopes(look.draft.model):
        graph = scope.graph
        if in_order(graph) or cycles(graph) or _made_twice(graph):
            continue
        moved = counted(sum(new != old for old, new in enumerate(ordered(graph))), "node")
        change = f"{moved} of {len(graph.nodes):,} moved"
        yield Offer(nodes_out_of_order.name, scope.path or "the graph", change, _PROOF, _sorting(scope))


def _made_twice(graph: Graph) -> bool:
    """Of a tensor that two nodes make, the order says which one is meant."""
    return len(graph.producers) < sum(1 for node in graph.nodes for name in node.outputs if name)


def _sorting(scope: Scope) -> Callable[[Draft], Draft]:
    function, offset = scope.function, scope.graph.offset
    if function is not None and scope.holder < 0:
        key = (function.domain, function.name, function.overload)
        order = ordered(scope.graph)

        def of_function(draft: Draft) -> Draft:
            body = draft.model.functions[key]
            functions = {**draft.model.functions, key: body._replace(nodes=tuple(body.nodes[i] for i in order))}
            return draft._replace(model=draft.model._replace(functions=functions))

        return of_function

    def of_graph(graph: Graph) -> Graph:
        if graph.offset != offset:
            return graph
        return graph._replace(nodes=tuple(graph.nodes[i] for i in ordered(graph)))

    return lambda draft: draft.changed(of_graph)
