"""A worker's life: it answers each call, and has nothing to say on the parent's own streams."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Callable

import pytest

from auditor.batch import pool
from auditor.batch.frames import receive, send
from auditor.batch.pool import Pool
from auditor.batch.tasks import TRIES, Died, Raised, Returned, WorkerLimits
from tests.pace import HANG


def double(n: int) -> int:
    return 2 * n


def shout(text: str) -> int:
    """As a library in C does, past Python's own streams."""
    return os.write(1, text.encode()) + len(os.read(0, 10))


def leave(code: int) -> None:
    os._exit(code)


def test_a_worker_answers_each_call_until_its_parent_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its life is led here, in this process, with what it does to its process written down and not done."""
    done: list[tuple[object, ...]] = []

    def noted(name: str) -> Callable[..., None]:
        return lambda *arguments: done.append((name, *arguments))

    monkeypatch.setattr(pool, "_parent", None)  # which it sets: nobody in this process is to talk to it afterwards
    monkeypatch.setattr(pool, "die_with", noted("die with"))
    monkeypatch.setattr(signal, "signal", noted("signal"))
    monkeypatch.setattr(gc, "freeze", noted("freeze"))
    monkeypatch.setattr(os, "dup2", noted("put in place"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, (double, (4,)))
        send(ours, (int, ("x",)))
        send(ours, (double, (5,)))
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            pool._serve(theirs, 7)
        first, second, third = (receive(ours) for _ in range(3))
    assert (first, third) == (Returned(8), Returned(10))
    assert isinstance(second, Raised) and second.error.startswith("ValueError: invalid literal")
    assert second.trace.startswith("Traceback") and second.trace.rstrip().endswith(second.error)
    assert done[:3] == [("die with", 7), ("signal", signal.SIGINT, signal.SIG_IGN), ("freeze",)]
    nowhere = done[3][1]
    assert isinstance(nowhere, int) and os.readlink(f"/proc/self/fd/{nowhere}") == os.devnull
    os.close(nowhere)
    assert done[3:] == [("put in place", nowhere, 0), ("put in place", nowhere, 1)]


def test_what_a_worker_writes_is_no_part_of_the_result(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is the report's; standard input is nobody's, and ends at once."""
    with Pool(1, WorkerLimits(HANG)) as workers:
        task = workers.submit(shout, "not a report")
        assert list(workers.as_completed()) == [task]
    assert task.result == Returned(12)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("code", "how"),
    [(0, "exit code 0"), (1, "exit code 1"), (3, "exit code 3")],
)
def test_a_worker_that_ends_by_itself_is_told_by_its_exit_code(code: int, how: str) -> None:
    with Pool(1, WorkerLimits(HANG)) as workers:
        task = workers.submit(leave, code)
        assert list(workers.as_completed()) == [task]
    assert task.result == Died(how, TRIES)
