"""What nobody needs goes, and nothing else."""

from __future__ import annotations

import errno
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from auditor.service.context import Service
from auditor.service.files.incoming import Incoming
from auditor.service.files.sweeping import Swept, sweep
from auditor.store.service_tables import blobs, uploads
from auditor.store.tokens import moment
from auditor.store.uploads import abandoned, begin, blob_size, keeping, see, upload_of
from auditor.store.works import Works

SHA = "a" * 64
LOST = "f" * 32


def _age(service: Service) -> None:
    """All rows and files are of three days ago."""
    then = moment(datetime.now(UTC) - timedelta(days=3))
    with service.store.writing() as connection:
        connection.execute(update(uploads).values(seen_at=then))
        connection.execute(update(blobs).values(created_at=then))
    for path in service.storage.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - 3 * 86_400,) * 2)


def test_uploads_that_nobody_goes_on_with(service: Service) -> None:
    upload = begin(service.store.in_project("other"), 10, SHA, 100)
    for name in (upload.id, LOST):  # a process that ended left the second: it has no row
        with Incoming(service.storage, name, 10, 0) as incoming:
            incoming.write(b"part")
    assert sweep(service.store, service.storage) == Swept(0, 0, 0), "they are young"
    _age(service)
    with Incoming(service.storage, upload.id, 10, 0), Incoming(service.storage, LOST, 10, 0):
        assert sweep(service.store, service.storage) == Swept(0, 0, 0), "somebody writes to them"
    assert sweep(service.store, service.storage) == Swept(2, 0, 0)
    assert list(service.storage.uploads.iterdir()) == []
    assert upload_of(service.store.in_project("other"), upload.id) is None


def test_an_upload_that_somebody_goes_on_with_meanwhile_stays(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for what is old and the sweeping of it."""
    upload = begin(service.store, 10, SHA, 100)
    _age(service)

    def found_old(store: Works, seconds: float) -> list[str]:
        found = abandoned(store, seconds)
        with Incoming(service.storage, upload.id, 10, 0) as incoming:
            incoming.write(b"part")
        see(store, upload.id)
        return found

    monkeypatch.setattr("auditor.service.files.sweeping.abandoned", found_old)
    assert sweep(service.store, service.storage) == Swept(0, 0, 0)
    assert service.storage.upload(upload.id).read_bytes() == b"part"
    assert upload_of(service.store, upload.id) is not None


def test_a_disk_that_takes_no_new_file_is_swept(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload of which no byte came has no file, and is held by one."""
    begin(service.store, 10, SHA, 100)
    service.storage.upload(LOST).write_bytes(b"part")
    _age(service)
    opened = os.open

    def full(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT and not os.path.exists(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, flags, *rest, **more)

    with monkeypatch.context() as now:
        now.setattr("auditor.service.files.incoming.os.open", full)
        assert sweep(service.store, service.storage) == Swept(1, 0, 0)
    assert sweep(service.store, service.storage) == Swept(1, 0, 0)
    assert list(service.storage.uploads.iterdir()) == []


def test_contents_of_no_version_and_files_without_a_row(service: Service) -> None:
    upload = begin(service.store, 4, SHA, 100)
    for sha256 in (SHA, "b" * 64):
        with Incoming(service.storage, upload.id, 4, 0) as incoming:
            incoming.write(b"part")
        if sha256 == SHA:
            with keeping(service.store, upload.id, SHA, 4):
                service.storage.place(upload.id, "default", SHA)
        else:  # a process ended here
            service.storage.place(upload.id, "default", sha256)
    assert sweep(service.store, service.storage) == Swept(0, 0, 0), "they are young"
    assert sweep(service.store, service.storage, lying=0) == Swept(0, 0, 1)
    assert not service.storage.blob("default", "b" * 64).exists()
    assert service.storage.blob("default", SHA).exists()
    _age(service)
    assert sweep(service.store, service.storage) == Swept(1, 1, 1)
    assert not service.storage.blob("default", SHA).exists()
    assert blob_size(service.store, SHA) is None


def test_a_storage_that_is_empty(service: Service) -> None:
    assert sweep(service.store, service.storage) == Swept(0, 0, 0)
