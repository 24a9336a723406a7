"""What a Dask worker does with a parcel: a process of its own does it, and bounds and survives each call."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.batch.engines import carrying, hand
from auditor.batch.engines.carrying import DONE, UNLIKE, Hand, HandLost, carry, installed_there
from auditor.batch.engines.messages import Call, CallDone, Parcel, Sight
from auditor.batch.frames import receive, send
from auditor.batch.pool import Pool
from auditor.batch.state import installation
from auditor.batch.tasks import Died, OutOfSight, Overdue, Raised, Result, Returned, TooLarge, WorkerLimits
from tests.pace import HANG, until


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def hold(size: int) -> None:
    held = bytearray(size)
    for n in range(0, size, 4096):
        held[n] = 1
    time.sleep(HANG)


def call(function: object, *arguments: object, sights: tuple[Sight, ...] = (), **limits: float) -> Call:
    return Call(function, arguments, WorkerLimits(**{"seconds": HANG, **limits}), 3, sights)  # type: ignore[arg-type]


def done_by_a_pool(*calls: Call, folder: str = "/") -> list[CallDone]:
    """In this process, which has no threads."""
    ours, theirs = socket.socketpair()
    with ours, theirs, Pool(1, WorkerLimits()) as pool:
        return hand._done(Parcel(folder, calls), pool, theirs)


def results(*calls: Call, folder: str = "/") -> list[Result | None]:
    return [done.result for done in done_by_a_pool(*calls, folder=folder)]


def test_each_call_has_its_result_and_costs_no_other() -> None:
    found = results(
        call(abs, -1), call(kill_itself), call(int, "x"), call(time.sleep, HANG, seconds=0.2), call(abs, -2),
        call(hold, 1 << 28, memory=1 << 27),
    )  # fmt: skip
    assert found[0] == Returned(1) and found[1] == Died("SIGTERM", 3) and isinstance(found[2], Raised)
    assert found[3:] == [Overdue(0.2), Returned(2), TooLarge(1 << 27)]


def test_calls_are_made_in_the_folder_of_the_batch(tmp_path: Path) -> None:
    assert results(call(os.getcwd), folder=str(tmp_path)) == [Returned(str(tmp_path))]


def test_it_says_what_is_installed_and_answers_until_the_pipe_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its life is led here, in this process."""
    ignored: list[object] = []
    monkeypatch.setattr(signal, "signal", lambda *said: ignored.append(said))
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(sys, "argv", ["hand", str(theirs.detach())])
    with ours:
        send(ours, pickle.dumps(Parcel(str(tmp_path), (call(os.getcwd),))))
        send(ours, b"cnowhere\nthing\n.")
        ours.shutdown(socket.SHUT_WR)
        hand.main()
        assert receive(ours) == installation()
        assert [done.result for done in pickle.loads(receive(ours))] == [Returned(str(tmp_path))]
        assert receive(ours) == "ModuleNotFoundError: No module named 'nowhere'"
        with pytest.raises(EOFError):
            receive(ours)
    assert ignored == [(signal.SIGINT, signal.SIG_IGN)]


def test_a_call_is_made_in_its_folder_and_of_files_that_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")  # and back, afterwards
    file, host = tmp_path / "a", socket.gethostname()
    file.write_bytes(b"abc")
    seen = Sight(str(file), 3, file.stat().st_mtime_ns)
    assert hand.called_there(str(tmp_path), (seen,), os.getcwd, ()) == str(tmp_path)
    assert hand.called_there(str(tmp_path), (seen._replace(size=4),), os.getcwd, ()) == OutOfSight(
        str(file), f"host {host} sees another file at {file}, or one that has just changed"
    )


def test_what_is_not_seen_is_not_looked_at(tmp_path: Path) -> None:
    """Not there, of another size, of another time: each is said, and with which host."""
    file, host = tmp_path / "a", socket.gethostname()
    file.write_bytes(b"abc")
    seen = Sight(str(file), 3, file.stat().st_mtime_ns)
    gone = Sight(str(tmp_path / "b"), 3, 0)
    other = f"host {host} sees another file at {file}, or one that has just changed"
    missing = f"host {host} does not see {gone.path} (No such file or directory)"
    sights = ((seen,), (seen, gone), (seen._replace(size=4),), (seen._replace(mtime_ns=5),))
    assert results(*(call(abs, -1, sights=some) for some in sights)) == [
        Returned(1), OutOfSight(gone.path, missing), OutOfSight(str(file), other), OutOfSight(str(file), other),
    ]  # fmt: skip
    nowhere = str(tmp_path / "none")
    assert results(call(abs, -1), folder=nowhere) == [
        OutOfSight(nowhere, f"host {host} cannot enter the folder {nowhere} (No such file or directory)")
    ]


def test_what_is_not_begun_after_long_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "_LONG", 0.0)
    assert [done.result for done in done_by_a_pool(call(abs, -1), call(abs, -2))] == [Returned(1), None]
    monkeypatch.setattr(hand, "_LONG", HANG)
    monkeypatch.setattr(hand, "_LARGE", 1000)
    assert results(call(bytes, 990), call(abs, -2)) == [Returned(bytes(990)), None]


def test_it_ends_with_the_worker_whose_hand_it_is() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Pool(1, WorkerLimits()) as pool:
        ours.close()
        with pytest.raises(hand._Gone):
            hand._done(Parcel("/", (call(time.sleep, HANG),)), pool, theirs)


@pytest.fixture
def no_hands() -> Iterator[None]:
    yield
    while carrying._idle:
        carrying._idle.pop().close()


@pytest.mark.usefixtures("no_hands")
def test_a_worker_keeps_its_hand_and_gets_another_when_that_dies() -> None:
    here = installation()
    assert installed_there() == here
    (first,) = carrying._idle
    parcel = pickle.dumps(Parcel("/", (call(os.getppid),)))
    done, answer = carry(parcel, here)
    assert done == DONE and [one.result for one in pickle.loads(answer)] == [Returned(first.pid)]
    assert carry(parcel, {**here, "auditor": "0.0"}) == (UNLIKE, here)
    with pytest.raises(HandLost, match=r"what was sent cannot be read: ModuleNotFoundError: No module named 'nowhere'"):
        carry(b"cnowhere\nthing\n.", {})
    assert carrying._idle == [first]
    os.kill(first.pid, signal.SIGKILL)
    done, answer = carry(parcel, {})
    (second,) = carrying._idle
    assert done == DONE and second is not first
    assert [one.result for one in pickle.loads(answer)] == [Returned(second.pid)]
    pid = second.pid
    second._pipe.close()  # as when the Dask worker is killed

    def gone() -> bool:
        return second._process.poll() is not None

    assert until(gone, f"the end of {pid}")


def test_hands_that_die_each_time_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    class Dying(Hand):
        def __init__(self) -> None:
            started.append(1)
            raise EOFError

    monkeypatch.setattr(carrying, "Hand", Dying)
    with pytest.raises(HandLost, match=r"the process that audits ended 3 times \(EOFError\)"):
        carry(b"", {})
    assert len(started) == 3
