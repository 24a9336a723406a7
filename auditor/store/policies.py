"""A project's own policy: the text of its auditor.toml."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from ..tuples import NamedTuple
from .connection import storable
from .service_tables import policies
from .store import Store
from .tokens import moment


class StoredPolicy(NamedTuple):
    """The text, who wrote it, and when."""

    text: str
    changed_at: str  # ISO 8601, UTC
    changed_by: str


def policy_of(store: Store) -> StoredPolicy | None:
    """The policy of the store's project; None where it never said one."""
    c = policies.c
    with store.reading() as connection:
        query = select(c.text, c.changed_at, c.changed_by).where(c.project == store.project)
        row = connection.execute(query).first()
    return None if row is None else StoredPolicy(*row)


def set_policy(store: Store, text: str, by: str) -> StoredPolicy:
    """From now on this is the project's policy. Whether it makes sense is the caller's to see to."""
    new = StoredPolicy(storable(text), moment(datetime.now(UTC)), storable(by))
    with store.writing("policy") as connection:
        connection.execute(delete(policies).where(policies.c.project == store.project))
        connection.execute(insert(policies), new._asdict() | {"project": store.project})
    return new
