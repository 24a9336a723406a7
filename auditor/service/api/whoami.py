"""Who asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from ..auth import Caller, needs
from ..problems import problems

router = APIRouter(tags=["whoami"])


class Who(BaseModel):
    """The caller as the server knows it."""

    project: str
    owner: str
    scopes: list[str]
    by: str


@router.get("/whoami", responses=problems())
def whoami(caller: Annotated[Caller, needs("read")]) -> Who:
    """The project and the scopes of the token that is shown."""
    return Who(project=caller.project, owner=caller.owner, scopes=list(caller.scopes), by=caller.by)
