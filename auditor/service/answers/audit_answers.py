"""Audits as the API tells of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ...store.asked import AskedAudit, asked_audits, kept_audit
from ...store.registered import registered_version
from ...store.works import Works
from .summaries import JudgedSummary
from .verdicts import ViewedAudit, viewed_audit


class ModelName(BaseModel):
    """A registered model."""

    id: str
    name: str


class AuditAnswer(BaseModel):
    """An audit that was asked for, and how far it has come.

    Verdict and counts are null until it is done. In lists they are those of the policy under which the audit was made,
    of one audit those of the policy of now. `ad_hoc`: the options are not as configured, so no gate goes by it.
    """

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    attempts: int
    why: str
    model: ModelName | None
    version: str | None
    version_id: str | None
    source: str | None
    parent_id: str | None
    options: dict[str, Any]
    created_at: str
    created_by: str
    started_at: str | None
    ended_at: str | None
    reused: bool
    verdict: Literal["pass", "fail", "inconclusive"] | None
    errors: int | None
    warnings: int | None
    notes: int | None
    ad_hoc: bool | None
    report_id: str | None
    report: dict[str, Any] | None = None


class ReportDocument(BaseModel):
    """A report alone, as `auditor check --format json` writes it: docs/json.md tells all its keys."""

    model_config = ConfigDict(extra="allow")

    schema_version: int
    verdict: Literal["pass", "fail", "inconclusive"]
    model: dict[str, Any]
    findings: list[dict[str, Any]]
    coverage: dict[str, Any]


class AuditList(BaseModel):
    """A page of audits, the newest first."""

    items: list[AuditAnswer]
    next: str | None


def audit_answer(
    asked: AskedAudit, summary: JudgedSummary | None = None, report: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What `AuditAnswer` says, under the policy of now where there is a summary; ``report`` is put into it."""
    job = asked.job
    told = {
        "id": job.id,
        "state": job.state,
        "stage": job.stage,
        "attempts": job.attempts,
        "why": job.why,
        "model": None if asked.model_id is None else {"id": asked.model_id, "name": asked.model},
        "version": asked.version,
        "version_id": job.version_id,
        "source": job.source,
        "parent_id": job.parent_id,
        "options": dict(job.options),
        "created_at": job.created_at,
        "created_by": job.created_by,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "reused": job.reused,
        "verdict": asked.verdict,
        "errors": asked.errors,
        "warnings": asked.warnings,
        "notes": asked.notes,
        "ad_hoc": asked.ad_hoc,
        "report_id": asked.report_uid,
        "report": report,
    }
    if summary is not None:
        counts = {"errors": summary.errors, "warnings": summary.warnings, "notes": summary.notes}
        told |= {"verdict": summary.verdict.value, **counts}
    return told


def viewed_now(store: Works, asked: AskedAudit) -> ViewedAudit | None:
    """The report of an audit, to be judged by the policy of now; None where there is none."""
    job = asked.job
    kept = None if job.audit_id is None else kept_audit(store, job.audit_id)
    if kept is None:
        return None
    return viewed_audit(store, kept, None if job.version_id is None else registered_version(store, job.version_id))


def newest_audit(store: Works, version_id: str, folder: Path) -> AuditAnswer | None:
    """The audit of a version that was asked for last, under the policy of now, without its report."""
    asked = next(iter(asked_audits(store, 1, version_id=version_id)), None)
    if asked is None:
        return None
    view = viewed_now(store, asked)
    return AuditAnswer(**audit_answer(asked, view and view.summary(folder)))
