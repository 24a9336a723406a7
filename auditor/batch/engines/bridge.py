"""The process that speaks with a Dask cluster, for a batch that has no threads; the only importer of Dask.

Parcels go to the scheduler as tasks, and their answers back. Where the scheduler is lost, it connects anew and submits
again what has no answer: Dask itself forgets such tasks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import Any, TypeAlias

import dask
from distributed import Client, KilledWorker, LocalCluster, Security

from ..frames import Inbox, NoFrame, framed
from .carrying import UNLIKE, carry, installed_there, unlike
from .dask import unlike_here
from .messages import (
    Begin,
    Ended,
    Forget,
    ForUser,
    FromBridge,
    Installed,
    ParcelBack,
    Require,
    Send,
    Threads,
    WorkersLost,
)
from .where import Cluster

_AT_MOST, _EACH = 5.0, 10.0  # seconds between two tries to connect, and for one of them
_CLOSE = 5.0  # seconds for a client to close: nobody may be at the other end
_LOOK = 1.0  # seconds between two looks at the workers
_SILENT = 5.0  # seconds of waiting after which it is told
_DEATHS = 3  # workers that a parcel may cost, of a cluster of its own

_OF_ITS_OWN: Mapping[str, Any] = {
    "distributed.scheduler.allowed-failures": _DEATHS - 1,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.diagnostics.nvml": False,
    "distributed.admin.system-monitor.disk": False,
}

_Client: TypeAlias = Any  # Dask's types do not tell what is awaited
_Future: TypeAlias = Any


class _Over(Exception):
    """It comes to an end here, and why."""


class _Bridge:
    """One batch's connection."""

    def __init__(self, pipe: socket.socket, begin: Begin) -> None:
        self.pipe = pipe
        self.begin = begin
        self.called = Cluster(begin.address).called
        self.pending: dict[int, Send] = {}  # parcels without an answer
        self.futures: dict[int, _Future] = {}
        self.client: _Client = None
        self.own: Any = None  # the cluster, where it is this batch's own
        self.required: Mapping[str, str] | None = None
        self.lost = asyncio.Event()
        self.out: asyncio.Queue[FromBridge] = asyncio.Queue()
        self.name = secrets.token_hex(6)
        self.tries = 0
        self._following: set[asyncio.Task[None]] = set()

    def say(self, message: FromBridge) -> None:
        self.out.put_nowait(message)

    async def connect(self) -> None:
        """A client of the scheduler; `_Over` where there is none for too long."""
        if not self.begin.address:
            self.client = await self._cluster_of_its_own()
            return
        security, began, pause, told = self._security(), time.monotonic(), 0.1, False
        each = min(_EACH, self.begin.patience)
        while True:
            try:
                self.client = await Client(
                    self.begin.address, asynchronous=True, security=security, timeout=each, set_as_default=False
                )
                return
            except (OSError, TimeoutError) as error:
                waited = time.monotonic() - began
                if waited + pause > self.begin.patience:
                    why = " ".join(str(error).split()) or type(error).__name__
                    raise _Over(
                        f"{self.called} does not answer within {self.begin.patience:g} seconds ({why})"
                    ) from None
                if waited > _SILENT and not told:
                    self.say(ForUser(f"{self.called} does not answer: it is tried again"))
                    told = True
            await asyncio.sleep(pause)
            pause = min(_AT_MOST, 2 * pause)

    def _security(self) -> Security | None:
        if not self.begin.address.startswith("tls://"):
            return None
        given = {
            "tls_ca_file": self.begin.ca, "tls_client_cert": self.begin.cert, "tls_client_key": self.begin.key,
        }  # fmt: skip
        security = Security(require_encryption=True, **{key: file for key, file in given.items() if file})
        if not security.tls_ca_file or not security.tls_client_cert:
            raise _Over(
                f"{self.called}: tls:// needs certificates: --tls-ca, --tls-cert and --tls-key, or Dask's own"
                " configuration (distributed.comm.tls)"
            )
        try:
            security.get_connection_args("client")  # reads the files
        except (OSError, ValueError) as error:
            raise _Over(f"{self.called}: the certificates cannot be used: {error}") from None
        return security

    async def _cluster_of_its_own(self) -> _Client:
        """Workers here, reached by nobody without this process's own certificates, and without a dashboard."""
        dask.config.set(_OF_ITS_OWN)
        workers = 1 if self.begin.adaptive else self.begin.jobs
        self.own = await LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, asynchronous=True, host="127.0.0.1",
            security=True, scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"}, memory_limit=0,
            resources=dict(self.begin.resources) or None,
        )  # fmt: skip
        if self.begin.adaptive:
            self.own.adapt(minimum=1, maximum=self.begin.jobs, interval="500 ms", target_duration="1 s")
        return await Client(self.own, asynchronous=True, set_as_default=False)

    async def keep_connected(self) -> None:
        """Whenever the scheduler is lost: connect anew, and submit again."""
        while True:
            await self.lost.wait()
            if self.own is not None:
                raise _Over(f"{self.called} has ended")
            await self._drop_client()
            await self.connect()
            self.lost.clear()
            for send in list(self.pending.values()):
                self.follow(send)

    async def _drop_client(self) -> None:
        client, self.client = self.client, None
        self.futures.clear()
        with contextlib.suppress(OSError, TimeoutError, CancelledError, RuntimeError):  # nobody may be there
            await asyncio.wait_for(client.close(), _CLOSE)

    async def watch(self) -> None:
        """Say how many threads there are; `_Over` where no worker can do the work for too long."""
        known, since, told = -1, time.monotonic(), False
        while True:
            threads = await self._threads()
            now = time.monotonic()
            if threads is None:
                since = now  # not connected: that has its own patience
            else:
                if threads != known:
                    known = threads
                    self.say(Threads(threads))
                if threads:
                    since, told = now, False
                    if self.required is None:
                        await self._say_what_is_installed()
                what = "no worker" + "".join(f" with the resource {name}" for name in self.begin.resources)
                if now - since > self.begin.patience:
                    raise _Over(f"{self.called} has {what} for {self.begin.patience:g} seconds")
                if now - since > _SILENT and not told:
                    told = True
                    self.say(ForUser(f"{self.called} has {what} yet: waiting for one"))
            await asyncio.sleep(_LOOK if known > 0 else _LOOK / 10)

    async def _threads(self) -> int | None:
        """Of all workers, or of those that can run the models; None where nobody answers."""
        if self.client is None or self.lost.is_set():
            return None
        try:
            if not self.begin.resources:
                return int(sum((await self.client.scheduler.ncores()).values()))
            workers = (await self.client.scheduler.identity())["workers"].values()
        except (OSError, CancelledError, AttributeError):  # its end is on its way
            return None
        fit = (w for w in workers if all(w["resources"].get(k, 0) >= v for k, v in self.begin.resources.items()))
        return sum(int(worker["nthreads"]) for worker in fit)

    async def _say_what_is_installed(self) -> None:
        try:
            future = self.client.submit(
                installed_there, key=f"auditor-probe-{self.name}-{self._next()}", resources=dict(self.begin.resources)
            )
            names = await future
        except (OSError, CancelledError, KilledWorker):
            return  # at the next look
        except Exception as error:
            raise _Over(self._no_auditor(error)) from None
        self.required = {}
        self.say(Installed(names))

    def _no_auditor(self, error: Exception) -> str:
        why = " ".join(f"{type(error).__name__}: {error.__cause__ or error}".split())
        return f"a worker of {self.called} cannot do the work: is the same auditor installed there? ({why[:300]})"

    def follow(self, send: Send) -> None:
        """Submit a parcel, and wait for its answer beside all else."""
        self.pending[send.number] = send
        if self.client is None or self.lost.is_set():
            return  # when it is connected
        following = asyncio.create_task(self._answer(send))
        self._following.add(following)
        following.add_done_callback(self._following.discard)

    async def _answer(self, send: Send) -> None:
        resources = dict(self.begin.resources) if send.runs_models else None
        key = f"auditor-{'audit' if send.runs_models else 'task'}-{self.name}-{send.number}-{self._next()}"
        client = self.client
        try:
            future = client.submit(carry, send.parcel, dict(self.required or {}), key=key, resources=resources)
            self.futures[send.number] = future
            done, answer = await future
        except KilledWorker as error:
            self._answered(send, WorkersLost(send.number, error.allowed_failures + 1))
        except (OSError, CancelledError):
            if client is self.client and send.number in self.pending:
                self.lost.set()
        except Exception as error:
            self.say(Ended(self._no_auditor(error)))
        else:
            if done == UNLIKE:
                required = self.required or {}
                self.say(Ended(unlike_here(self.called, unlike(required, answer), required, answer)))
            else:
                self._answered(send, ParcelBack(send.number, answer))

    def _answered(self, send: Send, message: FromBridge) -> None:
        self.futures.pop(send.number, None)
        if self.pending.pop(send.number, None) is not None:
            self.say(message)

    def _next(self) -> int:
        """Keys are never used twice: a scheduler may remember how one of them failed."""
        self.tries += 1
        return self.tries

    async def forget(self, number: int) -> None:
        self.pending.pop(number, None)
        future = self.futures.pop(number, None)
        if future is not None and not self.lost.is_set():
            await future.cancel()

    async def hear(self) -> None:
        """What the batch says, until it ends."""
        loop, inbox = asyncio.get_running_loop(), Inbox()
        while True:
            try:
                messages = inbox.take(await loop.sock_recv(self.pipe, 1 << 18))
            except (EOFError, OSError, NoFrame):
                return
            for message in messages:
                match message:
                    case Send():
                        self.follow(message)
                    case Forget(number):
                        await self.forget(number)
                    case Require(installed):
                        self.required = installed
                    case _:
                        raise TypeError(f"{message!r}")

    async def speak(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await loop.sock_sendall(self.pipe, framed(await self.out.get()))
            self.out.task_done()

    async def close(self) -> None:
        if self.client is not None:
            await self.client.close()
        if self.own is not None:
            await self.own.close()


async def _run(pipe: socket.socket, begin: Begin) -> None:
    bridge = _Bridge(pipe, begin)
    hearing = asyncio.create_task(bridge.hear())
    speaking = asyncio.create_task(bridge.speak())
    try:
        connecting = asyncio.create_task(bridge.connect())
        await asyncio.wait([hearing, connecting], return_when=asyncio.FIRST_COMPLETED)
        if not hearing.done():
            connecting.result()
            rest = [asyncio.create_task(bridge.keep_connected()), asyncio.create_task(bridge.watch())]
            done, _ = await asyncio.wait([hearing, speaking, *rest], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    except _Over as over:
        bridge.say(Ended(str(over)))
    except Exception as error:  # of Dask's own, or ours: the batch says it
        bridge.say(Ended(f"{bridge.called}: {type(error).__name__}: {error}"))
    said = asyncio.create_task(bridge.out.join())
    await asyncio.wait([speaking, hearing, said], return_when=asyncio.FIRST_COMPLETED)  # nobody may listen any more
    await asyncio.wait_for(bridge.close(), _CLOSE if begin.address else 3 * _CLOSE)


def main() -> None:
    """With the descriptor of the pipe to the batch as the last argument."""
    with socket.socket(fileno=int(sys.argv[-1])) as pipe:
        from ..frames import receive

        begin = receive(pipe)
        pipe.setblocking(False)
        try:
            asyncio.run(_run(pipe, begin))
        finally:
            os._exit(0)  # threads of Dask's need not come to their end


if __name__ == "__main__":
    main()
