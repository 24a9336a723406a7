"""Errors for people: what a browser is shown where a program gets a problem."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.routing import Match

from ...errors import StoreError
from ..api import PREFIX
from ..auth import service_of
from ..problems import HANDLERS, Problem, answer, problem_of
from .docs import DOCS
from .drawn import drawn
from .visiting import LoginFirst, visitor_of


def errors_as_pages(made: FastAPI) -> None:
    """Whatever goes wrong behind a page's address is told as a page; the API's answers stay as they are."""
    for kind in HANDLERS:
        made.add_exception_handler(kind, _told)
    made.add_exception_handler(LoginFirst, _to_login)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_FOR_MACHINES = frozenset({"/readyz", "/metrics"})


async def _told(request: Request, error: Exception) -> Response:
    path = request.url.path
    problem = problem_of(error)
    if problem.status == 405:
        problem.headers["Allow"] = ", ".join(_methods(request))
    if (path.startswith(f"{PREFIX}/") and path != DOCS) or path in _FOR_MACHINES:
        return answer(request, problem)
    if problem.code in ("no-such-route", "no-such-method"):
        problem.detail, problem.mend = "No page has this address.", ""
    return error_page(request, problem)


def _methods(request: Request) -> list[str]:
    """All methods of an address: the router tells only those of the first route that has it (RFC 9110, 15.5.6)."""
    routes = request.app.router.routes
    scopes = [{"type": "http", **request.scope, "method": method} for method in _METHODS]
    return [one["method"] for one in scopes if any(route.matches(dict(one))[0] is Match.FULL for route in routes)]


def error_page(request: Request, problem: Problem) -> Response:
    """The page of a problem."""
    try:
        visitor = visitor_of(request, service_of(request))
    except StoreError:  # who that is stands in the store
        visitor = None
    title = _TITLES.get(problem.status, "That did not work")
    said: dict[str, Any] = {"problem": problem, "request_id": getattr(request.state, "request_id", "")}
    page = drawn(request, "error.html", title, visitor, status=problem.status, **said)
    page.headers.update(problem.headers)
    return page


_TITLES = {
    403: "Not allowed",
    404: "There is nothing here",
    405: "That is not done here",
    409: "That does not fit",
    503: "The server cannot answer now",
}


async def _to_login(request: Request, _: Exception) -> Response:
    if request.method != "GET":
        return error_page(request, Problem(401, "no-token", "you are not logged in any more", "log in, and try again"))
    way = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" if way == "/" else f"/login?next={quote(way, safe='/')}", 303)
