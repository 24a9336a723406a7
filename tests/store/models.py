"""Models that are registered with a project, and their audits: as the service writes their rows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select

from auditor.store.service_tables import blobs, jobs, models, versions
from auditor.store.works import Piece, Works

NOW = "2026-01-02T03:04:05.000000+00:00"


def registered(store: Works, name: str, when: str = NOW) -> str:
    """A model's id."""
    row = {"id": uuid4().hex, "project": store.project, "name": name, "created_at": when}
    with store.writing() as connection:
        connection.execute(insert(models), row)
    return row["id"]


def version(store: Works, model_id: str, number: str, when: str = NOW) -> str:
    """A version's id."""
    row = {"id": uuid4().hex, "project": store.project, "model_id": model_id, "version": number, "path": "m.onnx"}
    row |= {"files": "{}", "created_at": when, "created_by": "Ada"}
    with store.writing() as connection:
        connection.execute(insert(versions), row)
    return row["id"]


def audited(
    store: Works, name: str, number: str, version_id: str, document: dict[str, Any], when: str = NOW, **options: Any
) -> str:
    """A done job's id, which is its report's uid."""
    job = {"id": uuid4().hex, "project": store.project, "version_id": version_id, "options": "{}", "state": "done"}
    job |= {"created_at": when, "created_by": "Ada", "ended_at": when}
    source = f"{store.project}/{name}@{number}"
    piece = Piece(document, source, None, subject=name, version=number, uid=job["id"], **options)
    with store.writing() as connection:
        ((audit_id, _),) = store.finish_within(connection, store.ready([piece]))
        connection.execute(insert(jobs), job | {"audit_id": audit_id})
    return job["id"]


def bytes_stored(store: Works) -> int:
    """Bytes of all contents of the store's project."""
    with store.reading() as connection:
        sizes = connection.scalars(select(blobs.c.size).where(blobs.c.project == store.project))
        return sum(sizes)
