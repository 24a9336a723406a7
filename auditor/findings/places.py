"""Where a finding lies, as a report names it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model.scopes import scopes
from ..report import Location, Places

if TYPE_CHECKING:
    from ..shapes.facts import Facts
    from ..shapes.troubles import At


def nodes_at(found: Iterable[tuple[str, int]]) -> tuple[Places, ...]:
    """Nodes, each as the path of its graph and its index there, as the places of one finding."""
    graphs: dict[str, list[int]] = {}
    for path, index in found:
        graphs.setdefault(path, []).append(index)
    return tuple(Places(path, nodes=tuple(indices)) for path, indices in graphs.items())


def tensors_at(found: Iterable[tuple[str, str]]) -> tuple[Places, ...]:
    """Tensors, each as the path of its graph and its name there, as the places of one finding."""
    graphs: dict[str, list[str]] = {}
    for path, name in found:
        graphs.setdefault(path, []).append(name)
    return tuple(Places(path, tensors=tuple(names)) for path, names in graphs.items())


def location_of(facts: Facts, at: At, tensor: str = "", attribute: str = "") -> Location:
    """A node of the propagation as a place of the model: a function's body, walked for a call, is the function's."""
    node, graph = facts.node(at), at.graph
    if graph:
        nodes = facts.graphs[graph].nodes
        graph = next((scope.path for scope in scopes(facts.model) if scope.graph.nodes is nodes), graph)
    return Location(graph, facts.label(at), node.op_type, tensor, attribute, node.offset)
