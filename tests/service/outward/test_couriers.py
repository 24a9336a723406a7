"""Deliveries brought by a process of their own, and sources audited by the dispatcher: over real sockets."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from auditor.batch.pool import Pool
from auditor.batch.tasks import WorkerLimits
from auditor.service.files.storage import Storage
from auditor.service.files.tidying import Tidying
from auditor.service.jobs.dispatching import Dispatcher
from auditor.service.outward.couriers import Couriers
from auditor.service.outward.fetching import UrlLimits
from auditor.store import jobs, webhooks
from auditor.store.jobs import Job
from auditor.store.service_tables import deliveries
from auditor.store.tokens import moment
from auditor.store.works import Works

from ..strange import answer, dripping, saying, strange

SAMPLE = Path(__file__).parents[3] / "sample_models"
MODEL = next(path for path in sorted(SAMPLE.glob("*.onnx")) if path.stat().st_size < 1 << 20).read_bytes()
HOSTS = ("127.0.0.1",)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Works]:
    with Works.open(tmp_path / "reports.db") as opened:
        yield opened


@pytest.fixture
def couriers(store: Works) -> Iterator[Couriers]:
    made = Couriers(store, HOSTS)
    yield made
    made.close()


def brought(couriers: Couriers) -> None:
    """Until nothing is on its way."""
    couriers.step()
    while couriers.busy:
        couriers.step()


def hook(store: Works, url: str) -> str:
    made = webhooks.create(store, url, "ann")
    assert made is not None
    webhooks.send_test(store, made[0].id)
    return made[0].id


def test_what_is_due_is_brought(store: Works, couriers: Couriers) -> None:
    with strange(saying(answer(200))) as server:
        first, second = hook(store, server.url("/1")), hook(store, server.url("/2"))
        brought(couriers)
        assert len(server.asked) == 2
    assert [webhooks.sent(store, one, 1)[0].state for one in (first, second)] == ["done", "done"]


def test_what_is_refused_waits_for_its_next_attempt(store: Works, couriers: Couriers) -> None:
    with strange(saying(answer(500))) as server:
        webhook = hook(store, server.url())
        brought(couriers)
        assert len(server.asked) == 1
    (delivery,) = webhooks.sent(store, webhook, 10)
    assert (delivery.state, delivery.attempts, delivery.said) == ("waiting", 1, "answered 500")


def test_whoever_brings_it_may_die(store: Works, couriers: Couriers) -> None:
    with strange(dripping(b"", b"")) as server:
        webhook = hook(store, server.url())
        couriers.step()
        while not server.asked:
            couriers.step()
        for pid in couriers.processes():
            os.kill(pid, signal.SIGKILL)
        brought(couriers)
    (delivery,) = webhooks.sent(store, webhook, 10)
    assert (delivery.state, delivery.attempts, delivery.said) == ("waiting", 1, "the attempt was broken off here")


def audited(store: Works, folder: Path, source: str, roots: tuple[str, ...] = ()) -> list[Job]:
    """The job of a source, and those of its models, when all of them have ended."""
    parent = jobs.submit(store, source=source, options={"run": False}, by="ann")
    fetch = UrlLimits(1 << 20, 60.0, 0)
    with Pool(1, WorkerLimits()) as pool:
        dispatcher = Dispatcher(store, Storage(folder), pool, "tests", roots, hosts=HOSTS, fetch=fetch)
        while any(not job.ended for job in jobs.listed(store, 100)):
            dispatcher.step()
        dispatcher.close()
    found = {job.id: job for job in jobs.listed(store, 100)}
    return [found.pop(parent.id), *sorted(found.values(), key=lambda job: job.source or "")]


def test_a_folder_below_a_root(store: Works, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.onnx").write_bytes(MODEL)
    (tmp_path / "secret.onnx").write_bytes(MODEL)
    (root / "b.onnx").symlink_to(tmp_path / "secret.onnx")
    parent, *children = audited(store, tmp_path / "storage", str(root), (str(root),))
    assert parent.state == "done" and "b.onnx leads out of the folder" in parent.why
    assert [(child.state, child.source, child.parent_id) for child in children] == [
        ("done", str(root / "a.onnx"), parent.id)
    ]
    assert [row.source for row in store.history(str(root / "a.onnx"))] == [str(root / "a.onnx")]


def test_a_model_of_a_host(store: Works, tmp_path: Path) -> None:
    with strange(saying(answer(200, MODEL))) as server:
        url = server.url("/models/resnet.onnx")
        _, child = audited(store, tmp_path / "storage", url)
    assert child.why == ""
    assert (child.state, child.source) == ("done", url)
    assert child.audit_id is not None
    document = store.get(child.audit_id)
    assert document is not None and document["model"]["path"] == "resnet.onnx"
    assert document["model"]["bytes"] == len(MODEL)
    assert [row.source for row in store.history(url)] == [url]
    assert list((tmp_path / "storage" / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("/etc", "leads to no folder that is allowed"),
        ("http://169.254.169.254/latest/", "not fetched from 169.254.169.254"),
        ("http://127.0.0.1:9/x.onnx", "127.0.0.1 cannot be reached"),
    ],
)
def test_what_is_not_allowed_is_not_audited(source: str, why: str, store: Works, tmp_path: Path) -> None:
    """Asked again when it is done: what was allowed when it was submitted may be so no more."""
    *_, last = audited(store, tmp_path / "storage", source, (str(tmp_path),))
    assert last.state == "failed" and why in last.why


def test_what_was_sent_is_known_for_a_month(store: Works, couriers: Couriers, tmp_path: Path) -> None:
    with strange(saying(answer(200))) as server:
        webhook = hook(store, server.url())
        brought(couriers)
    tidying = Tidying(store, Storage(tmp_path / "storage"))
    for days, left in ((29, 1), (31, 0)):
        ended = moment(datetime.now(UTC) - timedelta(days=days))
        with store.writing() as connection:
            connection.execute(update(deliveries).values(ended_at=ended))
        tidying.tidy()
        assert len(webhooks.sent(store, webhook, 10)) == left
