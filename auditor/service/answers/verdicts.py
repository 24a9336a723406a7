"""Stored reports under the policy that their project has now: what `auditor check` and `auditor gate` say of them."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from ...config.configuration import Configuration
from ...config.policy_text import parse_policy
from ...formats.json import document, parse
from ...policy.judge import Judgement, judge
from ...report import Report, Verdict
from ...sessions.gating import judged_for_gate
from ...sessions.subjects import Subject, subject_as_kept
from ...store.asked import KeptAudit
from ...store.policies import policy_of
from ...store.registered import RegisteredVersion
from ...store.store import AcceptedAudit
from ...store.works import Works
from ...tuples import NamedTuple
from .lately import Lately
from .summaries import LARGE, JudgedSummary, JudgementKey, judgement_key, keep_summary, kept_summary, summary_of

_ENTRIES = 64
_SUMMARIES = 500
_ROWS = 8_000  # of the reports that are kept in mind, together: a row is a kilobyte or so


class ProjectPolicy(NamedTuple):
    """What a project asks of its models now."""

    configured: Configuration
    digest: str  # of the text that says so; "" none does


class ComparedWith(NamedTuple):
    """The accepted version that a report is held against."""

    uid: str  # of its audit
    accepted: AcceptedAudit


class JudgedAudit(NamedTuple):
    """A stored report as its project's policy sees it now."""

    judgement: Judgement
    view: ViewedAudit

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def report(self) -> Report:
        return self.judgement.report

    @property
    def tag(self) -> str:
        """Another one where anything may be said differently."""
        return self.view.key.hangs_on

    def document(self) -> dict[str, Any]:
        """The report as JSON's own types, as `auditor check --format json` writes it."""
        return document(self.report, self.verdict)


class ViewedAudit(NamedTuple):
    """A stored report, and all that its judgement hangs on; it is judged when somebody asks."""

    store: Works
    kept: KeptAudit
    subject: Subject
    before: ComparedWith | None
    key: JudgementKey

    def judged(self) -> JudgedAudit | None:
        """The whole report under the policy of now; None where it was taken out of the store meanwhile.

        Of several large reports one is judged after the other: together they leave no time for anybody else.
        """
        judgement = _JUDGED.get(self.key)
        if judgement is None:
            with _ONE_LARGE if self.kept.findings >= LARGE else nullcontext():
                judgement = _JUDGED.get(self.key) or self._judged_now()
        return None if judgement is None else JudgedAudit(judgement, self)

    def summary(self, folder: Path) -> JudgedSummary | None:
        """The verdict and what else is short; of a large report as it was kept below ``folder``, the storage's."""
        found = _SUMMED.get(self.key)
        large = self.kept.findings >= LARGE
        if found is None and large:
            found = kept_summary(folder, self.key)
        if found is None:
            judged = self.judged()
            if judged is None:
                return None
            found = summary_of(judged.judgement)
            if large:
                keep_summary(folder, self.key, found)
        _SUMMED.keep(self.key, found, 1)
        return found

    def _judged_now(self) -> Judgement | None:
        stored = self.store.get(self.kept.id)
        if stored is None:
            return None
        policy, accepted = self.subject.policy, None
        if self.before is not None and policy.compares:
            past = self.store.get(self.before.accepted.audit_id)
            accepted = None if past is None else parse(past)[0]
        judgement = (judged_for_gate if self.key.gate else judge)(parse(stored)[0], policy, accepted)
        _JUDGED.keep(self.key, judgement, _rows(judgement))
        return judgement


def project_policy(store: Works) -> ProjectPolicy:
    """The policy of the store's project; the usual one where it never said any."""
    said = policy_of(store)
    if said is None:
        return ProjectPolicy(Configuration(baseline=""), "")
    return _parsed(said.text)


@lru_cache(maxsize=32)
def _parsed(text: str) -> ProjectPolicy:
    return ProjectPolicy(parse_policy(text), policy_digest(text))


def viewed_audit(store: Works, kept: KeptAudit, of: RegisteredVersion | None, *, gate: bool = False) -> ViewedAudit:
    """A kept report as the policy of now is to judge it.

    ``of`` is the registered version that it is of, None where it is of a model that lies elsewhere. ``gate``: as
    the gate judges what is to go live.
    """
    policy = project_policy(store)
    subject = _subject(store, kept, of, policy.configured)
    before = _before(store, subject.key) if gate or subject.policy.compares else None
    key = judgement_key(
        store.project, kept.uid, subject.path, subject.key, subject.policy, policy.digest, before and before.uid,
        gate=gate,
    )  # fmt: skip
    return ViewedAudit(store, kept, subject, before, key)


def _subject(store: Works, kept: KeptAudit, of: RegisteredVersion | None, configured: Configuration) -> Subject:
    if of is not None:
        return Subject(of.path, configured.policy(of.path, of.model), of.model, version=of.version)
    _, name, version = store.whose(kept.id) or (kept.source, kept.subject, "")
    return subject_as_kept(kept.source, name, version, kept.source, configured)


def _before(store: Works, subject: str) -> ComparedWith | None:
    accepted = store.accepted_audit(subject)
    return None if accepted is None else ComparedWith(store.uid_of(accepted.audit_id) or "", accepted)


def policy_digest(text: str | None) -> str:
    """By which a project's policy is told from another one."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _rows(judgement: Judgement) -> int:
    """How large it is: what grows with a model."""
    report = judgement.report
    return 4 + len(report.findings) + len(report.weights) + len(report.ranges) + len(judgement.reasons)


_JUDGED: Lately[JudgementKey, Judgement] = Lately(_ENTRIES, _ROWS)
"""The judgements that were asked for last: a page and a report often ask for the same one."""

_SUMMED: Lately[JudgementKey, JudgedSummary] = Lately(_SUMMARIES, _SUMMARIES)
"""Badges and pipelines ask for the same verdict again and again."""

_ONE_LARGE = Lock()
