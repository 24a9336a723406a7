"""The models of a project, each with its latest audit: filtered, sorted, a page at a time; and which got worse.

A registered model's latest audit is that of its newest version that has one. A model that only audits know (those of
the command line) stands among them without an id; its newest version is the largest, where versions are numbers, else
the one that was seen first last. An ad hoc look is a model's latest only where a registered one has nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    null,
    or_,
    select,
    tuple_,
)

from ..tuples import NamedTuple
from .connection import storable
from .fleet_order import VERDICTS, Keyed, Part, Place, Sort, Stretch, by_name, by_time, by_verdict, registered_parts
from .service_tables import jobs, models, versions
from .store import Store
from .tables import audits, findings, latest_rules, operators

_DIGITS = "0123456789"


class LatestAudit(NamedTuple):
    """What a model's latest audit says, by the policy of that moment."""

    audit: int  # its number in this database
    id: str  # by which the service knows it: the job's, else the audit's uid
    version: str
    version_id: str | None
    verdict: str
    errors: int
    warnings: int
    notes: int
    audited_at: str  # ISO 8601, UTC
    producer: str
    opset: int | None
    ad_hoc: bool  # a look with options that are not configured: there is no other audit, and no gate goes by it


class FleetModel(NamedTuple):
    """A model. One that is not registered has neither id nor badge, and nobody knows when it came."""

    id: str | None
    name: str
    created_at: str | None
    badge: str | None
    versions: int
    latest: LatestAudit | None


class FleetFilter(NamedTuple):
    """Which models are wanted: all that is said must hold of the latest audit."""

    name: str = ""  # a part of it, large letters as small ones
    verdict: str | None = None
    rule: str | None = None  # with severity: of one finding
    severity: str | None = None
    operator: str | None = None  # "Conv", "com.microsoft:Gelu"
    producer: str | None = None  # a part of it, large letters as small ones
    opset: int | None = None


class FleetPage(NamedTuple):
    """Models in order, and where the next page begins: None at the end."""

    models: tuple[FleetModel, ...]
    next: Place | None


class Worsened(NamedTuple):
    """A model whose latest audit is worse than the last one before a time."""

    model: FleetModel
    verdict: str  # what it was
    errors: int
    audited_at: str


_ALL = FleetFilter()

# Made once: an alias makes all its columns anew, which takes longer than the database takes to answer.
_audited, _old, _other, _first = (audits.alias(name) for name in ("audited", "old", "other", "first"))
_job, _version = jobs.alias("job"), versions.alias("version")


def fleet(
    store: Store,
    wanted: FleetFilter = _ALL,
    sort: Sort = "name",
    *,
    down: bool = False,
    after: Place | None = None,
    limit: int = 50,
) -> FleetPage:
    """The models behind a place: by name, by verdict with the worst first, or by time with the newest first.

    ``down`` turns that round; models of one verdict or time go by their names.
    """
    turned = down != (sort == "when")
    stretch = Stretch(sort, turned, after)
    found: list[Keyed] = []
    with store.reading() as connection:

        def ask(asked: Select[Any], part: Part, number: int) -> list[Keyed]:
            those, order = part
            rows = connection.execute(asked.where(*those).order_by(*order).limit(number))
            return [(row[-1], _model(row)) for row in rows]

        def keyed(kind: _Kind, key: ColumnElement[Any]) -> Select[Any]:
            return kind.query.add_columns(key.label("key")).where(*_conditions(wanted, kind.name))

        registered = _registered(store, models.c.name)
        keys = {"name": registered.name, "verdict": _rank(), "when": func.coalesce(audits.c.audited_at, "")}
        for part in registered_parts(stretch, keys[sort], registered.name):
            found += ask(keyed(registered, keys[sort]), part, limit + 1)
        if len(found) > limit:  # no audits are read of models that are behind these: of registered ones there are many
            stretch = stretch._replace(upto=(found[-1][0], found[-1][1].name))
        least = after[1] if after is not None and sort == "name" and not turned else ""
        others = _unregistered(store, audits.c.subject, least, sort)
        keys = {"name": others.name, "verdict": _rank(), "when": audits.c.audited_at}
        of_others = keyed(others, keys[sort])
        if wanted.rule is not None:  # first by what is known of all of them at once
            known = (store.within(latest_rules), latest_rules.c.rule == storable(wanted.rule))
            of_others = of_others.where(audits.c.id.in_(select(latest_rules.c.audit_id).where(*known)))
        asked = partial(ask, of_others)
        if sort == "when":
            found += by_time(stretch, others.name, limit + 1, asked)
        else:
            rest = limit + 1
            for part in (by_name if sort == "name" else by_verdict)(stretch, others.name):
                rows = asked(part, rest)
                found += rows
                rest -= len(rows)
                if not rest:
                    break
    found.sort(key=lambda pair: pair[1].name)
    found.sort(key=lambda pair: pair[0], reverse=turned)
    page = found[:limit]
    return FleetPage(tuple(model for _, model in page), (page[-1][0], page[-1][1].name) if found[limit:] else None)


def fleet_model(store: Store, model_id: str) -> FleetModel | None:
    """A registered model; None if there is none."""
    with store.reading() as connection:
        query = _registered(store, models.c.name).query
        row = connection.execute(query.where(models.c.id == storable(model_id))).first()
    return None if row is None else _model(row)


def verdicts(store: Store, wanted: FleetFilter = _ALL) -> dict[str, int]:
    """How many models have each verdict; "" is that of those without an audit."""
    counts = dict.fromkeys((*VERDICTS, ""), 0)
    verdict = func.coalesce(audits.c.verdict, "")
    with store.reading() as connection:
        for kind in _both(store):
            asked = kind.query.with_only_columns(verdict, func.count())
            asked = asked.where(*_conditions(wanted, kind.name)).group_by(verdict)
            for said, number in connection.execute(asked):
                counts[said] += number
    return counts


def worsened(store: Store, days: float = 7, limit: int = 50) -> list[Worsened]:
    """The models whose latest audit is from these days, and worse than the last one before: by verdict or by errors.

    The worst first; of one verdict those with the most new errors.
    """
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds").removesuffix("+00:00")
    old = _old
    more = audits.c.errors - old.c.errors
    found = []
    with store.reading() as connection:
        for kind in _both(store):
            before = kind.before(since)
            asked = kind.query.add_columns(old.c.verdict, old.c.errors, old.c.audited_at)
            asked = asked.where(store.within(old), old.c.id == before)
            asked = asked.where(kind.when >= since, or_(_rank() < _rank(old), more > 0))
            order = (_rank(), more.desc(), kind.name)
            found += [
                Worsened(_model(row), *row[-3:]) for row in connection.execute(asked.order_by(*order).limit(limit))
            ]
    return sorted(found, key=_badness)[:limit]


def _badness(one: Worsened) -> tuple[int, int, str]:
    latest = one.model.latest
    assert latest is not None  # it is what got worse
    return VERDICTS.index(latest.verdict), one.errors - latest.errors, one.model.name


class _Kind(NamedTuple):
    """Models of one kind: what is read of each, and how it is called; of the latest audit the time; what was before."""

    query: Select[Any]
    name: ColumnElement[Any]
    when: ColumnElement[Any]
    before: Callable[[str], ScalarSelect[Any]]  # the last audit before a time


def _both(store: Store, least: str = "") -> tuple[_Kind, _Kind]:
    return _registered(store, models.c.name), _unregistered(store, audits.c.subject, least)


def _registered(store: Store, name: ColumnElement[Any]) -> _Kind:
    audited, job, version = _audited, _job, _version
    done = (
        select(jobs.c.id)
        .select_from(jobs)
        .join(versions, versions.c.id == jobs.c.version_id)
        .join(audited, audited.c.id == jobs.c.audit_id)
        .where(versions.c.model_id == models.c.id)  # a model's versions and their jobs are its project's
        .correlate(models)
    )
    newest = done.order_by(
        audited.c.ad_hoc, versions.c.created_at.desc(), versions.c.id.desc(), jobs.c.ended_at.desc(), jobs.c.id.desc()
    ).limit(1)
    number = select(func.count()).select_from(versions).where(versions.c.model_id == models.c.id)
    query = (
        select(
            models.c.id, models.c.name, models.c.created_at, models.c.badge,
            number.correlate(models).scalar_subquery(),
            *_latest(job.c.id, version.c.version, version.c.id),
        )
        .select_from(models)
        .outerjoin(job, job.c.id == newest.scalar_subquery())
        .outerjoin(version, version.c.id == job.c.version_id)
        .outerjoin(audits, and_(store.within(audits), audits.c.id == job.c.audit_id))
        .where(store.within(models))
    )  # fmt: skip

    def before(since: str) -> ScalarSelect[Any]:
        older = done.with_only_columns(audited.c.id)
        older = older.where(jobs.c.ended_at < since, ~audited.c.ad_hoc)
        return older.order_by(jobs.c.ended_at.desc(), jobs.c.id.desc()).limit(1).scalar_subquery()

    return _Kind(query, name, job.c.ended_at, before)


def _unregistered(store: Store, name: ColumnElement[Any], least: str = "", sort: Sort = "name") -> _Kind:
    other = _other
    others = (
        select(other.c.id)
        .select_from(other)
        .where(store.within(other), other.c.latest, other.c.subject == audits.c.subject)
    )
    newer = others.where(other.c.id != audits.c.id, _newness(store, other) > _newness(store, audits))
    known = select(models.c.id).where(store.within(models), models.c.name == audits.c.subject)
    nobody = null()
    query = (
        select(
            nobody, audits.c.subject, nobody, nobody,
            others.with_only_columns(func.count()).correlate(audits).scalar_subquery(),
            *_latest(audits.c.uid, audits.c.version, nobody),
        )
        .select_from(audits)
        .where(store.within(audits), audits.c.latest)
        .where(~known.correlate(audits).exists(), ~newer.correlate(audits).exists())
    )  # fmt: skip
    if sort == "name":
        query = query.where(audits.c.subject >= least)  # so the index by names is taken

    def before(since: str) -> ScalarSelect[Any]:
        older = select(other.c.id).where(store.within(other), other.c.subject == audits.c.subject)
        older = older.where(other.c.audited_at < since, ~other.c.ad_hoc).correlate(audits)
        return older.order_by(other.c.audited_at.desc(), other.c.id.desc()).limit(1).scalar_subquery()

    return _Kind(query, name, audits.c.audited_at, before)


def _newness(store: Store, row: FromClause) -> ColumnElement[Any]:
    """What of a model's versions is compared: the number, and when it was first seen."""
    version = func.ltrim(row.c.version, "0")
    is_number = func.ltrim(row.c.version, _DIGITS) == ""
    its = (store.within(_first), _first.c.source == row.c.source)
    seen = select(func.min(_first.c.id)).where(*its).correlate(row)
    return tuple_(
        case((is_number, func.length(version)), else_=-1),
        case((is_number, version), else_=""),
        seen.scalar_subquery(),
    )


def _latest(audit_id: ColumnElement[Any], version: ColumnElement[Any], version_id: ColumnElement[Any]) -> Iterator[Any]:
    c = audits.c
    yield from (c.id, audit_id, version, version_id, c.verdict, c.errors, c.warnings, c.notes)
    yield from (c.audited_at, c.producer, c.opset, c.ad_hoc)


def _rank(row: FromClause = audits) -> ColumnElement[int]:
    """Of its verdict: 0 is the worst; behind the best comes that there is none."""
    return case(*((row.c.verdict == verdict, i) for i, verdict in enumerate(VERDICTS)), else_=len(VERDICTS))


def _conditions(wanted: FleetFilter, name: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
    if wanted.name:
        yield _has(name, wanted.name)
    if wanted.verdict is not None:
        yield func.coalesce(audits.c.verdict, "") == storable(wanted.verdict)
    if wanted.rule is not None or wanted.severity is not None:
        said = ((findings.c.rule, wanted.rule), (findings.c.severity, wanted.severity))
        those = (column == storable(value) for column, value in said if value is not None)
        yield select(findings.c.rule).where(findings.c.audit_id == audits.c.id, *those).correlate(audits).exists()
    if wanted.operator is not None:
        uses = operators.c.operator == storable(wanted.operator)
        yield select(operators.c.operator).where(operators.c.audit_id == audits.c.id, uses).correlate(audits).exists()
    if wanted.producer is not None:
        yield _has(audits.c.producer, wanted.producer)
    if wanted.opset is not None:
        yield audits.c.opset == wanted.opset


def _has(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether a text has a part, large letters as small ones (in SQLite: those of ASCII)."""
    escaped = storable(part).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return func.lower(column).like(func.lower(f"%{escaped}%"), escape="\\")


def _model(row: Sequence[Any]) -> FleetModel:
    model_id, name, created_at, badge, number, *latest = row[:17]
    return FleetModel(model_id, name, created_at, badge, number, None if latest[0] is None else LatestAudit(*latest))


def rule_counts(store: Store) -> dict[str, int]:
    """By rule, of how many models the latest audit is found by it."""
    counts: dict[str, int] = {}
    with store.reading() as connection:
        for kind in _both(store):
            those = kind.query.with_only_columns(audits.c.id)
            number = func.count(findings.c.audit_id.distinct())
            query = select(findings.c.rule, number).where(findings.c.audit_id.in_(those)).group_by(findings.c.rule)
            for rule, number in connection.execute(query):
                counts[rule] = counts.get(rule, 0) + number
    return counts
