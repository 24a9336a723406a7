"""Attributes that became inputs between two opsets, found in the operators' histories."""

from ..tuples import NamedTuple
from .graph import Attributes, Node
from .schemas import Schema, schema, versions

_RENAMED = {("Pad", "value"): "constant_value", ("TopK", "k"): "K"}


class Moved(NamedTuple):
    """What was an attribute below the opset ``since``, and is an input from there on; of 0, it never was one."""

    attribute: str
    parameter: str  # the input's name
    place: int
    since: int


def input_instead(known: Schema, attribute: str) -> Moved | None:
    """The input that an attribute stands for which the operator does not have: any more, or never had."""
    name = _RENAMED.get((known.name, attribute), attribute)
    place = next((i for i, p in enumerate(known.inputs) if p.name == name), -1)
    if place < 0 or attribute in known.attributes:
        return None
    since = known.since
    for version in reversed(versions(known.domain, known.name)):
        found = schema(known.domain, known.name, version)
        if found is None or version > known.since:
            continue
        if attribute in found.attributes:
            return Moved(attribute, name, place, since)
        since = version
    return Moved(attribute, name, place, 0)


def attribute_instead(known: Schema, place: int) -> Moved | None:
    """The attribute that must be given where a later opset has an input at this place."""
    for version in versions(known.domain, known.name):
        found = schema(known.domain, known.name, version) if version > known.since else None
        if found is not None and place < len(found.inputs):
            names = {_RENAMED.get((known.name, name), name): name for name in known.attributes}
            attribute = names.get(found.inputs[place].name)
            moved = input_instead(found, attribute) if attribute else None
            if moved is not None:
                return moved
    return None


def given_as_attributes(attributes: Attributes, known: Schema) -> list[Moved]:
    """The attributes of a node that its operator takes as inputs at this opset."""
    gone = [name for name in attributes if name not in known.attributes]
    return [moved for name in gone if (moved := input_instead(known, name)) is not None]


def given_as_inputs(node: Node, known: Schema) -> list[Moved]:
    """The inputs that a node has too many, and that are attributes of its operator at this opset."""
    if known.max_inputs is None or len(node.inputs) <= known.max_inputs:
        return []
    places = range(known.max_inputs, len(node.inputs))
    found = [attribute_instead(known, place) if node.inputs[place] else None for place in places]
    return [moved for moved in found if moved is not None]
