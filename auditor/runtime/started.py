"""How a child process is started: a fresh interpreter, or a fork of one that has imported its libraries.

A fresh one takes a tenth of a second to import onnxruntime. Where many models are run one after the other, a server
does that once: it is as clean a process as any child, opens no model, and forks one child a run, which gives up its
rights before it opens its model, as every child does. A server that fails is done without.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "HOME")
_KEPT_PREFIXES = ("CUDA_", "NVIDIA_", "ROCM_", "HIP_")
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from auditor.runtime.child import main; main()"

PID, END, ENDED = struct.Struct("=i"), struct.Struct("=d"), struct.Struct("=i?")
"""What a server is told and tells: the child's number, how long to wait for its end, its status and whether it came."""

_START, _MORE = 60.0, 10.0  # seconds for a server to come up, and to answer beyond what it was told to wait


class Started(Protocol):
    """A child that runs."""

    pid: int
    noise: int  # a descriptor: its stdout and stderr

    def end(self, patience: float) -> int | None:
        """Wait so many seconds for its end, then kill it and all its kin; its status, None if it had to be killed."""


class Spawned:
    """A fresh interpreter that finds what this one finds, and takes nothing else from the environment."""

    def __init__(self, question: IO[bytes], channel: int, libraries: str = "") -> None:
        self._process = subprocess.Popen(
            _command("child", channel, libraries),
            stdin=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(channel,),
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.pid, self.noise = self._process.pid, self._process.stdout.fileno()

    def end(self, patience: float) -> int | None:
        with self._process:
            try:
                return self._process.wait(patience)
            except subprocess.TimeoutExpired:
                return None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)


class Server:
    """A process that has onnxruntime in memory and forks children. It ends with this process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _command("server", theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                start_new_session=True,
            )

    def start(self, question: IO[bytes], channel: int) -> Forked:
        """Have a child forked; OSError where the server is not up to it."""
        here = os.open(os.curdir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        noise, theirs = os.pipe()
        try:
            self._socket.settimeout(_START)
            socket.send_fds(self._socket, [b"r"], [question.fileno(), channel, theirs, here])
            (pid,) = PID.unpack(self.answer(PID.size))
        except BaseException:
            os.close(noise)
            raise
        finally:
            os.close(theirs)
            os.close(here)
        return Forked(self, pid, noise)

    def ended(self, patience: float) -> tuple[int, bool]:
        """Of the child: its status, and whether it came to its end by itself."""
        self._socket.settimeout(patience + _MORE)
        self._socket.sendall(b"e" + END.pack(patience))
        status, by_itself = ENDED.unpack(self.answer(ENDED.size))
        return status, by_itself

    def answer(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise OSError("the server of runs has ended")
            data += piece
        return data

    def close(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Forked:
    """A server's child."""

    def __init__(self, server: Server, pid: int, noise: int) -> None:
        self._server, self.pid, self.noise = server, pid, noise

    def end(self, patience: float) -> int | None:
        try:
            status, by_itself = self._server.ended(patience)
        except OSError:
            drop_server()  # and its child with it
            raise
        finally:
            os.close(self.noise)
        return status if by_itself else None


_wanted = False
_server: Server | None = None


def keep_server() -> None:
    """From here on this process has its children forked from a server: it will run many models."""
    global _wanted
    _wanted = True


def drop_server() -> None:
    """Children are fresh interpreters again."""
    global _wanted, _server
    _wanted = False
    if _server is not None and _server.owner == os.getpid():
        _server.close()
    _server = None


@contextlib.contextmanager
def forked_children() -> Iterator[None]:
    """Children are forked from a server for as long as this takes; one that was kept before stays."""
    kept = _wanted
    keep_server()
    try:
        yield
    finally:
        if not kept:
            drop_server()


def start(question: IO[bytes], channel: int, *, plain: bool, libraries: str = "") -> Started:
    """A child that reads the question and answers on the channel. Only ``plain`` ones, on the CPU, are forked.

    ``libraries`` is a folder with another onnxruntime, and its NumPy, which that child alone finds.
    """
    global _server
    if _wanted and plain and not libraries and sys.platform == "linux":
        if _server is not None and _server.owner != os.getpid():
            _server = None  # this process was forked from the one whose it is: two would talk on one socket
        try:
            _server = _server or Server()
            return _server.start(question, channel)
        except OSError:
            drop_server()
            question.seek(0)
    return Spawned(question, channel, libraries)


def _command(module: str, channel: int, libraries: str = "") -> list[str]:
    boot = _BOOT.replace("runtime.child", f"runtime.{module}")
    path = [libraries, *_search_path()] if libraries else _search_path()
    return [sys.executable, "-I", "-S", "-c", boot, str(channel), str(os.getpid()), json.dumps(path)]


def _search_path() -> list[str]:
    """Where this process finds modules, so that the child need not look for site-packages itself."""
    package = str(Path(__file__).resolve().parents[2])
    return list(dict.fromkeys([*(str(Path(entry).absolute()) for entry in sys.path), package]))


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in _KEPT_ENVIRONMENT or k.startswith(_KEPT_PREFIXES)}
    return kept | {
        "ORT_DISABLE_TELEMETRY": "1",  # or the import starts a thread and writes below the home directory
        "OPENBLAS_NUM_THREADS": "1",  # NumPy's threads would stay outside of Landlock, and take address space
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
