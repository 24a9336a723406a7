"""The commands together, and what becomes of errors: one line for the user's, a traceback for ours."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from errno import ENOSPC

import typer

from .. import __version__
from ..errors import AuditorError, ExitCode
from . import baseline, batch, check, db, explain, gate, history, inspect, rules, show
from .streams import hush, say


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def _empty() -> typer.Typer:
    made = typer.Typer(
        name="auditor",
        help="Audits exported ONNX models before they go live: shapes, parameters, costs, weights and a sandboxed run.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # rich help costs 80 ms a start
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )
    made.callback()(_options)
    return made


app = _empty()
app.command(name="check")(check.check)
app.command(name="batch")(batch.batch)
app.command(name="gate")(gate.gate)
app.command(name="baseline")(baseline.baseline)
app.command(name="inspect")(inspect.inspect)
app.command(name="explain")(explain.explain)
app.command(name="rules")(rules.rules)
app.command(name="history")(history.history)
app.command(name="show")(show.show)
app.add_typer(db.app, name="db")


def _for(arguments: Sequence[str]) -> typer.Typer:
    """The command that is called alone, where one is: making them all costs 10 ms a start."""
    called = [command for command in app.registered_commands if command.name in arguments[:1]]
    if not called:
        return app
    alone = _empty()
    alone.registered_commands = called
    return alone


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command line."""
    try:
        result = _for(arguments)(args=list(arguments), standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except AuditorError as error:
        say(str(error))
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # nobody reads on, and click may have seen it first
        hush()
        return ExitCode.PASS
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == ENOSPC:
            hush()
            say(f"the result cannot be written: {error.strerror}")
            return ExitCode.USAGE
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # click's usage errors
            error.show()
            return ExitCode.USAGE
        import traceback

        traceback.print_exc()
        say(f"{__version__}: this is a fault of auditor, please report it with the traceback")
        return ExitCode.FAULT
