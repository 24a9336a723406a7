"""What a release of onnxruntime would refuse of a model, and what nobody knows."""

from __future__ import annotations

from typing import TypeAlias

from ..model.scopes import Scope
from ..tuples import NamedTuple


class TooNewIr(NamedTuple):
    """The IR version is beyond what the release takes."""

    version: int
    most: int


class TooNewOpset(NamedTuple):
    """An import is beyond what the release takes; ``function``: the one that says it, "" for the model."""

    domain: str
    version: int
    most: int
    function: str = ""


class NoOperator(NamedTuple):
    """The release has no such operator at this opset; ``withdrawn``: it only says that there was one."""

    scope: Scope
    node: int  # its index there
    opset: int
    withdrawn: bool = False


class NoAttribute(NamedTuple):
    """The release's schema of the operator does not know the attribute."""

    scope: Scope
    node: int  # its index there
    attribute: str


class OtherCount(NamedTuple):
    """The release's schema of the operator takes another number of inputs, or of outputs."""

    scope: Scope
    node: int  # its index there
    what: str  # "inputs" or "outputs"
    held: int
    least: int
    most: int | None


class NoKernel(NamedTuple):
    """The CPU has no kernel for the types of a node; ``taken``: those of its first input for which there is one."""

    scope: Scope
    node: int  # its index there
    since: int
    dtypes: tuple[int, ...]  # of the inputs that are tensors, in order
    taken: tuple[int, ...]


class NoValue(NamedTuple):
    """The kernel refuses the value of an attribute, for the types of the node at least."""

    scope: Scope
    node: int  # its index there
    since: int
    value: str  # ``bits=8``


class ReadOtherwise(NamedTuple):
    """A node in a function's body would be refused at the opset that the model imports, at which it is read there."""

    scope: Scope
    node: int  # its index there
    opset: int  # the model's
    refusal: NoOperator | NoAttribute | OtherCount | NoKernel | NoValue | WrongOrder


class WrongOrder(NamedTuple):
    """A function in the body of a SequenceMap, the nodes of which the release puts there in the wrong order."""

    scope: Scope
    node: int  # its index there


class SaidUnsupported(NamedTuple):
    """A document says that the runtime does not support the operator."""

    scope: Scope
    node: int  # its index there


class NoType(NamedTuple):
    """No tensor can have the element type there."""

    scope: Scope
    tensor: str
    dtype: int


class NotKnown(NamedTuple):
    """What nobody knows, and of which node."""

    scope: Scope
    node: int  # its index there
    why: str


NodeRefusal: TypeAlias = NoOperator | NoAttribute | OtherCount | NoKernel | NoValue | ReadOtherwise | WrongOrder
Refusal: TypeAlias = TooNewIr | TooNewOpset | NodeRefusal | NoType
Answer: TypeAlias = Refusal | NotKnown
OfNode: TypeAlias = NodeRefusal | NotKnown
