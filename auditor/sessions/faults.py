"""What becomes of errors: one line for the user's, a traceback for ours."""

from __future__ import annotations

from collections.abc import Callable
from errno import ENOSPC

from .. import __version__
from ..errors import AuditorError, ExitCode
from .listening import Listener

SENTENCE = f"{__version__}: this is a fault of auditor, please report it with the traceback"


def exit_code_of(call: Callable[[], int | None], listener: Listener) -> int:
    """The exit code of a call, whatever it raises but interrupts and broken pipes."""
    try:
        return int(call() or 0)
    except AuditorError as error:
        listener.say(str(error))
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno == ENOSPC:
            listener.nobody_reads()
            listener.say(f"the result cannot be written: {error.strerror}")
            return ExitCode.USAGE
        tell_fault(listener)
        return ExitCode.FAULT


def tell_fault(listener: Listener, trace: str = "") -> None:
    """Tell of the fault that is being handled, or of one whose trace came from elsewhere."""
    import traceback

    listener.fault(trace or traceback.format_exc(), SENTENCE)
