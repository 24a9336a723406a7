"""Tokens: who may ask for what. Only a token's hash is kept, so that nobody who reads the database can use one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from ..errors import UsageError
from ..tuples import NamedTuple
from .connection import storable
from .service_tables import logins, tokens
from .store import Store

SCOPES = ("read", "submit", "accept", "admin")
"""What a token may be for; each of the others includes the first, and the last all of them."""

_MARK = "aud_"
_RANDOM = 32  # bytes: 256 bits


class Token(NamedTuple):
    """A token as it is known here: not the token itself."""

    id: str
    project: str
    owner: str
    scopes: tuple[str, ...]
    created_at: str  # this and the others: ISO 8601, UTC
    expires_at: str | None
    revoked_at: str | None

    def allows(self, scope: str) -> bool:
        """Whether it is for that."""
        return scope in self.scopes or "admin" in self.scopes or (scope == "read" and bool(self.scopes))


_COLUMNS = (
    tokens.c.id, tokens.c.project, tokens.c.owner, tokens.c.scopes, tokens.c.created_at, tokens.c.expires_at,
    tokens.c.revoked_at,
)  # fmt: skip


def create(store: Store, owner: str, scopes: Collection[str], seconds: float | None = None) -> tuple[Token, str]:
    """A new token of the store's project, and its text, which nobody can be told again. Without an end by default."""
    wrong = next((scope for scope in scopes if scope not in SCOPES), None)
    if wrong is not None or not scopes:
        raise UsageError(f"a token's scopes are among {', '.join(SCOPES)}" + (f", not {wrong!r}" if wrong else ""))
    if not owner.strip():
        raise UsageError("a token has an owner, who answers for what is done with it")
    text = _MARK + secrets.token_urlsafe(_RANDOM)
    at = datetime.now(UTC)
    ends = None if seconds is None else moment(shifted(at, seconds))
    kept = tuple(scope for scope in SCOPES if scope in scopes)
    token = Token(uuid4().hex, store.project, storable(owner), kept, moment(at), ends, None)
    with store.writing("tokens") as connection:
        connection.execute(insert(tokens), token._asdict() | {"scopes": " ".join(kept), "hash": hashed(text)})
    return token, text


def listed(store: Store) -> list[Token]:
    """All tokens of the store's project, the oldest first."""
    query = select(*_COLUMNS).where(tokens.c.project == store.project).order_by(tokens.c.created_at, tokens.c.id)
    with store.reading() as connection:
        return [_token(row) for row in connection.execute(query)]


def revoke(store: Store, token_id: str) -> Token | None:
    """From now on it is for nothing, nor is what was logged in with it; None if the project has no such token."""
    whose = (tokens.c.id == token_id, tokens.c.project == store.project)
    with store.writing("tokens") as connection:
        at = moment(datetime.now(UTC))
        connection.execute(update(tokens).where(*whose, tokens.c.revoked_at.is_(None)).values(revoked_at=at))
        row = connection.execute(select(*_COLUMNS).where(*whose)).first()
        if row is not None:
            connection.execute(delete(logins).where(logins.c.token_id == token_id))
    return None if row is None else _token(row)


def token_of(store: Store, text: str) -> Token | None:
    """The token of any project with this text, if it is still for anything."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(tokens.c.hash == hashed(text), _stands())).first()
    return None if row is None else _token(row)


def any_token(store: Store) -> bool:
    """Whether any project has a token that is still for something."""
    with store.reading() as connection:
        return connection.scalar(select(tokens.c.id).where(_stands()).limit(1)) is not None


def log_in(store: Store, token: Token, seconds: float) -> tuple[str, str]:
    """A cookie for a browser that showed a token, and when it ends: with the token at the latest."""
    text = secrets.token_urlsafe(_RANDOM)
    at = datetime.now(UTC)
    ends = min(filter(None, (moment(at + timedelta(seconds=seconds)), token.expires_at)))
    row = {"hash": hashed(text), "token_id": token.id, "created_at": moment(at), "expires_at": ends}
    with store.writing("logins") as connection:
        connection.execute(delete(logins).where(logins.c.expires_at <= moment(at)))
        connection.execute(insert(logins), row)
    return text, ends


def logged_in(store: Store, cookie: str) -> Token | None:
    """The token that a cookie stands for, if both still hold."""
    now = moment(datetime.now(UTC))
    query = (
        select(*_COLUMNS)
        .join(logins, logins.c.token_id == tokens.c.id)
        .where(logins.c.hash == hashed(cookie), logins.c.expires_at > now, _stands())
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else _token(row)


def log_out(store: Store, cookie: str) -> None:
    """The cookie stands for nothing any more."""
    with store.writing("logins") as connection:
        connection.execute(delete(logins).where(logins.c.hash == hashed(cookie)))


def hashed(text: str) -> str:
    """What is kept of a secret. It is random and long, so a plain hash is as good as a slow one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def moment(at: datetime) -> str:
    """A time as a text whose order is that of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def shifted(at: datetime, seconds: float) -> datetime:
    """So many seconds later, or earlier; beyond all that a calendar has it is the last moment, or the first."""
    try:
        return at + timedelta(seconds=seconds)
    except OverflowError:
        return (datetime.max if seconds > 0 else datetime.min).replace(tzinfo=UTC)


def _stands() -> ColumnElement[bool]:
    now = moment(datetime.now(UTC))
    return tokens.c.revoked_at.is_(None) & or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


def _token(row: Any) -> Token:
    found = Token(*row)
    return found._replace(scopes=tuple(row.scopes.split()))
