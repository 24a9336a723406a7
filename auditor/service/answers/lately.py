"""What was asked for last, within bounds: the next to ask often wants the same."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Lately(Generic[K, V]):
    """So many entries, of so many rows together; threads may share it."""

    def __init__(self, entries: int, rows: int) -> None:
        self._entries, self._most = entries, rows
        self._lock = Lock()
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._rows = 0

    def get(self, key: K) -> V | None:
        """What is kept under the key; None where nothing is, or not any more."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: K, value: V, rows: int) -> None:
        """Keep it, and let go of what nobody has asked for as long. The newest stays however large it is."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = value, rows
            self._rows += rows
            while len(self._kept) > 1 and (self._rows > self._most or len(self._kept) > self._entries):
                self._rows -= self._kept.popitem(last=False)[1][1]
