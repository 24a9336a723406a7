"""Where the way to a bad tensor begins to be bad: by bisection over what it hangs on, then by its own inputs.

Who asks says of each tensor whether it is bad; what is not to be had is as it should be, and the search goes on behind
it.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeAlias

from ..tuples import NamedTuple
from .cutting import Cuttable

Bad: TypeAlias = Callable[[str], bool]


class PartingPlace(NamedTuple):
    """The first ``tensor`` that is bad, and the node from which on it is: by its index in the main graph."""

    tensor: str
    node: int


def first_bad(
    model: Cuttable, output: str, bad: Bad, looked_at: Container[str] | None = None, left: Container[str] = ()
) -> str:
    """The first bad tensor in front of a bad output: of what goes into it nothing is.

    ``looked_at`` (None: all) are the tensors of which can be asked; what lies between them is looked through. ``left``:
    tensors of which nobody minds whether they are bad, such as sizes.
    """
    target = output
    while True:
        order = [
            name
            for name in model.made_before(target)
            if name != target and name not in left and (looked_at is None or name in looked_at)
        ]
        low, high = -1, len(order)  # the target, behind the last of them, is bad
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if bad(order[middle]) else (middle, high)
        found = order[high] if high < len(order) else target
        before = next((name for name in in_front(model, found, looked_at, left) if bad(name)), None)
        if before is None:
            return found
        target = before


def parting_place(
    model: Cuttable, output: str, bad: Bad, looked_at: Container[str] | None = None, left: Container[str] = ()
) -> PartingPlace | None:
    """The first bad tensor with its node: of several that are looked through, the first in the file. None where no node
    makes the output."""
    if output not in model.makers:
        return None
    tensor = first_bad(model, output, bad, looked_at, left)
    return PartingPlace(tensor, min(_front(model, tensor, looked_at, left)[1]))


def in_front(
    model: Cuttable, tensor: str, looked_at: Container[str] | None = None, left: Container[str] = ()
) -> list[str]:
    """The tensors that can be looked at in front of one and are made by nodes, with none of their kind in between."""
    return _front(model, tensor, looked_at, left)[0]


def _front(
    model: Cuttable, tensor: str, looked_at: Container[str] | None, left: Container[str]
) -> tuple[list[str], set[int]]:
    """Those tensors, and the nodes between them and this one, its own among them."""
    before: dict[str, None] = {}
    between: set[int] = set()
    through = [tensor]
    for name in through:
        index = model.makers.get(name)
        if index is None or index in between:
            continue
        between.add(index)
        for taken in model.nodes[index].inputs:
            if taken not in model.makers or taken in left:
                continue
            if looked_at is None or taken in looked_at:
                before[taken] = None
            else:
                through.append(taken)
    return list(before), between
