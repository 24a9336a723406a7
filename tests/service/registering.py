"""Models that are there without an upload, and jobs that are done: by hand, or by a dispatcher of the test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from auditor.batch.pool import Pool
from auditor.batch.tasks import WorkerLimits
from auditor.service.context import Service
from auditor.service.jobs.dispatching import Dispatcher
from auditor.service.jobs.wanted import wanted
from auditor.service.outward.fetching import UrlLimits
from auditor.store import jobs, leases
from auditor.store.registered import RegisteredVersion, register
from auditor.store.uploads import begin, keeping
from auditor.store.works import Piece
from tests.store.reports import document

HAND = "by hand"


def registered(
    service: Service, name: str = "lenet", version: str = "1", files: Mapping[str, bytes] | None = None,
    path: str = "", project: str = "default",
) -> RegisteredVersion:  # fmt: skip
    """A version made of these contents, which lie in the storage."""
    store = service.store.in_project(project)
    contents = {"model.onnx": f"{name} {version}".encode()} if files is None else files
    digests = {}
    for file, data in contents.items():
        sha256 = digests[file] = hashlib.sha256(data).hexdigest()
        upload = begin(store, len(data), sha256, 1 << 40)
        if not upload.done:
            with keeping(store, upload.id, sha256, len(data)):
                place = service.storage.blob(project, sha256)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
    return register(store, name, version, path or next(iter(contents)), digests, None, "somebody")[0]


def finished(service: Service, job_id: str, findings: int = 2, **more: Any) -> None:
    """The job is done, with a report that has so many findings, as a dispatcher would do it."""
    for claimed in leases.claim(service.store, HAND, 1000, 60.0, {}):
        if claimed.job.id != job_id:
            continue
        store = service.store.in_project(claimed.job.project)
        assert claimed.version is not None
        want = wanted(store, claimed.version, claimed.job.options)
        raw = {**document(claimed.version.path, findings), "ad_hoc": list(want.settings.ad_hoc), **more}
        piece = Piece(raw, want.source, want.key, subject=claimed.version.model, version=claimed.version.version)
        assert leases.finish(service.store, claimed.job, HAND, piece, {}) is not None
        break
    else:
        raise AssertionError(f"nobody waits for {job_id}")
    for job in jobs.listed(service.store, 1000, state="running"):
        leases.give_back(service.store, HAND, [job.id])


def dispatched(service: Service) -> None:
    """Everything that waits is done, as the service does it."""
    pool, fetch = Pool(1, WorkerLimits()), UrlLimits(floor=0)
    dispatcher = Dispatcher(service.store, service.storage, pool, "of a test", service.roots, fetch=fetch)
    try:
        dispatcher.hear()
        dispatcher.step()
        while dispatcher.busy or jobs.whole_queue(service.store).queued or service.storage.undrawn():
            dispatcher.step()
    finally:
        dispatcher.close()
