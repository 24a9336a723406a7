"""The node at which two runs part, by cutting the model: of tensors that can be held against each other."""

from __future__ import annotations

from collections.abc import Callable, Container

from ...tuples import NamedTuple
from ..cutting import Cuttable


class PartingPlace(NamedTuple):
    """The first ``tensor`` that parts, and the node from which on it does: by its index in the main graph."""

    tensor: str
    node: int


def parting_place(
    model: Cuttable,
    output: str,
    parts: Callable[[str], bool],
    comparable: Container[str] | None = None,
    apart: Container[str] = (),
) -> PartingPlace | None:
    """Where the way to an output begins to part; None where no node makes it.

    ``comparable`` (None: all) are the tensors of which ``parts`` can be asked; what lies between them is looked
    through, and of several nodes there the one that takes nothing but what does not part is named. ``apart``: tensors
    of which nobody minds whether they part, such as sizes.
    """
    if output not in model.makers:
        return None
    order = [
        name
        for index in model.needed(output)
        for name in model.nodes[index].outputs
        if name and name != output and (comparable is None or name in comparable) and name not in apart
    ]
    order.append(output)
    low, high = -1, len(order) - 1  # the last of them parts; in front of the first there is nothing
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if parts(order[middle]) else (middle, high)
    tensor = order[high]
    while True:
        before, between = _in_front(model, tensor, comparable, apart)
        earlier = next((name for name in before if parts(name)), None)
        if earlier is None:
            return PartingPlace(tensor, between[0])
        tensor = earlier


def in_front(
    model: Cuttable, tensor: str, comparable: Container[str] | None = None, apart: Container[str] = ()
) -> tuple[str, ...]:
    """The nearest tensors before this one that can be held against each other and are made by nodes."""
    return tuple(_in_front(model, tensor, comparable, apart)[0])


def _in_front(
    model: Cuttable, tensor: str, comparable: Container[str] | None, apart: Container[str]
) -> tuple[list[str], list[int]]:
    """Those tensors, and the nodes between them and this one: first that which takes nothing that is looked through."""
    before: dict[str, None] = {}
    between: set[int] = set()
    through = [tensor]
    while through:
        index = model.makers[through.pop()]
        if index in between:
            continue
        between.add(index)
        for name in model.nodes[index].inputs:
            if name not in model.makers or name in apart:
                continue
            if comparable is None or name in comparable:
                before[name] = None
            else:
                through.append(name)
    return list(before), sorted(between)
