"""``auditor check MODEL...``: audit, store, print, and say by the exit code whether it passed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import UsageError, worst
from ..settings import Settings
from . import options as o


def check(
    models: o.Models,
    format: o.Format = "text",
    output: o.Outputs = None,
    fail_on: o.FailOn = "error",
    select: o.Select = None,
    ignore: o.Ignore = None,
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
    inputs: Annotated[
        str | None, typer.Option(metavar="FILE.npz", help="Run on these inputs, by name.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the inputs that are invented.")] = 0,
    rtol: Annotated[float, typer.Option(help="Relative tolerance against golden vectors.")] = 1e-3,
    atol: Annotated[float, typer.Option(help="Absolute tolerance against golden vectors.")] = 1e-5,
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Run on cpu, cuda, tensorrt, ... [default: cpu]", show_default=False),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.001, help="Seconds for the run [default: from the model's FLOPs].", show_default=False),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Memory for the run, as in 2G [default: from the model's sizes].", show_default=False),
    ] = None,
    require_isolation: Annotated[
        bool, typer.Option("--require-isolation", help="Inconclusive unless the run is fully sandboxed.")
    ] = False,
    target_dtype: Annotated[
        str | None,
        typer.Option(metavar="DTYPE", help="The type that the model is to become: float16.", show_default=False),
    ] = None,
    no_run: o.NoRun = False,
    no_weights: o.NoWeights = False,
    no_store: o.NoStore = False,
    quiet: o.Quiet = False,
    db: o.Database = None,
) -> int:
    """Audit models: shapes, parameters, weights, and a run in a sandbox.

    Exit codes: 0 passed, 1 findings at or above --fail-on, 2 wrong usage, 3 nothing to audit, 4 inconclusive, 70 a fault of auditor.
    """
    from .session import Session

    if target_dtype not in (None, "float16"):
        raise UsageError(f"--target-dtype takes float16, not {target_dtype!r}")
    settings = Settings(
        frozenset(select or ()),
        frozenset(ignore or ()),
        o.fail_on(fail_on),
        not no_run,
        not no_weights,
        o.dims(dim),
        o.shapes(input_shape),
        inputs,
        provider or "cpu",
        provider is not None,
        require_isolation,
        timeout,
        o.memory(memory),
        seed,
        rtol,
        atol,
        target_dtype,
    )
    session = Session(settings, format, o.files(output), sys.stdout, quiet=quiet, store=not no_store, database=db)
    return worst(session.audit(models))
