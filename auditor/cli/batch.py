"""``auditor batch SOURCE...``: every model of folders and registries, each audited once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import options as o


def batch(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Folders, patterns, manifests, registries.", show_default=False),
    ],
    # How much at once.
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Models at once [default: the processors].", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="No more models than these.", show_default=False)] = None,
    # What is said, and where.
    format: o.Format = "text",
    output: o.Outputs = None,
    fail_on: o.FailOn = "error",
    quiet: o.Quiet = False,
    # What is looked at.
    select: o.Select = None,
    ignore: o.Ignore = None,
    no_weights: o.NoWeights = False,
    no_run: o.NoRun = False,
    # What one model may take.
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="For the run of one model [default: from its FLOPs, at most 540]; its audit may take a minute more.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="For the run of one model [default: from its sizes].", show_default=False),
    ] = None,
    # Where it is kept.
    no_store: o.NoStore = False,
    db: o.Database = None,
) -> int:
    """Audit every model of folders and registries; what is unchanged since an earlier batch is not audited again.

    An interrupted batch goes on where it was when the same command is given again. The exit code is the worst of all
    models', as check has them.
    """
    from ..batch.engine import Limits
    from ..policy import Policy
    from ..settings import Settings
    from .many import Many
    from .outlet import Destinations

    settings = Settings(
        select=frozenset(select or ()),
        ignore=frozenset(ignore or ()),
        run=not no_run,
        weights=not no_weights,
        timeout=o.seconds(timeout),
        memory=o.memory(memory),
    )
    limits = Limits(seconds=(timeout or 540.0) + 60.0)
    policy = Policy(fail_on=o.fail_on(fail_on))
    to = Destinations(format, o.files(output), sys.stdout, quiet=quiet, store=not no_store, database=db)
    many = Many(settings, policy, limits, to)
    return many.audit(sources, jobs, limit)
