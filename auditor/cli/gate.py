"""``auditor gate``: the verdict of the policy, why it is so, and what becomes the accepted version."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import ExitCode, UsageError, worst
from . import options as o


def gate(
    targets: o.Targets,
    # What becomes of it.
    accept: Annotated[bool, typer.Option("--accept", help="What passes is the accepted version from now on.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is accepted.", show_default=False)] = "",
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who accepts it [default: you].", show_default=False)
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="SUBJECT", help="Whose version it is [default: as its registry or path says].", show_default=False
        ),
    ] = None,
    # What is asked.
    fail_on: o.FailOn = None,
    config: o.Config = None,
    no_config: o.NoConfig = False,
    baseline: o.BaselineFile = None,
    # What is said, and where.
    format: o.ReportFormat = "text",
    output: o.Outputs = None,
    quiet: o.Quiet = False,
    # How models are audited.
    run: o.Run = None,
    optimisation: o.Optimisation = None,
    custom_ops: o.CustomOps = None,
    weights: o.Weights = None,
    jobs: o.Jobs = None,
    db: o.Database = None,
) -> int:
    """Say whether models may go live, and why.

    Reports are judged as they are stored; models are audited first, unless an unchanged one was already. Exit codes are
    those of check. With --accept a version that passes becomes the one that later ones are compared with; one that does
    not, inconclusive ones too, is refused, and the exit code is its own.
    """
    from ..pipeline import selected
    from .gate_output import opened
    from .gating import Acceptance, Gate
    from .outlet import Destinations
    from .streams import say

    if not accept and (reason or by is not None):
        raise UsageError("--reason and --by say who accepts a version and why: they go with --accept")
    configured = o.configuration(config, no_config, fail_on, baseline)
    settings = configured.settings(
        run=run,
        weights=weights,
        optimisation=o.optimisation(optimisation),
        custom_ops=o.library(custom_ops),
    )
    selected(settings)
    acceptance = Acceptance(reason, by or _you()) if accept else None
    database = db or configured.db
    gates = Gate(configured, settings, database, jobs or configured.jobs or o.processors(), name, acceptance)
    to = Destinations(format, o.files(output), sys.stdout, quiet=quiet, database=database)
    codes: list[ExitCode] = []
    with gates, opened(to) as write:
        for target in targets:
            before = len(codes)
            for gated in gates.verdicts(target):
                codes.append(gated.code)
                write(gated)
            if len(codes) == before:
                say(f"there is no model in {target}")
                codes.append(ExitCode.NOTHING)
    return worst(codes)


def _you() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return ""
