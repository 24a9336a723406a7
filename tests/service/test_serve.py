"""`auditor serve`: it listens where it may, its processes are started again, and it ends when it is asked to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import pytest

from auditor.cli.app import run
from auditor.config.configuration import read
from auditor.errors import UsageError
from auditor.service.children import Given
from auditor.service.context import ServiceLimits
from auditor.service.files.storage import Storage
from auditor.service.jobs.slots import taken_name
from auditor.service.serving import Serving, check_open, listening, serving, url_of
from auditor.service.supervisor import _Child
from auditor.store import jobs, tokens
from auditor.store.works import Works
from tests.batch.kills import make_models
from tests.pace import HANG, until
from tests.service.kills import ROOT, Server, put_version


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("AUDITOR_DB", "AUDITOR_ADDRESS", "AUDITOR_PORT", "AUDITOR_STORAGE", "AUDITOR_WORKERS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Works]:
    with Works.open(tmp_path / "reports.db") as opened:
        yield opened


KILLED = ("http", "dispatcher")


class Served(Server):
    """A service that says where it is."""

    def begin(self, *more: str) -> str:
        """Start it; the line that it says when it answers."""
        command = [sys.executable, "-m", "auditor", "serve", "--port", "0", "--workers", "1", "--no-config", *more]
        command += ["--db", self.database, "--storage", str(self.storage)]
        with (self.storage.parent / "said").open("wb") as said:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, cwd=ROOT)
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()


def answer(address: str, path: str = "/healthz") -> bytes:
    with urllib.request.urlopen(address + path, timeout=HANG) as response:
        body = response.read()
    assert isinstance(body, bytes)
    return body


def test_a_service_says_where_it_is_lives_through_kills_and_ends_when_asked_to(store: Works, tmp_path: Path) -> None:
    served = Served(str(tmp_path / "reports.db"), tmp_path / "storage")
    line = served.begin()
    try:
        address = line.split()[3]
        assert line == f"auditor serves at {address} (nobody needs a token)\n"
        assert answer(address) == b'{"status":"ok"}'
        for kind in KILLED:
            (before,) = served.pids(kind)
            os.kill(before, signal.SIGKILL)
            until(partial(_is_another, served, kind, before), "another process")
            assert answer(address) == b'{"status":"ok"}'  # connections wait meanwhile
        make_models(tmp_path / "models", 1)
        storage = Storage(tmp_path / "storage")
        version_id, _ = put_version(store, storage, "m", tmp_path / "models" / "000" / "0.onnx")
        job = jobs.submit(store, version_id=version_id, options={"run": False}, by="ada")

        def is_done() -> bool:
            now = jobs.job(store, job.id)
            return now is not None and now.state == "done"

        until(is_done, "the report")
        answer(address, "/api/v1/whoami")
        tokens.create(store, "ann", ["read"])
        with pytest.raises(HTTPError, match="401"):  # nobody needs a token as long as there is none
            answer(address, "/api/v1/whoami")
        processes = [pid for kind in ("http", "dispatcher", "worker") for pid in served.pids(kind)]
        assert len(processes) == 3
        assert served.end() == 0
        assert not [pid for pid in processes if Path(f"/proc/{pid}").exists()]
        told = [line for line in (tmp_path / "said").read_text().splitlines() if line.startswith("auditor serve: ")]
        ended = [f"auditor serve: the {kind} process ended (SIGKILL) and is started again" for kind in KILLED]
        assert told == ended
    finally:
        if served.process is not None:
            served.process.kill()
            served.process.wait()


def test_with_a_supervisor_all_end(tmp_path: Path) -> None:
    served = Served(str(tmp_path / "reports.db"), tmp_path / "storage")
    served.begin()
    processes = [pid for kind in ("http", "dispatcher") for pid in served.pids(kind)]
    assert served.process is not None and len(processes) == 2
    served.process.kill()
    served.process.wait()
    until(lambda: not any(_lives(pid) for pid in processes), "their end")


def _is_another(served: Server, kind: str, before: int) -> bool:
    return served.pids(kind) not in ([], [before])


def _lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_beyond_this_machine_it_wants_a_token(store: Works) -> None:
    chosen = Serving("", 1)
    assert check_open(chosen, store)
    for address in ("0.0.0.0", "::"):
        with pytest.raises(UsageError, match="there is no token yet"):
            check_open(chosen._replace(address=address), store)
    assert check_open(chosen._replace(address="0.0.0.0", no_auth=True), store)
    token, _ = tokens.create(store.in_project("team"), "ann", ["read"])
    assert not check_open(chosen._replace(address="0.0.0.0"), store)
    assert not check_open(chosen, store)  # nor is this machine's own address open then
    assert check_open(chosen._replace(no_auth=True), store)
    tokens.revoke(store.in_project("team"), token.id)
    with pytest.raises(UsageError):
        check_open(chosen._replace(address="0.0.0.0"), store)


def test_it_refuses_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = str(taken.getsockname()[1])
    for words, said in (
        (["--address", "0.0.0.0"], "make one with `auditor token create"),
        (["--port", port], f"cannot listen at 127.0.0.1 port {port}"),
        (["--port", "65536"], "--port takes a port"),
        (["--address", "192.0.2.7", "--no-auth"], "cannot listen at 192.0.2.7"),
        (["--address", "no such name", "--no-auth"], "is not an address of this machine"),
        (["--root", str(tmp_path / "none")], "there is no such folder"),
        (["--root", str(tmp_path), "--storage", str(tmp_path / "kept")], "the storage lies elsewhere"),
        (["--root", str(tmp_path), "--storage", os.path.dirname(tmp_path)], "the storage lies elsewhere"),
    ):
        assert run(["serve", *words]) == 2
        told = capsys.readouterr()
        assert said in told.err and told.err.count("\n") == 1 and not told.out
    taken.close()


def test_without_the_extra_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(["serve"]) == 2
    assert capsys.readouterr().err == (
        "auditor: auditor serve needs fastapi, uvicorn, jinja2, prometheus_client: pip install 'auditor[service]'\n"
    )


def test_what_is_configured_and_what_is_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "auditor.toml").write_text(
        '[service]\nport = 1234\nhosts = ["b.example.com", "a.example.com"]\nroots = ["models"]\nstorage = "kept"\n'
        'workers = 3\nmax-upload = "2G"\nqueue = 7\nno-auth = true\n'
    )
    chosen, limits = serving(read("auditor.toml").saying({"port": 99}))
    assert chosen == Serving(
        str(tmp_path / "kept"), 3, port=99, names=("a.example.com", "b.example.com"), no_auth=True,
        roots=(str(tmp_path / "models"),),
    )  # fmt: skip
    assert limits == ServiceLimits(upload=2 << 30, queue=7)
    (tmp_path / "auditor.toml").write_text("[service]\nlimits = 1\n")
    with pytest.raises(UsageError, match=r"there is no key service\.limits"):
        read("auditor.toml")
    (tmp_path / "auditor.toml").write_text("")
    usual, _ = serving(read("auditor.toml"))
    assert usual == Serving(str(tmp_path / "data" / "auditor" / "service"), usual.workers)
    assert (usual.address, usual.port) == ("127.0.0.1", 8000)


@pytest.mark.parametrize(("address", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:")])
def test_where_a_browser_finds_it(address: str, url: str) -> None:
    with listening(Serving("", 1, address=address, port=0)) as listens:
        assert url_of(listens) == f"{url}{listens.getsockname()[1]}"


def test_a_name_is_one_process_and_comes_back_when_that_is_gone(tmp_path: Path) -> None:
    """Also where that was killed: the system gives the lock back."""
    code = (
        "import pathlib, sys, time\nfrom auditor.service.jobs.slots import taken_name\n"
        "with taken_name(pathlib.Path(sys.argv[1])) as name:\n    print(name, flush=True)\n    time.sleep(600)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert other.stdout is not None
    theirs = other.stdout.readline().decode().strip()
    with taken_name(tmp_path) as mine:
        assert len(theirs) == len(mine) == 32 and mine != theirs
        other.kill()
        other.wait()
    with taken_name(tmp_path) as again:
        assert again == theirs


def test_what_a_process_is_told_comes_whole() -> None:
    said = Given(1, "db", "storage", 3, 4, ("/a",), ("h",), ("n",), ("p",), True, 9000, ServiceLimits()._asdict(), 2)
    code = "from auditor.service.children import received\nprint(received()._replace(parent=1))"
    told = said._replace(parent=os.getpid()).line
    found = subprocess.run([sys.executable, "-c", code], input=told, capture_output=True, cwd=ROOT, check=True)
    assert found.stdout.decode().strip() == repr(said)


def test_an_address_that_is_let_go_in_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of a service that was killed end a moment after it, and they hold its socket."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        monkeypatch.setattr("auditor.service.serving.time.sleep", lambda seconds: held.close())
        with listening(Serving("", 1, port=port)) as listens:
            assert listens.getsockname()[1] == port


def test_an_address_that_another_program_keeps_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.service.serving._ENDING", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as held, pytest.raises(UsageError, match="already in use"):
        listening(Serving("", 1, port=held.getsockname()[1]))


LEFT_BEHIND = """
import socket, time  # as if by: from auditor.service.http import main
with socket.create_server(("127.0.0.1", 0)) as held:
    print(held.getsockname()[1], flush=True)
    time.sleep(1000)
"""


def test_what_a_killed_service_left_behind_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it takes longer than `_ENDING`; nobody else is waited for."""
    monkeypatch.setattr("auditor.service.serving._ENDING", 0.0)
    with subprocess.Popen([sys.executable, "-c", LEFT_BEHIND], stdout=subprocess.PIPE, text=True) as left:
        assert left.stdout is not None
        chosen = Serving("", 1, port=int(left.stdout.readline()))

        def end(_: float) -> None:
            left.kill()
            left.wait()

        monkeypatch.setattr("auditor.service.serving.time.sleep", end)
        with listening(chosen) as listens:
            assert listens.getsockname()[1] == chosen.port


def test_no_signal_that_ends_a_child_ends_its_supervisor() -> None:
    """Linux has signals without a name, SIGRTMIN+1 to SIGRTMAX-1."""
    child = _Child("http", b"", ())
    for status, how in ((-signal.SIGKILL, "SIGKILL"), (-(signal.SIGRTMIN + 6), "signal 40"), (3, "exit code 3")):
        process: Any = SimpleNamespace(poll=partial(int, status))
        child.process = process
        assert child.look() == how


STARTED_AND_KILLED = """
import os, signal, sys
from auditor.service.supervisor import _Child
sys.executable = sys.argv[1]
child = _Child("http", b"", ())
child.start()
print(child.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_has_not_begun_yet_ends_with_its_supervisor(tmp_path: Path) -> None:
    """It imports for a while before it knows anything, and would hold the socket."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 1000 >/dev/null\n")
    slow.chmod(0o755)
    found = subprocess.run(
        [sys.executable, "-c", STARTED_AND_KILLED, slow], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    until(lambda: _has_ended(int(found.stdout)), "its end")


def _has_ended(pid: int) -> bool:
    """Whether it runs no more; nobody may have asked yet how it ended."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
