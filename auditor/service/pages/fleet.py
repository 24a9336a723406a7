"""The first page: all models of a project, their verdicts at a glance, and what got worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ...rules import all_rules
from ...store.fleet import FleetFilter, FleetModel, Worsened, fleet, verdicts, worsened
from ...store.fleet_order import Sort
from ...store.policies import StoredPolicy, policy_of
from ...store.works import Works
from ...tuples import NamedTuple
from ..answers.paging import cursor_of
from ..auth import service_of, store_for
from ..context import Service
from .drawn import drawn, in_address, moment_of, with_query
from .visiting import Visitor, behind, visits

router = APIRouter()

_ROWS = 50
_WORSE = 8
_DAYS = 7

Order = Literal["name", "verdict", "when"]
_ORDERS = {"verdict": "worst first", "name": "name", "when": "newest first"}


class FleetRow(NamedTuple):
    """A line of the table."""

    name: str
    address: str | None  # of the model's page: one that is not registered has none
    report: str | None
    version: str
    verdict: str  # "" of one without an audit
    errors: int | None
    warnings: int | None
    notes: int | None
    when: str
    producer: str
    opset: int | None
    ad_hoc: bool = False


class Share(NamedTuple):
    """How many models have a verdict, as a part of a bar of 1,000."""

    verdict: str  # "" of those without an audit
    number: int
    x: int
    width: int


class Shares(NamedTuple):
    """All models by their verdicts."""

    whole: int
    parts: tuple[Share, ...]


class Worse(NamedTuple):
    """A model that got worse."""

    name: str
    address: str | None
    before: str
    now: str
    errors_before: int
    errors: int
    when: str


class FleetWish(NamedTuple):
    """What the form says, as it says it."""

    name: str = ""
    verdict: str = ""
    rule: str = ""
    severity: str = ""
    operator: str = ""
    producer: str = ""
    opset: str = ""
    sort: str = "verdict"


@router.get("/")
def fleet_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    name: Annotated[str, Query(max_length=512)] = "",
    verdict: Annotated[str, Query(max_length=40)] = "",
    rule: Annotated[str, Query(max_length=120)] = "",
    severity: Annotated[str, Query(max_length=40)] = "",
    operator: Annotated[str, Query(max_length=200)] = "",
    producer: Annotated[str, Query(max_length=200)] = "",
    opset: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "verdict",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """What is not sensible in the address is as if it was not said."""
    asked = FleetWish(name, verdict, rule.strip(), severity, operator.strip(), producer, opset, sort)
    asked = asked._replace(sort=sort if sort in get_args(Sort) else "verdict")
    store = store_for(service, visitor.caller)
    rows, after = rows_of(store, wanted_of(asked), cursor, asked.sort)
    policy = policy_of(store)
    deep = any((asked.rule, asked.severity, asked.operator, asked.producer, asked.opset))
    return drawn(
        request,
        "fleet.html",
        "Fleet",
        visitor,
        here="/",
        rows=rows,
        next=after and with_query("/", **asked._asdict(), cursor=after),
        tallies=shares_of(verdicts(store)),
        judged_before=policy.changed_at if policy and any(_is_older(row, policy) for row in rows) else "",
        worse=[_worse(one) for one in worsened(store, _DAYS, _WORSE)],
        wish=asked,
        filtered=bool(asked._replace(sort="") != FleetWish(sort="")) or cursor is not None,
        deep=deep,
        sorts=list(_ORDERS.items()),
        rules=[rule.name for rule in all_rules()],
    )


def wanted_of(asked: FleetWish) -> FleetFilter:
    """What the store is asked for."""
    number = asked.opset.isascii() and asked.opset.isdigit()
    return FleetFilter(
        name=asked.name,
        verdict={"none": ""}.get(asked.verdict, asked.verdict) if asked.verdict else None,
        rule=asked.rule or None,
        severity=asked.severity or None,
        operator=asked.operator or None,
        producer=asked.producer or None,
        opset=int(asked.opset) if number and len(asked.opset) < 10 else None,
    )


def rows_of(
    store: Works, wanted: FleetFilter, cursor: str | None, sort: str = "verdict", limit: int = _ROWS
) -> tuple[list[FleetRow], str | None]:
    """A page of the models that are wanted, and the cursor of the next."""
    by: Order = "name" if sort == "name" else "when" if sort == "when" else "verdict"
    after = behind(cursor, int if by == "verdict" else str, str)
    page = fleet(store, wanted, by, after=after, limit=limit)
    return [row_of(model) for model in page.models], None if page.next is None else cursor_of(*page.next)


def row_of(model: FleetModel) -> FleetRow:
    """A model as a line."""
    latest = model.latest
    address = None if model.id is None else f"/models/{model.id}"
    if latest is None:
        return FleetRow(model.name, address, None, "", "", None, None, None, model.created_at or "", "", None)
    return FleetRow(
        model.name,
        address,
        f"/audits/{in_address(latest.id)}",
        latest.version,
        latest.verdict,
        latest.errors,
        latest.warnings,
        latest.notes,
        latest.audited_at,
        latest.producer,
        latest.opset,
        latest.ad_hoc,
    )


def _is_older(row: FleetRow, policy: StoredPolicy) -> bool:
    """Whether its verdict is that of another policy than the one of now."""
    audited, changed = moment_of(row.when), moment_of(policy.changed_at)
    return bool(row.verdict) and audited is not None and changed is not None and audited < changed


def shares_of(counts: Mapping[str, int]) -> Shares:
    """The worst first; those without an audit last."""
    whole = sum(counts.values())
    return Shares(whole, tuple(_laid([(verdict, counts.get(verdict, 0)) for verdict in _WORST_FIRST], whole)))


_WORST_FIRST = ("fail", "inconclusive", "pass", "")


def _laid(counts: Sequence[tuple[str, int]], whole: int) -> Iterator[Share]:
    seen = 0
    for verdict, count in counts:
        begin, end = (1000 * seen // whole, 1000 * (seen + count) // whole) if whole else (0, 0)
        yield Share(verdict, count, begin, end - begin)
        seen += count


def _worse(one: Worsened) -> Worse:
    row = row_of(one.model)
    return Worse(row.name, row.address or row.report, one.verdict, row.verdict, one.errors, row.errors or 0, row.when)
