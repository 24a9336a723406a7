"""What the walk stumbled over: typed, never text to be parsed. The walk never stops at one."""

from typing import TypeAlias

from ..tuples import NamedTuple
from .fact import Need, Shape


class At(NamedTuple):
    """A node: the path of its graph ("" for the main one) and its index there."""

    graph: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a place


class Misfit(NamedTuple):
    """A parameter cannot have the shape that its operator needs. ``declared``: it rests on a declaration, no proof.

    ``own``: the node's other parameters contradict it, so it is wrong whatever arrives, and whenever the node runs.
    """

    at: At
    parameter: str  # its name in the rule's signature: "w"
    tensor: str
    expected: Need
    actual: Shape
    declared: bool
    own: bool = False


class Open(NamedTuple):
    """A parameter fits for some values of the named sizes, and not for others."""

    at: At
    parameter: str
    tensor: str
    expected: Need
    actual: Shape


class Impossible(NamedTuple):
    """The node cannot run on these inputs and attributes.

    ``passed_over``: the page says so, and runtimes pass over an empty input that does not fit. ``advice``: what a
    person can do, of the node "{node}"; "" where only the shapes can say. ``own``: the node contradicts itself, so it
    is wrong whatever arrives, and whenever it runs.
    """

    at: At
    why: str
    attribute: str
    parameter: str
    declared: bool
    passed_over: bool = False
    advice: str = ""
    own: bool = False


class Undefined(NamedTuple):
    """A node takes a tensor that nothing makes."""

    at: At
    tensor: str


class Unsupported(NamedTuple):
    """We have no rule for this operator: its outputs are unknown, and that is all that can be said."""

    at: At
    domain: str
    op_type: str
    opset: int | None  # None: the model imports no opset of this domain


class Internal(NamedTuple):
    """A rule of ours failed: our fault, not the model's."""

    at: At
    error: str


class Exhausted(NamedTuple):
    """A budget ended the walk here; everything behind is unknown."""

    at: At
    budget: str


Trouble: TypeAlias = Misfit | Impossible | Undefined | Unsupported | Internal | Exhausted
