"""Who did what in the service: rows are added, and never changed."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select

from ..tuples import NamedTuple
from .connection import storable
from .service_tables import deeds
from .store import Store
from .tokens import moment


class Deed(NamedTuple):
    """One thing that was done."""

    id: int
    at: str  # ISO 8601, UTC
    who: str  # the token's owner; "" where nobody needs a token
    token_id: str
    what: str  # "audit.submit"
    subject: str  # the id of what it was done to
    request_id: str


_COLUMNS = (
    deeds.c.id, deeds.c.at, deeds.c.who, deeds.c.token_id, deeds.c.what, deeds.c.subject, deeds.c.request_id
)  # fmt: skip


def record(store: Store, who: str, token_id: str, what: str, subject: str = "", request_id: str = "") -> None:
    """Add what was done, in the store's project."""
    row = {
        "project": store.project, "at": moment(datetime.now(UTC)), "who": storable(who), "token_id": token_id,
        "what": what, "subject": storable(subject), "request_id": request_id,
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(insert(deeds), row)


def listed(store: Store, limit: int, before: int | None = None) -> list[Deed]:
    """What was done last in the store's project, the newest first; ``before`` is the id of the last one seen."""
    query = select(*_COLUMNS).where(deeds.c.project == store.project).order_by(deeds.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(deeds.c.id < before)
    with store.reading() as connection:
        return [Deed(*row) for row in connection.execute(query)]
