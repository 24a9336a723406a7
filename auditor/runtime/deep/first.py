"""The first tensor that is not as it should be: by bisection over what a bad one hangs on, then by its own inputs."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeAlias

from ..cutting import Cuttable

Bad: TypeAlias = Callable[[str], bool]
"""Whether a tensor is not as it should be; what is not to be had is as it should be: the search goes on behind it."""


def first(model: Cuttable, output: str, looked_at: Container[str], bad: Bad) -> str:
    """The first bad tensor in front of a bad output, of those that can be looked at: none that goes into it is bad."""
    target = output
    while True:
        order = [name for name in model.made_before(target) if name in looked_at and name != target]
        low, high = -1, len(order)  # the target, behind the last of them, is bad
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if bad(order[middle]) else (middle, high)
        found = order[high] if high < len(order) else target
        before = next((name for name in nearest(model, found, looked_at) if bad(name)), None)
        if before is None:
            return found
        target = before


def nearest(model: Cuttable, tensor: str, looked_at: Container[str]) -> list[str]:
    """The tensors that can be looked at in front of one, with none of their kind in between."""
    maker = model.makers.get(tensor)
    waiting = [] if maker is None else list(model.nodes[maker].inputs)
    seen: dict[str, bool] = {}
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in model.makers:
            continue
        seen[name] = name in looked_at
        if not seen[name]:
            waiting += model.nodes[model.makers[name]].inputs
    return [name for name, here in seen.items() if here]
