"""Stored reports under the policy that their project has now: what `auditor check` and `auditor gate` say of them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

from ...config.configuration import Configuration
from ...config.policy_text import parse_policy
from ...formats.json import document, parse
from ...policy.judge import Judgement, judge
from ...report import Report, Verdict
from ...sessions.gating import judged_for_gate
from ...sessions.subjects import Subject, compared, subject_as_kept
from ...store.asked import KeptAudit
from ...store.policies import policy_of
from ...store.registered import RegisteredVersion
from ...store.store import Accepted
from ...store.works import Works
from ...tuples import NamedTuple

_ENTRIES = 64
_ROWS = 8_000  # of the reports that are kept in mind, together: a row is a kilobyte or so


class ProjectPolicy(NamedTuple):
    """What a project asks of its models now."""

    configured: Configuration
    digest: str  # of the text that says so; "" none does


class ComparedWith(NamedTuple):
    """The accepted version that a report is held against."""

    uid: str  # of its audit
    accepted: Accepted


class JudgedAudit(NamedTuple):
    """A stored report as its project's policy sees it now."""

    judgement: Judgement
    subject: Subject
    before: ComparedWith | None
    tag: str  # another one where anything may be said differently

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def report(self) -> Report:
        return self.judgement.report

    def document(self) -> dict[str, Any]:
        """The report as JSON's own types, as `auditor check --format json` writes it."""
        return document(self.report, self.verdict)


def project_policy(store: Works) -> ProjectPolicy:
    """The policy of the store's project; the usual one where it never said any."""
    said = policy_of(store)
    if said is None:
        return ProjectPolicy(Configuration(baseline=""), "")
    return _parsed(said.text)


@lru_cache(maxsize=32)
def _parsed(text: str) -> ProjectPolicy:
    return ProjectPolicy(parse_policy(text), _digest(text))


def judged_audit(
    store: Works, kept: KeptAudit, of: RegisteredVersion | None, *, gate: bool = False
) -> JudgedAudit | None:
    """A kept report under the policy of now; None where it was taken out of the store meanwhile.

    ``of`` is the registered version that it is of, None where it is of a model that lies elsewhere. ``gate``: as
    the gate judges what is to go live.
    """
    policy = project_policy(store)
    subject = _subject(store, kept, of, policy.configured)
    before = _before(store, subject.key) if gate or subject.policy.compares else None
    # An export that another project imports has the same uid there.
    said = (store.project, kept.uid, subject.path, subject.key, policy.digest, before and before.uid, _today(), gate)
    tag = _digest("\0".join(map(str, said)))
    judgement = _JUDGED.get(tag)
    if judgement is None:
        stored = store.get(kept.id)
        if stored is None:
            return None
        report = parse(stored)[0]
        accepted = compared(before.accepted if before else None)
        judgement = (judged_for_gate if gate else judge)(report, subject.policy, accepted)
        _JUDGED.keep(tag, judgement)
    return JudgedAudit(judgement, subject, before, tag)


def _subject(store: Works, kept: KeptAudit, of: RegisteredVersion | None, configured: Configuration) -> Subject:
    if of is not None:
        return Subject(of.path, configured.policy(of.path, of.model), of.model, version=of.version)
    _, name, version = store.whose(kept.id) or (kept.source, kept.subject, "")
    return subject_as_kept(kept.source, name, version, kept.source, configured)


def _before(store: Works, subject: str) -> ComparedWith | None:
    accepted = store.accepted(subject)
    return None if accepted is None else ComparedWith(store.uid_of(accepted.audit_id) or "", accepted)


def _today() -> str:
    """A waiver ends with a day."""
    return date.today().isoformat()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Lately:
    """The judgements that were asked for last: a page, its badge and a pipeline often ask for the same one."""

    def __init__(self, entries: int, rows: int) -> None:
        self._entries, self._most = entries, rows
        self._lock = Lock()
        self._kept: OrderedDict[str, Judgement] = OrderedDict()
        self._rows = 0

    def get(self, tag: str) -> Judgement | None:
        with self._lock:
            if tag in self._kept:
                self._kept.move_to_end(tag)
            return self._kept.get(tag)

    def keep(self, tag: str, judgement: Judgement) -> None:
        with self._lock:
            if tag in self._kept:
                return
            self._kept[tag] = judgement
            self._rows += _rows(judgement)
            # The newest stays however large it is: else each look at a report of 100,000 findings judges it anew.
            while len(self._kept) > 1 and (self._rows > self._most or len(self._kept) > self._entries):
                self._rows -= _rows(self._kept.popitem(last=False)[1])


def _rows(judgement: Judgement) -> int:
    """How large it is: what grows with a model."""
    report = judgement.report
    return 4 + len(report.findings) + len(report.weights) + len(report.ranges) + len(judgement.reasons)


_JUDGED = _Lately(_ENTRIES, _ROWS)
