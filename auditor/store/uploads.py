"""Files on their way, and those that are there whole. What is in them lies in the service's storage, not here.

A content's file is put in its place within the transaction that writes its row, and taken away within one that has seen
that there is no row: so a row without a file never is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from ..errors import AuditorError
from ..tuples import NamedTuple
from .connection import parts, storable
from .service_tables import blobs, uploads, version_blobs
from .store import Store
from .tokens import moment, shifted

OPEN = 1000
"""Files of a project that may be on their way at once."""


class Upload(NamedTuple):
    """A file on its way. How much of it is there, its file says."""

    id: str
    size: int  # bytes that it is to have
    sha256: str  # that it is to have; "" where that is seen when it is there
    created_at: str  # ISO 8601, UTC
    seen_at: str  # when somebody last cared for it
    done: bool  # its content is among the project's blobs


class QuotaFull(AuditorError):
    """The project's files would be more than it may have."""


class TooManyUploads(AuditorError):
    """So many files of the project are on their way already."""


_COLUMNS = (
    uploads.c.id, uploads.c.size, uploads.c.sha256, uploads.c.created_at, uploads.c.seen_at, uploads.c.done
)  # fmt: skip


def begin(store: Store, size: int, sha256: str, quota: int) -> Upload:
    """Keep a new upload of the store's project; it is done at once where the project has the content already.

    What is there and what is on its way is together at most ``quota`` bytes, else `QuotaFull`.
    """
    now = moment(datetime.now(UTC))
    with store.writing(contents_turn(store)) as connection:
        done = _size(connection, store, sha256) is not None
        if not done:
            number, coming = connection.execute(
                select(func.count(), func.coalesce(func.sum(uploads.c.size), 0)).where(_its(store), ~uploads.c.done)
            ).one()
            if number >= OPEN:
                raise TooManyUploads(f"{OPEN} files of this project are on their way already")
            there = _stored(connection, store)
            if there + int(coming) + size > quota:
                raise QuotaFull(
                    f"this project's files may be {quota:,} bytes: {there:,} are there, {int(coming):,} on their way"
                )
        new = Upload(uuid4().hex, size, sha256, now, now, done)
        connection.execute(insert(uploads), new._asdict() | {"project": store.project})
    return new


def upload_of(store: Store, upload_id: str) -> Upload | None:
    """The project's upload of this id; None if it has none."""
    query = select(*_COLUMNS).where(_its(store), uploads.c.id == storable(upload_id))
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Upload(*row)


def see(store: Store, upload_id: str) -> None:
    """Somebody cares for it: it is not swept before its time begins anew."""
    with store.writing() as connection:
        at = moment(datetime.now(UTC))
        connection.execute(update(uploads).where(_its(store), uploads.c.id == upload_id).values(seen_at=at))


def forget_upload(store: Store, upload_id: str) -> None:
    """It is as if it had never been."""
    with store.writing() as connection:
        connection.execute(delete(uploads).where(_its(store), uploads.c.id == upload_id))


def forget_abandoned(store: Store, upload_id: str, seconds: float) -> bool:
    """The same, unless somebody has cared for it within so many seconds; whether it went."""
    with store.writing() as connection:
        old = delete(uploads).where(_its(store), uploads.c.id == upload_id, uploads.c.seen_at < _ago(seconds))
        return connection.execute(old).rowcount > 0


@contextmanager
def keeping(store: Store, upload_id: str, sha256: str, size: int) -> Iterator[None]:
    """The transaction in which an upload's file becomes the content's: the caller puts it there, the row is kept."""
    with store.writing(contents_turn(store)) as connection:
        yield
        now = moment(datetime.now(UTC))
        if _size(connection, store, sha256) is None:
            row = {"project": store.project, "sha256": sha256, "size": size, "created_at": now}
            connection.execute(insert(blobs), row)
        done = update(uploads).where(_its(store), uploads.c.id == upload_id)
        connection.execute(done.values(done=True, seen_at=now, sha256=sha256, size=size))


def blob_size(store: Store, sha256: str) -> int | None:
    """Bytes of a content of the store's project; None if it has not got it."""
    with store.reading() as connection:
        return _size(connection, store, storable(sha256))


def blob_sizes(store: Store, contents: Collection[str]) -> dict[str, int]:
    """Of those contents that the project has, the bytes."""
    with store.reading() as connection:
        return sizes_within(connection, store, contents)


def sizes_within(connection: Connection, store: Store, contents: Collection[str]) -> dict[str, int]:
    """The same within a transaction."""
    found: dict[str, int] = {}
    for part in parts(contents):
        query = select(blobs.c.sha256, blobs.c.size).where(store.within(blobs), blobs.c.sha256.in_(part))
        found |= {row.sha256: int(row.size) for row in connection.execute(query)}
    return found


def abandoned(store: Store, seconds: float) -> list[str]:
    """The project's uploads that nobody has cared for so long, done or not."""
    query = select(uploads.c.id).where(_its(store), uploads.c.seen_at < _ago(seconds)).order_by(uploads.c.seen_at)
    with store.reading() as connection:
        return list(connection.scalars(query))


def projects_of_uploads(store: Store) -> list[str]:
    """Every project that has an upload or a content."""
    with store.reading() as connection:
        return sorted(connection.scalars(select(uploads.c.project).union(select(blobs.c.project))))


def known_uploads(store: Store, upload_ids: Collection[str]) -> set[str]:
    """Of these ids those that are an upload's, whichever project's."""
    found: set[str] = set()
    with store.reading() as connection:
        for part in parts(upload_ids):
            found |= set(connection.scalars(select(uploads.c.id).where(uploads.c.id.in_(part))))
    return found


def forget_unused(store: Store, seconds: float) -> int:
    """The rows of contents go that no version is made of, and nobody sent or asked for so long; says how many."""
    used = select(version_blobs.c.sha256).where(
        version_blobs.c.project == blobs.c.project, version_blobs.c.sha256 == blobs.c.sha256
    )
    sent = select(uploads.c.id).where(
        uploads.c.project == blobs.c.project, uploads.c.sha256 == blobs.c.sha256, uploads.c.seen_at >= _ago(seconds)
    )
    with store.writing(contents_turn(store)) as connection:
        unused = delete(blobs).where(
            store.within(blobs), blobs.c.created_at < _ago(seconds), ~used.exists(), ~sent.exists()
        )
        return connection.execute(unused).rowcount


@contextmanager
def without_rows(store: Store, contents: Collection[str]) -> Iterator[list[str]]:
    """Of these contents those without a row, and a transaction in which nobody can make one: their files may go."""
    with store.writing(contents_turn(store)) as connection:
        known = sizes_within(connection, store, contents)
        yield [sha256 for sha256 in contents if sha256 not in known]


def contents_turn(store: Store) -> str:
    """In whose turn a transaction is that needs the project's contents to stay as they are."""
    return f"contents of {store.project}"


def _its(store: Store) -> ColumnElement[bool]:
    return store.within(uploads)


def _size(connection: Connection, store: Store, sha256: str) -> int | None:
    found = connection.scalar(select(blobs.c.size).where(store.within(blobs), blobs.c.sha256 == sha256))
    return None if found is None else int(found)


def _stored(connection: Connection, store: Store) -> int:
    return int(connection.scalar(select(func.coalesce(func.sum(blobs.c.size), 0)).where(store.within(blobs))) or 0)


def _ago(seconds: float) -> str:
    return moment(shifted(datetime.now(UTC), -seconds))
