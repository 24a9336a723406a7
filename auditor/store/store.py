"""Reports kept: one audit is one transaction, and its document comes back as it was."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, ColumnElement, Connection, Engine, and_, insert, or_, select, update

from auditor.errors import StoreError

from .engine import OTHER, PATIENCE, address, file_of, open_engine, reading, shown, take_turn, told
from .schema import ensure
from .tables import audits, findings

_LARGEST = 1 << 63  # of a database's integers
_DIGITS = 8  # of a digest, enough to name it
_LONGEST = 1000  # of an indexed path: PostgreSQL indexes no text beyond 2.7 KB


@dataclass(frozen=True, slots=True)
class Row:
    """One audit in a model's history. A count that is no 64-bit number is None here and whole in the document."""

    id: int
    when: str  # ISO 8601, UTC
    source: str
    verdict: str
    errors: int
    warnings: int
    notes: int
    bytes: int | None
    nodes: int | None
    parameters: int | None
    macs: int | None
    digest: str
    content_digest: str | None


_ROW = (
    audits.c.id, audits.c.audited_at.label("when"), audits.c.source, audits.c.verdict,
    audits.c.errors, audits.c.warnings, audits.c.notes, audits.c.bytes, audits.c.nodes,
    audits.c.parameters, audits.c.macs, audits.c.digest, audits.c.content_digest,
)  # fmt: skip


class Store:
    """The report database. Open it with `Store.open`, as a context or with `close`."""

    def __init__(self, engine: Engine, patience: float) -> None:
        self._engine = engine
        self._patience = patience

    @classmethod
    def open(cls, where: str | Path, create: bool = True, patience: float = PATIENCE) -> Self:
        """The database at a path or a URL, its schema up to date; made if it is not there, unless told not to."""
        url = address(where)
        _prepare(url, create)
        engine = open_engine(url, patience)
        try:
            with told(url, patience):
                ensure(engine, patience)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, patience)

    def save(self, document: Mapping[str, Any], source: str | None = None) -> int:
        """Keep a document of `formats.json`; returns its id. All of it is kept, or nothing.

        ``source`` says whose history it belongs to; by default the model's path, made absolute.
        """
        row = audit_row(document, source_of(document["model"]["path"]) if source is None else _key(source))
        found = finding_rows(document)
        with told(self._engine.url, self._patience), self._engine.begin() as connection:
            take_turn(connection, f"audits of {row['source']}")
            return self._insert(connection, row, found)

    def _insert(self, connection: Connection, row: dict[str, object], found: list[dict[str, object]]) -> int:
        connection.execute(update(audits).where(audits.c.source == row["source"], audits.c.latest).values(latest=False))
        key = connection.execute(insert(audits), row).inserted_primary_key
        assert key is not None  # an insert of one row always tells its key
        audit_id = int(key[0])
        if found:
            connection.execute(insert(findings), [{"audit_id": audit_id, **f} for f in found])
        return audit_id

    def get(self, audit_id: int) -> dict[str, Any] | None:
        """The document that was saved under this id; None if there is none."""
        if not 0 < audit_id < _LARGEST:
            return None
        with told(self._engine.url, self._patience), reading(self._engine) as connection:
            packed = connection.scalar(select(audits.c.document).where(audits.c.id == audit_id))
        return None if packed is None else self._unpacked(audit_id, packed)

    def history(self, model: str, limit: int = 20) -> list[Row]:
        """The audits of a model, newest first: ``model`` is its path, or a digest, or its first eight digits."""
        as_given = _key(model)
        of_it: ColumnElement[bool] = audits.c.source.in_([_key(_absolute(model)), as_given])
        if len(as_given) >= _DIGITS:  # files that could not be read have the digest "", and nothing else in common
            of_it = or_(of_it, _begins(audits.c.digest, as_given), _begins(audits.c.content_digest, as_given))
        query = select(*_ROW).where(of_it).order_by(audits.c.id.desc()).limit(limit)
        with told(self._engine.url, self._patience), reading(self._engine) as connection:
            return [Row(**row._mapping) for row in connection.execute(query)]

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _unpacked(self, audit_id: int, packed: bytes) -> dict[str, Any]:
        try:
            document = json.loads(zlib.decompress(packed))
        except (zlib.error, ValueError) as error:
            where = shown(self._engine.url)
            raise StoreError(f"report {audit_id} in {where} is damaged ({error}): audit the model again") from error
        assert isinstance(document, dict)
        return document


def _prepare(url: URL, create: bool) -> None:
    """What SQLite would say badly: folders in the way, missing, or closed to us."""
    file = file_of(url)
    if file is None:
        return
    try:
        if file.is_dir():
            raise StoreError(f"the report database {file} is a folder: name a file in it, or {OTHER}")
        if file.exists() and not file.is_file():
            raise StoreError(f"the report database {file} is not a regular file: {OTHER}")
        if not create and not file.exists():
            raise StoreError(f"there is no report database {file} yet: `auditor check MODEL` makes it, or {OTHER}")
        file.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            f"the folder of the report database {file} cannot be made or entered ({why}): {OTHER}"
        ) from error


def audit_row(document: Mapping[str, Any], source: str) -> dict[str, object]:
    """The row of ``audits`` for a document."""
    model, totals = document["model"], document["totals"]
    severities = Counter(f["severity"] for f in document["findings"])
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return {
        "source": source,
        "latest": True,
        "digest": storable(model["digest"]),
        "content_digest": model["content_digest"],
        "verdict": document["verdict"],
        "errors": severities["error"],
        "warnings": severities["warning"],
        "notes": severities["note"],
        "audited_at": document["audited_at"],
        "auditor_version": document["auditor"]["version"],
        "rules": document["auditor"]["rules"],
        "bytes": _count(model["bytes"]),
        "nodes": _count(totals["nodes"]),
        "parameters": _count(totals["parameters"]),
        "learnable_parameters": _count(totals["learnable_parameters"]),
        "macs": _count(totals["macs"]),
        "weight_bytes": _count(totals["weight_bytes"]),
        "peak_activation_bytes": _count(totals["peak_activation_bytes"]),
        "document": zlib.compress(text.encode("ascii")),
    }


def finding_rows(document: Mapping[str, Any]) -> list[dict[str, object]]:
    """Its rows of ``findings``, without the audit's id."""
    return [_finding(i, f) for i, f in enumerate(document["findings"])]


def _finding(ordinal: int, finding: Mapping[str, Any]) -> dict[str, object]:
    place = finding["location"]
    return {
        "ordinal": ordinal,
        "rule": storable(finding["rule"]),
        "severity": finding["severity"] or "",
        "basis": finding["basis"] or "",
        "graph": storable(place["graph"]),
        "node": storable(place["node"]),
        "op_type": storable(place["op_type"]),
        "tensor": storable(place["tensor"]),
        "fingerprint": storable(finding["fingerprint"]),
        "message": storable(finding["message"]),
    }


def storable(value: str) -> str:
    """A text that every database takes: PostgreSQL refuses the character NUL."""
    return value.replace("\0", "\\x00")


def _begins(digest: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    """As a range, so that an index is used: "g" comes behind every hexadecimal digit."""
    return and_(digest >= digits, digest < digits + "g")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and -_LARGEST <= value < _LARGEST else None


def source_of(path: str) -> str:
    """Under which source a model's audits are kept, where nothing else is said."""
    return _key(_absolute(path))


def _absolute(path: str) -> str:
    """Links are left alone: a link that moves on to a new version keeps its history. "" is a model from bytes."""
    return os.path.abspath(path) if path else ""  # noqa: PTH100  Path.resolve() follows links, absolute() keeps ".."


def _key(source: str) -> str:
    """What a model's audits have in common; of a very long path the beginning and a digest of all."""
    whole = storable(source.encode("utf-8", "backslashreplace").decode("utf-8"))
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[: _LONGEST // 2]}...{hashlib.sha256(whole.encode()).hexdigest()}"


def upgrade(where: str | Path) -> None:
    """Make the database, or bring it to the newest schema (`Store.open` does so too)."""
    Store.open(where).close()
