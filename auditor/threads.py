"""Reading several files at once: hashing, and what NumPy does with a block, leave Python's lock to the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

WORTH_THREADS = 1 << 28
"""Bytes of several files from which on threads pay."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(function: Callable[[_Item], _Answer], items: Sequence[_Item]) -> list[_Answer]:
    """What the function says of each item, in their order, by one thread a processor at most.

    The threads have ended when it returns: whoever forks afterwards has none. The first error is raised, when what had
    begun is done; what had not begun is not.
    """
    count = min(processors(), len(items))
    if count < 2:
        return [function(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count) as threads:
        waiting = [threads.submit(function, item) for item in items]
        try:
            return [one.result() for one in waiting]
        finally:
            threads.shutdown(cancel_futures=True)
