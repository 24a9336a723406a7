"""The gate over stored reports: what `auditor gate` says of a registered version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...policy.judge import Reason
from ...report import Verdict
from ...store import jobs
from ...store.asked import kept_audit_of
from ...store.registered import RegisteredVersion
from ...store.works import Works
from ...tuples import NamedTuple
from .summaries import JudgedSummary
from .verdicts import ViewedAudit, viewed_audit

NOT_ASKED = "nobody has asked for an audit of this version"


class GatedVersion(NamedTuple):
    """A version with its verdict; without an audit by which it could be judged, why there is none."""

    version: RegisteredVersion
    view: ViewedAudit | None  # of the audit that it is judged by
    summary: JudgedSummary | None
    state: str  # of its newest audit: "queued", "running: reading", "done" ...; "not audited"
    why: str = ""  # there is no verdict but inconclusive
    waits: bool = False  # an audit is on its way

    @property
    def verdict(self) -> Verdict:
        return self.summary.verdict if self.summary else Verdict.INCONCLUSIVE

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the verdict is what it is, as the gate of the command line has it; of many of a kind the first."""
        return self.summary.reasons if self.summary else (Reason("inconclusive", self.why),)


def gated_version(store: Works, version: RegisteredVersion, folder: Path) -> GatedVersion:
    """A version under the policy of now. An ad hoc look is not what a version is judged by.

    ``folder`` is the storage's, where the summaries of large reports lie.
    """
    kept = kept_audit_of(store, version.id)
    view = viewed_audit(store, kept, version, gate=True) if kept is not None else None
    summary = view and view.summary(folder)
    if summary is not None:
        return GatedVersion(version, view, summary, "done")
    newest = next(iter(jobs.listed(store, 1, version_id=version.id)), None)
    if newest is None:
        return GatedVersion(version, None, None, "not audited", NOT_ASKED, waits=True)
    state = f"running: {newest.stage}" if newest.stage and newest.state == "running" else newest.state
    match newest.state:
        case "queued" | "running":
            why = f"its audit is {newest.state}"
        case "failed":
            why = f"its audit failed: {newest.why}"
        case "cancelled":
            why = "its audit was cancelled"
        case _:
            why = "it was only looked at ad hoc, with options that are not configured: audit it without them"
    return GatedVersion(version, None, None, state, why, waits=newest.state in ("queued", "running"))


def gate_answer(gated: GatedVersion) -> dict[str, Any]:
    """What the API says of it."""
    view, version = gated.view, gated.version
    before = view.before if view else None
    return {
        "model": {"id": version.model_id, "name": version.model},
        "version": version.version,
        "version_id": version.id,
        "verdict": gated.verdict.value,
        "state": gated.state,
        "reasons": [reason._asdict() for reason in gated.reasons],
        "audit_id": view.kept.uid if view else None,
        "policy": view.subject.policy.origin if view else "",
        "compared_with": None if before is None else {
            "audit_id": before.uid, "when": before.accepted.when, "by": before.accepted.by,
            "reason": before.accepted.reason,
        },
        "findings": gated.summary.findings if gated.summary else 0,
    }  # fmt: skip
