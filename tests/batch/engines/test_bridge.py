"""The bridge in this process, with a scheduler that is played: what is lost is submitted again, and what it says."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.batch.engines.carrying import DONE, UNLIKE, carry, installed_there
from auditor.batch.engines.dask import _CLOSING
from auditor.batch.engines.messages import (
    Begin,
    Ended,
    Forget,
    ForUser,
    Installed,
    ParcelBack,
    Require,
    Send,
    Threads,
    WorkersLost,
)
from auditor.batch.frames import Inbox, framed
from tests.pace import HANG

pytestmark = pytest.mark.skipif(
    find_spec("distributed") is None, reason="Dask is not installed: pip install 'auditor[dask]'"
)

ADDRESS = "tcp://127.0.0.1:1"
USUAL = Begin(ADDRESS, "", "", "", 3, False, 20.0, {})
THERE = {"auditor": "1.2", "processor": "avx2"}


class PlayedFuture:
    """One of Dask's: it is awaited, and so is its cancelling."""

    def __init__(self, key: str, resources: Mapping[str, float] | None, arguments: tuple[Any, ...]) -> None:
        self.key, self.resources, self.arguments = key, resources, arguments
        self.is_cancelled = False
        self._came: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def comes(self, result: object) -> None:
        if isinstance(result, BaseException):
            self._came.set_exception(result)
        else:
            self._came.set_result(result)

    async def cancel(self) -> None:
        self.is_cancelled = True

    def __await__(self) -> Generator[Any, None, Any]:
        return self._came.__await__()


class PlayedScheduler:
    """What a client reaches, and how it answers: an error in place of a client, of threads, or of what is installed."""

    def __init__(self) -> None:
        self.workers: dict[str, dict[str, Any]] = {"a": {"nthreads": 2, "resources": {}}}
        self.refusals: list[Exception] = []
        self.installed: list[object] = [THERE]
        self.clients: list[PlayedClient] = []
        self.probes: list[PlayedFuture] = []
        self.parcels: asyncio.Queue[PlayedFuture] = asyncio.Queue()
        self.asked: list[dict[str, Any]] = []

    def client(self, *where: object, **said: Any) -> PlayedClient:
        self.asked.append({"where": where, **said})
        return PlayedClient(self)


class PlayedClient:
    def __init__(self, played: PlayedScheduler) -> None:
        self._played = played
        self.scheduler, self.is_closed = self, False

    def __await__(self) -> Generator[Any, None, PlayedClient]:
        return self._connected().__await__()

    async def _connected(self) -> PlayedClient:
        if self._played.refusals:
            raise self._played.refusals.pop(0)
        self._played.clients.append(self)
        return self

    async def ncores(self) -> dict[str, int]:
        return {name: worker["nthreads"] for name, worker in self._played.workers.items()}

    async def identity(self) -> dict[str, Any]:
        return {"workers": self._played.workers}

    def submit(self, function: object, *arguments: Any, key: str, resources: Any) -> PlayedFuture:
        future = PlayedFuture(key, resources, arguments)
        if function is installed_there:
            self._played.probes.append(future)
            future.comes(self._played.installed.pop(0))
        else:
            assert function is carry
            self._played.parcels.put_nowait(future)
        return future

    async def close(self) -> None:
        self.is_closed = True


class Batch:
    """The other end of the pipe, and what the bridge said, by the clock."""

    def __init__(self, pipe: socket.socket, played: PlayedScheduler, clock: Clock) -> None:
        self.pipe, self.played, self.clock = pipe, played, clock
        self._inbox, self._come = Inbox(), list[Any]()
        self.ended = asyncio.Event()  # the bridge has

    async def heard(self, kind: Any = object) -> Any:
        """The next message, of a kind where one is named."""
        loop = asyncio.get_running_loop()
        while True:
            while self._come:
                message = self._come.pop(0)
                if isinstance(message, kind):
                    return message
            self._come += self._inbox.take(await loop.sock_recv(self.pipe, 1 << 16))

    async def say(self, message: object) -> None:
        await asyncio.get_running_loop().sock_sendall(self.pipe, framed(message))


class Clock:
    """A time that goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept, self.said = 0.0, list[float](), list[tuple[float, object]]()

    def told(self, kind: type) -> list[float]:
        return [when for when, message in self.said if isinstance(message, kind)]


@pytest.fixture
def bridge() -> Any:
    """The module, which imports Dask: a second that only who runs these tests takes."""
    return import_module("auditor.batch.engines.bridge")


@pytest.fixture
def clock(bridge: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made, sleep, say = Clock(), asyncio.sleep, bridge._Bridge.say

    async def sleeping(seconds: float) -> None:
        made.slept.append(seconds)
        made.now = round(made.now + seconds, 6)
        await sleep(0)

    def saying(of: Any, message: Any) -> None:
        made.said.append((made.now, message))
        say(of, message)

    monkeypatch.setattr(asyncio, "sleep", sleeping)
    monkeypatch.setattr(bridge, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(bridge._Bridge, "say", saying)
    return made


Play = Callable[..., None]


@pytest.fixture
def play(bridge: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Runs a bridge until what is asked of its batch has come."""

    @asynccontextmanager
    async def running(begin: Begin) -> AsyncIterator[Batch]:
        ours, theirs = socket.socketpair()
        played = PlayedScheduler()
        monkeypatch.setattr(bridge, "Client", played.client)
        with ours, theirs:
            for end in (ours, theirs):
                end.setblocking(False)
            batch = Batch(ours, played, clock)
            run = asyncio.create_task(bridge._run(theirs, begin))
            run.add_done_callback(lambda _: batch.ended.set())
            try:
                yield batch
                ours.shutdown(socket.SHUT_RDWR)
                await run
            finally:
                run.cancel()
        assert all(client.is_closed for client in played.clients)

    def playing(asks: Callable[[Batch], Awaitable[None]], begin: Begin = USUAL, **more: object) -> None:
        async def all_of_it() -> None:
            async with asyncio.timeout(HANG), running(begin) as batch:
                for name, value in more.items():
                    setattr(batch.played, name, value)
                await asks(batch)

        asyncio.run(all_of_it())

    return playing


def test_parcels_go_to_workers_and_their_answers_come_back(play: Play) -> None:
    """No key is used twice: a scheduler may remember how one of them failed."""

    async def asks(batch: Batch) -> None:
        assert await batch.heard() == Threads(5) and await batch.heard() == Installed(THERE)
        await batch.say(Require({"auditor": "1.2"}))
        for number, runs_models in ((7, False), (8, True)):
            await batch.say(Send(number, b"parcel %d" % number, runs_models))
        first, second = await batch.played.parcels.get(), await batch.played.parcels.get()
        assert [one.arguments for one in (first, second)] == [
            (b"parcel 7", {"auditor": "1.2"}), (b"parcel 8", {"auditor": "1.2"}),
        ]  # fmt: skip
        assert (first.resources, second.resources) == (None, {"GPU": 1.0})
        second.comes((DONE, b"answer 8"))
        assert await batch.heard() == ParcelBack(8, b"answer 8")
        first.comes((DONE, b"answer 7"))
        assert await batch.heard() == ParcelBack(7, b"answer 7")
        (probe,) = batch.played.probes
        assert probe.resources == {"GPU": 1.0} and len({probe.key, first.key, second.key}) == 3
        assert [key.partition("-")[2].partition("-")[0] for key in (probe.key, first.key, second.key)] == [
            "probe", "task", "audit",
        ]  # fmt: skip

    workers = {
        "no card": {"nthreads": 9, "resources": {}}, "one": {"nthreads": 2, "resources": {"GPU": 1.0}},
        "half": {"nthreads": 9, "resources": {"GPU": 0.5}}, "two": {"nthreads": 3, "resources": {"GPU": 2.0}},
    }  # fmt: skip
    play(asks, USUAL._replace(resources={"GPU": 1.0}), workers=workers)


def test_threads_are_said_as_often_as_they_change(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        workers = batch.played.workers
        assert await batch.heard(Threads) == Threads(2)
        workers["b"] = {"nthreads": 4, "resources": {}}
        assert await batch.heard(Threads) == Threads(6)
        workers.clear()
        assert await batch.heard(Threads) == Threads(0)
        workers["c"] = {"nthreads": 1, "resources": {}}
        assert await batch.heard(Threads) == Threads(1)
        assert len(batch.clock.told(Installed)) == 1, "the first worker's counts"
        assert set(batch.clock.slept) == {1.0, 0.1}, "with no worker it looks more often"

    play(asks)


@pytest.mark.parametrize(
    ("resources", "what"), [({}, "no worker"), ({"GPU": 1.0}, "no worker with the resource GPU")]
)  # fmt: skip
def test_a_worker_is_waited_for_and_not_for_ever(
    play: Play, clock: Clock, resources: dict[str, float], what: str
) -> None:
    async def asks(batch: Batch) -> None:
        assert await batch.heard() == Threads(0)
        assert await batch.heard() == ForUser(f"the scheduler {ADDRESS} has {what} yet: waiting for one")
        assert await batch.heard() == Ended(f"the scheduler {ADDRESS} has {what} for 20 seconds")

    play(asks, USUAL._replace(resources=resources), workers={})
    assert (clock.told(ForUser), clock.told(Ended)) == ([5.1], [20.1])


def test_who_had_a_worker_waits_anew_for_the_next(play: Play, clock: Clock) -> None:
    async def asks(batch: Batch) -> None:
        assert await batch.heard(ForUser)
        batch.played.workers = {"a": {"nthreads": 1, "resources": {}}}
        assert await batch.heard(Threads) == Threads(1)
        assert await batch.heard(Installed)
        batch.played.workers = {}
        assert await batch.heard(ForUser)
        assert await batch.heard(Ended)

    play(asks, workers={})
    (_, second), (ended,) = clock.told(ForUser), clock.told(Ended)
    assert round(ended - second, 6) == 15.0


def test_a_scheduler_is_asked_ever_more_rarely_until_patience_ends(play: Play, clock: Clock) -> None:
    """The pauses double up to five seconds: 0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 5 = 11.3."""

    async def asks(batch: Batch) -> None:
        assert await batch.heard() == ForUser(f"the scheduler {ADDRESS} does not answer: it is tried again")
        assert await batch.heard() == Ended(
            f"the scheduler {ADDRESS} does not answer within 11.3 seconds (nobody is there)"
        )
        assert [asked["timeout"] for asked in batch.played.asked] == [10.0] * 8
        assert {asked["where"] for asked in batch.played.asked} == {(ADDRESS,)}

    play(asks, USUAL._replace(patience=11.3), refusals=[OSError("nobody\n is there")] * 9)
    assert clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
    assert (clock.told(ForUser), clock.told(Ended)) == ([6.3], [11.3])


def test_an_error_without_words_is_named_by_its_kind(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        ended = await batch.heard(Ended)
        assert ended.why == f"the scheduler {ADDRESS} does not answer within 0.05 seconds (TimeoutError)"
        assert batch.played.asked[0]["timeout"] == 0.05

    play(asks, USUAL._replace(patience=0.05), refusals=[TimeoutError()] * 9)


@pytest.mark.parametrize("error", [OSError("lost"), CancelledError("lost")])
def test_a_scheduler_that_is_lost_is_connected_anew_and_has_again_what_has_no_answer(
    play: Play, error: Exception
) -> None:
    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        for number in (1, 2, 3):
            await batch.say(Send(number, b"%d" % number, False))
        first, second, third = [await batch.played.parcels.get() for _ in range(3)]
        first.comes((DONE, b"answer"))
        assert await batch.heard() == ParcelBack(1, b"answer")
        (client,) = batch.played.clients
        batch.played.refusals = [OSError("not yet")]
        for lost in (second, third):
            lost.comes(error)
        again = [await batch.played.parcels.get() for _ in range(2)]
        assert client.is_closed and len(batch.played.clients) == 2
        assert [one.arguments[0] for one in again] == [b"2", b"3"]
        assert len({one.key for one in (second, third, *again)}) == 4
        for number, one in enumerate(again, 2):
            one.comes((DONE, b"late"))
            assert await batch.heard() == ParcelBack(number, b"late")

    play(asks)


def test_a_parcel_that_cost_its_workers_is_said_with_how_many(play: Play, bridge: Any) -> None:
    """Dask's `allowed-failures` counts those that are survived: the one after them ends the task."""

    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        await batch.say(Send(4, b"4", False))
        future = await batch.played.parcels.get()
        future.comes(bridge.KilledWorker(future.key, "a", 2))
        assert await batch.heard() == WorkersLost(4, 3)

    play(asks)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("auditor", "auditor 1, and here is 2: install the same"),
        ("runtime", "1, and here is 2: install the same"),
        ("processor", "another kind of processor than the first: have models run by workers of one kind"),
    ],
)
def test_a_worker_that_joins_with_something_else_is_the_end(play: Play, name: str, said: str) -> None:
    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        await batch.say(Require({name: "2"}))
        await batch.say(Send(1, b"1", False))
        (await batch.played.parcels.get()).comes((UNLIKE, {"nobody asks": "x", name: "1"}))
        assert await batch.heard() == Ended(f"a worker of the scheduler {ADDRESS} has {said}")

    play(asks)


def test_a_worker_that_cannot_import_us_is_the_end(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        assert await batch.heard(Ended) == Ended(
            f"a worker of the scheduler {ADDRESS} cannot do the work: is the same auditor installed there?"
            " (ImportError: no auditor)"
        )

    play(asks, installed=[ImportError("no\nauditor")])

    async def later(batch: Batch) -> None:
        await batch.heard(Installed)
        await batch.say(Send(1, b"1", False))
        error = ValueError("outer")
        error.__cause__ = ImportError("no auditor")
        (await batch.played.parcels.get()).comes(error)
        ended = await batch.heard()
        assert isinstance(ended, Ended) and ended.why.endswith("(ValueError: no auditor)")

    play(later)


def test_a_first_worker_that_is_lost_is_no_end(play: Play, bridge: Any) -> None:
    async def asks(batch: Batch) -> None:
        assert await batch.heard() == Threads(2) and await batch.heard() == Installed(THERE)
        assert len({probe.key for probe in batch.played.probes}) == 3

    play(asks, installed=[OSError("lost"), bridge.KilledWorker("k", "a", 0), THERE])


def test_what_is_forgotten_is_cancelled_and_not_submitted_again(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        for number in (1, 2):
            await batch.say(Send(number, b"%d" % number, False))
        first, second = [await batch.played.parcels.get() for _ in range(2)]
        await batch.say(Forget(1))
        await batch.say(Forget(9))  # which has its answer
        await batch.say(Send(3, b"3", False))
        third = await batch.played.parcels.get()
        assert (first.is_cancelled, second.is_cancelled) == (True, False)
        first.comes((DONE, b"nobody wants it"))
        second.comes((DONE, b"2"))
        assert await batch.heard() == ParcelBack(2, b"2")
        third.comes(OSError("lost"))
        assert (await batch.played.parcels.get()).arguments[0] == b"3"
        assert batch.played.parcels.empty()

    play(asks)


def test_parcels_that_come_while_nobody_is_connected_wait(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        await batch.say(Send(1, b"1", False))
        batch.played.refusals = [OSError("not yet")] * 1_000_000
        (await batch.played.parcels.get()).comes(OSError("lost"))
        await batch.heard(ForUser)
        await batch.say(Send(2, b"2", False))
        for _ in range(50):  # in which it most likely hears of it
            await asyncio.sleep(0)
        batch.played.refusals.clear()
        again = [await batch.played.parcels.get() for _ in range(2)]
        assert [one.arguments[0] for one in again] == [b"1", b"2"] and batch.played.parcels.empty()

    play(asks, USUAL._replace(patience=1e9))


def test_of_a_scheduler_that_is_lost_nobody_asks_for_threads(bridge: Any) -> None:
    async def asks() -> list[int | None]:
        of = bridge._Bridge(None, USUAL)
        found = [await of._threads()]
        of.client = PlayedClient(PlayedScheduler())
        found += [await of._threads()]
        of.lost.set()
        return [*found, await of._threads()]

    assert asyncio.run(asks()) == [None, 2, None]


def test_a_parcel_is_followed_though_nobody_else_holds_its_task(bridge: Any) -> None:
    """The loop holds tasks weakly: https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task."""

    async def asks() -> int:
        of, played = bridge._Bridge(None, USUAL), PlayedScheduler()
        of.client = PlayedClient(played)
        of.follow(Send(1, b"1", False))
        await played.parcels.get()  # and lets it go
        of.futures.clear()
        gc.collect()
        followed = asyncio.all_tasks() - {asyncio.current_task()}
        for task in followed:
            task.cancel()
        return len(followed)

    assert asyncio.run(asks()) == 1


def test_a_fault_is_said_with_its_kind(play: Play) -> None:
    async def asks(batch: Batch) -> None:
        assert await batch.heard(Ended) == Ended(f"the scheduler {ADDRESS}: ZeroDivisionError: of Dask's own")

    play(asks, refusals=[ZeroDivisionError("of Dask's own")])


class PlayedCluster:
    """A cluster of a batch's own, as `distributed.LocalCluster`."""

    made: list[PlayedCluster]

    def __init__(self, **said: Any) -> None:
        self.said, self.grows, self.is_closed = said, dict[str, Any](), False
        self.made.append(self)

    def __await__(self) -> Generator[Any, None, PlayedCluster]:
        return self._started().__await__()

    async def _started(self) -> PlayedCluster:
        return self

    def adapt(self, **said: Any) -> None:
        self.grows = said

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("adaptive", [False, True])
def test_a_cluster_of_its_own_is_closed_to_others_and_ends_with_the_batch(
    play: Play, bridge: Any, monkeypatch: pytest.MonkeyPatch, adaptive: bool
) -> None:
    PlayedCluster.made = []
    configured: list[Mapping[str, Any]] = []
    config = bridge.dask.config
    monkeypatch.setattr(bridge, "LocalCluster", PlayedCluster)
    monkeypatch.setattr(bridge, "dask", SimpleNamespace(config=SimpleNamespace(set=configured.append)))
    closing, wait_for = list[float](), asyncio.wait_for

    async def waiting_for(what: Awaitable[None], seconds: float) -> None:
        closing.append(seconds)
        await wait_for(what, seconds)

    monkeypatch.setattr(asyncio, "wait_for", waiting_for)

    async def asks(batch: Batch) -> None:
        await batch.heard(Installed)
        (cluster,) = PlayedCluster.made
        assert cluster.said["n_workers"] == (1 if adaptive else 3) and cluster.said["threads_per_worker"] == 1
        assert cluster.said["security"] is True and cluster.said["host"] == "127.0.0.1" and cluster.said["processes"]
        assert cluster.said["scheduler_kwargs"]["dashboard"] is False and cluster.said["resources"] is None
        limits = (cluster.grows.get("minimum"), cluster.grows.get("maximum"))
        assert limits == ((1, 3) if adaptive else (None, None))
        (said,) = configured
        assert said["distributed.scheduler.allowed-failures"] == 2, "a parcel may cost three workers"
        assert said["distributed.scheduler.http.routes"] == said["distributed.worker.http.routes"] == []
        assert said["distributed.diagnostics.nvml"] is said["distributed.admin.system-monitor.disk"] is False
        assert all(config.get(name) is not None for name in said), "Dask itself has these settings"
        assert [asked["where"] for asked in batch.played.asked] == [(cluster,)]
        await batch.say(Send(1, b"1", False))
        (await batch.played.parcels.get()).comes(OSError("lost"))
        assert await batch.heard() == Ended("Dask on this machine has ended")
        await batch.ended.wait()  # though the batch is still there
        assert cluster.is_closed

    play(asks, USUAL._replace(address="", adaptive=adaptive))
    assert [cluster.is_closed for cluster in PlayedCluster.made] == [True]
    (seconds,) = closing
    assert bridge._CLOSE < seconds < _CLOSING, "the batch kills it then"


def test_certificates_are_wanted_for_tls_and_have_to_be_some(play: Play, bridge: Any) -> None:
    address = "tls://127.0.0.1:1"
    needs = f"the scheduler {address}: tls:// needs certificates: --tls-ca, --tls-cert and --tls-key"
    for ca, cert, why in (
        ("", "", needs), ("/no/ca.pem", "", needs), ("", "/no/cert.pem", needs),
        ("/no/ca.pem", "/no/cert.pem", f"the scheduler {address}: the certificates cannot be used: "),
    ):  # fmt: skip

        async def asks(batch: Batch, why: str = why) -> None:
            ended = await batch.heard()
            assert isinstance(ended, Ended) and ended.why.startswith(why)
            assert not batch.played.asked

        with bridge.dask.config.set({"distributed.comm.tls.ca-file": None, "distributed.comm.tls.client.cert": None}):
            play(asks, USUAL._replace(address=address, ca=ca, cert=cert))
