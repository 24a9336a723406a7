"""The process that does a Dask worker's tasks: no threads, one `pool.Pool`, and one worker forked from it.

It is started anew by `carrying`, not forked, for a Dask worker has threads, whose locks a fork would find taken. It
answers parcel after parcel, and ends with the Dask worker, whose end of the pipe is then closed.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
import time
from typing import Any

from ..frames import NoFrame, receive, send
from ..pool import Pool
from ..state import installation
from ..tasks import OutOfSight, Result, Returned, WorkerLimits
from .grouping import AIM
from .messages import Call, CallDone, Parcel, Sight

_LONG = 10 * AIM  # seconds after which a parcel goes back with what is not begun: others may have nothing to do
_LARGE = 1 << 24  # bytes of reports after which it does, about


class _Gone(Exception):
    """The Dask worker has ended."""


def main() -> None:
    """Until the pipe, whose descriptor is the last argument, is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[-1])) as pipe, Pool(1, WorkerLimits()) as pool:
        try:
            send(pipe, installation())
            while True:
                send(pipe, _answer(receive(pipe), pool, pipe))
        except (EOFError, NoFrame, OSError, _Gone):
            pool.close()


def _answer(packed: bytes, pool: Pool, pipe: socket.socket) -> bytes | str:
    """Of a packed parcel: the answer, packed as well, or why it cannot be unpacked here."""
    try:
        parcel = pickle.loads(packed)
    except Exception as error:  # it names what is not installed here, most likely
        return f"{type(error).__name__}: {error}"
    return pickle.dumps(_done(parcel, pool, pipe), pickle.HIGHEST_PROTOCOL)


def _done(parcel: Parcel, pool: Pool, pipe: socket.socket) -> list[CallDone]:
    """The calls of a parcel, one after the other."""
    began, size = time.monotonic(), 0
    done: list[CallDone] = []
    for call in parcel.calls:
        now = time.monotonic()
        if done and (now - began > _LONG or size > _LARGE):
            done.append(CallDone(None, 0.0))
            continue
        result = _result(call, parcel.folder, pool, pipe)
        done.append(CallDone(result, time.monotonic() - now))
        size += len(pickle.dumps(result))
    return done


def _result(call: Call, folder: str, pool: Pool, pipe: socket.socket) -> Result:
    task = pool.submit(
        called_there, folder, call.sights, call.function, call.arguments, limits=call.limits, tries=call.tries
    )
    while task.result is None:
        heard = not pool.wait(60.0, pipe.fileno())
        if heard and task.result is None and _closed(pipe):
            raise _Gone
    match task.result:
        case Returned(OutOfSight() as unseen):
            return unseen
        case result:
            return result


def _closed(pipe: socket.socket) -> bool:
    """Whether the other side is gone: it says nothing while a parcel is being done."""
    try:
        return not pipe.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def called_there(folder: str, sights: tuple[Sight, ...], function: Any, arguments: tuple[Any, ...]) -> Any:
    """What the function returns, called in a folder; `OutOfSight` where a file is not there as its sender sees it."""
    host = socket.gethostname()
    try:
        os.chdir(folder)
    except OSError as error:
        return OutOfSight(folder, f"host {host} cannot enter the folder {folder} ({error.strerror})")
    for path, size, mtime_ns in sights:
        try:
            found = os.stat(path)
        except (OSError, ValueError) as error:
            return OutOfSight(path, f"host {host} does not see {path} ({getattr(error, 'strerror', error)})")
        if (found.st_size, found.st_mtime_ns) != (size, mtime_ns):
            return OutOfSight(path, f"host {host} sees another file at {path}, or one that has just changed")
    return function(*arguments)


if __name__ == "__main__":
    main()
