"""Who asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from ..auth import Caller, needs, service_of
from ..context import Service
from ..pages.visiting import csrf_of, with_cookie
from ..problems import problems

router = APIRouter(tags=["whoami"])


class Who(BaseModel):
    """The caller as the server knows it."""

    project: str
    owner: str
    scopes: list[str]
    by: str
    csrf: str = Field(description="The header X-CSRF-Token of unsafe requests without a bearer token.")


@router.get("/whoami", responses=problems())
def whoami(
    request: Request, response: Response,
    caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)],
) -> Who:  # fmt: skip
    """The project and the scopes of the token that is shown; and what shows that a request comes from a page of ours.

    `csrf` belongs to the session's cookie, else to a cookie that this answer sets.
    """
    csrf = csrf_of(request, service)
    with_cookie(request, response)
    return Who(project=caller.project, owner=caller.owner, scopes=list(caller.scopes), by=caller.by, csrf=csrf)
