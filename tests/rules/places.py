"""Where a finding stands is a place of its model: graph, node, operator and byte are there, and belong together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from auditor.errors import Unreadable
from auditor.model.load import load
from auditor.model.scopes import scopes
from auditor.report import Location


def assert_places(places: Iterable[Location], path: Path) -> None:
    """Each of these is a place of the model in this file."""
    try:
        known = tuple(scopes(load(path)))
    except Unreadable:
        return  # where nothing was read, no place has a name
    operators: dict[tuple[str, str], set[str]] = {}  # two nodes may have one name, which is a fault
    for scope in known:
        for i, node in enumerate(scope.graph.nodes):
            operators.setdefault((scope.path, scope.graph.label(i)), set()).add(node.op_type)
    graphs = {scope.path for scope in known}
    of_another_machine = path.with_name("trial.pickle").exists()  # a run's record names that model's nodes
    for where in places:
        assert where.graph in graphs, where
        assert where.offset is None or 0 < where.offset < path.stat().st_size, where
        if where.node and not of_another_machine:
            assert (where.graph, where.node) in operators, where
            assert not where.op_type or where.op_type in operators[where.graph, where.node], where
