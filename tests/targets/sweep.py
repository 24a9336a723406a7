"""Tiny models, one for each operator, version and choice of element types: which of them does a release load?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cache
from itertools import product
from typing import Any

import onnx
from onnx import TensorProto, TypeProto, helper

from auditor.targets.known import ELSE, NUMBER_MAP, OPTIONAL, SEQUENCE, WORD_MAP, NodePlace

Told = dict[str, Any]
"""A schema as `inside.tell` has it."""

_MOST = 200  # choices of an operator
_ALL_CHOICES = frozenset({"CastLike"})  # a function, of which no kernel tells the rest
_WITH_BODY = frozenset({"SequenceMap"})  # its function hangs on the body; that of the others is a kernel's affair
_NUMBERS = (0, 1, 2, 4, 8, 16, 32)
_WORDS = (
    "add", "align_corners", "bicubic", "bilinear", "constant", "cubic", "edge", "gelu", "half_pixel_symmetric",
    "linear", "max", "min", "mul", "nearest", "not_larger", "reflect", "relu", "silu", "swiglu", "tanh",
    "tf_crop_and_resize", "wrap",
)  # fmt: skip


class Answer(Enum):
    LOADS = "loads"
    NO_KERNEL = "no kernel"
    NO_OPERATOR = "no operator"
    NOT_TAKEN = "not of these types"
    HAS_KERNEL = "its kernel refuses"
    OTHER = "refused for another reason"


def answered(why: str) -> Answer:
    """What a refusal says of the kernel. After it is found much else may be wrong with a model that nobody meant."""
    if not why:
        return Answer.LOADS
    if "Could not find an implementation" in why or "Failed to find kernel for" in why:
        return Answer.NO_KERNEL
    if "not a registered function/op" in why or "No Op registered" in why or "is deprecated in domain" in why:
        return Answer.NO_OPERATOR
    if "Type Error" in why or "not currently registered" in why or "unsupported type" in why:
        return Answer.NOT_TAKEN
    return Answer.HAS_KERNEL if "Exception during initialization" in why else Answer.OTHER


class Choice:
    """An operator with types for its inputs and outputs."""

    def __init__(self, schema: Told, types: dict[str, str], inputs: list[list[Any]], outputs: list[list[Any]]) -> None:
        self.types, self.inputs, self.outputs = types, inputs, outputs
        self.model = _model(schema, types, inputs, outputs)

    def dtype_of(self, place: NodePlace) -> int | None:
        held = self.outputs if place.output else self.inputs
        if place.number >= len(held):
            return 0
        kind = self.types.get(held[place.number][1], held[place.number][1])
        return bit(kind) if kind.endswith(")") else None


def choices(schema: Told) -> Iterator[Choice]:
    """Types for the inputs that must be there: all choices where they are few, else one place at a time."""
    least, _, least_out, _ = schema["counts"]
    inputs = (schema["inputs"] * max(1, least))[: max(least, 1 if _many(schema["inputs"]) else least)]
    outputs = schema["outputs"][: max(1, least_out)]
    has_body = any(kind == "GRAPH" and needed for kind, needed in schema["attributes"].values())
    if has_body and schema["name"] not in _WITH_BODY:
        return
    free = [p for p in inputs if not p[1].endswith(")")]
    if schema["name"] in ("Cast", "CastLike"):
        free += [p for p in outputs if not p[1].endswith(")")]
    allowed = {kind: types for _, kind, _, types in free}
    count = 1
    for types in allowed.values():
        count *= len(types)
    if count <= _MOST or len(allowed) < 2 or schema["name"] in _ALL_CHOICES:
        every = [dict(zip(allowed, one, strict=True)) for one in product(*allowed.values())]
    else:
        usual = {
            k: next((t for t in ("tensor(float)", "tensor(uint8)") if t in ts), ts[0]) for k, ts in allowed.items()
        }
        every = [usual, *({**usual, kind: one} for kind, types in allowed.items() for one in types)]
    for types in every:
        yield Choice(schema, types, inputs, outputs)


def is_whole(schema: Told, tried: int) -> bool:
    """Whether so many choices are all that there are."""
    count = 1
    for _, kind, _, types in {p[1]: p for p in schema["inputs"][: schema["counts"][0]]}.values():
        count *= 1 if kind.endswith(")") else len(types)
    return tried >= count


def settings(schema: Told) -> Iterator[dict[str, int | str]]:
    """Values for the attributes that must be there: one number for all that are numbers, one word for the others."""
    needed = {name: kind for name, (kind, must) in _valued(schema).items() if must}
    numbers = _NUMBERS[1:] if "INT" in needed.values() else _NUMBERS[1:2]
    for word in _WORDS if "STRING" in needed.values() else _WORDS[:1]:
        for number in numbers:
            yield {name: number if kind == "INT" else word for name, kind in needed.items()}
    others = [name for name, (kind, must) in _valued(schema).items() if kind == "INT" and not must]
    for name, number in product(others, _NUMBERS[1:]) if not needed else ():
        yield {name: number}  # a schema does not say of each attribute that it must be there: ``hidden_size`` of LSTM


def variants(schema: Told, model: bytes) -> Iterator[tuple[str, bytes]]:
    """A model that loads, with other values of its attributes: ``bits=8`` and the model with it."""
    for name, (kind, _) in _valued(schema).items():
        for value in _NUMBERS if kind == "INT" else _WORDS:
            yield f"{name}={value}", with_values(model, {name: value})


def with_value(schema: Told, model: bytes, said: str) -> bytes:
    """The same model with a value as `variants` names it."""
    name, _, value = said.partition("=")
    return with_values(model, {name: int(value) if schema["attributes"][name][0] == "INT" else value})


def with_values(model: bytes, values: dict[str, int | str]) -> bytes:
    """The same model with attributes set."""
    other = onnx.load_from_string(model)
    (node,) = other.graph.node
    kept = [one for one in node.attribute if one.name not in values]
    del node.attribute[:]
    node.attribute.extend([*kept, *(helper.make_attribute(name, value) for name, value in values.items())])
    changed: bytes = other.SerializeToString()
    return changed


def fuller(schema: Told, model: bytes) -> Iterator[bytes]:
    """The same model with one more input, of each type that may stand there."""
    usual = onnx.load_from_string(model)
    bound = {p[1]: v.type for p, v in zip(schema["inputs"], usual.graph.input, strict=False)}
    for place in range(len(usual.graph.input), len(schema["inputs"])):
        _, kind, _, types = schema["inputs"][place]
        for one in [bound[kind]] if kind in bound else [_type(t) for t in types or [kind]]:
            other = onnx.load_from_string(model)
            (node,) = other.graph.node
            node.input.extend([""] * (place - len(node.input)) + ["more"])
            other.graph.input.append(helper.make_value_info("more", one))
            yield other.SerializeToString()


def _valued(schema: Told) -> dict[str, Any]:
    return {name: said for name, said in schema["attributes"].items() if said[0] in ("INT", "STRING") and name != "to"}


def within(model: bytes) -> bytes:
    """The same node in the body of a SequenceMap, beside one that does nothing."""
    own = onnx.load_from_string(model)
    kind = "seq(tensor(float))"
    body = _identity(kind, "outer")
    body.node.extend(own.graph.node)
    node = helper.make_node("SequenceMap", ["s"], ["t"], body=body)
    sequence = helper.make_value_info("s", _type(kind))
    graph = helper.make_graph([node], "g", [sequence, *own.graph.input], [onnx.ValueInfoProto(name="t")])
    inside: bytes = helper.make_model(graph, opset_imports=own.opset_import, ir_version=8).SerializeToString()
    return inside


def under(model: bytes, domain: str, opset: int) -> bytes:
    """The same model with another import."""
    other = onnx.load_from_string(model)
    for one in other.opset_import:
        if one.domain == domain:
            one.version = opset
    changed: bytes = other.SerializeToString()
    return changed


@cache
def bit(kind: str) -> int:
    """In the mask of a table: ``tensor(float)`` is 2, ``seq(tensor(float))`` 2 << 32."""
    holding, inner = 0, kind
    while inner.startswith(("seq(", "optional(")):
        holding += SEQUENCE if inner.startswith("seq(") else OPTIONAL
        inner = inner.partition("(")[2][:-1]
    if inner.startswith("map(") and not holding:
        key, _, value = inner[4:-1].partition(",")
        dtype = TensorProto.DataType.Value(value.strip().removeprefix("tensor(").rstrip(")").upper())
        return int(1 << dtype + (WORD_MAP if key == "string" else NUMBER_MAP))
    if not inner.startswith("tensor("):
        return ELSE
    return int(1 << TensorProto.DataType.Value(inner[7:-1].upper()) + holding)


def _many(parameters: list[list[Any]]) -> bool:
    return bool(parameters) and parameters[-1][2] == "Variadic"


def _model(schema: Told, types: dict[str, str], inputs: list[list[Any]], outputs: list[list[Any]]) -> bytes:
    domain, since = schema["domain"], schema["since"]
    kinds = [types.get(p[1], p[1]) for p in inputs]
    values = [helper.make_value_info(f"x{i}", _type(kind)) for i, kind in enumerate(kinds)]
    made = [onnx.ValueInfoProto(name=f"y{i}") for i in range(len(outputs))]
    node = helper.make_node(schema["name"], [v.name for v in values], [v.name for v in made], domain=domain)
    for name, (kind, needed) in schema["attributes"].items():
        if name == "to" and outputs[0][1] in types:
            wanted = types[outputs[0][1]]
            node.attribute.append(helper.make_attribute("to", TensorProto.DataType.Value(wanted[7:-1].upper())))
        elif kind == "GRAPH" and needed:
            node.attribute.append(helper.make_attribute(name, _identity(kinds[0])))
        elif needed:
            node.attribute.append(dummy(name, kind))
    imports = [helper.make_opsetid(domain, since)] + ([helper.make_opsetid("", 17)] if domain else [])
    graph = helper.make_graph([node], "g", values, made)
    model: bytes = helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString()
    return model


def _identity(sequence: str, prefix: str = "") -> onnx.GraphProto:
    """A body for one item of it; names of graphs within each other have to differ."""
    item, same = (
        helper.make_value_info(name, _type(sequence.removeprefix("seq(")[:-1]))
        for name in (f"{prefix}item", f"{prefix}same")
    )
    return helper.make_graph([helper.make_node("Identity", [item.name], [same.name])], "body", [item], [same])


_DUMMIES = {"INT": 1, "INTS": [1], "FLOAT": 1.0, "FLOATS": [1.0], "STRING": "x", "STRINGS": ["x"]}


def dummy(name: str, kind: str) -> onnx.AttributeProto:
    """An attribute with some value of the kind that a schema names."""
    if kind == "TENSOR":
        return helper.make_attribute(name, helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0]))
    return helper.make_attribute(name, _DUMMIES.get(kind, 1))


def _type(kind: str) -> TypeProto:
    outer, _, inner = kind[:-1].partition("(")
    match outer:
        case "tensor":
            return helper.make_tensor_type_proto(TensorProto.DataType.Value(inner.upper()), None)
        case "sparse_tensor":
            return helper.make_sparse_tensor_type_proto(TensorProto.DataType.Value(inner.upper()), None)
        case "seq":
            return helper.make_sequence_type_proto(_type(inner))
        case "optional":
            return helper.make_optional_type_proto(_type(inner))
    key, _, value = inner.partition(",")
    return helper.make_map_type_proto(
        TensorProto.DataType.Value(key.upper()), _type(value.strip() if "(" in value else f"tensor({value})")
    )
