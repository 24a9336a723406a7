"""The nodes of a graph that was walked, those together of which the same was asked: large models ask few questions."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable
from itertools import chain

from ..model.graph import Node, captured, has_subgraphs
from ..tuples import NamedTuple
from .troubles import At
from .visits import Entry, Visited

_RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"}
)


class Question(NamedTuple):
    """Nodes of one operator and one set of attributes whose inputs have the same facts, and are fixed or not alike.

    What hangs on these alone is asked of one node, and holds for all. A node with subgraphs stands alone.
    """

    at: At  # the first
    node: Node  # the first
    entry: Entry
    places: array[int]  # the indices of all, in the order of the walk
    fixed: bool  # whether what they make hangs on nothing that a caller gives


class Questions(NamedTuple):
    """A graph's nodes by what was asked of them, in the order of their first ones."""

    asked: tuple[Question, ...]
    fixed: frozenset[str]  # the tensors that hang on nothing that a caller gives
    in_order: bool  # whether the nodes were walked as the file lists them
    visited: Visited

    def places(self, holds: Callable[[Question], bool]) -> Collection[int]:
        """The nodes of whose question this holds, in the order of the walk."""
        groups = [asked.places for asked in self.asked if holds(asked)]
        if len(groups) == 1:
            return groups[0]
        if self.in_order or not groups:
            return sorted(chain.from_iterable(groups))
        wanted = frozenset(chain.from_iterable(groups))
        return [index for index in self.visited.entries if index in wanted]


def questions(path: str, visited: Visited, fixed: Iterable[str]) -> Questions:
    """Those of a graph of whose tensors, and of those around it, these are fixed before any node is run."""
    names = set(fixed)
    is_fixed, nodes = names.__contains__, visited.nodes
    found: dict[tuple[int, ...], Question] = {}
    for index, entry in visited.entries.items():
        node = nodes[index]
        key = (id(entry), *map(is_fixed, node.inputs))
        asked = found.get(key)
        if asked is None:
            if has_subgraphs(node):
                key = (-index,)
            given = filter(None, (*node.inputs, *captured(node)))
            fixed_too = node.op_type not in _RANDOM and names.issuperset(given)
            asked = found[key] = Question(At(path, index), node, entry, array("I"), fixed_too)
        asked.places.append(index)
        if asked.fixed:
            names.update(node.outputs)
    order = list(visited.entries)
    return Questions(tuple(found.values()), frozenset(names), order == sorted(order), visited)
