"""A model: how it went from version to version, what its newest version is accepted by, and its badge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from ...drawing.markup import compact
from ...drawing.plots.sparkline import sparkline
from ...drawing.plots.trend import TrendBar, trend_plot
from ...store.asked import asked_audits, drop_badge, kept_audit_of, make_badge
from ...store.history import Changes, FindingKey, History, history
from ...store.registered import RegisteredModel, RegisteredVersion, registered_model, versions_of
from ...store.store import AcceptedAudit, Row
from ...store.works import Works
from ...tuples import NamedTuple
from ..answers.paging import cursor_of
from ..answers.verdicts import viewed_audit
from ..api import PREFIX
from ..api.acceptance import NewAcceptance, accept
from ..auth import recorded, service_of, store_for
from ..context import Service
from ..problems import Problem
from .drawn import Wording, clock, drawn, with_query
from .visiting import Visitor, behind, visits

router = APIRouter()

_VERSIONS = 30
_AUDITS = 40


class VersionRow(NamedTuple):
    """A version as a line."""

    id: str
    version: str
    address: str | None  # of its newest audit
    state: str
    stage: str
    verdict: str | None
    errors: int | None
    warnings: int | None
    notes: int | None
    when: str
    by: str
    accepted: AcceptedVersion | None
    changes: Changes | None
    ad_hoc: bool = False


class AcceptedVersion(NamedTuple):
    """What newer versions are compared with."""

    version: str
    when: str
    by: str
    reason: str


class LatestVerdict(NamedTuple):
    """The newest version that was audited, under the policy of now."""

    version: str
    verdict: str
    reasons: tuple[str, ...]
    address: str


class TrendLine(NamedTuple):
    """A number from audit to audit."""

    title: str
    now: str
    plot: Markup


class Trend(NamedTuple):
    """The plots."""

    audits: int
    plot: Markup
    lines: tuple[TrendLine, ...]


class NewestChanges(NamedTuple):
    """What came and went with the newest version."""

    name: str
    before: str
    appeared: Sequence[FindingKey]
    fixed: Sequence[FindingKey]
    still: int
    unseen: int


@router.get("/models/{model_id}")
def model_page(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits()],
    model_id: str,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """All of it on one page; older versions by pages."""
    store = store_for(service, visitor.caller)
    model = _known(store, model_id)
    found, more = versions_of(store, model_id, _VERSIONS, behind(cursor, str, str))
    past = history(store, model.name, _AUDITS, walks=service.walks)
    accepted = store.accepted_audit(model.name)
    shown = None if accepted is None else _accepted(store, accepted)
    rows = [_row(store, one, past, shown) for one in found]
    newest = versions_of(store, model_id, 1).versions
    latest = _latest(store, newest[0], service.storage.folder) if newest else None
    last = found[-1] if more else None
    return drawn(
        request,
        "model.html",
        model.name,
        visitor,
        here="/",
        trail=[("Fleet", "/"), (model.name, "")],
        model=model,
        notice=_DID.get(did),
        versions=rows,
        next=last and with_query(f"/models/{model_id}", cursor=cursor_of(last.created_at, last.id)),
        trend=trend_of(past),
        changes=changes_of(past),
        latest=latest,
        accepted=shown,
        acceptable=newest[0] if latest and latest.verdict == "pass" and visitor.may("accept") else None,
        badge=None if model.badge is None else f"{PREFIX}/badges/{model.badge}.svg",
        may_badge=visitor.may("submit"),
        facts=_facts(model, newest, past),
    )


@router.post("/models/{model_id}/acceptance")
def acceptance(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits("accept")],
    model_id: str,
    version_id: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """As `auditor gate --accept`: only what passes."""
    accept(model_id, version_id, NewAcceptance(reason=reason), request, visitor.caller, service)
    return RedirectResponse(f"/models/{model_id}?did=accept", 303)


@router.post("/models/{model_id}/badge")
def badge(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    visitor: Annotated[Visitor, visits("submit")],
    model_id: str,
    do: Annotated[str, Form(max_length=20)],
) -> Response:
    """Make its address, or take it back."""
    store = store_for(service, visitor.caller)
    _known(store, model_id)
    if do == "make":
        make_badge(store, model_id)
    else:
        drop_badge(store, model_id)
    recorded(service, visitor.caller, request, "badge.make" if do == "make" else "badge.drop", model_id)
    return RedirectResponse(f"/models/{model_id}?did=badge", 303)


_DID: Mapping[str, Wording] = {
    "accept": Wording("", "Accepted: newer versions are compared with it."),
    "badge": Wording("", "Done."),
}


def _known(store: Works, model_id: str) -> RegisteredModel:
    model = registered_model(store, model_id)
    if model is None:
        raise Problem(404, "no-such-model", f"there is no model {model_id[:64]}", "the fleet lists them")
    return model


def _accepted(store: Works, accepted: AcceptedAudit) -> AcceptedVersion:
    _, _, version = store.whose(accepted.audit_id) or ("", "", "")
    return AcceptedVersion(version, accepted.when, accepted.by, accepted.reason)


def _row(store: Works, one: RegisteredVersion, past: History | None, accepted: AcceptedVersion | None) -> VersionRow:
    asked = next(iter(asked_audits(store, 1, version_id=one.id)), None)
    step = next((s for s in past.steps if s.row.version == one.version), None) if past else None
    shown = accepted if accepted is not None and accepted.version == one.version else None
    if asked is None:
        return VersionRow(
            one.id, one.version, None, "", "", "", None, None, None, one.created_at, one.created_by, shown, None
        )
    return VersionRow(
        one.id,
        one.version,
        f"/audits/{asked.job.id}",
        asked.job.state,
        asked.job.stage,
        asked.verdict if asked.job.state == "done" else None,
        asked.errors,
        asked.warnings,
        asked.notes,
        asked.job.ended_at or asked.job.created_at,
        one.created_by,
        shown,
        None if step is None or past is None or step is past.steps[-1] else step.changes,
        bool(asked.ad_hoc),
    )


def _latest(store: Works, newest: RegisteredVersion, folder: Path) -> LatestVerdict | None:
    kept = kept_audit_of(store, newest.id)
    summary = kept and viewed_audit(store, kept, newest, gate=True).summary(folder)
    if kept is None or summary is None:
        return None
    reasons = tuple(reason.text for reason in summary.reasons)
    return LatestVerdict(newest.version, summary.verdict.value, reasons, f"/audits/{kept.uid}")


def trend_of(past: History | None) -> Trend | None:
    """Plots of the audits that are no ad hoc looks; None of fewer than two."""
    rows: list[Row] = [step.row for step in past.steps if not step.row.ad_hoc][::-1] if past else []
    if len(rows) < 2:
        return None
    bars = [TrendBar(f"{row.version or row.id}: ", row.errors, row.warnings, row.notes) for row in rows]
    told = f"findings of {len(rows)} audits, from {sum(bars[0][1:])} to {sum(bars[-1][1:])}"
    lines = []
    for title, values in (
        ("parameters", [row.parameters for row in rows]),
        ("MACs", [row.macs for row in rows]),
        ("bytes", [row.bytes for row in rows]),
    ):
        known = [value for value in values if value is not None]
        if len(known) > 1:
            spoken = f"{title}: from {compact(known[0])} to {compact(known[-1])}"
            lines.append(TrendLine(title, compact(known[-1]), Markup(sparkline(known, spoken))))
    return Trend(len(rows), Markup("".join(trend_plot(bars, told))), tuple(lines))


def changes_of(past: History | None) -> NewestChanges | None:
    """What the newest audit found, against the one before; None where there is none before."""
    steps = [step for step in past.steps if not step.row.ad_hoc] if past else []
    if len(steps) < 2 or steps[0].changes is None:
        return None
    now, before, changes = steps[0].row, steps[1].row, steps[0].changes
    return NewestChanges(
        now.version or f"audit {now.id}", before.version or f"audit {before.id}", changes.appeared, changes.fixed,
        changes.still, changes.unseen,
    )  # fmt: skip


def _facts(model: RegisteredModel, newest: Sequence[RegisteredVersion], past: History | None) -> list[tuple[str, str]]:
    facts = [("versions", f"{model.versions:,}"), ("since", f"{clock(model.created_at)[:10]}")]
    if newest:
        facts += [("file", newest[0].path), ("files", f"{len(newest[0].files):,}"), ("sent by", newest[0].created_by)]
    if past:
        facts.append(("audits", f"{past.audits:,}"))
    return [(key, value) for key, value in facts if value]
