"""What equal byte runs decode to, whatever file they stand in: of all the models of a process, each is decoded once.

Only what hangs on no place in a file is kept here: no tensor (its data has an offset), no graph, nothing that is wrong.
"""

from .graph import Attributes, Type
from .tensor import SparseTensor, Tensor

MOST = 16_384
"""Entries at most in each memory; what comes later is decoded again."""

Tail = tuple[str, str, Attributes]
"""What follows a node's name: op_type, domain, attributes."""

types: dict[bytes, Type | None] = {}
heads: dict[bytes, tuple[tuple[int, ...], int]] = {}  # of tensors: dims and data_type
_tails: dict[int, dict[bytes, Tail]] = {}

_NEWEST = 64  # no IR version is newer; all numbers beyond it share one memory


def tails(ir_version: int) -> dict[bytes, Tail]:
    """The memory of nodes' tails under an IR version: on that hangs what is right."""
    return _tails.setdefault(min(max(ir_version, 0), _NEWEST), {})


def placeless(attributes: Attributes) -> bool:
    """Whether no attribute is a tensor."""
    for value in attributes.values():
        first = value[0] if type(value) is tuple and value else value
        if isinstance(first, Tensor | SparseTensor):
            return False
    return True
