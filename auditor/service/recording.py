"""Who did what, as a request says it."""

from __future__ import annotations

from fastapi import Request

from ..store import deeds
from ..store.works import Works
from .auth import Caller


def request_id_of(request: Request) -> str:
    """The id that stands in the answer and in the log."""
    return str(getattr(request.state, "request_id", ""))


def record_deed(request: Request, store: Works, caller: Caller, what: str, subject: str) -> None:
    """Keep that the caller did it: ``what`` as "model.register", ``subject`` the id of what it was done to."""
    deeds.record(store, caller.owner, caller.token_id, what, subject, request_id_of(request))
