"""``auditor diff`` on graphs of 50,000 nodes against their static audits, and on two files of 3 GB."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import AUDITOR, process
from tests.benchmarks.models import residual
from tests.fix.large import write

_NODES = 50_000


def diff(tell: Callable[[str, str, str, bool], None]) -> None:
    """Equal ones, unrelated ones, and ones that are nothing but data."""
    with tempfile.TemporaryDirectory() as folder:
        alike, other = Path(folder) / "alike.onnx", Path(folder) / "other.onnx"
        for path, different in ((alike, False), (other, True)):
            path.write_bytes(residual(_NODES, different=different))
        checks = {
            path: process((*AUDITOR, "check", "--no-run", "--no-store", str(path)), may_fail=True)
            for path in (alike, other)
        }
        for what, new in (("itself", alike), ("an unrelated one", other)):
            use = process((*AUDITOR, "diff", "--no-run", "--fail-on", "never", str(alike), str(new)))
            ratio = use.cpu / (checks[alike].cpu + checks[new].cpu)
            name = f"diff of {_NODES:,} nodes and {what}"
            tell(f"{name}, CPU, against both audits", f"{ratio:.2f}x ({use.cpu:.1f} s)", "<= 6x", ratio <= 6)
            tell(f"{name}, peak memory", f"{use.peak / 1e6:.0f} MB", "<= 1 GB", use.peak <= 1e9)
        small, old, new = (Path(folder) / f"{name}.onnx" for name in ("small", "old", "new"))
        write(small, 1 << 20)
        for path in (old, new):
            write(path)
        with new.open("r+b") as file:
            file.seek(-(1 << 30), 2)
            file.write(struct.pack("<f", 1.0) * 1000)
        peaks = [process((*AUDITOR, "diff", "--no-run", str(a), str(b))).peak for a, b in ((small, small), (old, new))]
        grown = (peaks[1] - peaks[0]) / 1e6
        tell("diff of two files of 3 GB, memory beside that of small ones", f"{grown:.1f} MB", "<= 64 MB", grown <= 64)
