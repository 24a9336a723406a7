"""Runs that a server forks: what comes of them is what comes of a fresh interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.runtime import started
from auditor.runtime.outcome import Crashed, Failed, NotRun, Outcome, Run, TimedOut
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Request, RunLimits
from tests.pace import HANG, until

from .conftest import Write, floats

ADD = "add (float[N, 4] x) => (float[N, 4] z) { [relu] y = Relu (x) [sum] z = Add (y, x) }"
LOOP = """endless (float[1] x) => (float[1] y) {
  most = Constant <value_int = 9000000000000000000> ()
  go = Constant <value = bool {1}> ()
  y = Loop <body = again (int64 i, bool on, float[1] held) => (bool more, float[1] next)
    { more = Identity (on) next = Identity (held) }> (most, go, x)
}"""


@pytest.fixture(autouse=True)
def _server() -> Iterator[None]:
    started.keep_server()
    yield
    started.drop_server()


def server() -> int:
    assert started._server is not None
    return started._server._process.pid


def timeless(outcome: Outcome) -> Outcome:
    return outcome._replace(load_seconds=0.0, run_seconds=(), levels=()) if isinstance(outcome, Run) else outcome


def test_the_same_comes_of_it_as_of_a_fresh_interpreter(write: Write) -> None:
    requests = [
        Request(write(ADD), attempts=((floats("x", 2, 4),),), trace=("y",), require_isolation=True),
        Request(write("bad (float[2] x) => (float[3] y) { y = Reshape <allowzero = 0> (x, x) }"), attempts=((),)),
        Request(write(ADD), attempts=((Feed("x", 99, (2, 4)),),)),
    ]
    forked = [run(request) for request in requests]
    assert server() > 0
    started.drop_server()
    assert list(map(timeless, forked)) == [timeless(run(request)) for request in requests]
    assert [type(outcome) for outcome in forked] == [Run, Failed, NotRun]
    assert isinstance(forked[0], Run) and forked[0].isolation["level"] == "full"


def test_one_server_serves_many_runs_and_leaves_no_child(write: Write) -> None:
    request = Request(write(ADD), attempts=((floats("x", 2, 4),),))
    assert isinstance(run(request), Run)
    first = server()
    assert all(isinstance(run(request), Run) for _ in range(10))
    assert server() == first
    assert Path(f"/proc/{first}/task/{first}/children").read_text() == ""


def test_a_model_is_found_from_where_its_run_is_asked_for(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where that is not the folder in which the server began."""
    request = Request(write(ADD), attempts=((floats("x", 2, 4),),), require_isolation=True)
    assert isinstance(run(request), Run)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "m.onnx").write_bytes(Path(request.model).read_bytes())
    monkeypatch.chdir(elsewhere)
    first = server()
    assert isinstance(run(request._replace(model="m.onnx")), Run)
    assert server() == first


def test_a_run_without_end_is_ended(write: Write, patience: float) -> None:
    request = Request(write(LOOP), attempts=((floats("x", 1),),), limits=RunLimits(patience))
    assert isinstance(run(request), TimedOut)
    assert Path(f"/proc/{server()}/task/{server()}/children").read_text() == ""
    assert isinstance(run(Request(write(ADD), attempts=((floats("x", 2, 4),),))), Run)


def test_a_child_that_is_killed_costs_its_run_alone(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it would open the model, the child ends itself."""
    boot = "import os; from auditor.runtime import child as c; c.perform = lambda *_: os.abort(); "
    with monkeypatch.context() as patched:
        patched.setattr(
            started, "_BOOT", started._BOOT.replace("from auditor.runtime.child", boot + "from auditor.runtime.child")
        )
        outcome = run(Request(write(ADD), attempts=((floats("x", 2, 4),),)))
        assert isinstance(outcome, Crashed) and outcome.signal == "SIGABRT"
        held = server()
        assert isinstance(run(Request(write(ADD))), Crashed) and server() == held


def test_a_server_that_dies_is_done_without(write: Write) -> None:
    request = Request(write(ADD), attempts=((floats("x", 2, 4),),))
    assert isinstance(run(request), Run)
    os.kill(server(), signal.SIGKILL)
    assert isinstance(run(request), Run)
    assert started._server is None


def test_no_server_outlives_whom_it_serves(write: Write) -> None:
    code = f"""
import os
from auditor.runtime import started
from auditor.runtime.run import run
from auditor.runtime.request import Request
started.keep_server()
run(Request({write(ADD)!r}))
print(started._server._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG, check=False)
    until(lambda: not lives(answer.stdout.strip()), "its end")


def lives(process: str) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_children_are_forked_for_as_long_as_they_are_asked_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the server ends with that, but for one that was kept before."""
    monkeypatch.setattr(started, "_server", None)
    monkeypatch.setattr(started, "_wanted", False)
    with started.forked_children():
        assert started._wanted
    assert not started._wanted
    started.keep_server()
    with started.forked_children():
        pass
    assert started._wanted


def test_a_forked_process_has_a_server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that talk on one socket take each other's answers; and nobody ends a server that is another's."""
    monkeypatch.setattr(started, "_server", None)
    monkeypatch.setattr(started, "_wanted", True)
    mine = started._server = started.Server()
    try:
        child = os.fork()
        if not child:
            started.drop_server()
            os._exit(0 if started._server is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert mine._process.poll() is None
    finally:
        mine.close()


def test_a_server_of_the_process_before_the_fork_is_not_talked_to(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(write(ADD), attempts=((floats("x", 2, 4),),))
    assert isinstance(run(request), Run)
    theirs = started._server
    assert theirs is not None
    monkeypatch.setattr(theirs, "owner", -1)
    try:
        assert isinstance(run(request), Run)
        assert started._server is not theirs and theirs._process.poll() is None
    finally:
        theirs.close()
