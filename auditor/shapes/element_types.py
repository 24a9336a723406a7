"""Nodes whose tensors are not of the types that their operators take, by ONNX's schemas and by onnxruntime's own.

onnxruntime and onnx's inference hold a model to these before anything runs. What rests on a declaration is not known,
and what is not known contradicts nothing.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ..model.graph import Node
from ..model.schemas import Parameter, Schema, schema
from ..model.scopes import opsets_of
from ..model.type_variables import Variables, type_variables
from ..tuples import NamedTuple
from .fact import Fact
from .facts import Facts
from .troubles import At

Types: TypeAlias = tuple[int | None, ...]


class NotTaken(NamedTuple):
    """An input of a type that the operator does not take at this opset."""

    place: int
    parameter: str  # the operator's own name for it
    dtype: int
    allowed: tuple[int, ...]


class NotAlike(NamedTuple):
    """Inputs that must be of one type, and are of several."""

    places: tuple[int, ...]
    variable: str  # the schema's name for the type
    dtypes: tuple[int, ...]  # of each place


class NotGiven(NamedTuple):
    """An attribute that asks for an output of a type that the operator does not give at this opset."""

    attribute: str
    dtype: int
    allowed: tuple[int, ...]


class NotAsked(NamedTuple):
    """An attribute that asks for another type than the input has that it must be the type of."""

    attribute: str
    dtype: int
    place: int
    other: int


TypeFlaw: TypeAlias = NotTaken | NotAlike | NotGiven | NotAsked

_CHOOSERS = frozenset(
    {
        "Bernoulli", "BitCast", "BlackmanWindow", "Cast", "DequantizeLinear", "EyeLike", "HammingWindow", "HannWindow",
        "MelWeightMatrix", "Multinomial", "QuantizeLinear", "RandomNormal", "RandomNormalLike", "RandomUniform",
        "RandomUniformLike",
    }
)  # fmt: skip
_CHOOSING = ("to", "dtype", "output_dtype", "output_datatype")
"""Attributes that choose the type of the output. 0 is "not said", but for ``to``."""


def mistyped(facts: Facts) -> Mapping[At, TypeFlaw]:
    """The flaw of every node that has one, in order."""
    found: dict[At, TypeFlaw] = {}
    for path, visited in facts.graphs.items():
        opsets = opsets_of(facts.model, visited.nodes)
        known: dict[tuple[object, ...], TypeFlaw | None] = {}
        flaws: dict[int, TypeFlaw] = {}
        get = visited.facts.__getitem__
        for asked in facts.asked(path):
            node = asked.node
            types = tuple([_type(get, name) for name in node.inputs])
            choice = _choice(node) if node.op_type in _CHOOSERS else None
            key = (node.domain, node.op_type, types, choice)
            try:
                flaw = known[key]
            except KeyError:
                opset = opsets.get(node.domain)
                spec = schema(node.domain, node.op_type, opset) if opset is not None else None
                if opset is None:
                    flaw = None
                elif spec is None:  # of onnxruntime's own operators we know only what must be alike
                    flaw = _unlike(type_variables(node.domain, node.op_type, opset), types)
                else:
                    flaw = _flaw(spec, opset, types, choice)
                known[key] = flaw
            if flaw is not None and (node.domain, node.op_type, node.overload) not in facts.model.functions:
                flaws.update(dict.fromkeys(asked.places, flaw))
        if flaws:
            found.update((At(path, index), flaws[index]) for index in visited.entries if index in flaws)
    return found


def _type(facts: Callable[[str], Fact | None], name: str) -> int | None:
    try:
        fact = facts(name) if name else None
    except KeyError:  # a dangling input
        return None
    return None if fact is None or fact.declared else fact.dtype


def _choice(node: Node) -> tuple[str, int] | None:
    for name in _CHOOSING:
        value = node.attributes.get(name)
        if isinstance(value, int) and (value or name == "to"):
            return name, value
    return None


def _flaw(spec: Schema, opset: int, types: Types, choice: tuple[str, int] | None) -> TypeFlaw | None:
    for place, dtype in enumerate(types):
        parameter = _parameter(spec, place)
        if dtype is not None and parameter is not None and dtype not in parameter.dtypes:
            return NotTaken(place, parameter.name, dtype, _sorted(parameter))
    shared = type_variables(spec.domain, spec.name, opset)
    unlike = _unlike(shared, types)
    if unlike is not None:
        return unlike
    return None if choice is None else _chosen(spec, shared, types, *choice)


def _unlike(shared: Variables, types: Types) -> NotAlike | None:
    for variable in dict.fromkeys(shared.inputs):
        places = tuple(i for i, t in enumerate(types) if variable and t is not None and shared.of_input(i) == variable)
        dtypes = tuple(t for i in places if (t := types[i]) is not None)
        if len(set(dtypes)) > 1:
            return NotAlike(places, variable, dtypes)
    return None


def _chosen(spec: Schema, shared: Variables, types: Types, attribute: str, dtype: int) -> TypeFlaw | None:
    if attribute not in spec.attributes or not spec.outputs or 0 in spec.outputs[0].dtypes:
        return None  # not this operator's attribute, or the type of what a sequence holds
    if dtype not in spec.outputs[0].dtypes:
        return NotGiven(attribute, dtype, _sorted(spec.outputs[0]))
    for place, other in enumerate(types):
        if other not in (None, dtype) and shared.outputs and shared.of_input(place) == shared.outputs[0] != "":
            return NotAsked(attribute, dtype, place, other or 0)
    return None


def _parameter(spec: Schema, place: int) -> Parameter | None:
    last = len(spec.inputs) - 1
    if place <= last:
        return spec.inputs[place]
    return spec.inputs[last] if spec.inputs and spec.inputs[last].variadic else None


def _sorted(parameter: Parameter) -> tuple[int, ...]:
    return tuple(sorted(d for d in parameter.dtypes if d))
