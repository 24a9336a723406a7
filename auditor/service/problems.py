"""Errors as RFC 9457 says them: what is wrong, and how to mend it, with a code that a program can go by."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ..errors import AuditorError, ExitCode, StoreError
from .files.storage import StorageError, StorageFull
from .outward.sources import SourceRefused

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger("auditor.problems")

ALWAYS = (400, 401, 403, 408, 413, 414, 421, 422, 429, 431, 500, 503)
"""What any route may answer: what stands before it, or a store that cannot be used."""


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, detail: str, mend: str = "", **more: object) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.mend, self.more = status, code, detail, mend, more
        self.headers: dict[str, str] = {}

    def saying(self, header: str, value: str) -> Problem:
        """The same with a header."""
        self.headers[header] = value
        return self

    def body(self, request_id: str) -> dict[str, object]:
        """The document."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "mend": self.mend,
            "request_id": request_id,
            **self.more,
        }


class ProblemDocument(BaseModel):
    """An error: `code` is for programs, `detail` says what is wrong, `mend` what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    mend: str
    request_id: str

    model_config = {"extra": "allow"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of its errors, those of every route with them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*ALWAYS, *statuses})
    }


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    said = getattr(request.state, "request_id", "")
    return JSONResponse(problem.body(said), problem.status, problem.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """What is told of an error of one of the kinds in `HANDLERS`."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = _CODES.get(error.status_code, "http")
            mend = "GET /api/v1/openapi.json lists what there is"
            problem = Problem(error.status_code, code, str(error.detail), mend)
            problem.headers |= error.headers or {}
            return problem
        case SourceRefused():
            return Problem(error.status, error.code, str(error), error.mend)
        case StoreError():
            _log.error("%s", error)  # which names the database, and how its operator mends it: nobody else's to know
            return Problem(503, "no-store", "the report database cannot be used now", "try again; the log says more")
        case StorageFull():
            _log.error("%s", error)
            return Problem(507, "no-room", "the storage has no room", "have some space freed")
        case StorageError():
            _log.error("%s", error)
            return Problem(503, "no-storage", "the storage cannot be used now", "try again; the log says more")
        case AuditorError():  # what the rest of auditor says in one line
            status = 404 if error.exit_code == ExitCode.NOTHING else 422
            return Problem(status, "refused", str(error))
        case _:
            raise AssertionError("an error that has no handler") from error


_CODES = {404: "no-such-route", 405: "no-such-method"}


def _invalid(error: RequestValidationError) -> Problem:
    found = [{"where": ".".join(map(str, one["loc"])), "what": str(one["msg"])} for one in error.errors()[:20]]
    first = f"{found[0]['where']}: {found[0]['what']}" if found else "the request is not as described"
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return Problem(400, "no-json", f"the body is not JSON: {first}", "send JSON in UTF-8")
    return Problem(422, "invalid", first, "GET /api/v1/openapi.json describes what is taken", errors=found)


async def _answered(request: Request, error: Exception) -> JSONResponse:
    return answer(request, problem_of(error))


HANDLERS: Mapping[Any, Any] = dict.fromkeys((Problem, RequestValidationError, HTTPException, AuditorError), _answered)
