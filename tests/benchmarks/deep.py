"""The look in depth against plain runs of the same model: what --deep costs, in runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from auditor.pipeline import audit
from auditor.settings import Settings
from tests.corpus import light_models
from tests.runtime.deep.latency import LIMITS, input_of, plain

_MOST, _TIMES_OF_STATED = 60, 1.3
_MEASURING = ("speed", "growth")
_SHAPE = (1, 3, 224, 224)


def deep(tell: Callable[[str, str, str, bool], None]) -> None:
    """Of light_resnet50: the correctness parts, and the measuring ones against the runs that they state."""
    path = next(p for p in light_models() if "resnet50" in p.name)
    assert input_of(path) and LIMITS.thread_count() == 1
    before = plain(str(path), _SHAPE, 9)
    parts = {part.part: part for part in audit(path, Settings(deep=True)).depth}
    run = statistics.mean((before, plain(str(path), _SHAPE, 9))) / 1e3
    checked = [part for name, part in parts.items() if name not in _MEASURING]
    whole = sum(part.seconds for part in checked) / run
    each = ", ".join(f"{part.part} {part.seconds / run:.0f} ({part.status})" for part in checked)
    figure = f"{whole:.0f} runs of {run * 1e3:.0f} ms: {each}"
    tell("--deep of light_resnet50, its correctness parts", figure, f"<= {_MOST} runs", whole <= _MOST)
    for name in _MEASURING:
        figures = {one.name: one.value for one in parts[name].figures}
        least = figures.get("run-ms-p50", run * 1e3) / 1e3
        stated = figures.get("runs", 0) * least
        if name == "speed":
            batches = sum(value for key, value in figures.items() if key.startswith("run-ms-p50-batch-"))
            stated += 10 * batches / 1e3 + figures["sessions"] * figures["session-ms"] / 1e3
            stated += (5 + figures.get("profiled-runs", 0)) * least
        ratio = parts[name].seconds / stated if stated else float("inf")
        said = f"{ratio:.2f}x of {stated:.1f} s, {figures.get('runs', 0)} runs ({parts[name].status})"
        tell(f"--deep-part {name}", said, f"<= {_TIMES_OF_STATED}x", ratio <= _TIMES_OF_STATED)
