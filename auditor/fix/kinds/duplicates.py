"""Tensors of the main graph that are stored more than once under different names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...model.dtypes import bytes_of
from ...model.tensor import Tensor
from ...rules.duplicate_initializers import duplicate_initializers
from ...wording import counted, in_bytes, listed
from ..draft import Draft
from ..naming import hidden, with_uses
from ..offer import Look, Offer
from ..referred import referred
from ..same_data import same_data

RULE = duplicate_initializers.name


def offers(look: Look) -> Iterator[Offer]:
    if not look.found_before(RULE):
        return
    graph, source = look.draft.model.graph, look.draft.source
    stored: dict[str, Tensor] = {t.name: t for t in graph.initializers}
    if len(stored) < len(graph.initializers):
        return  # which one a name stands for hangs on the reader
    elsewhere = referred(source)
    if elsewhere is None:
        return
    fixed = {v.name for v in (*graph.inputs, *graph.outputs)} | elsewhere
    names: dict[str, str] = {}
    inner = hidden(graph)
    for group in look.weights.duplicates:
        tensors = [stored[key.tensor] for key in group if not key.graph and key.tensor in stored]
        tensors = [t for t in tensors if t.offset not in look.draft.data]
        free = [t for t in tensors if t.name not in fixed]
        first = next((t for t in tensors if t.name not in {*(v.name for v in graph.inputs), *inner}), None)
        if first is None:
            continue  # a caller may feed any of them, or a body has another tensor of its name
        for tensor in free:
            if tensor is not first and same_data(source, first, tensor):
                names[tensor.name] = first.name
    if names:
        size = sum(bytes_of(stored[n].dtype, stored[n].elements) or 0 for n in names)
        yield Offer(
            RULE,
            listed(dict.fromkeys(names.values())),
            f"{counted(names, 'copy', 'copies')} out ({in_bytes(size)}): {listed(names)}",
            "type, shape and every byte are equal; who took a copy takes the one that stays",
            lambda draft: _shared(draft, names),
        )


def _shared(draft: Draft, names: Mapping[str, str]) -> Draft:
    graph = with_uses(draft.model.graph, names)
    return draft.with_graph(graph._replace(
        initializers=tuple(t for t in graph.initializers if t.name not in names),
        value_info=tuple(v for v in graph.value_info if v.name not in names),
    ))  # fmt: skip
