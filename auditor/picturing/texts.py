"""What stands in a picture as text: tensors' types, and attributes."""

from __future__ import annotations

from typing import cast

from ..model.dtypes import name_of
from ..model.graph import Attribute, AttributeReference, Attributes, Graph
from ..model.tensor import Blob, SparseTensor, Tensor
from ..shapes.fact import Fact, Shape, show

_MOST_ITEMS = 12
_LONGEST = 160


def tensor_text(dtype: int | None, shape: Shape | None) -> str:
    """``float32 [1, 64, 56, 56]``; "" where nothing is known."""
    return "" if dtype is None and shape is None else f"{name_of(dtype)} {show(shape)}"


def fact_text(fact: Fact | None) -> str:
    """What is known of a tensor, or of what a sequence holds."""
    if fact is None:
        return ""
    if fact.items is not None:
        of = fact.items.joint
        inner = "" if of is None else tensor_text(of.dtype, of.shape)
        return f"{'optional' if fact.items.optional else 'sequence'} {inner}".rstrip()
    return tensor_text(fact.dtype, fact.shape)


def attribute_texts(attributes: Attributes) -> tuple[tuple[str, str], ...]:
    """The attributes of a node, graphs left out: these are frames."""
    return tuple((name, _text(value)) for name, value in attributes.items() if not _is_graph(value))


def _is_graph(value: Attribute) -> bool:
    return isinstance(value, Graph) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Graph))


def _text(value: Attribute) -> str:
    match value:
        case Tensor():
            text = tensor_text(value.dtype, value.dims)
        case SparseTensor():
            text = f"sparse {tensor_text(value.values.dtype, value.dims)}"
        case Blob():
            text = f"{value.length:,} bytes"
        case AttributeReference():
            text = f"the call's {value.name[:_LONGEST]}"
        case float():
            text = f"{value:.7g}"
        case str():
            text = value
        case tuple() if value and isinstance(value[0], int | float | str | Blob | Tensor):
            items = [_text(cast("Attribute", item))[:_LONGEST] for item in value[:_MOST_ITEMS]]  # of one type all
            more = f", … {len(value):,} in all" if len(value) > _MOST_ITEMS else ""
            text = f"[{', '.join(items)}{more}]"
        case tuple():
            text = f"[{len(value):,} of {type(value[0]).__name__}]" if value else "[]"
        case None:
            text = "nothing"
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
