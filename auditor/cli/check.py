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
    fail_on: o.FailOn = "error",
    quiet: o.Quiet = False,
    # What is looked at.
    select: o.Select = None,
    ignore: o.Ignore = None,
    no_weights: o.NoWeights = False,
    target_dtype: Annotated[
        str | None,
        typer.Option(metavar="DTYPE", help="The type that the model is to become: float16.", show_default=False),
    ] = None,
    # At which sizes.
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
    # How it is run.
    no_run: o.NoRun = False,
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Run on cpu, cuda, tensorrt, ... [default: cpu]", show_default=False),
    ] = None,
    inputs: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Run on these inputs, by name.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Of the inputs that are invented.")] = 0,
    rtol: Annotated[float, typer.Option(metavar="NUMBER", help="Relative tolerance against golden vectors.")] = 1e-3,
    atol: Annotated[float, typer.Option(metavar="NUMBER", help="Absolute tolerance against golden vectors.")] = 1e-5,
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
    require_isolation: Annotated[
        bool, typer.Option("--require-isolation", help="Inconclusive unless the run is fully sandboxed.")
    ] = False,
    # Where it is kept.
    no_store: o.NoStore = False,
    db: o.Database = None,
) -> int:
    """Audit models: shapes, parameters, weights, and a run in a sandbox.

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, 3 nothing to audit, 4 inconclusive,
    70 a fault of auditor.
    """
    from ..policy import Policy
    from ..settings import Settings
    from .outlet import Destinations
    from .session import Session

    settings = Settings(
        select=frozenset(select or ()),
        ignore=frozenset(ignore or ()),
        run=not no_run,
        weights=not no_weights,
        dims=o.dims(dim),
        shapes=o.shapes(input_shape),
        inputs=o.npz(inputs),
        provider=provider or "cpu",
        provider_asked=provider is not None,
        require_isolation=require_isolation,
        timeout=o.seconds(timeout),
        memory=o.memory(memory),
        seed=o.seed(seed),
        rtol=o.tolerance("--rtol", rtol),
        atol=o.tolerance("--atol", atol),
        target_dtype=o.target_dtype(target_dtype),
    )
    policy = Policy(fail_on=o.fail_on(fail_on))
    to = Destinations(format, o.files(output), sys.stdout, quiet=quiet, store=not no_store, database=db)
    session = Session(settings, policy, to)
    return worst(session.audit(models))
