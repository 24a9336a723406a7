"""All that a project has as lines of JSON, out and in again: to move it, to merge two, to look at it with other tools.

The first line says what it is, the last how many lines there were, so that a file that was cut off is known as such.
Each audit has an id of its own in every database (``uid``), so importing twice doubles nothing. Numbers of audits are
a database's own, and are given anew. The project is not written: what is taken in becomes the importing project's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sqlalchemy import Connection, Select, Table, delete, func, insert, select, update

from .. import __version__
from ..errors import StoreError
from ..tuples import NamedTuple
from .connection import AT_ONCE
from .rows import insert_audits, keep_latest_rules, rows_of_audit
from .store import Store, key_of
from .tables import HEAD, acceptances, audits, findings, latest_rules, operators, works
from .typed import conforms

FORMAT = 1
"""Of the lines; it grows when a key changes its meaning or goes."""

LONGEST = 64 << 20
"""Bytes of a line that is read."""

_KEYS = frozenset({"source", "subject", "version", "path"})  # what is indexed, and so cut to a length

_ROWS = 200  # that a database sends at once

Read = Callable[[Mapping[str, Any]], tuple[object, ...]]
"""What takes a document apart into a report, and raises `StoreError` where it is not a report."""


class Imported(NamedTuple):
    """What an import brought, and what was there already."""

    audits: int = 0
    there: int = 0
    acceptances: int = 0


def export(store: Store) -> Iterator[str]:
    """Every line, without its end; one snapshot, one row after the other."""
    with store.reading() as connection:
        lines = 0
        head = {"format": FORMAT, "schema": HEAD, "auditor": __version__}
        for line in _rows(connection, store, head | {"exported_at": datetime.now(UTC).isoformat(timespec="seconds")}):
            lines += 1
            yield json.dumps(line, separators=(",", ":"), allow_nan=False)
        yield json.dumps({"end": lines})


def _rows(connection: Connection, store: Store, head: dict[str, object]) -> Iterator[dict[str, object]]:
    streamed = connection.execution_options(yield_per=_ROWS)
    yield {"auditor_export": head}
    a = audits.c
    all_audits = select(a.id, a.uid, a.source, a.subject, a.version, a.document).where(store.within(audits))
    for row in streamed.execute(all_audits.order_by(a.id)):
        document = store.unpacked(row.id, row.document)
        named = {"uid": row.uid, "source": row.source, "subject": row.subject, "version": row.version}
        yield {"audit": {**named, "document": document}}
    c = acceptances.c
    accepted = select(c.subject, a.uid, c.accepted_at, c.reason, c.accepted_by).join(audits, a.id == c.audit_id)
    done = select(works.c.key, works.c.source, a.uid).join(audits, a.id == works.c.audit_id)
    yield from _each(streamed, "acceptance", accepted.where(store.within(acceptances)).order_by(c.id))
    yield from _each(streamed, "work", done.where(store.within(works)))


def _each(connection: Connection, kind: str, query: Select[Any]) -> Iterator[dict[str, object]]:
    for row in connection.execute(query).mappings():
        yield {kind: dict(row)}


def load(store: Store, lines: BinaryIO, read: Read) -> Imported:
    """Take in what `export` wrote: all of it, or nothing. What is there already stays as it is."""
    with store.writing("import") as connection:
        done = _Import(store, connection, read)
        number = 0
        for number, line in enumerate(_bounded(lines), 1):
            try:
                done.take(line)
            except (StoreError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                why = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
                raise StoreError(f"line {number} is not of an export ({why}): nothing was imported") from error
        if not done.ended:
            raise StoreError(f"the export ends after line {number} and is not whole: nothing was imported")
        done.settle()
        return done.imported


def _bounded(lines: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := lines.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise StoreError(f"line {number} is longer than {LONGEST >> 20} MiB: nothing was imported")
        yield line


class _Import:
    def __init__(self, store: Store, connection: Connection, read: Read) -> None:
        self._store = store
        self._connection = connection
        self._read = read
        self._lines = 0
        # What comes has higher numbers: by them it is found again, as a million names have no place in memory.
        newest = select(audits.c.id).where(store.within_ids(audits)).order_by(audits.c.id.desc())
        self._before = connection.scalar(newest.limit(1)) or 0
        self.imported = Imported()
        self.ended = False

    def take(self, line: bytes) -> None:
        """One line, whatever it is."""
        whole = json.loads(line)
        if self.ended:
            raise ValueError("there is more behind its end")
        if not isinstance(whole, dict) or len(whole) != 1:
            raise ValueError("it is not an object with one key")
        ((kind, said),) = whole.items()
        if (kind == "auditor_export") != (self._lines == 0):
            raise ValueError("the first line, and only the first, must say auditor_export")
        match kind:
            case "auditor_export":
                self._head(said)
            case "audit":
                self._audit(said)
            case "acceptance":
                self._acceptance(said)
            case "work":
                row = {"key": said["key"], "source": said["source"], "audit_id": self._known(said["uid"])}
                self._add(works, row, ("key", "source"))
            case "file_state":  # in older exports: how files look on one machine says nothing on another
                pass
            case "end":
                if said != self._lines:
                    raise ValueError(f"it says {said!r} lines and stands behind {self._lines}")
                self.ended = True
            case _:
                raise ValueError(f"it is of an unknown kind {kind[:40]!r}")
        self._lines += 1

    def settle(self) -> None:
        """Of each source the newest by its time is the latest."""
        a, ours = audits.c, self._store.within(audits)
        new = select(a.source).where(ours, a.id > self._before).distinct().order_by(a.source).limit(AT_ONCE)
        sources = self._connection.scalars(new).all()
        while sources:
            its = ours & a.source.in_(sources)
            rank = func.row_number().over(partition_by=a.source, order_by=(a.audited_at.desc(), a.id.desc()))
            ranked = select(a.id, rank.label("rank")).where(its, ~a.ad_hoc).subquery()
            ids = self._connection.scalars(select(ranked.c.id).where(ranked.c.rank == 1)).all()
            newest = self._store.within_ids(audits) & a.id.in_(ids)
            self._connection.execute(update(audits).where(its, a.latest).values(latest=False))
            self._connection.execute(update(audits).where(newest).values(latest=True))
            old = (self._store.within_ids(latest_rules), latest_rules.c.audit_id.in_(select(a.id).where(its)))
            self._connection.execute(delete(latest_rules).where(*old))
            keep_latest_rules(self._connection, newest)
            sources = self._connection.scalars(new.where(a.source > sources[-1])).all()

    def _head(self, said: Mapping[str, Any]) -> None:
        if type(said["format"]) is not int or said["format"] < 1:
            raise ValueError("its format is not a number")
        if said["format"] > FORMAT:
            raise StoreError(f"it was written by a newer auditor (format {said['format']}): upgrade auditor")

    def _audit(self, said: Mapping[str, Any]) -> None:
        if self._find(said["uid"]) is not None:
            self.imported = self.imported._replace(there=self.imported.there + 1)
            return
        report, *_ = self._read(said["document"])
        if not conforms(report, type(report)):
            raise TypeError("its document has values of a wrong type")
        rows = rows_of_audit(said["document"], said["source"], self._store.project)
        rows.audit.update({key: said[key] for key in ("uid", "subject", "version")}, latest=False)
        _fits(audits, rows.audit)
        for table, below in ((findings, rows.findings), (operators, rows.operators)):
            for row in below:
                _fits(table, row)
        insert_audits(self._connection, [rows])
        self.imported = self.imported._replace(audits=self.imported.audits + 1)

    def _acceptance(self, said: Mapping[str, Any]) -> None:
        row = {key: said[key] for key in ("subject", "accepted_at", "reason", "accepted_by")}
        row["audit_id"] = self._known(said["uid"])
        if self._add(acceptances, row, tuple(row)):
            self.imported = self.imported._replace(acceptances=self.imported.acceptances + 1)

    def _add(self, table: Table, row: Mapping[str, object], key: tuple[str, ...]) -> bool:
        """A row, unless one with this key is there."""
        _fits(table, row)
        same = (table.c[name] == row[name] for name in key)
        there = select(1).select_from(table).where(self._store.within(table), *same)
        if self._connection.scalar(there) is not None:
            return False
        self._connection.execute(insert(table), {"project": self._store.project, **row})
        return True

    def _find(self, uid: object) -> int | None:
        if not isinstance(uid, str) or len(uid) != 32:
            raise ValueError("its uid has not 32 letters")
        found = self._connection.scalar(select(audits.c.id).where(self._store.within(audits), audits.c.uid == uid))
        return None if found is None else int(found)

    def _known(self, uid: object) -> int:
        found = self._find(uid)
        if found is None:
            raise ValueError(f"it names an audit {uid} that did not come before")
        return found


def _fits(table: Table, row: Mapping[str, object]) -> None:
    """The types, lengths and bounds of a table's columns, which SQLite would not look at."""
    for name, value in row.items():
        column = table.c[name]
        kind = column.type.python_type
        if value is None and column.nullable:
            continue
        if type(value) is not kind:
            raise TypeError(f"its {name} is not a {kind.__name__}")
        if isinstance(value, str):
            value.encode()  # no half of a surrogate pair
            if "\0" in value or len(value) > (getattr(column.type, "length", None) or LONGEST):
                raise ValueError(f"its {name} cannot be stored")
        if name in _KEYS and key_of(str(value)) != value:
            raise ValueError(f"its {name} is too long")
        if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            raise ValueError(f"its {name} is too large")
