"""The rules: what each says, and which models it finds something in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from ...formats.parts.page.rules import prose_of
from ...rules import Rule, all_rules
from ...store.fleet import FleetFilter, rule_counts
from ...tuples import NamedTuple
from ..auth import service_of, store_for
from ..context import Service
from ..problems import Problem
from .drawn import drawn, with_query
from .fleet import rows_of
from .visiting import Visitor, visits

router = APIRouter()


class ListedRule(NamedTuple):
    """A line of the list."""

    name: str
    severity: str
    summary: str
    models: int  # whose newest audit it finds something in


@router.get("/rules")
def rules_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """All rules, or those with all of some words."""
    counts = rule_counts(store_for(service, visitor.caller))
    words = q.lower().split()
    shown = [
        ListedRule(rule.name, rule.severity.value, _plain(rule.summary), counts.get(rule.name, 0))
        for rule in all_rules()
        if all(word in f"{rule.name} {rule.severity.value} {rule.summary}".lower() for word in words)
    ]
    shown.sort(key=lambda rule: -rule.models)  # those that find something first
    found = sum(1 for rule in all_rules() if counts.get(rule.name))
    return drawn(request, "rules.html", "Rules", visitor, here="/rules", rules=shown, words=q, found=found)


@router.get("/rules/{name}")
def rule_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    name: str,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """What one says, and who is found by it."""
    found = next((rule for rule in all_rules() if rule.name == name), None)
    if found is None:
        raise Problem(404, "no-such-rule", f"there is no rule {name!r}", "the page of rules lists them")
    rows, after = rows_of(store_for(service, visitor.caller), FleetFilter(rule=name), cursor)
    said: dict[str, Any] = {
        "rule": _named(found),
        "prose": Markup("".join(prose_of(found.page))),
        "rows": rows,
        "next": after and with_query(f"/rules/{name}", cursor=after),
    }
    trail = [("Rules", "/rules"), (name, "")]
    return drawn(request, "rule.html", name, visitor, here="/rules", trail=trail, **said)


def _named(rule: Rule) -> dict[str, str]:
    return {
        "name": rule.name,
        "severity": rule.severity.value,
        "basis": rule.basis.value,
        "summary": _plain(rule.summary),
    }


def _plain(summary: str) -> str:
    """Without the marks of Markdown."""
    return summary.replace("`", "")
