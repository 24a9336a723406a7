"""Edits that mend a model, as data: one type for each kind of edit.

All of them are proved by propagation before they are told. A ``node`` is its name, or ``Conv[3]`` (op_type and index in
its graph) where it has none or shares it; ``graph`` is the path of its graph, "" for the main one. ``was`` and ``to``
are the keys ``from`` and ``to`` of the JSON. ``why`` says what of the place is wrong.
"""

from typing import TypeAlias

from .tuples import NamedTuple

Literal: TypeAlias = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | None
"""An attribute's value. None: it is not there, or is to go."""

Sizes: TypeAlias = tuple[int | str | None, ...]
"""A shape as a declaration writes it: numbers, names, and None for what is left open."""


class AttributeChange(NamedTuple):
    """An attribute of a node gets another value.

    So does an input that stands in for one: ``shape`` of a Reshape, ``sizes`` and ``scales`` of a Resize. That is for
    this node: others that take the same tensor keep theirs.
    """

    node: str
    attribute: str
    was: Literal
    to: Literal
    why: str
    graph: str = ""


class ParameterShape(NamedTuple):
    """A stored tensor gets another shape.

    Of as many elements, its values stay as they lie. Of another number, its maker must give new values.
    """

    node: str
    parameter: str  # the tensor's name
    was: tuple[int, ...]
    to: tuple[int, ...]
    why: str
    graph: str = ""


class InputSizes(NamedTuple):
    """An input of the graph is fed (and declared) with other sizes along some axes."""

    input: str
    axes: tuple[int, ...]
    was: Sizes
    to: tuple[int, ...]
    why: str


class Insertion(NamedTuple):
    """A node comes in front of an input of a node; of Transpose ``perm`` is told, of Flatten ``axis``, else ``axes``.

    ``back``: a Transpose with this perm comes behind the node's first output as well.
    """

    node: str
    insert: str  # Flatten | Transpose | Unsqueeze | Squeeze
    why: str
    perm: tuple[int, ...] | None = None
    axis: int | None = None
    axes: tuple[int, ...] | None = None
    back: tuple[int, ...] | None = None
    position: int = 0  # which of its inputs
    graph: str = ""


class Removal(NamedTuple):
    """A node goes; whoever takes its first output takes its first input."""

    node: str
    why: str
    graph: str = ""


class Move(NamedTuple):
    """A node of one input moves in front of the first input of another one."""

    node: str
    before: str
    why: str
    graph: str = ""


class Replacement(NamedTuple):
    """Another operator takes a node's place.

    A Gemm (alpha and beta 1) becomes a MatMul: C is added behind it, and with transB the weight is transposed.
    """

    node: str
    replace_by: str
    why: str
    graph: str = ""


class Declaration(NamedTuple):
    """An output, or an inner tensor, is declared with another shape or element type; ``to`` None: not at all."""

    tensor: str
    declares: str  # shape | type
    was: Sizes | str | None
    to: Sizes | str | None
    why: str
    graph: str = ""


class OpsetImport(NamedTuple):
    """A domain ("" is ai.onnx) is imported at another version; ``was`` None: it was not imported."""

    opset: str
    was: int | None
    to: int
    why: str


class DimensionName(NamedTuple):
    """One size of an input's or output's declaration gets another name."""

    tensor: str
    dimension: int  # its axis
    was: str
    to: str
    why: str


Repair: TypeAlias = (
    AttributeChange | ParameterShape | InputSizes | Insertion | Removal | Move | Replacement | Declaration
    | OpsetImport | DimensionName
)  # fmt: skip


def words(repair: Repair) -> str:
    """``set pads of conv1 to [1, 1, 1, 1]``."""
    graph: str = getattr(repair, "graph", "")
    where = f"{graph}/" if graph else ""
    match repair:
        case AttributeChange(node, attribute, _, None):
            return f"delete {attribute} of {where}{node}"
        case AttributeChange(node, attribute, _, to):
            return f"set {attribute} of {where}{node} to {value(to)}"
        case ParameterShape(node, parameter, _, to):
            return f"give {where}{parameter} the shape {value(to)}"
        case InputSizes(input, axes, _, to):
            return f"feed {input} with {', '.join(f'{s} along axis {a}' for a, s in zip(axes, to, strict=False))}"
        case Insertion(node, insert, _, perm, axis, axes, back, position):
            how = f" with perm {value(perm)}" if perm is not None else f" (axis {axis})" if axis is not None else ""
            how += f" with axes {value(axes)}" if axes is not None else ""
            of = f"input {position + 1} of " if position else ""
            behind = f", and one with perm {value(back)} behind it" if back is not None else ""
            return f"put {_article(insert)} {insert}{how} in front of {of}{where}{node}{behind}"
        case Removal(node):
            return f"take {where}{node} out"
        case Move(node, before):
            return f"move {where}{node} in front of {where}{before}"
        case Replacement(node, replace_by):
            return f"make {_article(replace_by)} {replace_by} of {where}{node}"
        case Declaration(tensor, _, _, None):
            return f"delete the declaration of {where}{tensor}"
        case Declaration(tensor, _, _, to):
            return f"declare {where}{tensor!r} as {value(to)}"
        case OpsetImport(domain, _, to):
            return f"import {domain or 'ai.onnx'} at {to}"
        case DimensionName(tensor, axis, was, to):
            return f"name size {axis} of {tensor!r} {to} instead of {was}"


def value(given: object) -> str:
    """A value as people write it: lists in brackets, ``?`` for what is open, numbers as short as they are."""
    match given:
        case tuple():
            return f"[{', '.join(map(value, given))}]"
        case None:
            return "?"
        case float():
            return f"{given:g}"
        case _:
            return str(given)


def _article(word: str) -> str:
    return "an" if word[:1] in "AEIOU" else "a"
