"""``auditor show ID``: a stored report again, under the policy of today."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import options as o


def show(
    report: Annotated[int, typer.Argument(metavar="ID", help="As `auditor history` lists it.", show_default=False)],
    format: o.ReportFormat = "text",
    raw: Annotated[bool, typer.Option("--raw", help="As it was stored, whatever is configured now.")] = False,
    config: o.Config = None,
    no_config: o.NoConfig = False,
    db: o.Database = None,
) -> None:
    """Print a stored report, as the policy that is configured now has it."""
    from ..formats import renderer
    from ..formats.json import parse
    from .judging import stored

    render = renderer(format)
    configured = o.configuration(config, no_config)
    database = db or configured.db
    subject, document = stored(report, configured, database)
    found, verdict = parse(document)
    if not raw and not configured.asks_nothing:
        found, verdict, _ = subject.judged(found, database)
    render(found, verdict, sys.stdout)
