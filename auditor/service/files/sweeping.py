"""What nobody needs any more goes: uploads that nobody goes on with, contents of no version, files without a row."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from ...store.uploads import (
    abandoned,
    blob_sizes,
    forget_abandoned,
    forget_unused,
    known_uploads,
    projects_of_uploads,
    without_rows,
)  # fmt: skip
from ...store.works import Works
from ...tuples import NamedTuple
from .incoming import BeingWritten, Incoming
from .storage import Storage, StorageFull

_DAY = 86_400.0
_HOUR = 3_600.0


class Swept(NamedTuple):
    """How many went."""

    uploads: int
    contents: int  # that no version is made of
    files: int  # of contents without a row


def sweep(
    store: Works, storage: Storage, *, unfinished: float = _DAY, unused: float = _DAY, lying: float = _HOUR
) -> Swept:
    """Of all projects what is older than so many seconds: uploads, contents of no version, files without a row."""
    went = rows = files = 0
    for project in sorted({*projects_of_uploads(store), *storage.projects()}):
        one = store.in_project(project)
        for upload_id in abandoned(one, unfinished):
            went += _drop(storage, upload_id, partial(forget_abandoned, one, upload_id, unfinished))
        rows += forget_unused(one, unused)
        files += _sweep_files(one, storage, lying)
    lost = storage.lying_uploads(time.time() - unfinished)
    for upload_id in set(lost) - known_uploads(store, lost):
        went += _drop(storage, upload_id, lambda: True)
    return Swept(went, rows, files)


def _drop(storage: Storage, upload_id: str, forgotten: Callable[[], bool]) -> bool:
    """An upload's file goes, unless somebody writes to it now, or went on with it since it was looked at.

    To hold it, there has to be a file: on a disk that takes no new one an upload without one waits for the next sweep.
    """
    try:
        with Incoming(storage, upload_id, 0, 0) as held:
            goes = forgotten()
            if goes or held.offset == 0:  # an empty one may be ours
                storage.discard(upload_id)
    except (BeingWritten, StorageFull):
        return False
    return goes


def _sweep_files(store: Works, storage: Storage, seconds: float) -> int:
    number = 0
    for contents in storage.lying_blobs(store.project, time.time() - seconds):
        if not set(contents) - blob_sizes(store, contents).keys():
            continue  # nobody has to wait for us
        with without_rows(store, contents) as gone:
            for sha256 in gone:
                storage.blob(store.project, sha256).unlink(missing_ok=True)
            number += len(gone)
    return number
