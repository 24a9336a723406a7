"""The command as a user runs it, watched from outside: time, memory, output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True)
class Ended:
    """What became of one call. ``status`` is negative after a signal; ``peak`` is in MB, of the process itself."""

    status: int
    out: str
    err: str
    wall: float
    cpu: float
    peak: float

    @property
    def report(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def call(*arguments: str, seconds: float = 60.0, program: tuple[str, ...] = ("-m", "auditor")) -> Ended:
    """Run ``python -m auditor`` and end it, with all its children, after so many seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [sys.executable, *program, *arguments]
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT, start_new_session=True
        )
        peak, pid = 0, 0
        while not pid:
            if time.monotonic() > started + seconds:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.005)
            peak = max(peak, _peak(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
        return Ended(process.returncode, *texts, wall, usage.ru_utime + usage.ru_stime, peak / 1024)


def _peak(process: int) -> int:
    """Its own largest resident size in kB. Not ru_maxrss: that begins with what the parent had when it forked."""
    try:
        found = _PEAK.search(Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
