"""The gate over stored reports: what `auditor gate` says of a registered version."""

from __future__ import annotations

from typing import Any

from ...policy.judge import Reason
from ...report import Verdict
from ...store import jobs
from ...store.asked import KeptAudit, kept_audit_of
from ...store.registered import RegisteredVersion
from ...store.works import Works
from ...tuples import NamedTuple
from .verdicts import JudgedAudit, judged_audit

NOT_ASKED = "nobody has asked for an audit of this version"


class GatedVersion(NamedTuple):
    """A version with its verdict; without an audit by which it could be judged, why there is none."""

    version: RegisteredVersion
    kept: KeptAudit | None
    judged: JudgedAudit | None
    state: str  # of its newest audit: "queued", "running: reading", "done" ...; "not audited"
    why: str = ""  # there is no verdict but inconclusive
    waits: bool = False  # an audit is on its way

    @property
    def verdict(self) -> Verdict:
        return self.judged.verdict if self.judged else Verdict.INCONCLUSIVE

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the verdict is what it is, each as the gate of the command line has it."""
        return self.judged.judgement.reasons if self.judged else (Reason("inconclusive", self.why),)


def gated_version(store: Works, version: RegisteredVersion) -> GatedVersion:
    """A version under the policy of now. An ad hoc look is not what a version is judged by."""
    kept = kept_audit_of(store, version.id)
    judged = judged_audit(store, kept, version, gate=True) if kept is not None else None
    if judged is not None:
        return GatedVersion(version, kept, judged, "done")
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
    judged, version = gated.judged, gated.version
    before = judged.before if judged else None
    return {
        "model": {"id": version.model_id, "name": version.model},
        "version": version.version,
        "version_id": version.id,
        "verdict": gated.verdict.value,
        "state": gated.state,
        "reasons": [reason._asdict() for reason in gated.reasons],
        "audit_id": gated.kept.uid if gated.kept else None,
        "policy": judged.subject.policy.origin if judged else "",
        "compared_with": None if before is None else {
            "audit_id": before.uid, "when": before.accepted.when, "by": before.accepted.by,
            "reason": before.accepted.reason,
        },
        "findings": len(judged.report.findings) if judged else 0,
    }  # fmt: skip
