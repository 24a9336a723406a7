"""A registry of 5,000 small models and those of the onnx package: each audited, run, stored and reused, in batches.

Everything with two jobs. The peers are processes, one a model, on a sample drawn from the same models.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.benchmarks.measure import AUDITOR, CHECKER, ENVIRONMENT, PYTHON, process
from tests.corpus import DATA, converted_models, light_models

REMEMBERED = 10 << 20  # bytes: what a process remembers of earlier models, by shapes.visits.MOST_REMEMBERED
SMALL, SAMPLE, JOBS = 5_000, 50, ("--jobs", "2")
PACKAGE = tuple(str(DATA / kind) for kind in ("light", "pytorch-converted", "pytorch-operator", "simple"))
RUNTIME = """
import sys, numpy, onnxruntime as ort
session = ort.InferenceSession(sys.argv[1])
kinds = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(double)": "float64"}
fed = {
    i.name: numpy.zeros([n if isinstance(n, int) else 1 for n in i.shape], kinds[i.type]) for i in session.get_inputs()
}
session.run(None, fed)
"""

Tell = Callable[[str, str, str, bool], None]


def batch(tell: Tell) -> None:
    """Static passes, passes with runs, and what they hold in memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "small"
        small = make(folder)
        everything = (str(folder), *PACKAGE)
        number = SMALL + len([*light_models(), *converted_models()])
        chosen = [str(path) for path in random.Random(0).sample([*small, *light_models(), *converted_models()], SAMPLE)]
        time.sleep(3)  # files that were just written are read again; nobody's registry is so young
        static(everything, number, chosen, Path(scratch) / "static.db", tell)
        small_alone(str(folder), Path(scratch) / "small.db", tell)
        memory(str(folder), Path(scratch) / "memory.db", tell)
        with_runs(everything, number, chosen, Path(scratch) / "runs.db", tell)


def static(sources: Sequence[str], number: int, chosen: list[str], database: Path, tell: Tell) -> None:
    """Without runs, stored: the first pass against onnx.checker, the second one against the first."""
    command = (*AUDITOR, "batch", *sources, "--no-run", *JOBS, "--db", str(database))
    first = process(command, may_fail=True).wall
    checker = statistics.mean(process((*CHECKER, path), may_fail=True).wall for path in chosen)
    ratio = checker / (first / number)
    figure = (
        f"{ratio:.0f}x ({number / first:.0f} models a second; a checker {checker * 1e3:.0f} ms, sample of {SAMPLE})"
    )
    tell(f"batch of {number:,} models, static, stored, against onnx.checker", figure, ">= 20x", ratio >= 20)
    second = statistics.median(process(command, may_fail=True).wall for _ in range(3))
    figure = f"{first / second:.1f}x ({first:.2f} s and {second:.2f} s)"
    tell("the second, unchanged pass against the first", figure, ">= 20x", first / second >= 20)


def small_alone(folder: str, database: Path, tell: Tell) -> None:
    """What one small model costs."""
    use = process((*AUDITOR, "batch", folder, "--no-run", *JOBS, "--db", str(database)), may_fail=True)
    each, cpu = use.wall / SMALL * 1e3, use.cpu / SMALL * 1e3
    tell(f"a small model of {SMALL:,}, static, stored", f"{each:.2f} ms ({cpu:.2f} ms of CPU)", "<= 5 ms", each <= 5)


def memory(folder: str, database: Path, tell: Tell) -> None:
    """What parent and workers hold after 1,000 models and after 5,000."""
    command = (*AUDITOR, "batch", folder, "--no-run", *JOBS, "--db", str(database), "--format", "json")
    held: dict[int, list[int]] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as running:
        assert running.stdout is not None
        for line, _ in enumerate(running.stdout, 1):
            if line in (1_000, SMALL - 10):
                held[line] = [resident(pid) for pid in (running.pid, *children(running.pid))]
    (early, late) = held.values()
    figure = f"{shown(early)} MB at 1,000; {shown(late)} MB at {SMALL:,} (parent, workers)"
    most = max(after - before for before, after in zip(early, late, strict=True))
    tell(
        "memory of a batch",
        figure,
        f"<= {REMEMBERED >> 20} MB more, a worker's memory of earlier models",
        most <= REMEMBERED,
    )


def with_runs(sources: Sequence[str], number: int, chosen: list[str], database: Path, tell: Tell) -> None:
    """Everything, each model run in its sandbox, against a process a model."""
    command = (*AUDITOR, "batch", *sources, *JOBS, "--db", str(database))
    first = process(command, may_fail=True).wall
    each = first / number
    for what, peer in (
        ("auditor check", (*AUDITOR, "check", "--no-store", "--quiet")),
        ("onnxruntime", (PYTHON, "-c", RUNTIME)),
    ):
        wall = statistics.mean(process((*peer, path), may_fail=True).wall for path in chosen)
        figure = f"{wall / each:.1f}x ({each * 1e3:.1f} ms a model; a process of its own {wall * 1e3:.0f} ms)"
        tell(f"batch of {number:,} models with runs, against {what} one by one", figure, ">= 5x", wall / each >= 5)
    second = statistics.median(process(command, may_fail=True).wall for _ in range(3))
    figure = f"{first / second:.0f}x ({first:.1f} s and {second:.2f} s)"
    tell("the second, unchanged pass with runs against the first", figure, ">= 20x", first / second >= 20)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def shown(sizes: Sequence[int]) -> str:
    return "/".join(f"{size / 1e6:.0f}" for size in sizes)


def make(folder: Path) -> list[Path]:
    """Small networks, no two alike: dense ones and convolutional ones of 4 to 24 nodes, every tenth with a fault."""
    found = []
    for n in range(SMALL):
        place = folder / f"{n // 100:03d}" / f"{n}.onnx"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((convolutional if n % 2 else dense)(n).SerializeToString())
        found.append(place)
    return found


def dense(n: int) -> onnx.ModelProto:
    rng, width, nodes, weights, at = np.random.default_rng(n), 8 + n % 9, [], [], "x"
    for layer in range(2 + n % 5):
        weights.append(numpy_helper.from_array(rng.normal(size=(width, width)).astype(np.float32), f"w{layer}"))
        weights.append(numpy_helper.from_array(rng.normal(size=width).astype(np.float32), f"b{layer}"))
        nodes.append(helper.make_node("Gemm", [at, f"w{layer}", f"b{layer}"], [f"h{layer}"], f"dense{layer}", transB=1))
        nodes.append(helper.make_node("Relu", [f"h{layer}"], [f"r{layer}"], f"relu{layer}"))
        at = f"r{layer}"
    nodes.append(helper.make_node("Softmax", [at], ["y"], "head"))
    return model(n, nodes, weights, ["N", width + (n % 20 == 0)], ["N", width])


def convolutional(n: int) -> onnx.ModelProto:
    rng, channels, nodes, weights, at = np.random.default_rng(n), 4 + n % 5, [], [], "x"
    for layer in range(1 + n % 6):
        taken = 3 + (n % 20 == 11) if layer == 0 else channels
        kernel = rng.normal(size=(channels, taken, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(kernel, f"w{layer}"))
        for part in ("scale", "shift", "mean", "var"):
            weights.append(
                numpy_helper.from_array(np.abs(rng.normal(size=channels)).astype(np.float32) + 0.1, part + str(layer))
            )
        statistics = [part + str(layer) for part in ("scale", "shift", "mean", "var")]
        nodes += [
            helper.make_node("Conv", [at, f"w{layer}"], [f"c{layer}"], f"conv{layer}", pads=[1, 1, 1, 1]),
            helper.make_node("BatchNormalization", [f"c{layer}", *statistics], [f"n{layer}"], f"norm{layer}"),
            helper.make_node("Relu", [f"n{layer}"], [f"r{layer}"], f"relu{layer}"),
        ]
        at = f"r{layer}"
    nodes.append(helper.make_node("GlobalAveragePool", [at], ["p"], "pool"))
    nodes.append(helper.make_node("Flatten", ["p"], ["y"], "head"))
    return model(n, nodes, weights, ["N", 3, 16, 16], ["N", channels])


def model(
    n: int,
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    taken: list[int | str],
    given: list[int | str],
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        f"small_{n}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, taken)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, given)],
        weights,
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
