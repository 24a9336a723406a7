"""Old audits taken out of a project: never the newest of a model file, never the newest accepted one of a subject."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from sqlalchemy import ColumnElement, delete, func, select

from ..tuples import NamedTuple
from .connection import errors_in_words, file_of
from .store import Store
from .tables import acceptances, audits
from .tokens import shifted

_AT_ONCE = 500  # audits that go in one transaction: others get their turn


class Prunable(NamedTuple):
    """What a prune takes, or would take."""

    audits: int
    models: int  # model files that have fewer audits afterwards
    findings: int
    bytes: int  # of their documents, as stored


class Wish(NamedTuple):
    """Which audits may go: all that is said must hold."""

    keep: int | None = None  # not the newest so many of a model file
    older_than: float | None = None  # days
    model: str | None = None  # glob over the subject or the source


def prune(store: Store, wish: Wish, dry_run: bool = False) -> Prunable:
    """Take out what may go; with ``dry_run`` only say what it would be."""
    ids = array("q")  # of a million audits eight megabytes; nothing else of them is kept here
    models = findings = size = 0
    last: str | None = None
    for audit_id, source, count, length in _candidates(store, wish):
        ids.append(audit_id)
        models += source != last
        last = source
        findings += count
        size += length
    if not dry_run:
        for i in range(0, len(ids), _AT_ONCE):
            with store.writing("prune") as connection:
                these = audits.c.id.in_(ids[i : i + _AT_ONCE].tolist())
                connection.execute(delete(audits).where(store.within_ids(audits), these, _may_go(store)))
    return Prunable(len(ids), models, findings, size)


def vacuum(store: Store) -> int | None:
    """Give the free space back; how many bytes the file lost. None: another process is at it, or there is no file."""
    url = store.engine.url
    file = file_of(url)
    before = file.stat().st_size if file else 0
    with errors_in_words(url), store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.cursor()
        try:
            raw.execute("VACUUM")
            if file is None:
                return None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                return None
            raise
        finally:
            raw.close()
    return max(before - file.stat().st_size, 0)


def _may_go(store: Store) -> ColumnElement[bool]:
    """Neither the newest of its source (also where all are ad hoc looks), nor the accepted one of a subject."""
    newer = acceptances.alias()
    c = acceptances.c
    is_newer = (newer.c.accepted_at > c.accepted_at) | ((newer.c.accepted_at == c.accepted_at) & (newer.c.id > c.id))
    replaced = select(newer.c.id).where(store.within(newer), newer.c.subject == c.subject, is_newer).exists()
    stands = select(c.id).where(store.within(acceptances), c.audit_id == audits.c.id, ~replaced).exists()
    other = audits.alias()
    its = (store.within(other), other.c.source == audits.c.source)
    is_followed = select(other.c.id).where(*its, other.c.latest | (other.c.id > audits.c.id)).exists()
    return ~audits.c.latest & is_followed & ~stands


def _candidates(store: Store, wish: Wish) -> Iterator[tuple[int, str, int, int]]:
    """Number, source, findings and size, those of a source one after the other."""
    c = audits.c
    rank = func.row_number().over(partition_by=c.source, order_by=(c.audited_at.desc(), c.id.desc()))
    ranked = select(c.id, rank.label("rank")).where(store.within(audits)).subquery()
    count = c.errors + c.warnings + c.notes
    query = select(c.id, c.subject, c.source, count, func.length(c.document))
    query = query.where(store.within(audits), _may_go(store))
    if wish.keep is not None:
        query = query.join(ranked, ranked.c.id == c.id).where(ranked.c.rank > wish.keep)
    if wish.older_than is not None:
        before = shifted(datetime.now(UTC), -86_400 * wish.older_than)
        query = query.where(c.audited_at < before.isoformat(timespec="seconds").removesuffix("+00:00"))
    with store.reading() as connection:
        found = connection.execute(query.order_by(c.source, c.id), execution_options={"yield_per": _AT_ONCE})
        for audit_id, subject, source, findings, length in found:
            names = (subject, subject.partition("@/")[0], source)
            if wish.model is None or any(fnmatchcase(name, wish.model) for name in names):
                yield audit_id, source, findings, length
