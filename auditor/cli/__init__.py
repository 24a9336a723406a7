"""The command line: one module a command; each parses, calls one function, renders and exits.

Set before anything heavy can be imported: onnxruntime's telemetry is off, and NumPy starts no idle BLAS threads.
"""

from __future__ import annotations

import os
import sys

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # idle threads of BLAS cost 80 ms of CPU
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    """The program ``auditor``: exit codes as `auditor.errors.ExitCode` says."""
    from .app import run

    sys.exit(run(sys.argv[1:]))
