"""The command line: one module a command; each parses, calls one function, renders and exits.

Set before anything heavy can be imported: onnxruntime's telemetry is off, and NumPy starts no idle BLAS threads.
"""

from __future__ import annotations

import gc
import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # idle threads of BLAS cost 80 ms of CPU
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(100_000, 50, 50)  # a short life: collecting while modules load costs a tenth of every start


def main() -> None:
    """The program ``auditor``: exit codes as `auditor.errors.ExitCode` says."""
    _three_streams()
    from .app import run

    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # all is written and closed: taking the interpreter down by the book costs a sixth of a check


def _three_streams() -> None:
    """A caller may close them; else the next file that is opened, the database say, would be standard output."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115
