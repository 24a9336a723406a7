"""Models and their versions, as somebody registered them. A version never changes: its files are named by content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select

from ..errors import AuditorError
from ..tuples import NamedTuple
from .connection import parts, storable
from .service_tables import jobs, models, version_blobs, versions
from .store import Store, key_of
from .tables import audits
from .tokens import moment
from .uploads import contents_turn, sizes_within

_AT_ONCE = 4 << 20  # characters of the files' names behind a page's first version


class RegisteredModel(NamedTuple):
    """A name, and the id that stands for it."""

    id: str
    name: str
    created_at: str  # ISO 8601, UTC
    badge: str | None  # of its badge's address the part that nobody can guess
    versions: int


class RegisteredVersion(NamedTuple):
    """A version of a model: which contents it is made of, and what its sender says of its inputs and outputs."""

    id: str
    model_id: str
    model: str  # its name
    version: str
    path: str  # of its files the one that is the model
    files: Mapping[str, str]  # by path the sha256
    contract: Mapping[str, Any] | None
    created_at: str  # ISO 8601, UTC
    created_by: str


class MissingBlobs(AuditorError):
    """Contents that a version names and the project has not got."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(f"{len(missing)} of the files are not there: upload them first")
        self.missing = missing


class VersionExists(AuditorError):
    """The version is there, of other files or with another contract; ``found`` is it."""

    def __init__(self, found: RegisteredVersion) -> None:
        super().__init__(f"{found.model} has a version {found.version} already, and it is another one")
        self.found = found


def version_source(project: str, model: str, version: str) -> str:
    """Under which source a version's audits are kept. A version holds no @, so that this is one version's alone."""
    return key_of(f"{project}/{model}@{version}")


def register(
    store: Store,
    name: str,
    version: str,
    path: str,
    files: Mapping[str, str],
    contract: Mapping[str, Any] | None,
    by: str,
) -> tuple[RegisteredVersion, bool]:
    """Keep a version, and its model where that is new; whether it was not there before.

    All of it, or nothing: `MissingBlobs`, or `VersionExists` where the version is there and is not the very same.
    """
    now = moment(datetime.now(UTC))
    turns = (contents_turn(store), f"model {name} of {store.project}")
    with store.writing(*turns) as connection:
        model_id = connection.scalar(select(models.c.id).where(_named(store, name)))
        if model_id is not None:
            there = _first(connection, _versions(store).where(_is_version(model_id, version)))
            if there is not None:
                if (there.path, there.files, there.contract) != (path, files, contract):
                    raise VersionExists(there)
                return there, False
        known = sizes_within(connection, store, set(files.values()))
        missing = sorted(set(files.values()) - known.keys())
        if missing:
            raise MissingBlobs(missing)
        if model_id is None:
            model_id = uuid4().hex
            row = {"id": model_id, "project": store.project, "name": name, "created_at": now}
            connection.execute(insert(models), row)
        made = RegisteredVersion(uuid4().hex, model_id, name, version, path, files, contract, now, storable(by))
        connection.execute(insert(versions), _row(made, store.project))
        connection.execute(
            insert(version_blobs),
            [{"version_id": made.id, "sha256": sha256, "project": store.project} for sha256 in known],
        )
    return made, True


def registered_model(store: Store, model_id: str) -> RegisteredModel | None:
    """The project's model of this id; None if it has none."""
    return _model(store, models.c.id == storable(model_id))


def model_named(store: Store, name: str) -> RegisteredModel | None:
    """The project's model of this name; None if it has none."""
    return _model(store, models.c.name == storable(name))


def registered_version(store: Store, version_id: str) -> RegisteredVersion | None:
    """The project's version of this id; None if it has none."""
    with store.reading() as connection:
        return _first(connection, _versions(store).where(versions.c.id == storable(version_id)))


def version_named(store: Store, model_id: str, version: str) -> RegisteredVersion | None:
    """A model's version of this name; None if there is none."""
    with store.reading() as connection:
        return _first(connection, _versions(store).where(_is_version(model_id, storable(version))))


def newest_version(store: Store, model_id: str) -> RegisteredVersion | None:
    """The version of a model that was registered last; None if there is none."""
    with store.reading() as connection:
        return _first(connection, _newest_first(_versions(store).where(versions.c.model_id == model_id)))


class VersionsFound(NamedTuple):
    """Versions of a model, and whether there are more behind them."""

    versions: list[RegisteredVersion]
    more: bool


def versions_of(store: Store, model_id: str, limit: int, after: tuple[str, str] | None = None) -> VersionsFound:
    """The versions of a model, the newest first; ``after`` is when the last one seen was made, and its id.

    They are fewer than ``limit`` where the lists of their files are long: whoever asks holds them all at once.
    """
    query = _versions(store).where(versions.c.model_id == model_id)
    if after is not None:
        at, last = after
        c = versions.c
        query = query.where(or_(c.created_at < at, and_(c.created_at == at, c.id < last)))
    query = _newest_first(query)
    with store.reading() as connection:
        size = func.length(versions.c.files) + func.length(func.coalesce(versions.c.contract, ""))
        sizes = list(connection.scalars(query.with_only_columns(size).limit(limit + 1)))
        sums = accumulate(sizes[1:limit], initial=0)
        number = sum(1 for size in sums if size <= _AT_ONCE)
        found = [_version(row) for row in connection.execute(query.limit(number))] if sizes else []
    return VersionsFound(found, len(sizes) > len(found))


def forget_model(store: Store, model_id: str) -> bool:
    """A model goes, with its versions, jobs and audits and who accepted them; whether it was there.

    An audit stays that another model's job has for its report, because its content is the same.
    """
    with store.writing(contents_turn(store)) as connection:
        found = connection.scalar(select(models.c.name).where(_its(store), models.c.id == storable(model_id)))
        if found is None:
            return False
        names = connection.scalars(
            select(versions.c.version).where(store.within(versions), versions.c.model_id == model_id)
        )
        sources = [version_source(store.project, found, name) for name in names]
        connection.execute(delete(models).where(_its(store), models.c.id == model_id))
        others = select(jobs.c.id).where(jobs.c.audit_id == audits.c.id).exists()
        for part in parts(sources):
            connection.execute(delete(audits).where(store.within(audits), audits.c.source.in_(part), ~others))
    return True


def _its(store: Store) -> ColumnElement[bool]:
    return store.within(models)


def _named(store: Store, name: str) -> ColumnElement[bool]:
    return and_(_its(store), models.c.name == name)


def _is_version(model_id: str, version: str) -> ColumnElement[bool]:
    return and_(versions.c.model_id == model_id, versions.c.version == version)


def _model(store: Store, which: ColumnElement[bool]) -> RegisteredModel | None:
    number = select(func.count()).where(versions.c.model_id == models.c.id).scalar_subquery()
    query = select(models.c.id, models.c.name, models.c.created_at, models.c.badge, number).where(_its(store), which)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else RegisteredModel(*row)


def _versions(store: Store) -> Select[Any]:
    c = versions.c
    joined = versions.join(models, models.c.id == c.model_id)
    query = select(
        c.id, c.model_id, models.c.name, c.version, c.path, c.files, c.contract, c.created_at, c.created_by
    )  # fmt: skip
    return query.select_from(joined).where(store.within(versions))


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(versions.c.created_at.desc(), versions.c.id.desc())


def _first(connection: Connection, query: Select[Any]) -> RegisteredVersion | None:
    row = connection.execute(query.limit(1)).first()
    return None if row is None else _version(row)


def _version(row: Any) -> RegisteredVersion:
    found = RegisteredVersion(*row)
    contract = None if found.contract is None else json.loads(str(found.contract))
    return found._replace(files=json.loads(str(found.files)), contract=contract)


def _row(made: RegisteredVersion, project: str) -> dict[str, object]:
    row = made._asdict() | {"project": project, "files": json.dumps(made.files, sort_keys=True)}
    row["contract"] = None if made.contract is None else json.dumps(made.contract, sort_keys=True)
    del row["model"]
    return row
