"""From a node's operator and attributes to the rule that answers, bound once for each distinct run of attributes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..model.graph import Attribute, Attributes, Function, Graph, Model, Node
from ..model.tensor import Tensor
from ..tuples import NamedTuple
from .fact import Fact, ShapeError
from .registry import Operator, operator_for

_SCALARS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (float, int), "str": (str,)}
_LISTS: dict[str, tuple[type, ...]] = {
    "tuple[int, ...]": (int,),
    "tuple[float, ...]": (float, int),
    "tuple[str, ...]": (str,),
}


class Bound(NamedTuple):
    """A rule with the attributes that it takes; ``bodies`` are those that are graphs."""

    rule: Operator
    arguments: Mapping[str, Any]
    bodies: Mapping[str, Graph]

    def check(self, node: Node, given: list[Fact | None]) -> None:
        """Raise `ShapeError` unless the inputs are as many as the operator takes."""
        rule = self.rule
        for i in range(rule.required):
            if i >= len(given) or given[i] is None:
                raise ShapeError(f"{node.op_type} needs its input {rule.inputs[i]}", parameter=rule.inputs[i])
        if len(given) > len(rule.inputs) and not rule.variadic:
            raise ShapeError(f"{node.op_type} takes at most {len(rule.inputs)} inputs, is given {len(given)}")
        if rule.variadic and None in given[len(rule.inputs) - 1 :]:
            raise ShapeError("an input is left out")


class UnknownOperator(NamedTuple):
    """We have no rule for the operator at this opset (None: the model imports no opset of its domain)."""

    opset: int | None


Call: TypeAlias = Bound | Function | UnknownOperator | ShapeError


def call_of(
    model: Model,
    opsets: Mapping[str, int],
    node: Node,
    attributes: Attributes,
    constant: Callable[[Tensor], Fact],
) -> Call:
    """What answers for a node: the model's own function, our rule, nothing; or why its attributes fit no rule."""
    function = model.functions.get((node.domain, node.op_type, node.overload))
    if function is not None:
        return function
    opset = opsets.get(node.domain)
    rule = operator_for(node.domain, node.op_type, opset if opset is not None else 1 if node.domain else 0)
    if rule is None:
        return UnknownOperator(opset)
    arguments: dict[str, Any] = {}
    try:
        kinds = rule.attributes
        for name, value in attributes.items():
            if name in kinds:
                arguments[name] = _typed(name, value, kinds[name], constant)
            elif name in rule.inputs or (name == "value" and "constant_value" in rule.inputs):
                # It became an input. Without it the operator would do another thing, of which nothing is known.
                raise ShapeError(f"{node.op_type} has no attribute {name} at this opset", attribute=name)
        if not rule.mandatory <= arguments.keys():
            name = min(rule.mandatory - arguments.keys())
            raise ShapeError(f"the attribute {name} is missing", attribute=name)
    except ShapeError as error:
        return error
    bodies = {name: value for name, value in arguments.items() if isinstance(value, Graph)}
    return Bound(rule, arguments, bodies)


def _typed(name: str, value: Attribute, kind: str, constant: Callable[[Tensor], Fact]) -> Any:
    """An attribute's value, of the kind that the rule's annotation says; a tensor arrives as its fact."""
    if kind in _LISTS:  # the reader makes lists of one type only
        good = type(value) is tuple and (not value or type(value[0]) in _LISTS[kind])
    elif kind in _SCALARS:
        good = type(value) in _SCALARS[kind]
    elif kind == "Fact":
        if isinstance(value, Tensor):
            return constant(value)
        good = False
    else:
        good = kind != "Body" or isinstance(value, Graph)
    if not good:
        raise ShapeError(f"the attribute {name} must be {kind}, is {type(value).__name__}", attribute=name)
    return value
