"""The tokens of a project, for its admins, and what was done with them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ...store import deeds, tokens
from ..answers.paging import USUAL, Cursor, Limit, cursor_of, place
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..problems import Problem, problems
from ..whole import WHOLE

router = APIRouter(tags=["tokens"])

_YEARS = 10 * 366 * 86_400
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Printable = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]


class NewToken(BaseModel):
    """Who the token is for, and what."""

    model_config = ConfigDict(extra="forbid")

    owner: Printable
    scopes: list[Literal["read", "submit", "accept", "admin"]] = Field(min_length=1, max_length=4)
    expires_in: Annotated[int, Field(ge=1, le=_YEARS, strict=True), WHOLE] | None = Field(
        None, description="Seconds; without it the token has no end."
    )


class TokenAnswer(BaseModel):
    """A token as it is known: not its text."""

    id: str
    project: str
    owner: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class TokenMade(TokenAnswer):
    """A new token, with its text, which nobody can be told again."""

    token: str


class Tokens(BaseModel):
    """All tokens of the project, the oldest first."""

    items: list[TokenAnswer]
    next: str | None = None


class DeedAnswer(BaseModel):
    """One thing that was done."""

    at: str
    who: str
    token_id: str
    what: str
    subject: str
    request_id: str


class Deeds(BaseModel):
    """What was done, the newest first."""

    items: list[DeedAnswer]
    next: str | None


@router.post("/tokens", status_code=201, responses=problems())
def create(
    new: NewToken, request: Request, response: Response,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> TokenMade:  # fmt: skip
    """A new token of the caller's project."""
    token, text = tokens.create(store_for(service, caller), new.owner, new.scopes, new.expires_in)
    recorded(service, caller, request, "token.create", token.id)
    response.headers["Cache-Control"] = "no-store"
    return TokenMade(**token._asdict(), token=text)


@router.get("/tokens", responses=problems())
def listed(caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)]) -> Tokens:
    """The tokens of the caller's project."""
    return Tokens(items=[TokenAnswer(**token._asdict()) for token in tokens.listed(store_for(service, caller))])


@router.delete("/tokens/{token_id}", responses=problems(404))
def revoke(
    token_id: Id, request: Request,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> TokenAnswer:  # fmt: skip
    """From now on the token is for nothing, nor is what was logged in with it."""
    token = tokens.revoke(store_for(service, caller), token_id)
    if token is None:
        raise Problem(404, "no-such-token", f"there is no token {token_id}", "GET /api/v1/tokens lists them")
    recorded(service, caller, request, "token.revoke", token.id)
    return TokenAnswer(**token._asdict())


@router.get("/deeds", responses=problems())
def done(
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Deeds:  # fmt: skip
    """Who did what in the caller's project."""
    before = place(cursor, int)
    found = deeds.listed(store_for(service, caller), limit, before[0] if before else None)
    items = [DeedAnswer(**{name: getattr(deed, name) for name in DeedAnswer.model_fields}) for deed in found]
    return Deeds(items=items, next=cursor_of(found[-1].id) if len(found) == limit else None)
