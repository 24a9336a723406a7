"""Reports kept: one audit is one transaction, and its document comes back as it was."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    JSON,
    URL,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    union,
    update,
)

from ..errors import StoreError
from ..files import is_address
from ..tuples import NamedTuple
from .connection import (
    OTHER,
    PATIENCE,
    address,
    errors_in_words,
    file_of,
    open_engine,
    parts,
    reading,
    shown,
    storable,
    take_turn,
    unindexed,
)
from .rows import LARGEST, AuditRows, insert_audits, rows_of_audit
from .schema import ensure
from .tables import DEFAULT, acceptances, audits, latest_rules

_DIGITS = 8  # of a digest, enough to name it
_LONGEST = 1000  # of an indexed path: PostgreSQL indexes no text beyond 2.7 KB


@dataclass(frozen=True, slots=True)
class Row:
    """One audit in a model's history. A count that is not a 64-bit number is None here and whole in the document."""

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
    subject: str
    version: str
    accepted: str | None  # when, ISO 8601, UTC
    ad_hoc: bool = False  # an ad hoc look: never a model's latest


class Accepted(NamedTuple):
    """A version that somebody answers for."""

    audit_id: int
    when: str  # ISO 8601, UTC
    reason: str
    by: str
    document: dict[str, Any]


class AcceptedAudit(NamedTuple):
    """The same without its report, which may be large."""

    audit_id: int
    when: str
    reason: str
    by: str


ROW = (
    audits.c.id, audits.c.audited_at.label("when"), audits.c.source, audits.c.verdict,
    audits.c.errors, audits.c.warnings, audits.c.notes, audits.c.bytes, audits.c.nodes,
    audits.c.parameters, audits.c.macs, audits.c.digest, audits.c.content_digest,
    audits.c.subject, audits.c.version,
    select(func.max(acceptances.c.accepted_at))
    .where(acceptances.c.audit_id == audits.c.id, acceptances.c.project == audits.c.project)
    .scalar_subquery().label("accepted"),
    audits.c.ad_hoc,
)  # fmt: skip


# What is often asked is made once: SQLAlchemy takes longer to make a question than SQLite to answer it.
_NEWEST = select(audits.c.id, audits.c.document).where(audits.c.project == bindparam("project"))
_NEWEST_OF_SOURCE = _NEWEST.where(audits.c.latest, audits.c.source == bindparam("source"))
_NEWEST_OF_SUBJECT = (
    _NEWEST.where(audits.c.subject == bindparam("subject"), ~audits.c.ad_hoc).order_by(audits.c.id.desc()).limit(1)
)
# Thousands of names as one value: as a row each they take longer to come than to be found.
_FAILING = {
    dialect: select(together(latest_rules.c.source, type_=JSON)).where(
        latest_rules.c.project == bindparam("project"), latest_rules.c.rule == bindparam("rule")
    )
    for dialect, together in (("sqlite", func.json_group_array), ("postgresql", func.json_agg))
}
_LATEST_OF_SOURCES = select(audits.c.source, audits.c.id, audits.c.subject, audits.c.version).where(
    audits.c.project == bindparam("project"), audits.c.latest, audits.c.source.in_(bindparam("sources", expanding=True))
)

_RULES_NO_LONGER_LATEST = delete(latest_rules).where(
    unindexed(latest_rules.c.project) == bindparam("of"), latest_rules.c.audit_id.in_(bindparam("ids", expanding=True))
)
_NO_LONGER_LATEST = (  # a parameter of an UPDATE may not be called as a column is
    update(audits)
    .where(unindexed(audits.c.project) == bindparam("of"), audits.c.id.in_(bindparam("ids", expanding=True)))
    .values(latest=False)
)


class Store:
    """What a project has in the report database. Open it with `Store.open`, as a context or with `close`.

    Another project's rows are as if they were not there: every query is bound to the project.
    """

    def __init__(self, engine: Engine, patience: float, project: str = DEFAULT) -> None:
        self._engine = engine
        self._patience = patience
        self.project = project

    @classmethod
    def open(cls, where: str | Path, create: bool = True, patience: float = PATIENCE, project: str = DEFAULT) -> Self:
        """The database at a path or a URL, its schema up to date; made if it is not there, unless told not to."""
        url = address(where)
        _prepare(url, create)
        engine = open_engine(url, patience)
        try:
            with errors_in_words(url, patience):
                ensure(engine, patience)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, patience, project)

    def in_project(self, name: str) -> Self:
        """What another project has in the same database, over the same connections: closing one closes both."""
        return type(self)(self._engine, self._patience, name)

    def within(self, table: FromClause) -> ColumnElement[bool]:
        """That a row is this project's."""
        return table.c.project == self.project

    def within_ids(self, table: FromClause) -> ColumnElement[bool]:
        """The same beside many ids, which are what is looked up."""
        return unindexed(table.c.project) == self.project

    def any_holds(self, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """That an audit is this project's, and one of them holds: each asked for by itself, as OR goes by no index."""
        each = (select(audits.c.id).where(self.within(audits), condition) for condition in conditions)
        return and_(self.within_ids(audits), audits.c.id.in_(union(*each)))

    def save(
        self,
        document: Mapping[str, Any],
        source: str | None = None,
        *,
        subject: str | None = None,
        version: str | None = None,
    ) -> int:
        """Keep a document of `formats.json`; returns its id. All of it is kept, or nothing.

        ``source`` says which file it is of; by default the model's path, made absolute. ``subject`` is the model's
        name across its versions, and ``version`` which one this is, where a registry says so. Otherwise they are
        those of the source's audit before, and of a first one the source itself and "".
        """
        whose = source_of(document["model"]["path"]) if source is None else key_of(source)
        rows = rows_of_audit(document, whose, self.project)
        with self.writing(f"audits of {whose}") as connection:
            return self._insert(connection, [(rows, subject, version)])[0]

    def _insert(self, connection: Connection, fresh: Sequence[tuple[AuditRows, str | None, str | None]]) -> list[int]:
        """Audits of different sources, with subject and version; their ids.

        Each becomes its source's latest, unless it is an ad hoc look.
        """
        newest: dict[object, list[Any]] = {}
        for part in parts([rows.audit["source"] for rows, *_ in fresh]):
            asked = {"project": self.project, "sources": part}
            newest |= {source: rest for source, *rest in connection.execute(_LATEST_OF_SOURCES, asked)}
        replaced = []
        for (row, *_), *said in fresh:
            row["latest"] = not row["ad_hoc"]
            before, *known = newest.get(row["source"], (None, row["source"], ""))
            row["subject"], row["version"] = (k if s is None else key_of(s) for k, s in zip(known, said, strict=True))
            if row["latest"] and before is not None:
                replaced.append(before)
        for ids in parts(replaced):
            for no_longer in (_NO_LONGER_LATEST, _RULES_NO_LONGER_LATEST):
                connection.execute(no_longer, {"of": self.project, "ids": ids})
        return insert_audits(connection, [rows for rows, *_ in fresh])

    def accept(self, subject: str, audit_id: int, *, reason: str, by: str) -> None:
        """Take a stored audit as the accepted version of a model: what later ones are compared with."""
        row = {
            "project": self.project,
            "subject": key_of(subject),
            "audit_id": audit_id,
            "accepted_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "reason": storable(reason),
            "accepted_by": storable(by),
        }
        with self.writing(f"acceptances of {row['subject']}") as connection:
            it = select(audits.c.id).where(self.within(audits), audits.c.id == audit_id)
            if not 0 < audit_id < LARGEST or connection.scalar(it) is None:
                raise StoreError(f"no report {audit_id} is stored in {shown(self._engine.url)}: nothing was accepted")
            connection.execute(insert(acceptances), row)

    def accepted(self, subject: str) -> Accepted | None:
        """The version of a model that was accepted last; None if none ever was."""
        row = self._accepted(subject, audits.c.document)
        if row is None:
            return None
        audit_id, when, reason, by, packed = row
        return Accepted(audit_id, when, reason, by, self.unpacked(audit_id, packed))

    def accepted_audit(self, subject: str) -> AcceptedAudit | None:
        """What `accepted` tells, without the report."""
        row = self._accepted(subject)
        return None if row is None else AcceptedAudit(*row)

    def _accepted(self, subject: str, *more: Any) -> Any:
        c = acceptances.c
        query = (
            select(c.audit_id, c.accepted_at, c.reason, c.accepted_by, *more)
            .join(audits, audits.c.id == c.audit_id)
            .where(self.within(acceptances), self.within(audits))
            .order_by(c.accepted_at.desc(), c.id.desc())
            .limit(1)
        )
        name, at, registry = subject.partition("@/")
        with self.reading() as connection:
            row = connection.execute(query.where(c.subject == key_of(subject))).first()
            if row is None and at:  # an older auditor knew a registry's model by its name alone
                within = starts(audits.c.source, f"/{registry}/")
                row = connection.execute(query.where(c.subject == key_of(name), within)).first()
        return row

    def subject(self, model: str) -> str:
        """The name under which a model's versions are kept: of a path what its newest audit says, else as given."""
        source = source_of(model)
        with self.reading() as connection:
            of_it = select(audits.c.subject).where(self.within(audits), audits.c.source == source)
            known = connection.scalar(of_it.order_by(audits.c.latest.desc(), audits.c.id.desc()).limit(1))
            named_so = select(audits.c.id).where(self.within(audits), audits.c.subject == key_of(model))
            if known is None and connection.scalar(named_so.limit(1)):
                known = key_of(model)
        return source if known is None else str(known)

    def whose(self, audit_id: int) -> tuple[str, str, str] | None:
        """Of a stored audit the source, the subject and the version; None if there is none."""
        query = select(audits.c.source, audits.c.subject, audits.c.version)
        it = query.where(self.within(audits), audits.c.id == audit_id)
        with self.reading(once=True) as connection:
            row = connection.execute(it).first() if 0 < audit_id < LARGEST else None
        return None if row is None else tuple(row)

    def audit_by_uid(self, uid: str) -> int | None:
        """The number of the audit that has this id in every database; None if there is none."""
        query = select(audits.c.id).where(self.within(audits), audits.c.uid == storable(uid))
        with self.reading() as connection:
            found = connection.scalar(query)
        return None if found is None else int(found)

    def uid_of(self, audit_id: int) -> str | None:
        """The id that a stored audit has in every database; None if there is none."""
        query = select(audits.c.uid).where(self.within(audits), audits.c.id == audit_id)
        with self.reading() as connection:
            found = connection.scalar(query) if 0 < audit_id < LARGEST else None
        return None if found is None else str(found)

    @contextmanager
    def reading(self, once: bool = False) -> Iterator[Connection]:
        """One snapshot, read only; with ``once`` one for each statement, which is faster."""
        with errors_in_words(self._engine.url, self._patience), reading(self._engine, once) as connection:
            yield connection

    @contextmanager
    def writing(self, *what: str) -> Iterator[Connection]:
        """One transaction, in turn with others that write the same in this project."""
        with errors_in_words(self._engine.url, self._patience), self._engine.begin() as connection:
            self.take_turns(connection, what)
            yield connection

    def take_turns(self, connection: Connection, what: Iterable[str]) -> None:
        """The same within a transaction that is there already."""
        for thing in what:
            take_turn(connection, f"{thing} of project {self.project}")

    def get(self, audit_id: int) -> dict[str, Any] | None:
        """The document that was saved under this id; None if there is none."""
        with self.reading() as connection:
            return self.document(connection, audit_id)

    def document(self, connection: Connection, audit_id: int) -> dict[str, Any] | None:
        """The same within a transaction."""
        if not 0 < audit_id < LARGEST:
            return None
        packed = connection.scalar(select(audits.c.document).where(self.within(audits), audits.c.id == audit_id))
        return None if packed is None else self.unpacked(audit_id, packed)

    def latest(self, model: str) -> dict[str, Any] | None:
        """The newest document of a path or of a subject, ad hoc looks left aside; None if there is none."""
        of_source = {"project": self.project, "source": source_of(model)}
        of_subject = {"project": self.project, "subject": key_of(model)}
        with self.reading(once=True) as connection:
            row = (
                connection.execute(_NEWEST_OF_SOURCE, of_source).first()
                or connection.execute(_NEWEST_OF_SUBJECT, of_subject).first()
            )
        return None if row is None else self.unpacked(*row)

    def failing(self, rule: str) -> list[str]:
        """The sources whose newest audits have findings of a rule."""
        with self.reading(once=True) as connection:
            asked = {"project": self.project, "rule": rule}
            return sorted(connection.scalar(_FAILING[connection.dialect.name], asked) or ())

    def history(self, model: str, limit: int = 20) -> list[Row]:
        """The audits of a model, newest first: ``model`` is its path, its subject, or a digest's first eight digits."""
        as_given = key_of(model)
        of_it = [audits.c.source.in_([key_of(_absolute(model)), as_given]), *named(as_given)]
        if len(as_given) >= _DIGITS:  # files that could not be read have the digest "", and nothing else in common
            of_it += [begins(audits.c.digest, as_given), begins(audits.c.content_digest, as_given)]
        query = select(*ROW).where(self.any_holds(*of_it))
        newest = query.order_by(audits.c.audited_at.desc(), audits.c.id.desc()).limit(limit)
        with self.reading() as connection:
            return [Row(**row._mapping) for row in connection.execute(newest)]

    @property
    def engine(self) -> Engine:
        return self._engine

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unpacked(self, audit_id: int, packed: bytes) -> dict[str, Any]:
        """The document of a stored row."""
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


def named(name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether a model is called so, with or without its registry's folder: one of both holds."""
    return audits.c.subject == name, starts(audits.c.subject, f"{name}@/")


def starts(column: ColumnElement[Any], prefix: str) -> ColumnElement[bool]:
    """Whether a name begins with another that ends with "/". As a range, so that an index is used: "0" comes next."""
    assert prefix.endswith("/")
    return and_(column >= prefix, column < prefix[:-1] + "0")


def begins(digest: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    """As a range, so that an index is used: "g" comes behind every hexadecimal digit."""
    return and_(digest >= digits, digest < digits + "g")


def source_of(path: str) -> str:
    """Under which source a model's audits are kept, where nothing else is said."""
    return key_of(_absolute(path))


def _absolute(path: str) -> str:
    """Links are left alone: a link that moves on to a new version keeps its history. "" is a model from bytes."""
    if is_address(path):
        return path  # of a registry that lies elsewhere
    return os.path.abspath(path) if path else ""  # Path.resolve() follows links, absolute() keeps ".."


def key_of(source: str) -> str:
    """What a model's audits have in common; of a very long path the beginning and a digest of all."""
    whole = storable(source.encode("utf-8", "backslashreplace").decode("utf-8"))
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[: _LONGEST // 2]}...{hashlib.sha256(whole.encode()).hexdigest()}"


def upgrade(where: str | Path) -> None:
    """Make the database, or bring it to the newest schema (`Store.open` does so too)."""
    Store.open(where).close()
