"""Whole processes and functions, timed in turn: A B A B ..., so that a machine that drifts drifts for both."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages are compiled: a warm cache for both sides


@dataclass(frozen=True)
class Use:
    """What one process used."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: int  # bytes of resident memory


LAUNCHER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
print(json.dumps([os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024]))
"""
"""Starts a command from a small process: Linux counts the parent's memory for a child's until it has begun."""


def process(command: Sequence[str], *, may_fail: bool = False) -> Use:
    """One run of a command, its output thrown away."""
    quiet = ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", *command]
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, *quiet]
    answer = subprocess.run(launched, capture_output=True, text=True, env=ENVIRONMENT, check=True).stdout
    code, wall, cpu, peak = json.loads(answer)
    if code != 0 and not may_fail:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Use(wall, cpu, peak)


def processes(ours: Sequence[str], peer: Sequence[str], times: int, *, may_fail: bool = False) -> tuple[Use, Use]:
    """The medians of two commands run in turn, after one warm-up of each."""
    process(ours, may_fail=may_fail), process(peer)
    pairs = [(process(ours, may_fail=may_fail), process(peer)) for _ in range(times)]
    return _median([a for a, _ in pairs]), _median([b for _, b in pairs])


def in_turn(commands: Sequence[Sequence[str]], times: int) -> list[Use]:
    """The medians of several commands run in turn, after one warm-up of each."""
    for command in commands:
        process(command)
    rounds = [[process(command) for command in commands] for _ in range(times)]
    return [_median(uses) for uses in zip(*rounds, strict=True)]


def _median(uses: Sequence[Use]) -> Use:
    return Use(
        statistics.median(u.wall for u in uses),
        statistics.median(u.cpu for u in uses),
        int(statistics.median(u.peak for u in uses)),
    )


def functions(ours: Callable[[], object], peer: Callable[[], object], times: int) -> tuple[float, float]:
    """The median seconds of two functions called in turn, after one warm-up of each."""
    ours(), peer()
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


PYTHON = sys.executable
AUDITOR = (str(Path(sys.executable).with_name("auditor")),)
CHECKER = (PYTHON, "-c", "import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)")
"""The peer of a check: onnx's own full check, in a process of its own."""
