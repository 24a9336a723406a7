"""Declarations of tensors that are not what comes out, and outputs of which nothing is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.dtypes import name_of
from ...model.graph import Graph, TensorType, Value
from ...rules.meaningless_declarations import meaningless_declarations
from ...rules.stale_shape_annotations import stale_shape_annotations
from ...shapes.fact import Fact
from ...shapes.facts import Facts
from ...shapes.sizes.dim import Dim, Size, same
from ...wording import counted
from ..draft import Draft
from ..offer import Look, Offer

STALE, MISSING = stale_shape_annotations.name, meaningless_declarations.name
_PROOF = "worked out from the inputs through every layer"


def offers(look: Look) -> Iterator[Offer]:
    if look.draft.source is look.draft.model and not look.found_before(STALE) and not look.found_before(MISSING):
        return
    facts = look.facts
    names = frozenset(str(s) for f in facts.inputs.values() for s in f.shape or () if isinstance(s, Dim))
    for path, graph in look.draft.model.graphs:
        if path not in facts.graphs:
            continue
        wrong: dict[str, Value] = {}
        for value in graph.value_info:
            fact = facts.graphs[path].facts.get(value.name)
            if fact is not None and (new := _corrected(value, fact, names if not path else frozenset())) is not None:
                wrong[value.name] = new
        if wrong:
            yield Offer(STALE, path or "the graph", _shown(graph.value_info, wrong), _PROOF, _with(graph, wrong))
        for value in graph.outputs:
            yield from _of_output(facts, path, graph, value, names)


def _of_output(facts: Facts, path: str, graph: Graph, value: Value, names: frozenset[str]) -> Iterator[Offer]:
    fact = facts.graphs[path].facts.get(value.name)
    if fact is None or fact.declared or fact.dtype is None or fact.items is not None:
        return
    kind = value.type
    bare = kind is None or (isinstance(kind, TensorType) and not kind.dtype)
    shapeless = isinstance(kind, TensorType) and kind.shape is None and kind.dtype == fact.dtype and not kind.sparse
    if not path and (bare or (shapeless and fact.shape is not None)):
        new = value._replace(type=TensorType(fact.dtype, _as_declared(fact)))
        yield Offer(MISSING, value.name, f"declared as {_text(new)}", _PROOF, _with(graph, {value.name: new}))
        return
    corrected = _corrected(value, fact, names if not path else frozenset())
    if corrected is not None:
        change = f"declared as {_text(value)} -> {_text(corrected)}"
        yield Offer(STALE, value.name, change, _PROOF, _with(graph, {value.name: corrected}))


def _corrected(value: Value, fact: Fact, names: frozenset[str]) -> Value | None:
    """The declaration with what comes out in place of what is wrong; None where nothing is."""
    kind = value.type
    if fact.declared or not isinstance(kind, TensorType) or kind.sparse or fact.items is not None:
        return None
    dtype = fact.dtype if kind.dtype and fact.dtype and kind.dtype != fact.dtype else kind.dtype
    shape = kind.shape
    if shape is not None and fact.shape is not None:
        if len(shape) != len(fact.shape):
            shape = _as_declared(fact)
        else:
            shape = tuple(
                _said(new) if _wrong(old, new, names) else old for old, new in zip(shape, fact.shape, strict=True)
            )
    if (dtype, shape) == (kind.dtype, kind.shape):
        return None
    return value._replace(type=kind._replace(dtype=dtype, shape=shape))


def _wrong(old: int | str | None, new: Size | None, names: frozenset[str]) -> bool:
    if new is None or old is None:
        return False
    if isinstance(old, int):
        return old >= 0 and same(old, new) is False
    return old in names and isinstance(new, Dim) and str(new) != old


def _said(size: Size | None) -> int | str | None:
    if isinstance(size, int) or size is None:
        return size
    name = str(size)
    return name if name.isidentifier() else None


def _as_declared(fact: Fact) -> tuple[int | str | None, ...] | None:
    return None if fact.shape is None else tuple(map(_said, fact.shape))


def _with(graph: Graph, values: dict[str, Value]) -> Callable[[Draft], Draft]:
    offset = graph.offset

    def change(graph: Graph) -> Graph:
        if graph.offset != offset:
            return graph
        return graph._replace(
            outputs=tuple(_new(v, values) for v in graph.outputs),
            value_info=tuple(_new(v, values) for v in graph.value_info),
        )

    return lambda draft: draft.changed(change)


def _new(value: Value, values: dict[str, Value]) -> Value:
    found = values.get(value.name)
    return value if found is None else value._replace(type=found.type)


def _shown(values: tuple[Value, ...], wrong: dict[str, Value]) -> str:
    first = next(v for v in values if v.name in wrong)
    shown = f"{first.name} declared as {_text(first)} -> {_text(wrong[first.name])}"
    return shown + (f", and {counted(len(wrong) - 1, 'other tensor')}" if len(wrong) > 1 else "")


def _text(value: Value) -> str:
    if not isinstance(value.type, TensorType):
        return "nothing"
    shape = value.type.shape
    sizes = "?" if shape is None else "[" + ", ".join("?" if s is None else str(s) for s in shape) + "]"
    return f"{name_of(value.type.dtype)} {sizes}"
