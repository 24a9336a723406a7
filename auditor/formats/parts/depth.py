"""The figures of the look in depth, for formats that have pairs of names and values."""

from __future__ import annotations

from ...names import visible
from ...report import Report


def in_depth(report: Report) -> dict[str, int | float | str]:
    """``in-depth.speed.run-ms-p90``: 4.4; of each part its status, and what it was measured on."""
    found: dict[str, int | float | str] = {}
    for part in report.depth:
        stamp = part.stamp
        found[f"in-depth.{visible(part.part)}"] = visible(part.status)
        if stamp.runtime:
            where = f"{stamp.runtime}, {stamp.provider}, {stamp.device}, {stamp.threads} threads, {stamp.optimisation}"
            found[f"in-depth.{visible(part.part)}.measured-on"] = visible(where, 400)
        found |= {f"in-depth.{visible(part.part)}.{visible(one.name)}": one.value for one in part.figures}
    return found
