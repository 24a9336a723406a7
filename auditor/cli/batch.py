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
    jobs: o.Jobs = None,
    limit: Annotated[int | None, typer.Option(min=1, help="No more models than these.", show_default=False)] = None,
    # What is said, and where.
    format: o.ReportFormat = "text",
    output: o.Outputs = None,
    fail_on: o.FailOn = None,
    quiet: o.Quiet = False,
    # What is looked at.
    select: o.Select = None,
    ignore: o.Ignore = None,
    weights: o.Weights = None,
    target_dtype: o.TargetDtype = None,
    # At which sizes: of the models that have them.
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
    # How a model is run.
    run: o.Run = None,
    optimisation: o.Optimisation = None,
    custom_ops: o.CustomOps = None,
    provider: o.Provider = None,
    seed: o.Seed = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="For the run of one model [default: from its FLOPs, at most 540].",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="For the run of one model [default: from its sizes].", show_default=False),
    ] = None,
    require_isolation: o.RequireIsolation = False,
    # What the whole audit of one model may take.
    audit_timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="For all of one model's audit [default: a minute more than its run, 600 at least].",
            show_default=False,
        ),
    ] = None,
    audit_memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="For one model's audit beside its run [default: 4G].", show_default=False),
    ] = None,
    # What is asked of the models.
    config: o.Config = None,
    no_config: o.NoConfig = False,
    baseline: o.BaselineFile = None,
    # Where it is kept.
    no_store: o.NoStore = False,
    db: o.Database = None,
) -> int:
    """Audit every model of folders and registries; what is unchanged since an earlier batch is not audited again.

    An interrupted batch goes on where it was when the same command is given again. A model whose audit came to no end
    has one report that says so, until a later batch, which tries again, replaces it. A --dim or an --input-shape holds
    for the models that have it; the others' reports say that they do not. The exit code is the worst of all models',
    as check has them; a source that cannot be read counts as inconclusive, and the others are audited.
    """
    from ..batch.run import allowed
    from .many import Many
    from .outlet import Destinations

    configured = o.configuration(config, no_config, fail_on, baseline)
    settings = configured.settings(
        select=frozenset(select) if select else None,
        ignore=frozenset(ignore) if ignore else None,
        run=run,
        optimisation=o.optimisation(optimisation),
        custom_ops=o.library(custom_ops),
        weights=weights,
        target_dtype=o.target_dtype(target_dtype),
        dims=o.dims(dim) or None,
        shapes=o.shapes(input_shape) or None,
        provider=provider,
        seed=o.seed(seed),
        timeout=o.seconds(timeout),
        memory=o.memory(memory),
        require_isolation=require_isolation or None,
    )
    limits = allowed(settings, o.seconds(audit_timeout, "--audit-timeout"), o.memory(audit_memory, "--audit-memory"))
    to = Destinations(
        format, o.files(output), sys.stdout, quiet, not no_store, db or configured.db, insist=db is not None
    )
    return Many(settings, configured, limits, to).audit(sources, jobs or configured.jobs, limit)
