"""One call of ``auditor baseline``: what models have now is drawn into the file of what is known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..config.configuration import BASELINE, Configuration
from ..errors import ExitCode, UsageError
from ..policy.baseline import Baseline, KnownFinding
from ..policy.policy import Policy
from ..report import Report
from .gating import Gate, Gated, looked_at
from .listening import Listener

if TYPE_CHECKING:
    from ..batch.engine import Opens
    from ..batch.tasks import WorkerLimits


class Recording:
    """Draws a baseline, one model after the other."""

    def __init__(
        self, configured: Configuration, limits: WorkerLimits, file: str | None = None, *,
        update: bool = False, prune: bool = False, listener: Listener | None = None, engine: Opens | None = None,
    ) -> None:  # fmt: skip
        """``file``: the baseline, else the configured one, else the usual one."""
        self.path = file or configured.baseline or os.path.join(configured.folder, BASELINE)
        there = os.path.lexists(self.path)
        if there and not (update or prune):
            raise UsageError(
                f"there is a baseline {self.path}: --update adds to it, --prune takes out what no longer occurs"
            )
        self.baseline = Baseline.read(self.path) if there else Baseline({})
        self.adds, self.prunes = update or not there, prune
        self.listener = listener or Listener()
        self.models = self.added = 0
        self.gone: list[tuple[str, KnownFinding]] = []  # what no longer occurs, and in which model
        self._named_by = configured.saying({"baseline": self.path})
        says = configured.saying({"baseline": self.path if there else ""})
        self._gate = Gate(says, limits, listener=self.listener, engine=engine)

    def record(self, targets: Sequence[str]) -> list[ExitCode]:
        """Draw all models that the words name, and write the file; the exit code of each."""
        with self._gate as gate:
            for gated in gate.gated(targets):
                if looked_at(gated.judgement.report):
                    self._take(
                        self._named_by.subject(gated.subject.path, gated.subject.name or "", gated.subject.registry),
                        gated,
                    )
                    gate.codes[-1] = ExitCode.PASS  # it is recorded, whatever it has
                else:
                    self.listener.say(f"{gated.subject.path} was not looked at: nothing is recorded of it")
        if self.models:
            self.baseline.write(self.path)
        return gate.codes

    def _take(self, subject: str, gated: Gated) -> None:
        """Record what a model has now; what is left of a known finding takes the place of it."""
        report, known = gated.judgement.report, self.baseline.models.get(subject, ())
        there = {(entry.rule, entry.fingerprint): entry.bad for entry in known}
        new = []
        for entry in _entries(report):
            before = there.get((entry.rule, entry.fingerprint))
            if before == entry.bad:
                continue
            better = _is_part(entry, known) if before is None else before.covers(entry.bad)
            if self.prunes if better else self.adds:
                new.append(entry)
        lost = _lost(known, report, gated.subject.policy)
        kept = _without(known, lost) if self.prunes else known
        self.baseline = self.baseline.with_model(subject, (*kept, *new))
        self.gone += [(subject, entry) for entry in lost]
        self.added += len(new)
        self.models += 1


def _entries(report: Report) -> Iterator[KnownFinding]:
    """The findings that nobody answers for. What the policy finds is judged anew each time."""
    from ..formats.json import escaped
    from ..formats.parts.telling import place
    from ..policy.baseline import KnownFinding
    from ..policy.judge import by_policy
    from ..report import JudgedFinding, waiver_of

    for finding in report.findings:
        waiver = waiver_of(finding)
        if finding.rule not in by_policy() and (waiver is None or waiver.by == "baseline"):
            message = finding.message.partition("\n")[0]
            own = finding.own_severity if isinstance(finding, JudgedFinding) else None
            yield KnownFinding(
                finding.rule, finding.fingerprint, place(finding.location), escaped(message), finding.parts,
                own or finding.severity, finding.magnitude,
            )  # fmt: skip


def _without(
    entries: tuple[KnownFinding, ...], others: tuple[KnownFinding, ...] | list[KnownFinding]
) -> list[KnownFinding]:
    there = {(entry.rule, entry.fingerprint) for entry in others}
    return [entry for entry in entries if (entry.rule, entry.fingerprint) not in there]


def _is_part(entry: KnownFinding, known: tuple[KnownFinding, ...]) -> bool:
    """Whether it is what is left of one that is known."""
    return bool(entry.parts) and any(other.rule == entry.rule and entry.each <= other.each for other in known)


def _lost(known: tuple[KnownFinding, ...], report: Report, policy: Policy) -> list[KnownFinding]:
    """What no longer occurs: only of rules that were looked at, and that nothing else can have swallowed."""
    from ..policy.waivers import certain

    ran = (rule for rule in report.coverage.ran if rule not in policy.ignore)
    looked_at = certain((rule for rule in ran if not policy.select or rule in policy.select), report.findings)
    there = {finding.fingerprint for finding in report.findings}
    return [entry for entry in known if entry.rule in looked_at and entry.fingerprint not in there]
