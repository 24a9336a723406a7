"""``auditor baseline``: record the findings that are there, so that only new ones fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ExitCode, UsageError, worst
from . import options as o

if TYPE_CHECKING:
    from ..baseline import Known
    from ..configuration import Configuration
    from ..policy import Policy
    from ..report import Report

_MOST_TOLD = 20


def baseline(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORT|MODEL|SOURCE...",
            help="Ids of stored reports, files of JSON reports, models, folders or registries of models.",
            show_default=False,
        ),
    ],
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
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Models at once [default: the processors].", show_default=False),
    ] = None,
    db: o.Database = None,
) -> int:
    """Record the findings that models have now: from then on only new ones fail.

    A baseline that is there is changed only with --update or --prune. What a waiver covers is left to the waiver, and
    what the policy itself finds (limits, lists) is never known.
    """
    from ..baseline import Baseline
    from ..pipeline import selected
    from .gating import Gate
    from .streams import say

    configured = o.configuration(config, no_config)
    path = output or configured.baseline or _usual(configured)
    there = os.path.lexists(path)
    if there and not (update or prune):
        raise UsageError(f"there is a baseline {path}: --update adds to it, --prune takes out what no longer occurs")
    kept = Baseline.read(path) if there else Baseline({})
    judged_with = configured.overridden(baseline=path if there else "")
    named_by = configured.overridden(baseline=path)
    settings = configured.settings(run=run, weights=weights)
    selected(settings)
    codes: list[ExitCode] = []
    added, gone, total = 0, [], 0
    with Gate(
        judged_with, settings, db or configured.db, None, None, jobs or configured.jobs or o.processors()
    ) as gate:
        for target in targets:
            before = len(codes)
            for gated in gate.verdicts(target):
                report = gated.judgement.report
                if any(missed.what == "model" for missed in report.coverage.failed):
                    say(f"{gated.subject.path} was not looked at: nothing is recorded of it")
                    codes.append(gated.code)
                    continue
                codes.append(ExitCode.PASS)
                subject = named_by.subject(gated.subject.path, gated.subject.name or "")
                known = kept.models.get(subject, ())
                found = tuple(_entries(report))
                fresh = _without(found, known)
                fewer = [entry for entry in fresh if _is_part(entry, known)]
                new = [e for e in fresh if (prune if e in fewer else update or not there)]
                lost = _lost(known, report, gated.subject.policy)
                gone += [(subject, entry) for entry in lost]
                added, total = added + len(new), total + 1
                kept = kept.with_model(subject, (*(_without(known, lost) if prune else known), *new))
            if len(codes) == before:
                say(f"there is no model in {target}")
                codes.append(ExitCode.NOTHING)
    if total:
        kept.write(path)
    _tell(path, total, added, gone, prune)
    return worst(codes)


def _usual(configured: Configuration) -> str:
    from ..configuration import BASELINE

    return os.path.join(configured.folder, BASELINE)  # noqa: PTH118


def _entries(report: Report) -> Iterator[Known]:
    """The findings that nobody answers for. What the policy finds is judged anew each time."""
    from ..baseline import Known
    from ..formats.json import escaped
    from ..formats.telling import place
    from ..limits import NOT_ALLOWED, OVER
    from ..waivers import EXPIRED, UNUSED

    for finding in report.findings:
        if finding.rule not in (NOT_ALLOWED, OVER, EXPIRED, UNUSED) and (
            finding.waived is None or finding.waived.by == "baseline"
        ):
            message = finding.message.partition("\n")[0]
            yield Known(finding.rule, finding.fingerprint, place(finding.location), escaped(message), finding.parts)


def _without(entries: tuple[Known, ...], others: tuple[Known, ...] | list[Known]) -> list[Known]:
    there = {(entry.rule, entry.fingerprint) for entry in others}
    return [entry for entry in entries if (entry.rule, entry.fingerprint) not in there]


def _is_part(entry: Known, known: tuple[Known, ...]) -> bool:
    """Whether it is what is left of one that is known."""
    return bool(entry.parts) and any(other.rule == entry.rule and entry.each <= other.each for other in known)


def _lost(known: tuple[Known, ...], report: Report, policy: Policy) -> list[Known]:
    """What no longer occurs: only of rules that were looked at, and that nothing else can have swallowed."""
    from ..waivers import certain

    ran = (rule for rule in report.coverage.ran if rule not in policy.ignore)
    looked_at = certain((rule for rule in ran if not policy.select or rule in policy.select), report.findings)
    there = {finding.fingerprint for finding in report.findings}
    return [entry for entry in known if entry.rule in looked_at and entry.fingerprint not in there]


def _tell(path: str, total: int, added: int, gone: list[tuple[str, Known]], pruned: bool) -> None:
    from ..formats.names import prose, visible
    from ..wording import counted

    if total:
        typer.echo(f"{visible(path, 4096)}: {counted(total, 'model')}, {counted(added, 'new finding')} recorded")
    for subject, entry in gone[:_MOST_TOLD]:
        where = f" {visible(entry.place)}" if entry.place else ""
        typer.echo(f"  no longer there: {visible(subject)}: {visible(entry.rule)}{where}: {prose(entry.message, 200)}")
    if gone:
        rest = f"and {len(gone) - _MOST_TOLD} more; " if len(gone) > _MOST_TOLD else ""
        typer.echo(f"  {rest}{'taken out' if pruned else '--prune takes out what no longer occurs'}")
