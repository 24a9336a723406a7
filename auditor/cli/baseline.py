"""``auditor baseline``: record the findings that are there, so that only new ones fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ExitCode, UsageError, worst
from . import options as o

if TYPE_CHECKING:
    from ..config.configuration import Configuration
    from ..policy.baseline import Baseline, KnownFinding
    from ..policy.policy import Policy
    from ..report import Report
    from .gating import Gated

_MOST_TOLD = 20


def baseline(
    targets: o.Targets,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The baseline [default: as configured, else auditor-baseline.json].",
            show_default=False,
        ),
    ] = None,
    # What becomes of a file that is there.
    update: Annotated[bool, typer.Option("--update", help="Add what is new to a baseline that is there.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Take out of it what no longer occurs in these models.")
    ] = False,
    # How models are audited.
    config: o.Config = None,
    no_config: o.NoConfig = False,
    run: o.Run = None,
    weights: o.Weights = None,
    jobs: o.Jobs = None,
    db: o.Database = None,
) -> int:
    """Record the findings that models have now: from then on only new ones fail.

    A baseline that is there is changed only with --update or --prune. What a waiver covers is left to the waiver, and
    what the policy itself finds (limits, lists) is never known.
    """
    from ..pipeline import selected
    from ..policy.baseline import Baseline
    from .gating import Gate, looked_at
    from .streams import say

    configured = o.configuration(config, no_config)
    path = output or configured.baseline or _usual(configured)
    there = os.path.lexists(path)
    if there and not (update or prune):
        raise UsageError(f"there is a baseline {path}: --update adds to it, --prune takes out what no longer occurs")
    drawn = _Drawn(Baseline.read(path) if there else Baseline({}), adds=update or not there, prunes=prune)
    judged_with = configured.overridden(baseline=path if there else "")
    named_by = configured.overridden(baseline=path)
    settings = configured.settings(run=run, weights=weights)
    selected(settings)
    codes: list[ExitCode] = []
    with Gate(judged_with, settings, db or configured.db, jobs or configured.jobs or o.processors()) as gate:
        for target in targets:
            before = len(codes)
            for gated in gate.verdicts(target):
                if looked_at(gated.judgement.report):
                    drawn.take(named_by.subject(gated.subject.path, gated.subject.name or ""), gated)
                    codes.append(ExitCode.PASS)
                else:
                    say(f"{gated.subject.path} was not looked at: nothing is recorded of it")
                    codes.append(gated.code)
            if len(codes) == before:
                say(f"there is no model in {target}")
                codes.append(ExitCode.NOTHING)
    if drawn.models:
        drawn.baseline.write(path)
    _tell(path, drawn)
    return worst(codes)


class _Drawn:
    """A baseline as it is drawn, one model after the other."""

    def __init__(self, baseline: Baseline, *, adds: bool, prunes: bool) -> None:
        self.baseline = baseline
        self.adds = adds
        self.prunes = prunes
        self.models = self.added = 0
        self.gone: list[tuple[str, KnownFinding]] = []  # what no longer occurs, and in which model

    def take(self, subject: str, gated: Gated) -> None:
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


def _usual(configured: Configuration) -> str:
    from ..config.configuration import BASELINE

    return os.path.join(configured.folder, BASELINE)


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


def _tell(path: str, drawn: _Drawn) -> None:
    from ..formats.parts.names import prose, visible
    from ..wording import counted

    gone = drawn.gone
    if drawn.models:
        models, added = counted(drawn.models, "model"), counted(drawn.added, "new finding")
        typer.echo(f"{visible(path, 4096)}: {models}, {added} recorded")
    for subject, entry in gone[:_MOST_TOLD]:
        where = f" {visible(entry.place)}" if entry.place else ""
        typer.echo(f"  no longer there: {visible(subject)}: {visible(entry.rule)}{where}: {prose(entry.message, 200)}")
    if gone:
        rest = f"and {len(gone) - _MOST_TOLD} more; " if len(gone) > _MOST_TOLD else ""
        typer.echo(f"  {rest}{'taken out' if drawn.prunes else '--prune takes out what no longer occurs'}")
