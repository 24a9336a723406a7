"""Which node of the propagation a finding is about, by number: what anchors in a page are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from ..model.graph import Model, Node
from ..model.scopes import scopes
from ..picture import Anchor
from ..report import Finding, Location
from ..shapes.facts import Facts

_BY_INDEX = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)


def numbers(model: Model, facts: Facts) -> dict[str, int]:
    """The number of each graph, by its path: the main graph 0, those that the walk reached in its order, others."""
    return {path: i for i, path in enumerate(dict.fromkeys((*facts.graphs, *(path for path, _ in model.graphs))))}


def places(model: Model, facts: Facts, findings: Sequence[Finding]) -> tuple[Anchor | None, ...]:
    """The node of each finding; None where it is about none, or about one that the walk did not see."""
    if not findings:
        return ()
    known = _Places(model, facts)
    return tuple(known.of_location(finding.location) for finding in findings)


class _Places:
    def __init__(self, model: Model, facts: Facts) -> None:
        self.model = model
        self.facts = facts
        self.numbers = numbers(model, facts)
        self.labels: dict[str, dict[str, int]] = {}

    @cached_property
    def bodies(self) -> dict[str, str]:
        """Under which path a graph that a location names was walked: a function's body is, by each of its calls."""
        walked: dict[int, str] = {}
        for path, visited in self.facts.graphs.items():
            walked.setdefault(id(visited.nodes), path)
        found = ((scope.path, walked.get(id(scope.graph.nodes))) for scope in scopes(self.model))
        return {path: there for path, there in found if there is not None}

    def of_location(self, where: Location) -> Anchor | None:
        path = where.graph if where.graph in self.facts.graphs else self.bodies.get(where.graph)
        if path is None:
            return None
        nodes = self.facts.graphs[path].nodes
        if where.node:
            index = self._by_label(path, nodes).get(where.node)
            if index is None and (match := _BY_INDEX.fullmatch(where.node)):
                index = int(match[2])
                if index >= len(nodes) or nodes[index].op_type != match[1]:
                    index = None
        else:
            index = self._by_tensor(path, where.tensor) if where.tensor else None
        return None if index is None else Anchor(self.numbers[path], index)

    def _by_label(self, path: str, nodes: tuple[Node, ...]) -> dict[str, int]:
        known = self.labels.get(path)
        if known is None:
            known = self.labels[path] = {}
            for index, node in enumerate(nodes):
                if node.name:
                    known.setdefault(node.name, index)
        return known

    def _by_tensor(self, path: str, tensor: str) -> int | None:
        """The node that makes the tensor, else the first that takes it."""
        at = self.facts.producer(tensor, path)
        if at is not None and at.graph == path:
            return at.index
        nodes = self.facts.graphs[path].nodes
        return next((index for index, node in enumerate(nodes) if tensor in node.inputs), None)
