"""Sizes that a caller binds to a number, and sizes of -1, which get a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...errors import UsageError
from ...model.graph import Graph, TensorType, Value
from ...rules.meaningless_declarations import meaningless_declarations
from ...wording import listed, nearest
from ..draft import Draft, fresh
from ..negative import below_zero
from ..offer import Look, Offer

Size = int | str | None


def offers(look: Look) -> Iterator[Offer]:
    yield from _bound(look)
    yield from _named(look)


def _bound(look: Look) -> Iterator[Offer]:
    dims = look.wishes.dims
    graph = look.draft.model.graph
    there = {size for value in graph.inputs for size in _sizes(value) if isinstance(size, str)}
    for name in dims:
        if name not in there:
            raise UsageError(
                f"no input has a size named {name!r}{nearest(name, there)}; open sizes are "
                f"{', '.join(sorted(there)) or 'none'}"
            )
    for name, number in dims.items():
        at = [f"{v.name}[{i}]" for v in graph.inputs for i, size in enumerate(_sizes(v)) if size == name]
        yield Offer(
            "",
            ", ".join(at[:4]) + (", ..." if len(at) > 4 else ""),
            f"{name} -> {number}",
            f"asked for by --dim: what was said of every {name} is said of {number}",
            _resized({name: number}),
        )


def _resized(sizes: Mapping[str, int]) -> Callable[[Draft], Draft]:
    def one(value: Value) -> Value:
        return _with_sizes(value, lambda _, size: sizes.get(size, size) if isinstance(size, str) else size)

    return lambda draft: draft.changed(lambda graph: _with_values(graph, one))


def _named(look: Look) -> Iterator[Offer]:
    graph = look.draft.model.graph
    below = below_zero(look.draft.source)
    values = [v for v in (*graph.inputs, *graph.outputs) if v.offset in below]
    if not values:
        return
    taken = {size for v in (*graph.inputs, *graph.outputs) for size in _sizes(v) if isinstance(size, str)}
    names: dict[tuple[int, int], Size] = {}
    for value in values:
        for axis in below[value.offset]:
            name = fresh(f"{_word(value.name)}_{axis}", taken)
            names[value.offset, axis] = name
            taken.add(name)
    inputs_named = _naming(names)(look.draft)
    facts = inputs_named.facts()
    for value in graph.outputs:  # what comes out is known by the names of the inputs
        fact = facts.at(value.name)
        for axis in below.get(value.offset, ()):
            size = fact.shape[axis] if fact is not None and fact.shape and axis < len(fact.shape) else None
            if size is not None and (isinstance(size, int) or str(size).isidentifier()):
                names[value.offset, axis] = size if isinstance(size, int) else str(size)
    shown = [f"{v.name}[{axis}] -1 -> {names[v.offset, axis]}" for v in values for axis in below[v.offset]]
    yield Offer(
        meaningless_declarations.name,
        listed(v.name for v in values),
        ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else ""),
        "no size is below zero: runtimes take it as unknown, and a name says the same",
        _naming(names),
    )


def _naming(names: Mapping[tuple[int, int], Size]) -> Callable[[Draft], Draft]:
    def named(value: Value) -> Value:
        return _with_sizes(value, lambda axis, size: names.get((value.offset, axis), size))

    def apply(draft: Draft) -> Draft:
        graph = draft.model.graph
        inputs, outputs = tuple(map(named, graph.inputs)), tuple(map(named, graph.outputs))
        return draft.with_graph(graph._replace(inputs=inputs, outputs=outputs))

    return apply


def _word(name: str) -> str:
    """A name as an identifier, so that sizes of this name are equal for every reader."""
    word = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    return word if word and not word[0].isdigit() else f"_{word}"


def _sizes(value: Value) -> tuple[Size, ...]:
    return value.type.shape or () if isinstance(value.type, TensorType) else ()


def _with_values(graph: Graph, one: Callable[[Value], Value]) -> Graph:
    inputs, outputs, value_info = (
        tuple(map(one, values)) for values in (graph.inputs, graph.outputs, graph.value_info)
    )
    if (inputs, outputs, value_info) == (graph.inputs, graph.outputs, graph.value_info):
        return graph
    return graph._replace(inputs=inputs, outputs=outputs, value_info=value_info)


def _with_sizes(value: Value, one: Callable[[int, Size], Size]) -> Value:
    kind = value.type
    if not isinstance(kind, TensorType) or kind.shape is None:
        return value
    shape = tuple(one(axis, size) for axis, size in enumerate(kind.shape))
    return value if shape == kind.shape else value._replace(type=kind._replace(shape=shape))
