"""What gate, badge and model page need of a judged report: small, and kept beside the page of a large one.

To judge a report of 100,000 findings takes a process that answers longer than anybody waits. The worker that made it
judges it anyway, and keeps what came of it under a key of everything that the judgement hangs on. Where the key is
another one (the policy has changed, a waiver has ended), the report is judged anew, and what comes of that is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import uuid4

from ... import __version__
from ...policy.judge import Judgement, Reason
from ...policy.policy import Policy
from ...report import Verdict
from ...tuples import NamedTuple

LARGE = 1_000
"""With fewer findings a report is judged in some milliseconds, and nothing is kept."""

_MOST = 100  # reasons of one kind


class JudgedSummary(NamedTuple):
    """A verdict, how many findings there are, and of each kind of reason the first."""

    verdict: Verdict
    errors: int
    warnings: int
    notes: int
    reasons: tuple[Reason, ...]

    @property
    def findings(self) -> int:
        return self.errors + self.warnings + self.notes


def summary_of(judgement: Judgement) -> JudgedSummary:
    """What is kept of a judgement. Behind the reasons of a kind that are too many one says how many are left out."""
    severities = Counter(finding.severity.value for finding in judgement.report.findings)
    counts = (severities["error"], severities["warning"], severities["note"])
    return JudgedSummary(judgement.verdict, *counts, tuple(_first(judgement.reasons)))


def _first(reasons: Iterable[Reason]) -> Iterable[Reason]:
    kinds: dict[str, list[Reason]] = {}
    for reason in reasons:
        kinds.setdefault(reason.kind, []).append(reason)
    for kind, those in kinds.items():
        yield from those[:_MOST]
        if len(those) > _MOST:
            yield Reason(kind, f"and {len(those) - _MOST:,} more, which stand in the report")


class JudgementKey(NamedTuple):
    """Under which a judgement is kept: of one report, as the gate judges it or as `auditor check` does."""

    project: str
    uid: str  # of the report
    gate: bool
    hangs_on: str  # a digest of all that the judgement hangs on


def judgement_key(
    project: str, uid: str, path: str, subject: str, policy: Policy, digest: str, before: str | None, *, gate: bool
) -> JudgementKey:
    """Another one where a kept report may be judged otherwise.

    ``path`` and ``subject`` say which ``policy`` holds for it, ``digest`` is that of the text with all policies,
    ``before`` the id of the accepted audit that it is compared with. A waiver ends with a day.
    """
    day = date.today().isoformat() if policy.waivers else ""
    said = (__version__, project, uid, path, subject, digest, before if policy.compares else None, day, gate)
    text = "\0".join(map(str, said)).encode("utf-8", "surrogatepass")
    return JudgementKey(project, uid, gate, hashlib.sha256(text).hexdigest())


def keep_summary(folder: str | Path, key: JudgementKey, summary: JudgedSummary) -> None:
    """Keep it below ``folder``, the storage's, instead of an older one. Where it cannot be, it is worked out anew."""
    place = _place(folder, key)
    fresh = place.with_suffix(f".{uuid4().hex[:8]}.part")
    verdict, *rest = summary
    text = json.dumps([key.hangs_on, verdict.value, *rest])
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)


def kept_summary(folder: str | Path, key: JudgementKey) -> JudgedSummary | None:
    """What was kept under this key; None where nothing was."""
    try:
        hangs_on, verdict, errors, warnings, notes, reasons = json.loads(_place(folder, key).read_bytes())
        if hangs_on != key.hangs_on:
            return None
        return JudgedSummary(Verdict(verdict), errors, warnings, notes, tuple(Reason(*reason) for reason in reasons))
    except (OSError, ValueError, TypeError):
        return None


def _place(folder: str | Path, key: JudgementKey) -> Path:
    return Path(folder) / "pages" / key.project / f"{key.uid}.{'gate' if key.gate else 'check'}.summary"
