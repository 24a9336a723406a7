"""The command in a process of its own, without a start of its own: forked from one that has imported auditor.

A start costs 0.2 seconds of CPU, a fork three milliseconds. What a test asks of a process stays: it has its own memory,
streams, folder, environment and session; it ends by an exit status or a signal, and the one that forked it lives on.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from tests.pace import HANG

ROOT = Path(__file__).parents[1]
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_LEFT_OUT = (
    "auditor.store", "auditor.runtime.server", "auditor._migrations", "auditor.__main__",
    "auditor.batch.engines.bridge",  # a program of its own, and the only one that needs Dask
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """What became of one call.

    ``status`` is negative after a signal; ``cpu`` is in seconds, its children's with it; ``grown`` says by how many
    MB the process itself was larger at its largest than when it was forked: infinite where a signal ended it.
    """

    status: int
    out: str
    err: str
    cpu: float
    grown: float

    @property
    def report(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "backslashreplace")


class Parent:
    """The process that forks. It is started with the first call, and ends with this process."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def call(
        self,
        *arguments: str,
        code: str | None = None,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        seconds: float = HANG,
    ) -> Ended:
        """Run ``auditor`` with these arguments, or a program of Python that finds them in ``sys.argv``."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open("rb") as null:
            asked = {
                "arguments": arguments, "code": code, "cwd": str(cwd), "env": {**os.environ, **(env or {})},
                "seconds": seconds,
            }  # fmt: skip
            descriptors = [null if stdin == subprocess.DEVNULL else stdin, out, err]
            answer = self._ask(asked, [d if isinstance(d, int) else d.fileno() for d in descriptors])
            return Ended(answer["status"], _text(out), _text(err), answer["cpu"], answer["grown"])

    def close(self) -> None:
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait(HANG)
            self._socket = self._process = None

    def _ask(self, asked: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if self._socket is None:
            self._start()
        assert self._socket is not None
        said = json.dumps(asked).encode()
        socket.send_fds(self._socket, [len(said).to_bytes(8, "little")], descriptors)
        self._socket.sendall(said)
        answer = json.loads(_received(self._socket, int.from_bytes(_received(self._socket, 8), "little")))
        assert isinstance(answer, dict)
        return answer

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        atexit.register(self.close)


PARENT = Parent()
call = PARENT.call


def _received(channel: socket.socket, size: int) -> bytes:
    held = bytearray()
    while len(held) < size:
        more = channel.recv(size - len(held))
        if not more:
            raise EOFError("the process that forks is gone")
        held += more
    return bytes(held)


def _serve(channel: socket.socket) -> None:
    while True:
        head, descriptors, _, _ = socket.recv_fds(channel, 8, 3)
        if not head:
            return
        assert len(head) == 8
        asked = json.loads(_received(channel, int.from_bytes(head, "little")))
        mouth, ear = os.pipe()
        pid = os.fork()
        if not pid:
            channel.close()
            os.close(mouth)
            _be_child(asked, descriptors, ear)
        for descriptor in (*descriptors, ear):
            os.close(descriptor)
        said = json.dumps(_ended(pid, asked["seconds"], mouth)).encode()
        channel.sendall(len(said).to_bytes(8, "little") + said)


def _ended(pid: int, seconds: float, mouth: int) -> dict[str, Any]:
    def end(*_: object) -> None:
        for kill in (os.killpg, os.kill):  # it may not have come to a session of its own yet
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status, usage = os.wait4(pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    with suppress(ProcessLookupError):  # what it left running
        os.killpg(pid, signal.SIGKILL)
    with os.fdopen(mouth, "rb") as told:
        grown = told.readline()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "grown": int(grown) / 1024 if grown else float("inf"),
    }


def _be_child(asked: dict[str, Any], descriptors: Sequence[int], ear: int) -> NoReturn:
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        tempfile.tempdir = None
        _tell_growth_at_exit(ear)
        status = _run(asked["arguments"], asked["code"])
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run(arguments: list[str], code: str | None) -> int:
    sys.argv = ["auditor" if code is None else "-c", *arguments]
    try:
        if code is not None:
            exec(compile(code, "<code>", "exec"), {"__name__": "__main__"})
            return 0
        import importlib

        import auditor.cli

        importlib.reload(auditor.cli).main()  # once more, for what it says in the environment
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _tell_growth_at_exit(ear: int) -> None:
    """`ru_maxrss` of a process takes its children's with it: its own is asked for as its last deed.

    A fork begins with what its parent holds now, not with the most that it ever held.
    """
    leave, mine, began = os._exit, os.getpid(), _peak()

    def tell_and_leave(status: int) -> NoReturn:
        if os.getpid() == mine:
            with suppress(OSError):
                os.write(ear, b"%d\n" % (_peak() - began))
        leave(status)

    os.set_inheritable(ear, False)
    os._exit = tell_and_leave


def _peak() -> int:
    """The largest resident size of this process so far, in kB."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _preload() -> None:
    """All of auditor but what opens a database or runs a model, so that a child has nothing to import."""
    import gc
    import importlib
    import pkgutil

    import auditor.cli  # first: it says on how many threads NumPy works

    for module in pkgutil.walk_packages(auditor.__path__, "auditor.", onerror=lambda name: None):
        if not module.name.startswith(_LEFT_OUT):
            importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    _preload()
    with suppress(EOFError, ConnectionError):
        _serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)
