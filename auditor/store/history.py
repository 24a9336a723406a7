"""How a model went from audit to audit: which findings appeared, which were fixed, which are still there, since when.

A finding is known again by its fingerprint. One that is gone counts as fixed only where its rule was run; else nobody
looked. Read are the shown audits' findings one after the other, and of older ones what an index knows of the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sqlalchemy import Connection, bindparam, func, select

from ..findings.order import RANK
from ..tuples import NamedTuple
from .connection import AT_ONCE, parts, unindexed
from .store import ROW, Row, Store, begins, key_of, named, source_of, starts
from .tables import audits, findings

_MESSAGE = 300  # characters of a message that are read
_STATES = ("new", "open", "not looked at", "fixed")


_OURS = audits.c.project == bindparam("project")
_POINTS = (
    select(audits.c.id, audits.c.audited_at, audits.c.version, audits.c.source, audits.c.ad_hoc)
    .where(_OURS, audits.c.subject == bindparam("subject"))
    .order_by(audits.c.audited_at, audits.c.id)
)
_ROWS = select(*ROW).where(
    unindexed(audits.c.project) == bindparam("project"), audits.c.id.in_(bindparam("ids", expanding=True))
)
_FINDINGS = (
    select(*(findings.c[name] for name in ("fingerprint", "rule", "severity", "node", "tensor")))
    .add_columns(func.substr(findings.c.message, 1, _MESSAGE))
    .where(findings.c.audit_id == bindparam("audit_id"))
    .order_by(findings.c.ordinal)
)


class Point(NamedTuple):
    """An audit in a model's history."""

    id: int
    when: str
    version: str
    source: str
    ad_hoc: bool = False


class FindingKey(NamedTuple):
    """What a finding is known by, and shown as."""

    fingerprint: str
    rule: str
    severity: str
    node: str
    tensor: str
    message: str


class FindingOverTime(NamedTuple):
    """A finding over time. ``new``: the newest audit has it, and the one before had not."""

    found: FindingKey
    state: str  # new, open, not looked at, fixed
    since: Point
    last: Point  # the newest audit that has it
    fixed: Point | None = None


class Changes(NamedTuple):
    """What an audit found, against the one before."""

    appeared: tuple[FindingKey, ...] = ()
    fixed: tuple[FindingKey, ...] = ()
    still: int = 0
    unseen: int = 0  # found before, and their rules were not run


class AuditChanges(NamedTuple):
    """An audit, and what changed; None where that was not worked out."""

    row: Row
    changes: Changes | None = None


class History(NamedTuple):
    """A model's audits, newest version first, and its findings."""

    subject: str
    audits: int  # in all
    steps: tuple[AuditChanges, ...]
    findings: tuple[FindingOverTime, ...]

    @property
    def latest(self) -> AuditChanges:
        """The newest audit: of ad hoc looks only where there is nothing else."""
        return next((step for step in self.steps if not step.row.ad_hoc), self.steps[0])


@dataclass(slots=True)
class _Span:
    found: FindingKey
    since: Point
    last: Point
    fixed: Point | None = None


class Walked(NamedTuple):
    """What came of comparing a subject's audits: the same as long as they are the same."""

    changes: Mapping[int, Changes]  # by audit
    findings: tuple[FindingOverTime, ...]


class Walks(Protocol):
    """What was compared lately, of one database: audits never change, but of 100,000 findings reading takes seconds."""

    def get(self, key: Hashable, /) -> Walked | None: ...

    def keep(self, key: Hashable, value: Walked, rows: int, /) -> None: ...


def history(
    store: Store, subject: str, limit: int = 20, compared: int | None = None, walks: Walks | None = None
) -> History | None:
    """The last ``limit`` audits of a subject, the last ``compared`` of them with what changed; None if it has none.

    ``walks`` may know what was compared before, and keeps what is compared now.
    """
    with store.reading() as connection:
        points = _points(store, connection, subject)
        if not points:
            return None
        limit = min(limit, len(points))
        walked = [point for point in points if not point.ad_hoc] or points  # an ad hoc look fixes nothing
        compared = min(limit if compared is None else compared, len(walked))
        key = (store.project, subject, compared, *walked)
        known = walks.get(key) if walks is not None else None
        if known is None:
            walk = _Walk(store, connection, walked, len(walked) - compared)
            known = Walked(dict(walk.changes()), walk.findings())
            if walks is not None:
                walks.keep(key, known, len(walked) + len(known.findings))
        rows = _rows(store, connection, [point.id for point in points[-limit:]])
        steps = tuple(AuditChanges(rows[point.id], known.changes.get(point.id)) for point in reversed(points[-limit:]))
        return History(subject, len(points), steps, known.findings)


class _Walk:
    """From the oldest compared audit to the newest."""

    def __init__(self, store: Store, connection: Connection, points: Sequence[Point], first: int) -> None:
        self._store = store
        self._connection = connection
        self._points = points
        self._first = first
        self._ran: dict[int, frozenset[str]] = {}
        self._open: dict[str, _Span] = {}
        self._fixed: list[_Span] = []

    def changes(self) -> Iterator[tuple[int, Changes]]:
        if self._first:
            base = self._points[self._first - 1]
            self._open = {f.fingerprint: _Span(f, base, base) for f in _findings(self._connection, base.id)}
        for at in range(self._first, len(self._points)):
            yield self._points[at].id, self._step(at)
        if self._first:
            base = self._points[self._first - 1]
            self._look_back([span for span in (*self._open.values(), *self._fixed) if span.since == base])

    def _step(self, at: int) -> Changes:
        point = self._points[at]
        now = {f.fingerprint: f for f in _findings(self._connection, point.id)}
        gone = [span for fingerprint, span in self._open.items() if fingerprint not in now]
        fixed = [span for span in gone if span.found.rule in self._ran_in(point.id)]
        for span in fixed:
            span.fixed = point
            del self._open[span.found.fingerprint]
        self._fixed += fixed
        first = [_Span(found, point, point) for fingerprint, found in now.items() if fingerprint not in self._open]
        if self._first:
            self._look_back([span for span in first if not self._looked_for(span.found.rule, at)])
        for span in first:
            self._open[span.found.fingerprint] = span
        for fingerprint, found in now.items():
            self._open[fingerprint].found, self._open[fingerprint].last = found, point
        appeared = tuple(span.found for span in first if span.since == point)
        return Changes(appeared, tuple(span.found for span in fixed), len(now) - len(appeared), len(gone) - len(fixed))

    def _looked_for(self, rule: str, at: int) -> bool:
        """Whether an audit before this one, of those that were read, ran the rule."""
        return any(rule in self._ran_in(point.id) for point in self._points[self._first - 1 : at])

    def _look_back(self, spans: Sequence[_Span]) -> None:
        """Since when those were there already before the first audit that was read."""
        tracked = {span.found.fingerprint: span for span in spans}
        older = self._points[: self._first - 1][::-1]
        for part in parts(older):
            if not tracked:
                return
            there = _which_have(self._connection, tracked, part)
            for point in part:
                for fingerprint, span in list(tracked.items()):
                    if (fingerprint, point.id) in there:
                        span.since = point
                    elif span.found.rule in self._ran_in(point.id):
                        del tracked[fingerprint]

    def findings(self) -> tuple[FindingOverTime, ...]:
        """All that the compared audits have or had."""
        newest = self._points[-1]
        known = [FindingOverTime(s.found, "fixed", s.since, s.last, s.fixed) for s in self._fixed]
        for span in self._open.values():
            state = "not looked at" if span.last != newest else "new" if span.since == newest else "open"
            known.append(FindingOverTime(span.found, state, span.since, span.last))
        return tuple(sorted(known, key=_rank))

    def _ran_in(self, audit_id: int) -> frozenset[str]:
        if audit_id not in self._ran:
            document = self._store.document(self._connection, audit_id) or {}
            self._ran[audit_id] = frozenset(document["coverage"]["ran"])
        return self._ran[audit_id]


def subjects(store: Store, model: str) -> list[str]:
    """The subjects that a path, a subject or the first eight digits of a digest name."""
    key = key_of(model)
    own = audits.c.source.in_([source_of(model), key])
    query = select(audits.c.subject).distinct()
    with store.reading() as connection:
        found = connection.scalars(query.where(store.any_holds(own, *named(key)))).all()
        if not found and len(key) >= 8:
            found = connection.scalars(
                query.where(store.any_holds(begins(audits.c.digest, key), begins(audits.c.content_digest, key)))
            ).all()
    return sorted(found)


def subjects_under(store: Store, folder: str, limit: int) -> tuple[list[str], int]:
    """The first so many of the subjects with a file in a folder, or deeper; and how many there are in all."""
    under = starts(audits.c.source, source_of(folder).rstrip("/") + "/")
    known = (store.within(audits), audits.c.latest | audits.c.ad_hoc, under)
    with store.reading() as connection:
        number = connection.scalar(select(func.count(audits.c.subject.distinct())).where(*known))
        first = select(audits.c.subject).where(*known).distinct().order_by(audits.c.subject).limit(limit)
        return list(connection.scalars(first)), number or 0


def subjects_of(store: Store, paths: Iterable[str]) -> list[str]:
    """The subjects of so many paths."""
    sources, found = iter(paths), set()
    with store.reading() as connection:
        while part := [source_of(path) for path in islice(sources, AT_ONCE)]:
            of_them = select(audits.c.subject).where(store.within(audits), audits.c.source.in_(part))
            found |= set(connection.scalars(of_them.where(audits.c.latest | audits.c.ad_hoc)))
    return sorted(found)


def audit_of_version(store: Store, model: str, version: str) -> int | None:
    """The newest audit of a version of a model that a path or a subject names; None if there is none."""
    c = audits.c
    key = key_of(model)
    of_it = store.any_holds(c.source == source_of(model), *named(key))
    query = select(c.id).where(of_it, c.version == version)
    with store.reading() as connection:
        found = connection.scalar(query.order_by(c.audited_at.desc(), c.id.desc()).limit(1))
    return None if found is None else int(found)


def _points(store: Store, connection: Connection, subject: str) -> list[Point]:
    """A subject's audits, oldest version first, within a version by time: an old one may be audited again."""
    asked = {"project": store.project, "subject": key_of(subject)}
    points = [Point(*row) for row in connection.execute(_POINTS, asked)]
    first: dict[str, int] = {}
    for i, point in enumerate(points):
        first.setdefault(point.version, i)
    if all(version.isascii() and version.isdigit() and len(version) < 100 for version in first):
        first = {version: int(version) for version in first}
    return sorted(points, key=lambda point: first[point.version])


def _rows(store: Store, connection: Connection, ids: list[int]) -> dict[int, Row]:
    found = {}
    for part in parts(ids):
        for row in connection.execute(_ROWS, {"project": store.project, "ids": part}):
            found[row.id] = Row(**row._mapping)
    return found


def _findings(connection: Connection, audit_id: int) -> list[FindingKey]:
    return [FindingKey(*row) for row in connection.execute(_FINDINGS, {"audit_id": audit_id})]


def _which_have(
    connection: Connection, fingerprints: Mapping[str, _Span], points: Sequence[Point]
) -> set[tuple[str, int]]:
    c, found = findings.c, set()
    for part in parts(fingerprints):
        query = select(c.fingerprint, c.audit_id).where(
            c.fingerprint.in_(part), c.audit_id.in_([point.id for point in points])
        )
        found |= {(fingerprint, audit_id) for fingerprint, audit_id in connection.execute(query)}
    return found


def _rank(known: FindingOverTime) -> tuple[int, int, str, str, str]:
    found = known.found
    return _STATES.index(known.state), -RANK.get(found.severity, -1), found.rule, found.node, found.fingerprint
