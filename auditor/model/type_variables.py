"""Which inputs and outputs of an operator must be of one type, by ONNX's schemas and onnxruntime's.

Loaded by who asks, not at the start.

The table behind it is generated. It holds one line where an operator's answer changes:

    name | since | type variable of each input > of each output

``-`` stands for what shares its type with no other. The last of the inputs repeats where the operator is variadic.
"""

from bisect import bisect_right
from functools import cache

from ..tuples import NamedTuple
from .type_table import VARIABLES


class Variables(NamedTuple):
    """The type variables of the inputs and the outputs by their places; "" for none."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def of_input(self, place: int) -> str:
        return self.inputs[min(place, len(self.inputs) - 1)] if self.inputs else ""


NONE = Variables((), ())


def type_variables(domain: str, op_type: str, opset: int) -> Variables:
    """What must be of one type; `NONE` where nothing must, and for an operator that nobody has."""
    versions = _table(domain).get(op_type, ())
    at = bisect_right(versions, opset, key=lambda version: version[0])
    return versions[at - 1][1] if at else NONE


@cache
def _table(domain: str) -> dict[str, tuple[tuple[int, Variables], ...]]:
    found: dict[str, tuple[tuple[int, Variables], ...]] = {}
    for line in VARIABLES.get(domain, "").splitlines():
        name, since, shared = line.split("|")
        inputs, _, outputs = shared.partition(">")
        found[name] = (*found.get(name, ()), (int(since), Variables(_names(inputs), _names(outputs))))
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple("" if name == "-" else name for name in text.split())
