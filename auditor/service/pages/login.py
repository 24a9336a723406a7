"""A browser shows a token once, and is known by a cookie from then on."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from ...store.deeds import record
from ...store.tokens import log_in, log_out, logged_in, token_of
from ..auth import COOKIE, service_of
from ..context import Service
from .drawn import drawn
from .visiting import csrf_of, is_encrypted, visitor_of

router = APIRouter()

HOURS = 12
"""After which a login ends."""

_OWN = re.compile(r"/(?![/\\])[!-~]{0,2000}")
"""An address of this server: ``//x`` and ``/\\x`` are others'."""


@router.get("/login")
def login_page(request: Request, service: Annotated[Service, Depends(service_of)], next: str = "/") -> Response:
    """The form."""
    if (visitor := visitor_of(request, service)) is not None and visitor.caller.by == "cookie":
        return RedirectResponse(local_address(next), 303)
    return _form(request, service, next)


@router.post("/login")
def login(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    token: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=4000)] = "/",
) -> Response:
    """A cookie for a token."""
    known = token_of(service.store, token.strip())
    if known is None:
        return _form(request, service, next, "Nobody has this token, or it has ended.", 403)
    cookie, _ = log_in(service.store, known, HOURS * 3600)
    store = service.store.in_project(known.project)
    record(store, known.owner, known.id, "login", "", getattr(request.state, "request_id", ""))
    answer = RedirectResponse(local_address(next), 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=HOURS * 3600, httponly=True, samesite="strict", secure=is_encrypted(request)
    )
    return answer


@router.post("/logout")
def logout(request: Request, service: Annotated[Service, Depends(service_of)]) -> Response:
    """The cookie is for nothing any more, and the browser forgets it."""
    cookie = request.cookies.get(COOKIE)
    if cookie and (token := logged_in(service.store, cookie)) is not None:
        log_out(service.store, cookie)
        store = service.store.in_project(token.project)
        record(store, token.owner, token.id, "logout", "", getattr(request.state, "request_id", ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_encrypted(request))
    return answer


def local_address(address: str) -> str:
    """The address if it is one of this server, else the first page."""
    return address if _OWN.fullmatch(address) else "/"


def _form(request: Request, service: Service, next: str, problem: str = "", status: int = 200) -> Response:
    said: dict[str, Any] = {
        "problem": problem,
        "next": local_address(next),
        "csrf": csrf_of(request, service),
        "hours": HOURS,
    }
    return drawn(request, "login.html", "Log in", None, here="/login", status=status, **said)
