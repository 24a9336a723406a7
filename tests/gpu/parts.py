"""The parts: each a function of a place that says what it saw. Nothing here needs a card; what does says so."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnx.parser
import onnxruntime
from onnx import numpy_helper

from auditor import audit
from auditor.report import Report, Severity
from auditor.runtime.outcome import Outcome, Run
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Golden, Request, RunLimits

from .place import CARDS, Place

OK, FAILED, SKIPPED = "ok", "failed", "skipped"

SECONDS = 300.0
"""For one run: a card's libraries take their time to load, and TensorRT to build."""

PRODUCT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[64, 64] x) => (float[64, 64] y) { [product] t = MatMul (x, w) [relu] y = Relu (t) }"""

WITH_TEXTS = """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
g (float[64, 64] x, string[2] s) => (float[64, 64] y, int64[2] z) {
    [product] y = MatMul (x, x)
    [texts] z = ai.onnx.ml.LabelEncoder <keys_strings = ["a", "b"], values_int64s = [1, 2]> (s)
}"""
"""No card takes texts: the second node runs on the CPU."""


class Seen(NamedTuple):
    """What a part came to. ``why``: of a failure or of what was left out; figures have their unit in the name."""

    part: str
    status: str
    why: str = ""
    lines: tuple[str, ...] = ()
    figures: Mapping[str, float] = {}


def starts(place: Place, models: tuple[Path, ...]) -> Seen:
    """The provider starts in the sandbox, and takes the nodes of a product."""
    with written(product()) as path:
        outcome = run(place.asked(_request(path, (Feed("x", 1, (64, 64)),))))
    if not isinstance(outcome, Run):
        return Seen("starts", FAILED, _ending(outcome))
    lines = (
        f"onnxruntime {outcome.version}, {outcome.provider}, isolation {outcome.isolation.get('level', '?')}",
        ", ".join(f"{number} nodes on {name}" for name, number in outcome.placement.items()),
        *outcome.warnings,
    )
    away = sum(number for name, number in outcome.placement.items() if name != outcome.provider)
    return Seen("starts", FAILED if away else OK, f"{away} nodes are not on {outcome.provider}" if away else "", lines)


def agreement(place: Place, models: tuple[Path, ...]) -> Seen:
    """Outputs of each model against those of the CPU without optimisation, in this process."""
    lines, bad = [], []
    for path in models:
        told = _against_the_processor(place, path, path)
        lines.append(f"{path.name}: {told or f'equal within {place.limit:g} of the largest magnitude'}")
        bad += [path.name] if told else []
    return Seen("agreement", FAILED if bad else OK, ", ".join(bad), tuple(lines), {"models": len(models)})


def notices(place: Place, models: tuple[Path, ...]) -> Seen:
    """One weight of 4,096 that is half as large again: the comparison must tell it, or it proves nothing."""
    with written(product()) as sound, written(product(perturbed=True)) as wrong:
        alike, apart = _against_the_processor(place, sound, sound), _against_the_processor(place, sound, wrong)
    if alike or not apart:
        return Seen("notices", FAILED, f"a sound model differs: {alike}" if alike else "a wrong weight is not noticed")
    return Seen("notices", OK, lines=(apart,))


def falling_back(place: Place, models: tuple[Path, ...]) -> Seen:
    """A node that the provider cannot run is told, with its share, and is an error where that was asked for."""
    if place.is_processor:
        return Seen("falling back", SKIPPED, "the CPU is where the others fall back to: name another provider")
    with written(onnx.parser.parse_model(WITH_TEXTS)) as path:
        report = audit(str(path), place.settings(no_cpu_fallback=True, timeout=SECONDS))
    found = [one for one in report.findings if one.rule == "provider-fallback"]
    lines = (*_shares(report), *(one.message for one in found))
    if [(one.severity, one.location.node) for one in found] != [(Severity.ERROR, "texts")]:
        why = report.run.why or "the node texts (LabelEncoder) is not told as an error"
        return Seen("falling back", FAILED, why, lines)
    known = sum(one.nodes for one in report.run.fallbacks if one.why)
    return Seen("falling back", OK, lines=lines, figures={"nodes whose reason is known": known})


def in_depth(place: Place, models: tuple[Path, ...]) -> Seen:
    """The look in depth there: where the numbers part from the CPU's first, and whether they come again."""
    lines, bad = [], []
    for path in models:
        parts = frozenset({"divergence", "repeatability"})
        report = audit(str(path), place.settings(deep_parts=parts, timeout=SECONDS))
        for part in report.depth:
            lines.append(f"{path.name}, {part.part}: {part.status}{f': {part.why}' if part.why else ''}")
            lines += [f"  {line}" for line in part.lines[:6]]
            bad += [f"{path.name}: {part.part}"] if part.status == "found" else []
    return Seen("in depth", FAILED if bad else OK, ", ".join(bad), tuple(lines))


def latency(place: Place, models: tuple[Path, ...]) -> Seen:
    """Runs one after the other, copies to the device and back included, beside the CPU's."""
    figures, lines = {}, []
    for path in models:
        feeds = _feeds(path)
        medians = []
        for name, where in (("cpu", Place("cpu")), (place.provider, place)):
            outcome = run(where.asked(_request(path, feeds)._replace(repeats=33)))
            if not isinstance(outcome, Run):
                return Seen("latency", FAILED, f"{path.name} on {name}: {_ending(outcome)}")
            times = sorted(outcome.run_seconds[3:])  # three to warm up
            medians.append(statistics.median(times))
            late = times[int(0.9 * len(times))]
            lines.append(
                f"{path.name} on {name}: median {medians[-1] * 1e3:.3f} ms, P90 {late * 1e3:.3f} ms "
                f"of {len(times)} runs; session {outcome.load_seconds * 1e3:.0f} ms"
            )
        figures[f"{path.stem}: times as fast as the CPU"] = round(medians[0] / medians[1], 3)
    return Seen("latency", OK, lines=tuple(lines), figures=figures)


def memory(place: Place, models: tuple[Path, ...]) -> Seen:
    """The least that CUDA's allocator may hold (`gpu_mem_limit`) for a model to run there, halved until it does not."""
    if place.words[0] not in CARDS:
        return Seen("memory", SKIPPED, f"{place.provider} is on no NVIDIA card: use --provider cuda where one is")
    if place.words[0] != "cuda":
        return Seen("memory", SKIPPED, f"{place.words[0]} has no gpu_mem_limit: --provider cuda")
    figures, lines = {}, []
    for path in models:

        def runs(limit: int, path: Path = path) -> bool:
            return isinstance(run(place.asked(_request(path, _feeds(path)), gpu_mem_limit=str(limit))), Run)

        least = least_that(runs, 16 << 20, 8 << 30)
        if least is None:
            return Seen("memory", FAILED, f"{path.name} does not run in 8 GB")
        figures[f"{path.stem}: MB that the allocator needs"] = least >> 20
        lines.append(f"{path.name}: runs with {least >> 20} MB, and not with {least >> 21} MB")
    return Seen("memory", OK, lines=(*lines, *_on_the_card()), figures=figures)


PARTS: Mapping[str, Callable[[Place, tuple[Path, ...]], Seen]] = {
    "starts": starts,
    "agreement": agreement,
    "notices": notices,
    "falling-back": falling_back,
    "in-depth": in_depth,
    "latency": latency,
    "memory": memory,
}


def least_that(runs: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least of ``high``, its half, ... down to ``low`` that does; None where the first does not."""
    found = None
    while high >= low and runs(high):
        found, high = high, high // 2
    return found


def _on_the_card() -> tuple[str, ...]:
    """What the driver says of its cards; nothing where there is none."""
    asked = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total,memory.used", "--format=csv,noheader")
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return ()
    return tuple(line.strip() for line in said.stdout.splitlines() if line.strip())


def _shares(report: Report) -> Iterator[str]:
    for one in report.run.shares:
        yield f"{one.provider}: {one.nodes} nodes ({one.node_percent} %), {one.macs} MACs ({one.mac_percent} %)"
    for fallen in report.run.fallbacks:
        yield f"{fallen.nodes} {fallen.op_type} on {fallen.provider}: {fallen.why or 'nobody says why'}"


def product(perturbed: bool = False) -> onnx.ModelProto:
    """A product with a stored matrix; one of its weights half as large again."""
    model = onnx.parser.parse_model(PRODUCT)
    weights = np.random.default_rng(14).uniform(-1, 1, (64, 64)).astype(np.float32)
    if perturbed:
        weights[np.unravel_index(np.argmax(np.abs(weights)), weights.shape)] *= 1.5
    model.graph.initializer.append(numpy_helper.from_array(weights, "w"))
    return model


@contextmanager
def written(model: onnx.ModelProto) -> Iterator[Path]:
    """In a folder of its own, as long as this takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(model.SerializeToString())
        yield path


def _request(path: Path, feeds: tuple[Feed, ...]) -> Request:
    return Request(str(path), attempts=(feeds,), limits=RunLimits(SECONDS))


def _feeds(path: Path) -> tuple[Feed, ...]:
    return tuple(Feed(name, 1, tuple(value.shape)) for name, value in _values(path).items())


def _values(path: Path) -> dict[str, np.ndarray]:
    """Floats for a model whose inputs are floats; what is open is 1."""
    model = onnx.load(path, load_external_data=False)
    stored = {one.name for one in model.graph.initializer}
    random = np.random.default_rng(0)
    return {
        one.name: random.uniform(0, 1, [d.dim_value or 1 for d in one.type.tensor_type.shape.dim]).astype(np.float32)
        for one in model.graph.input
        if one.name not in stored
    }


def _against_the_processor(place: Place, sound: Path, there: Path) -> str:
    """How the outputs of one model there differ from another's on the CPU; "" where they do not."""
    values = _values(sound)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(sound), options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    made = session.run(names, values)
    if place.wrong:
        made = [one + 2 * place.limit * np.abs(one).max() for one in made]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for index, (name, value) in enumerate((*values.items(), *zip(names, made, strict=True))):
            files.append(str(Path(folder) / f"{index}.pb"))
            Path(files[-1]).write_bytes(numpy_helper.from_array(value, name).SerializeToString())
        golden = Golden("the CPU", tuple(files[: len(values)]), tuple(files[len(values) :]))
        atol = place.limit * min(float(np.abs(one).max()) for one in made)
        request = Request(str(there), golden=(golden,), limits=RunLimits(SECONDS), rtol=0.0, atol=atol)
        outcome = run(place.asked(request))
    if not isinstance(outcome, Run):
        return _ending(outcome)
    return "" if outcome.golden[0].equal else outcome.golden[0].line(0.0, atol)


def _ending(outcome: Outcome) -> str:
    return getattr(outcome, "why", "") or getattr(outcome, "message", "") or type(outcome).__name__
