"""What a batch keeps beside its reports: which work is done, and how the files looked that it read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from .engine import reading, take_turn, told
from .store import Store, audit_row, finding_rows, source_of, storable
from .tables import audits, file_states, works

_AT_ONCE = 400  # values, or pairs of them, in one statement: older SQLite takes no more than 999


class FileState(NamedTuple):
    """A file as it was when it was hashed."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    digest: str


class Done(NamedTuple):
    """Work that is done: the audit it led to, and of which source that is."""

    source: str
    audit_id: int
    document: dict[str, Any]


class Works(Store):
    """A report database that also knows the work of batches."""

    def finish(
        self, document: Mapping[str, Any], source: str, key: str | None, states: Iterable[FileState] = ()
    ) -> tuple[int, bool]:
        """Keep a report, its work's key and its files' states: all, or nothing.

        Returns the audit's id, and whether it is another's: a batch beside this one was faster. Without a key the
        report is kept, and the work is to be done again.
        """
        row = audit_row(document, source)
        with told(self._engine.url, self._patience), self._engine.begin() as connection:
            take_turn(connection, f"audits of {source}")
            _remember(connection, states)
            if key is not None:
                same = (works.c.key == key) & (works.c.source == source)
                there = connection.scalar(select(works.c.audit_id).where(same))
                if there is not None:
                    return int(there), True
            audit_id = self._insert(connection, row, finding_rows(document))
            if key is not None:
                connection.execute(insert(works).values(key=key, source=source, audit_id=audit_id))
            return audit_id, False

    def done(self, wanted: Mapping[str, str]) -> dict[str, Done]:
        """Of keys to sources, the work that is done: that source's own audit if there is one, else another's."""
        found: dict[str, tuple[str, int, bytes]] = {}
        joined = works.join(audits, works.c.audit_id == audits.c.id)
        query = select(works.c.key, works.c.source, audits.c.id, audits.c.document).select_from(joined)
        same = works.alias()
        first = select(func.min(same.c.source)).where(same.c.key == works.c.key).scalar_subquery()
        with told(self._engine.url, self._patience), reading(self._engine) as connection:
            for keys in _parts(wanted):
                own = query.where(tuple_(works.c.key, works.c.source).in_([(key, wanted[key]) for key in keys]))
                found |= {key: tuple(rest) for key, *rest in connection.execute(own)}
                if left := [key for key in keys if key not in found]:
                    anothers = query.where(works.c.key.in_(left), works.c.source == first)
                    found |= {key: tuple(rest) for key, *rest in connection.execute(anothers)}
        return {key: Done(source, i, self._unpacked(i, packed)) for key, (source, i, packed) in found.items()}

    def states(self, paths: Collection[str]) -> dict[str, FileState]:
        """How files looked when they were hashed, by path."""
        found = {}
        with told(self._engine.url, self._patience), reading(self._engine) as connection:
            for part in _parts(paths):
                keys = {_path(path): path for path in part}
                for row in connection.execute(select(file_states).where(file_states.c.path.in_(keys))):
                    path = keys[row.path]
                    found[path] = FileState(path, row.size, row.mtime_ns, int(row.inode), row.digest)
        return found

    def remember(self, states: Iterable[FileState]) -> None:
        """Keep how files look, without a report."""
        with told(self._engine.url, self._patience), self._engine.begin() as connection:
            take_turn(connection, "file states")
            _remember(connection, states)


def _remember(connection: Connection, states: Iterable[FileState]) -> None:
    rows = {_path(state.path): state._asdict() | {"path": _path(state.path)} for state in states}
    if rows:
        connection.execute(delete(file_states).where(file_states.c.path.in_(rows)))
        connection.execute(insert(file_states), [row | {"inode": str(row["inode"])} for row in rows.values()])


def _path(path: str) -> str:
    return storable(source_of(path))


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    values = list(values)
    return (values[i : i + _AT_ONCE] for i in range(0, len(values), _AT_ONCE))
