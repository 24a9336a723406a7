"""Who looks at a page, and the token that their forms carry."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response, Security

from ...tuples import NamedTuple
from ..answers.paging import place
from ..auth import COOKIE, Caller, Scope, caller_of, service_of
from ..context import Service
from ..guard.csrf import ANONYMOUS_COOKIE, csrf_cookie, csrf_token, new_anonymous_cookie
from ..problems import Problem

Answer = TypeVar("Answer", bound=Response)


class Visitor(NamedTuple):
    """Somebody who may look."""

    caller: Caller
    csrf: str

    def may(self, scope: Scope) -> bool:
        """Whether they may do such things."""
        return self.caller.may(scope)


class LoginFirst(Exception):
    """Nobody knows who that is: they are sent to the login, and from there back."""


def visitor_of(request: Request, service: Service) -> Visitor | None:
    """Who looks, as far as anybody knows."""
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    bearer = shown.strip() if kind.lower() == "bearer" else None
    caller = caller_of(service, bearer, request.cookies.get(COOKIE))
    if caller is None:
        return None
    request.state.caller = caller
    return Visitor(caller, csrf_of(request, service))


def csrf_of(request: Request, service: Service) -> str:
    """What the forms of the page carry: made of a cookie that the browser has, or that `with_cookie` gives it."""
    cookie = csrf_cookie(request.cookies)
    if cookie is None:
        cookie = request.state.new_csrf_cookie = new_anonymous_cookie()
    return csrf_token(service.secret, cookie)


def with_cookie(request: Request, answer: Answer) -> Answer:
    """The answer, with the cookie that the tokens of its forms are made of, where the browser has none."""
    made = getattr(request.state, "new_csrf_cookie", None)
    if made is not None:
        answer.set_cookie(ANONYMOUS_COOKIE, made, httponly=True, samesite="strict", secure=is_encrypted(request))
    return answer


def is_encrypted(request: Request) -> bool:
    """Whether the browser came over TLS: as far as a proxy that is trusted says so, uvicorn has seen to it."""
    return request.url.scheme == "https"


def visits(scope: Scope = "read") -> Any:
    """A page's parameter: the visitor, who may do such things."""

    def visitor(request: Request, service: Annotated[Service, Depends(service_of)]) -> Visitor:
        found = visitor_of(request, service)
        if found is None:
            raise LoginFirst
        if not found.may(scope):
            raise Problem(
                403, "scope", f"your token is not for that: it wants the scope {scope}", "log in with another"
            )
        return found

    return Security(visitor)


def behind(cursor: str | None, *kinds: type) -> Any:
    """Where the page before ended: all of its values are there."""
    return place(cursor, *kinds)
