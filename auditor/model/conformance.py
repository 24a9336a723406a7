"""What a node gives against what its operator takes: inputs, outputs and attributes, by the operator's schema."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypeAlias

from ..tuples import NamedTuple
from .graph import (
    Attribute,
    AttributeReference,
    Attributes,
    Graph,
    MapType,
    Model,
    Node,
    OptionalType,
    SequenceType,
    TensorType,
)
from .schemas import Parameter, Schema, newest, schema, versions
from .tensor import SparseTensor, Tensor


class WrongCount(NamedTuple):
    """A wrong number of inputs or outputs; ``most`` None: as many as one likes."""

    what: str  # "input" or "output"
    actual: int
    least: int
    most: int | None


class LeftOut(NamedTuple):
    """A required input or output that is given as ""."""

    what: str
    name: str  # the operator's own name for it
    place: int


class Undeclared(NamedTuple):
    """An attribute that the operator does not have."""

    name: str
    known: tuple[str, ...]


class Mistyped(NamedTuple):
    """An attribute of another kind than the operator's."""

    name: str
    expected: str
    actual: str


class Missing(NamedTuple):
    """An attribute that must be there."""

    name: str
    kind: str


ArityFlaw: TypeAlias = WrongCount | LeftOut
AttributeFlaw: TypeAlias = Undeclared | Mistyped | Missing


def schema_of(model: Model, node: Node, opsets: Mapping[str, int]) -> Schema | None:
    """What holds for a node; None for a function of the model, and for a domain or an opset that we do not know."""
    if (node.domain, node.op_type, node.overload) in model.functions or not model.imports:
        return None
    opset = opsets.get(node.domain)
    return None if opset is None else _known(node.domain, node.op_type, opset)


@cache
def _known(domain: str, op_type: str, opset: int) -> Schema | None:
    found = schema(domain, op_type, opset)
    return None if found is None or found.deprecated or opset > newest(domain) else found


def flawed(model: Model, node: Node, opsets: Mapping[str, int]) -> bool:
    """Whether a node is wrong by itself, whatever its inputs hold."""
    known = schema_of(model, node, opsets)
    if known is None:
        return not versions(node.domain, node.op_type) and node.domain == ""
    if any(arity_flaws(node, known)) or any(attribute_flaws(node.attributes, known)):
        return True
    from .words import bad_words  # only a node in doubt needs it

    return any(bad_words(node.domain, node.op_type, opsets[node.domain], node.attributes))


def arity_flaws(node: Node, known: Schema) -> Iterator[ArityFlaw]:
    yield from _count("input", node.inputs, known.inputs, known.min_inputs, known.max_inputs)
    yield from _count("output", node.outputs, known.outputs, known.min_outputs, known.max_outputs)


def _count(
    what: str, names: tuple[str, ...], parameters: tuple[Parameter, ...], least: int, most: int | None
) -> Iterator[ArityFlaw]:
    if len(names) < least or (most is not None and len(names) > most):
        yield WrongCount(what, len(names), least, most)
    elif "" in names:
        for i, (name, parameter) in enumerate(zip(names, parameters, strict=False)):
            if not name and not parameter.optional and not parameter.variadic:
                yield LeftOut(what, parameter.name, i)


_UNCHECKED = frozenset({"LayerNormalization"})
"""Operators that onnx's checker and onnxruntime 1.32 let have any attribute."""


def attribute_flaws(attributes: Attributes, known: Schema) -> Iterator[AttributeFlaw]:
    for name, value in attributes.items():
        spec = known.attributes.get(name)
        if spec is None:
            # onnx's checker lets a tool's own marks pass.
            if not name.startswith("__") and known.name not in _UNCHECKED:
                yield Undeclared(name, tuple(known.attributes))
        elif (actual := kind_of(value)) and actual != spec.kind and not (actual == "list" and spec.kind.endswith("s")):
            yield Mistyped(name, spec.kind, actual)
    for spec in known.attributes.values():
        if spec.required and spec.name not in attributes:
            yield Missing(spec.name, spec.kind)


def kind_of(value: Attribute) -> str:
    """The kind of a value as onnx.proto names it; ``list`` for an empty one, "" where nobody can tell."""
    match value:
        case None | AttributeReference():
            return ""
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case Tensor():
            return "tensor"
        case SparseTensor():
            return "sparse_tensor"
        case Graph():
            return "graph"
        case TensorType() | SequenceType() | OptionalType() | MapType():
            return "type_proto"
        case _:
            return f"{kind_of(value[0])}s" if value and kind_of(value[0]) else "list"
