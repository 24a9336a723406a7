"""What a batch keeps beside its reports: which work is done, and how the files looked that it read."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Text, column, delete, func, insert, select, values

from ..files import FileLook
from ..tuples import NamedTuple
from .connection import parts, storable, upsert
from .rows import AuditRows, rows_of_audit
from .store import Store, source_of
from .tables import acceptances, audits, file_states, works

_INSERT = insert(works)
_KEEP_STATES = upsert(file_states)


class FileState(NamedTuple):
    """A file as it was when it was hashed."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    digest: str
    ctime_ns: int = 0  # when the system last saw it change
    device: int = 0

    @property
    def look(self) -> FileLook:
        return FileLook(self.device, self.inode, self.size, self.mtime_ns, self.ctime_ns)


class Done(NamedTuple):
    """Work that is done: the audit it led to, and of which source that is."""

    source: str
    audit_id: int
    silent: bool  # it passed, without a finding


class Piece(NamedTuple):
    """What is to be kept of one model."""

    document: Mapping[str, Any]
    source: str
    key: str | None  # of its work; None where nobody knows the content
    states: tuple[FileState, ...] = ()
    again: str | None = None  # of the same work, where it is to be done again: what comes of it takes this one's place
    whole: bool = True  # it need not be done again
    subject: str | None = None  # this and the version: as `Store.save` takes them
    version: str | None = None
    uid: str | None = None  # the audit's id in every database, where it is known before: it is kept once


class Works(Store):
    """A report database that also knows the work of batches."""

    def finish_all(self, pieces: Sequence[Piece]) -> list[tuple[int, bool]]:
        """Keep reports, the keys of their work and the states of their files: all of it, or nothing.

        Returns of each the audit's id, and whether it is another's: a batch beside this one was faster. Of work that is
        to be done again there is one report, found by ``again``, until a whole one or the next one takes its place.
        """
        ready = self.ready(pieces)
        with self.writing() as connection:
            return self.finish_within(connection, ready)

    def ready(self, pieces: Iterable[Piece]) -> list[ReadyPiece]:
        """The same as the tables take it: made before a transaction begins, for which others have to wait."""
        return [
            ReadyPiece(piece, rows_of_audit(piece.document, piece.source, self.project, piece.uid)) for piece in pieces
        ]

    def finish_within(self, connection: Connection, fresh: Sequence[ReadyPiece]) -> list[tuple[int, bool]]:
        """As `finish_all`, within a transaction that is there already, and is the caller's to end."""
        self.take_turns(connection, sorted({f"audits of {row.piece.source}" for row in fresh}))
        self._remember(connection, [state for row in fresh for state in row.piece.states])
        return [kept for group in _no_source_twice(fresh) for kept in self._finish(connection, group)]

    def done(self, wanted: Collection[tuple[str, str]], known: Container[str] = ()) -> dict[tuple[str, str], Done]:
        """Of pairs of key and source, the work that is done: that source's own audit, if there is one, else another's.

        Of ``known`` keys only the source's own is looked up: there may be many others, and the caller has one.
        """
        found: dict[tuple[str, str], Done] = {}
        joined = works.join(audits, works.c.audit_id == audits.c.id)
        number = audits.c.errors + audits.c.warnings + audits.c.notes
        silent = (number == 0) & (audits.c.verdict == "pass")
        query = select(works.c.key, works.c.source, audits.c.id, silent).select_from(joined)
        query = query.where(self.within(works), self.within(audits))
        same = works.alias()
        first = select(func.min(same.c.source)).where(self.within(same), same.c.key == works.c.key).scalar_subquery()
        with self.reading() as connection:
            for pairs in parts(wanted):
                own = _of_pairs(query, pairs)
                found |= {(key, source): Done(source, *rest) for key, source, *rest in connection.execute(own)}
            for keys in parts({pair[0] for pair in wanted if pair not in found and pair[0] not in known}):
                anothers = query.where(works.c.key.in_(keys), works.c.source == first)
                others = {key: Done(*rest) for key, *rest in connection.execute(anothers)}
                found |= {p: others[p[0]] for p in wanted if p not in found and p[0] in others}
        return found

    def documents(self, audit_ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """The documents that were kept under these ids."""
        found: dict[int, dict[str, Any]] = {}
        with self.reading() as connection:
            for part in parts(audit_ids):
                query = select(audits.c.id, audits.c.document).where(self.within_ids(audits), audits.c.id.in_(part))
                found |= {i: self.unpacked(i, packed) for i, packed in connection.execute(query)}
        return found

    def states(self, paths: Collection[str]) -> dict[str, FileState]:
        """How files looked when they were hashed, by path."""
        found = {}
        with self.reading() as connection:
            for part in parts(paths):
                keys = {_path(path): path for path in part}
                query = select(file_states).where(self.within(file_states), file_states.c.path.in_(keys))
                for row in connection.execute(query):
                    path = keys[row.path]
                    found[path] = FileState(
                        path, row.size, row.mtime_ns, int(row.inode), row.digest, row.ctime_ns, int(row.device)
                    )
        return found

    def remember(self, states: Iterable[FileState]) -> None:
        """Keep how files look, without a report."""
        with self.writing("file states") as connection:
            self._remember(connection, states)

    def _finish(self, connection: Connection, rows: list[ReadyPiece]) -> list[tuple[int, bool]]:
        """Of rows of different sources: of each its audit's id, and whether that was there before."""
        there, known = self._audits_of(connection, rows), self._known(connection, rows)
        kept: dict[str, tuple[int, bool]] = {}
        for row in rows:
            before = known.get(row.piece.uid, there.get((row.piece.key, row.piece.source)))
            if before is not None:
                kept[row.piece.source] = before, True
        new = [row for row in rows if row.piece.source not in kept]
        if new:
            ids = self._insert(connection, [(row.rows, row.piece.subject, row.piece.version) for row in new])
            kept |= {row.piece.source: (audit_id, False) for row, audit_id in zip(new, ids, strict=True)}
            for row in new:
                replaced = there.get((row.piece.again, row.piece.source))
                if replaced is not None:
                    self._forget(connection, replaced)
            keys = [(row.piece.key if row.piece.whole else row.piece.again, row.piece.source) for row in new]
            done = [
                {"project": self.project, "key": key, "source": source, "audit_id": audit_id}
                for (key, source), audit_id in zip(keys, ids, strict=True)
                if key is not None
            ]
            if done:
                connection.execute(_INSERT, done)
        return [kept[row.piece.source] for row in rows]

    def _audits_of(self, connection: Connection, rows: Iterable[ReadyPiece]) -> dict[tuple[str | None, str], int]:
        """By key and source, the audits that work led to."""
        pairs = {(key, row.piece.source) for row in rows for key in (row.piece.key, row.piece.again) if key is not None}
        found: dict[tuple[str | None, str], int] = {}
        for part in parts(pairs):
            query = select(works.c.key, works.c.source, works.c.audit_id).where(self.within(works))
            for key, source, audit_id in connection.execute(_of_pairs(query, part)):
                found[key, source] = audit_id
        return found

    def _known(self, connection: Connection, rows: Iterable[ReadyPiece]) -> dict[str | None, int]:
        """By their ids, those that are kept already."""
        found: dict[str | None, int] = {}
        for part in parts([row.piece.uid for row in rows if row.piece.uid is not None]):
            query = select(audits.c.uid, audits.c.id).where(self.within(audits), audits.c.uid.in_(part))
            found |= {uid: int(audit_id) for uid, audit_id in connection.execute(query)}
        return found

    def _forget(self, connection: Connection, audit_id: int) -> None:
        """An audit whose work was done again goes, unless somebody answers for it."""
        kept = select(acceptances.c.audit_id).where(self.within(acceptances), acceptances.c.audit_id == audit_id)
        connection.execute(delete(works).where(self.within(works), works.c.audit_id == audit_id))
        connection.execute(delete(audits).where(self.within(audits), audits.c.id == audit_id, ~kept.exists()))

    def _remember(self, connection: Connection, states: Iterable[FileState]) -> None:
        rows = {_path(state.path): state for state in states}
        asked = [
            state._asdict()
            | {"project": self.project, "path": path, "inode": str(state.inode), "device": str(state.device)}
            for path, state in sorted(rows.items())
        ]
        if asked:
            connection.execute(_KEEP_STATES, asked)


class ReadyPiece(NamedTuple):
    """What is to be kept of one model, as the tables take it."""

    piece: Piece
    rows: AuditRows


def _of_pairs(query: Select[Any], pairs: Sequence[tuple[str, str]]) -> Select[Any]:
    """What a query says of the works with these keys and sources.

    They are joined with: ``(key, source) IN (...)`` SQLite answers by looking at all works of the project.
    """
    wanted = values(column("key", Text), column("source", Text), name="wanted").data(pairs).cte("wanted")
    return query.join(wanted, (wanted.c.key == works.c.key) & (wanted.c.source == works.c.source))


def _no_source_twice(rows: Iterable[ReadyPiece]) -> Iterator[list[ReadyPiece]]:
    """In order, in groups: what was kept of a source before must be there when the next is."""
    group: dict[str, ReadyPiece] = {}
    for row in rows:
        if row.piece.source in group:
            yield list(group.values())
            group.clear()
        group[row.piece.source] = row
    if group:
        yield list(group.values())


def _path(path: str) -> str:
    return storable(source_of(path))
