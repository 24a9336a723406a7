"""Processes that are held for a moment where nobody thought of it: what an order that "will have happened" hides.

A loaded machine is slow everywhere at once. Here one process alone is late, for up to two seconds, while the others go
on: the client behind its server, the worker behind its parent. Tests that wait for a state do not notice.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SHORTEST, LONGEST = 0.02, 2.0  # seconds; in between, each doubling is as frequent as the next
AT_ONCE = 2  # processes that are held


@contextmanager
def stuttering(ancestor: int, seed: int) -> Iterator[None]:
    """Holds and lets go, one after the other, what descends from a process, as long as the block lasts."""
    over = threading.Event()
    threads = [threading.Thread(target=_hold, args=(ancestor, random.Random(seed + i), over)) for i in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _hold(ancestor: int, drawn: random.Random, over: threading.Event) -> None:
    while not over.wait(drawn.uniform(0, 0.2)):
        # What a test has stopped itself is let alone.
        awake = [pid for pid, state in descendants(ancestor).items() if state not in "TtZX"]
        if not awake:
            continue
        pid = drawn.choice(awake)
        with suppress(ProcessLookupError, PermissionError):
            held = os.pidfd_open(pid)  # a number may be given anew, this is the process
            try:
                signal.pidfd_send_signal(held, signal.SIGSTOP)
                over.wait(SHORTEST * (LONGEST / SHORTEST) ** drawn.random())
                signal.pidfd_send_signal(held, signal.SIGCONT)
            finally:
                os.close(held)


def descendants(ancestor: int) -> dict[int, str]:
    """The processes that come from one, by number, each with the letter of its state (``man 5 proc``)."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            parents[int(folder.name)] = int(parent), state
    found: dict[int, str] = {}
    more = {ancestor}
    while more:
        more = {pid for pid, (parent, _) in parents.items() if parent in more} - found.keys()
        found |= {pid: parents[pid][1] for pid in more}
    return found
