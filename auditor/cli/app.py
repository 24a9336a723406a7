"""One command line: its command, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from ..errors import ExitCode, UsageError
from ..sessions.faults import exit_code_of
from .commands import called, command
from .terminal import Terminal
from .words import plain_words


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command line."""
    terminal = Terminal()
    try:
        return exit_code_of(lambda: _result(arguments), terminal)
    except (BrokenPipeError, SystemExit):  # nobody reads on, and click may have seen it first
        terminal.nobody_reads()
        return ExitCode.PASS
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _result(arguments: Sequence[str]) -> int | None:
    found = called(arguments)
    if found is not None and "_AUDITOR_COMPLETE" not in os.environ:
        name, rest = found
        one = command(name)
        words = plain_words(one, rest)
        if words is not None:
            result = one.run(words)
            sys.stdout.flush()
            return result
    return _typed(arguments)


def _typed(arguments: Sequence[str]) -> int | None:
    """Through typer: the help, and every command line that is not plain."""
    import typer

    from .typed import app

    try:
        result = app(arguments)(args=list(arguments), prog_name="auditor", standalone_mode=False)
        sys.stdout.flush()
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # click's usage errors
            if type(error).__name__ != "NoArgsIsHelpError":  # its message is the help
                raise UsageError(_in_a_line(error, arguments)) from None
            error.show()
            return ExitCode.USAGE
        raise
    return int(result or 0)


def _in_a_line(error: Any, arguments: Sequence[str]) -> str:
    """What click says of a wrong command line, with where its help is."""
    from ..wording import nearest

    name, _ = called(arguments) or ("", ())
    program = f"auditor {name}".rstrip()
    if type(error).__name__ == "NoSuchOption":
        flags = [flag for row in error.ctx.command.params for flag in (*row.opts, *row.secondary_opts)]
        return f"there is no option {error.option_name}{nearest(error.option_name, flags)}; `{program} -h` lists them"
    said = error.format_message().rstrip(".")
    return f"{said[:1].lower()}{said[1:]}; `{program} -h` shows how it is called"
