"""``auditor check MODEL...``: audit, store, print, and say by the exit code whether it passed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import worst
from . import options as o


def check(
    models: o.Models,
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
    # At which sizes.
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
    # How it is run.
    run: o.Run = None,
    optimisation: o.Optimisation = None,
    custom_ops: o.CustomOps = None,
    provider: o.Provider = None,
    inputs: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Run on these inputs, by name.", show_default=False)
    ] = None,
    seed: o.Seed = None,
    rtol: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", help="Relative tolerance against golden vectors [default: 0.001].", show_default=False
        ),
    ] = None,
    atol: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", help="Absolute tolerance against golden vectors [default: 1e-05].", show_default=False
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="For the run [default: from the model's FLOPs].", show_default=False),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="For the run, as in 2G [default: from the model's sizes].", show_default=False
        ),
    ] = None,
    require_isolation: o.RequireIsolation = False,
    # What is asked of it.
    config: o.Config = None,
    no_config: o.NoConfig = False,
    baseline: o.BaselineFile = None,
    # Where it is kept.
    no_store: o.NoStore = False,
    db: o.Database = None,
) -> int:
    """Audit models: shapes, parameters, weights, and a run in a sandbox.

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, 3 nothing to audit, 4 inconclusive,
    70 a fault of auditor.
    """
    from .outlet import Destinations
    from .session import Session

    configured = o.configuration(config, no_config, fail_on, baseline)
    settings = configured.settings(
        select=frozenset(select) if select else None,
        ignore=frozenset(ignore) if ignore else None,
        run=run,
        optimisation=o.optimisation(optimisation),
        custom_ops=o.library(custom_ops),
        weights=weights,
        dims=o.dims(dim) or None,
        shapes=o.shapes(input_shape) or None,
        inputs=o.npz(inputs),
        provider=provider,
        require_isolation=require_isolation or None,
        timeout=o.seconds(timeout),
        memory=o.memory(memory),
        seed=o.seed(seed),
        rtol=o.tolerance("--rtol", rtol),
        atol=o.tolerance("--atol", atol),
        target_dtype=o.target_dtype(target_dtype),
    )
    to = Destinations(
        format, o.files(output), sys.stdout, quiet, not no_store, db or configured.db, insist=db is not None
    )
    session = Session(settings, configured, to)
    return worst(session.audit(models))
