"""The service under load: audits a second against `auditor batch`, reads meanwhile, the most reads, and memory.

The models are small and no two alike, each run as a batch runs it by default. Where few cores are shared between
workers, server and readers, each takes from the others: that is what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import insert

from auditor.service.files.storage import Storage
from auditor.store import tokens
from auditor.store.asked import make_badge
from auditor.store.jobs import whole_queue
from auditor.store.service_tables import jobs
from auditor.store.tokens import moment
from auditor.store.works import Works
from tests.benchmarks.batch import Tell, children, convolutional, dense, resident
from tests.benchmarks.measure import AUDITOR, ENVIRONMENT
from tests.pace import HANG
from tests.service.kills import put_version
from tests.service.reading import Read, closed_loop, open_loop

MODELS, EARLIER, TIMES = 400, 40, 3  # models of a round, those that were audited before it, and rounds
CLIENTS, RATE = 50, 20.0
MOST_CLIENTS, MOST_READS = 4, 2_000
REQUESTS, WARM = 20_000, 1_000
UPLOAD = 2 << 30
GROWTH = 16 << 20
WORKERS = 2

_CONFIG = "[service]\nrate = 1000000\nburst = 1000000\n"


class Round(NamedTuple):
    """What one run of the service over all models gave."""

    rate: float  # audits a second
    reads: list[Read]


class Running(NamedTuple):
    """A server that runs, over a store in which models were registered, and some audited."""

    store: Works
    port: int
    token: str
    http: int  # process ids
    dispatcher: int
    addresses: tuple[str, ...]  # what readers look at
    versions: tuple[str, ...]  # to be audited


def service(tell: Tell) -> None:
    """Everything, each figure a ratio or a size."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "models"
        small = make(folder)
        time.sleep(3)  # as for the batches: files that were just written are read again
        against_batch(Path(scratch), folder, small, tell)
        with running(Path(scratch) / "memory", small[:EARLIER]) as server:
            most_reads(server, tell)
            memory(server, tell)


def make(folder: Path) -> list[Path]:
    """Small networks, no two alike."""
    folder.mkdir()
    found = [folder / f"{n}.onnx" for n in range(EARLIER + MODELS)]
    for n, path in enumerate(found):
        path.write_bytes((convolutional if n % 2 else dense)(n).SerializeToString())
    later = folder.parent / "batch"
    later.mkdir()
    for path in found[EARLIER:]:
        (later / path.name).write_bytes(path.read_bytes())
    return found


def against_batch(scratch: Path, folder: Path, small: Sequence[Path], tell: Tell) -> None:
    """The same models in turn: by a batch, by the service, and by the service while others read."""
    batches, alone, read_from = list[float](), list[float](), list[Round]()
    for turn in range(TIMES):
        batches.append(batch_rate(scratch / "batch", scratch / f"batch-{turn}.db"))
        for reads in (False, True):
            with running(scratch / f"service-{turn}-{reads}", small) as server:
                found = audited(server, reads)
            if reads:
                read_from.append(found)
            else:
                alone.append(found.rate)
        shown = f"{batches[-1]:.1f}, {alone[-1]:.1f}, {read_from[-1].rate:.1f} audits a second"
        print(f"      round {turn + 1}: batch, service, service with readers: {shown}", flush=True)
    for what, rates, least in (("", alone, 0.9), (" while it is read", [one.rate for one in read_from], 0.7)):
        ratio = statistics.median(ours / peer for ours, peer in zip(rates, batches, strict=True))
        figure = f"{ratio:.2f}x ({statistics.median(rates):.1f} and {statistics.median(batches):.1f} a second)"
        tell(f"service{what}, {MODELS} models with runs, against auditor batch", figure, f">= {least}x", ratio >= least)
    told_reads([read for one in read_from for read in one.reads], tell)


def told_reads(reads: list[Read], tell: Tell) -> None:
    """How long readers waited while models were audited."""
    seconds = sorted(read.seconds for read in reads)
    middle, late = (seconds[int(len(seconds) * part)] * 1e3 for part in (0.5, 0.99))
    wrong = sum(read.status != 200 for read in reads)
    figure = f"p50 {middle:.0f} ms, p99 {late:.0f} ms of {len(reads)} reads, {wrong} of them not 200"
    tell(f"{RATE:g} reads a second by {CLIENTS} clients while two workers audit", figure, "all 200", not wrong)


def batch_rate(folder: Path, database: Path) -> float:
    """Models a second of a batch into a fresh store."""
    began = time.monotonic()
    command = (*AUDITOR, "batch", str(folder), "--jobs", str(WORKERS), "--db", str(database), "--no-config")
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, check=False)
    return MODELS / (time.monotonic() - began)


def audited(server: Running, reads: bool) -> Round:
    """Audit all that was registered."""
    return asyncio.run(_audited(server, reads))


async def _audited(server: Running, reads: bool) -> Round:
    over = asyncio.Event()
    reading = None
    if reads:
        loop = open_loop(server.port, server.token, server.addresses, CLIENTS, RATE, over)
        reading = asyncio.create_task(loop)
        await asyncio.sleep(1.0)  # all clients have connected
    began = time.monotonic()
    submitted(server.store, server.versions)
    while (queue := whole_queue(server.store)).queued or queue.running:
        await asyncio.sleep(0.1)
    rate = len(server.versions) / (time.monotonic() - began)
    over.set()
    return Round(rate, await reading if reading is not None else [])


def most_reads(server: Running, tell: Tell) -> None:
    """The most that is read a second while nothing is audited, by kind and in all."""
    asyncio.run(closed_loop(server.port, server.token, server.addresses, MOST_CLIENTS, MOST_READS // 10))
    began = time.monotonic()
    reads = asyncio.run(closed_loop(server.port, server.token, server.addresses, MOST_CLIENTS, MOST_READS))
    rate = len(reads) / (time.monotonic() - began)
    kinds: dict[str, list[float]] = {}
    for read in reads:
        kinds.setdefault(kind_of(read.address), []).append(read.seconds * 1e3)
    slow = ", ".join(f"{kind} {statistics.median(times):.1f}" for kind, times in kinds.items())
    tell("the most reads a second", f"{rate:.0f} by {MOST_CLIENTS} clients (ms: {slow})", "twice the load", rate >= 40)


def kind_of(address: str) -> str:
    """What is read, without whose it is."""
    if address.startswith("/api/v1/badges"):
        return "badge"
    return re.sub(r"[0-9a-f]{32}|model=.*|/api/v1", "", address) or "/"


def memory(server: Running, tell: Tell) -> None:
    """What the processes hold after many requests, and after one large upload.

    The first thousand start the threads that answer, and fill the caches of statements and templates.
    """
    asyncio.run(closed_loop(server.port, server.token, server.addresses, CLIENTS, WARM))
    with grown(f"{REQUESTS:,} requests after the first {WARM:,}", server, tell):
        asyncio.run(closed_loop(server.port, server.token, server.addresses, CLIENTS, REQUESTS))
    with grown(f"an upload of {UPLOAD >> 30} GiB", server, tell):
        upload(server)


@contextlib.contextmanager
def grown(what: str, server: Running, tell: Tell) -> Iterator[None]:
    """How much more the server holds after it."""
    processes = (server.http, server.dispatcher)
    before = [resident(pid) for pid in processes]
    yield
    after = [resident(pid) for pid in processes]
    shown = ", ".join(
        f"{name} {a / 1e6:.0f} -> {b / 1e6:.0f} MB"
        for name, a, b in zip(("http", "dispatcher"), before, after, strict=True)
    )
    more = sum(after) - sum(before)
    tell(f"memory of the server over {what}", f"{more / (1 << 20):+.1f} MiB ({shown})", "<= 16 MiB", more <= GROWTH)


def upload(server: Running) -> None:
    """Send a sparse file in one request, as a stream."""
    digest = hashlib.sha256()
    block = bytes(1 << 20)
    for _ in range(UPLOAD >> 20):
        digest.update(block)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANG)
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    said = json.dumps({"size": UPLOAD, "sha256": digest.hexdigest()})
    connection.request("POST", "/api/v1/uploads", said, headers)
    made = connection.getresponse()
    address = made.headers["Location"]
    made.read()
    with tempfile.TemporaryFile() as file:
        os.truncate(file.fileno(), UPLOAD)
        headers |= {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": "0",
            "Content-Length": str(UPLOAD),
        }
        connection.request("PATCH", address, file, headers)
        answer = connection.getresponse()
        text = answer.read()
    if answer.status != 204:
        raise SystemExit(f"the upload was answered with {answer.status}: {text!r}")
    connection.close()


@contextlib.contextmanager
def running(folder: Path, small: Sequence[Path]) -> Iterator[Running]:
    """A server over a fresh store where all models are registered and the first ones audited."""
    folder.mkdir()
    database, storage = folder / "reports.db", Storage(folder / "storage")
    (folder / "auditor.toml").write_text(_CONFIG)
    with Works.open(str(database), patience=60.0) as store:
        _, token = tokens.create(store, "load", ["submit"])
        versions = [put_version(store, storage, f"model-{path.stem}", path)[0] for path in small]
        command = (
            *AUDITOR, "serve", "--port", "0", "--workers", str(WORKERS), "--db", str(database),
            "--storage", str(storage.folder), "--config", str(folder / "auditor.toml"),
        )  # fmt: skip
        with open(folder / "log", "w") as log, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=ENVIRONMENT
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                found = re.search(r":(\d+)", process.stdout.readline())
                assert found is not None, (folder / "log").read_text()
                submitted(store, versions[:EARLIER])
                _until(lambda: not (queue := whole_queue(store)).queued and not queue.running)
                ours = {_module(pid): pid for pid in children(process.pid)}
                yield Running(
                    store, int(found[1]), token, ours["http"], ours["dispatcher"], addresses_of(store),
                    tuple(versions[EARLIER:]),
                )  # fmt: skip
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(HANG)


def addresses_of(store: Works) -> tuple[str, ...]:
    """What is looked at: a page of each kind in turn, of models that were audited."""
    from auditor.store.asked import asked_audits

    found = list[str]()
    for audit in asked_audits(store, EARLIER, state="done"):
        assert audit.model_id is not None
        badge = make_badge(store, audit.model_id)
        assert badge is not None
        found += (
            "/", "/api/v1/models", f"/api/v1/gate?model={audit.model}", f"/api/v1/audits/{audit.job.id}",
            f"/audits/{audit.job.id}", f"/api/v1/badges/{badge[0]}.svg",
        )  # fmt: skip
    return tuple(found)


def submitted(store: Works, versions: Sequence[str]) -> None:
    """Jobs for all of them in one transaction: asking for audits is not what is measured."""
    now = moment(datetime.now(UTC))
    with store.writing() as connection:
        connection.execute(
            insert(jobs),
            [
                {
                    "id": uuid4().hex, "project": store.project, "options": "{}", "state": "queued",
                    "created_at": now, "created_by": "load", "version_id": version,
                }
                for version in versions
            ],
        )  # fmt: skip


def _module(pid: int) -> str:
    found = re.search(r"auditor\.service\.(\w+) ", Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
    return "" if found is None else found[1]


def _until(come: Callable[[], bool]) -> None:
    until = time.monotonic() + HANG
    while not come():
        if time.monotonic() > until:
            raise SystemExit("the service does not come to an end of its work")
        time.sleep(0.05)
