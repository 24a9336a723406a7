"""Tensors that the main graph stores and nothing takes."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.dtypes import bytes_of
from ...model.scopes import taken
from ...rules.unused_initializers import unused_initializers
from ...wording import counted, in_bytes, listed
from ..draft import Draft
from ..offer import Look, Offer
from ..referred import referred


def offers(look: Look) -> Iterator[Offer]:
    model = look.draft.model
    graph = model.graph
    used = taken(graph)
    if used.issuperset(graph.initializer_names):
        return
    elsewhere = referred(look.draft.source)
    if elsewhere is None:
        return
    used |= elsewhere
    # From IR 4 on a caller may feed an initializer that is listed as an input: it is part of the interface.
    fed = {v.name for v in graph.inputs} if model.ir_version >= 4 else set()
    names = frozenset(name for name in graph.initializer_names if name not in used and name not in fed)
    if names:
        size = sum(bytes_of(t.dtype, t.elements) or 0 for t in graph.initializers if t.name in names)
        yield Offer(
            unused_initializers.name,
            "the graph",
            f"{counted(names, 'initializer')} out ({in_bytes(size)}): {listed(sorted(names))}",
            "no node, no subgraph and no output takes them",
            lambda draft: _without(draft, names),
        )


def _without(draft: Draft, names: frozenset[str]) -> Draft:
    graph = draft.model.graph
    return draft.with_graph(graph._replace(
        initializers=tuple(t for t in graph.initializers if t.name not in names),
        sparse_initializers=tuple(s for s in graph.sparse_initializers if s.name not in names),
        inputs=tuple(v for v in graph.inputs if v.name not in names),
        value_info=tuple(v for v in graph.value_info if v.name not in names),
    ))  # fmt: skip
