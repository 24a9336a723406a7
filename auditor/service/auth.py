"""Who asks: the holder of a token, a browser that showed one, or anybody where nobody needs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..store.deeds import record
from ..store.tables import DEFAULT
from ..store.tokens import SCOPES, Token, any_token, logged_in, token_of
from ..store.works import Works
from ..tuples import NamedTuple
from .context import Service
from .problems import Problem

COOKIE = "auditor_session"
"""The cookie of a browser that showed a token."""

Scope: TypeAlias = Literal["read", "submit", "accept", "admin"]

_bearer = HTTPBearer(auto_error=False, description="A token, as `auditor token create` makes one.")


class Caller(NamedTuple):
    """Who asks, for which project, and for what."""

    project: str
    owner: str
    token_id: str
    scopes: tuple[str, ...]
    by: Literal["token", "cookie", "open"]

    def may(self, scope: Scope) -> bool:
        """Whether the caller may do such things."""
        return scope in self.scopes or "admin" in self.scopes or (scope == "read" and bool(self.scopes))


def service_of(request: Request) -> Service:
    """The service that was made with the app."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


def caller_of(service: Service, bearer: str | None, cookie: str | None) -> Caller | None:
    """Who that is; None where nobody knows. A token that is shown counts, whatever cookie comes with it."""
    if bearer is not None:
        return _caller(token_of(service.store, bearer), "token")
    if cookie and (token := logged_in(service.store, cookie)) is not None:
        return _caller(token, "cookie")
    if service.open and not (service.until_token and any_token(service.store)):
        return Caller(DEFAULT, "", "", SCOPES, "open")
    return None


def _caller(token: Token | None, by: Literal["token", "cookie"]) -> Caller | None:
    return None if token is None else Caller(token.project, token.owner, token.id, token.scopes, by)


def needs(scope: Scope) -> Any:
    """A route's parameter: the caller, who may do such things."""
    return Security(_needing(scope))


def _needing(scope: Scope) -> Callable[..., Caller]:
    def caller(
        request: Request,
        service: Annotated[Service, Depends(service_of)],
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Caller:
        bearer = shown.credentials if shown is not None else None
        request.state.shown = bearer, request.cookies.get(COOKIE)
        found = caller_of(service, *request.state.shown)
        if found is None:
            raise _no_token()
        request.state.caller = found
        if not found.may(scope):
            raise Problem(
                403,
                "scope",
                f"the token is not for that: it wants the scope {scope}",
                "ask an admin for one",
            )
        return found

    return caller


def see_who_asks(request: Request, service: Service, caller: Caller) -> None:
    """401 where the caller is not who that was any more: while somebody waits for an answer a token may be revoked."""
    if caller_of(service, *request.state.shown) != caller:
        raise _no_token()


def _no_token() -> Problem:
    mend = "send Authorization: Bearer TOKEN, or log in"
    return Problem(401, "no-token", "this needs a token that holds", mend).saying("WWW-Authenticate", "Bearer")


def store_for(service: Service, caller: Caller) -> Works:
    """The store as the caller's project sees it."""
    return service.store.in_project(caller.project)


def recorded(service: Service, caller: Caller, request: Request, what: str, subject: str = "") -> None:
    """Keep who did that."""
    said = getattr(request.state, "request_id", "")
    record(store_for(service, caller), caller.owner, caller.token_id, what, subject, said)
