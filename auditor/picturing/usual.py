"""Numbers for what hangs on open sizes: a plot needs some, and says which."""

from __future__ import annotations

from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, Size, evaluate

BATCH, USUAL = 1, 64
"""What open sizes are taken as: of an input's first axis, and any other."""


class Usual:
    """Takes every open size as a usual one, and remembers which it took."""

    def __init__(self, facts: Facts) -> None:
        shapes = [fact.shape for fact in facts.inputs.values() if fact.shape]
        first = {name for shape in shapes if isinstance(shape[0], Dim) for name in shape[0].names}
        inner = {name for shape in shapes for size in shape[1:] if isinstance(size, Dim) for name in size.names}
        self._batches = first - inner
        self._known: dict[Dim, int | None] = {}
        self.taken: dict[str, int] = {}

    def number(self, size: Size | None) -> int | None:
        """None where nobody knows, or where usual inputs make no sense for it."""
        if size is None or isinstance(size, int):
            return size
        if size not in self._known:
            for name in size.names:
                self.taken.setdefault(name, BATCH if name in self._batches else USUAL)
            try:
                found = evaluate(size, self.taken)
            except ArithmeticError:
                found = -1
            self._known[size] = found if found >= 0 else None
        return self._known[size]
