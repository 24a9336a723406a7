"""The rules and their pages, as `auditor explain` prints them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from ...rules import all_rules
from ...wording import nearest
from ..auth import Caller, needs
from ..problems import Problem, problems

router = APIRouter(tags=["rules"])


class RuleAnswer(BaseModel):
    """A rule in a line."""

    name: str
    severity: str
    basis: str
    summary: str


class RulePage(RuleAnswer):
    """A rule with its page: what it does, why it matters, on what it fires, on what it is quiet, how to mend that."""

    page: str


class Rules(BaseModel):
    """All rules, by name."""

    items: list[RuleAnswer]
    next: str | None = None


@router.get("/rules", responses=problems())
def listed(caller: Annotated[Caller, needs("read")]) -> Rules:
    """Every rule in a line."""
    return Rules(
        items=[
            RuleAnswer(name=rule.name, severity=rule.severity, basis=rule.basis, summary=rule.summary)
            for rule in all_rules()
        ]
    )


@router.get("/rules/{name}", responses=problems(404))
def page(name: Annotated[str, Path(max_length=100)], caller: Annotated[Caller, needs("read")]) -> RulePage:
    """The page of a rule."""
    found = {rule.name: rule for rule in all_rules()}
    rule = found.get(name)
    if rule is None:
        said = f"there is no rule {name!r}{nearest(name, found)}"
        raise Problem(404, "no-such-rule", said, "GET /api/v1/rules lists them")
    return RulePage(name=rule.name, severity=rule.severity, basis=rule.basis, summary=rule.summary, page=rule.page)
