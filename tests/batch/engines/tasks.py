"""What campaigns have workers do: in a module of its own, which workers can import."""

from __future__ import annotations

import os
import time
from pathlib import Path

from auditor.batch.one import Audited, audit_one
from auditor.batch.refs import Ref
from auditor.settings import Settings

POISON = "poison.onnx"


def audit_or_die(ref: Ref, settings: Settings) -> Audited:
    """One model; that of a certain name ends the Dask worker that has it: what audits is its child's child."""
    if ref.path.endswith(POISON):
        os.kill(_parent(os.getppid()), 9)
        time.sleep(60)
    return audit_one(ref, settings)


def timed(ref: Ref, settings: Settings) -> float:
    """Seconds that an audit takes."""
    began = time.monotonic()
    audit_one(ref, settings)
    return time.monotonic() - began


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
