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
    """The caller as the server knows it. `csrf` goes into `X-CSRF-Token` of what changes something without a token."""

    project: str
    owner: str
    scopes: list[str]
    by: str
    csrf: str = Field(description="The header X-CSRF-Token of unsafe requests without a bearer token.")


@router.get("/whoami", responses=problems())
def whoami(
    caller: Annotated[Caller, needs("read")],
    service: Annotated[Service, Depends(service_of)],
    request: Request,
    response: Response,
) -> Who:
    """The project and the scopes of whoever asks."""
    csrf = ""
    if caller.by != "token":
        csrf = csrf_of(request, service)
        with_cookie(request, response)
    return Who(project=caller.project, owner=caller.owner, scopes=list(caller.scopes), by=caller.by, csrf=csrf)
