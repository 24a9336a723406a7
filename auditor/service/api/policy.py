"""A project's own policy: what is asked of its models, as an ``auditor.toml`` says it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from ...config.policy_text import parse_policy
from ...store import policies
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..problems import problems

router = APIRouter(tags=["policy"])

_LONGEST = 256 << 10  # characters


class PolicyText(BaseModel):
    """The text of an auditor.toml; without a word nothing is asked but that there are no errors."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=_LONGEST)


class PolicyAnswer(BaseModel):
    """The policy of now, and who wrote it; null where the project never said one."""

    text: str
    changed_at: str | None
    changed_by: str | None


@router.get("/policy", responses=problems())
def read(caller: Annotated[Caller, needs("read")], service: Annotated[Service, Depends(service_of)]) -> PolicyAnswer:
    """What is asked of the project's models."""
    found = policies.policy_of(store_for(service, caller))
    if found is None:
        return PolicyAnswer(text="", changed_at=None, changed_by=None)
    return PolicyAnswer(**found._asdict())


@router.put("/policy", responses=problems())
def write(
    new: PolicyText, request: Request,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> PolicyAnswer:  # fmt: skip
    """From now on this is asked: of reports that are stored too, and nothing is run again."""
    parse_policy(new.text)
    stored = policies.set_policy(store_for(service, caller), new.text, caller.owner)
    recorded(service, caller, request, "policy.set")
    return PolicyAnswer(**stored._asdict())
