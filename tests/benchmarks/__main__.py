"""``python -m tests.benchmarks [NAME...]``: how fast auditor is, each figure a ratio against a named peer in one run.

Names: start check propagation weights store million batch service shapes ranges faults drawing diff browser deep
attest.
Without one, all; 6 GB of disk are used, and browser wants Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.attest import attest
from tests.benchmarks.batch import batch
from tests.benchmarks.deep import deep
from tests.benchmarks.diff import diff
from tests.benchmarks.drawing import drawing
from tests.benchmarks.faults import faults
from tests.benchmarks.large import large
from tests.benchmarks.measure import AUDITOR, CHECKER, PYTHON, functions, in_turn, process, processes
from tests.benchmarks.service import service
from tests.benchmarks.shapes import shapes
from tests.benchmarks.store import million, store
from tests.corpus import light_models

if TYPE_CHECKING:
    import numpy as np

TIMES = 9
STATIC = ("--no-run", "--no-weights", "--no-store", "--format", "json")


def tell(what: str, figure: str, wanted: str, good: bool) -> None:
    print(f"{'ok   ' if good else 'SHORT'} {what}: {figure} (wanted {wanted})", flush=True)


def start() -> None:
    """The help and a small check against a bare interpreter, and against importing what makes the command line."""
    lenet = Path(__file__).parents[2] / "sample_models" / "lenet5" / "lenet5.onnx"  # so small that it is all start
    help_, static = (*AUDITOR, "--help"), (*AUDITOR, "check", *STATIC, str(lenet))
    bare, typer, helped, checked = in_turn(((PYTHON, "-c", "pass"), (PYTHON, "-c", "import typer"), help_, static), 15)
    ratio = helped.wall / bare.wall
    tell(
        "auditor --help, wall, against python -c pass",
        f"{ratio:.1f}x ({helped.wall * 1e3:.0f} ms)",
        "<= 10x",
        ratio <= 10,
    )
    for what, ours, most in (("auditor --help", helped, 1.15), ("check lenet5", checked, 1.45)):
        ratio = ours.cpu / typer.cpu
        figure = f"{ratio:.2f}x ({ours.cpu * 1e3:.0f} and {typer.cpu * 1e3:.0f} ms)"
        tell(f"{what}, CPU, against import typer", figure, f"<= {most}x", ratio <= most)


def check() -> None:
    """Static checks of whole processes against onnx.checker's full check."""
    resnet = next(p for p in light_models() if "resnet50" in p.name)
    ours, peer = processes((*AUDITOR, "check", *STATIC, str(resnet)), (*CHECKER, str(resnet)), TIMES)
    ratio = ours.cpu / peer.cpu
    tell("check light_resnet50, CPU, against onnx.checker", f"{ratio:.2f}x ({ours.cpu:.2f} s)", "<= 0.7x", ratio <= 0.7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "heavy.onnx"
        from tests.benchmarks.models import heavy

        heavy(path, 1.9)
        ours, peer = processes((*AUDITOR, "check", *STATIC, str(path)), (*CHECKER, str(path)), TIMES)
        ratio = peer.wall / ours.wall
        tell(
            "check of 1.9 GB, wall, against onnx.checker",
            f"1/{ratio:.0f} ({ours.wall * 1e3:.0f} ms)",
            "<= 1/30",
            ratio >= 30,
        )
        peak = ours.peak / 1e6
        tell(
            "check of 1.9 GB, peak memory",
            f"{peak:.0f} MB (onnx.checker {peer.peak / 1e6:,.0f})",
            "<= 48 MB",
            peak <= 48,
        )
        heavy(path, 2.5 * 1.073741824)
        use = process((*AUDITOR, "check", *STATIC, str(path)), may_fail=True)
        tell(
            "check of 2.5 GiB inline",
            f"{use.wall * 1e3:.0f} ms, {use.peak / 1e6:.0f} MB",
            "audited at all",
            use.wall < 10,
        )


def propagation() -> None:
    """Bytes to facts, decoding included, against onnx's C++ inference from bytes to bytes."""
    from onnx.shape_inference import infer_shapes

    from tests.benchmarks.models import residual

    for nodes in (10_000, 100_000):
        for different in (False, True):
            data = residual(nodes, different=different)
            times = 3 if nodes > 10_000 else TIMES
            ours, peer = functions(partial(propagate, data), partial(infer_shapes, data), times)
            first, _ = functions(partial(propagate_anew, data), partial(infer_shapes, data), 3)
            count = nodes // 5 * 5
            ratio = ours / peer
            kind = "all different" if different else "equal"
            each = f"{ours / count * 1e6:.1f} and {peer / count * 1e6:.1f} us a node"
            figure = f"{ratio:.2f}x ({each}; {first / peer:.2f}x where nothing is remembered)"
            tell(f"propagation, {nodes:,} nodes, {kind} blocks, against onnx", figure, "<= 0.6x", ratio <= 0.6)
    for path in light_models():
        data = path.read_bytes()
        ours, peer = functions(partial(propagate, data), partial(infer_shapes, data), TIMES)
        first, _ = functions(partial(propagate_anew, data), partial(infer_shapes, data), TIMES)
        ratio = ours / peer
        figure = f"{ratio:.2f}x ({ours * 1e3:.2f} ms; {first / peer:.2f}x where nothing is remembered)"
        tell(f"propagation, {path.stem}, against onnx", figure, "<= 2x", ratio <= 2)


def propagate(data: bytes) -> object:
    """The facts of a model in bytes."""
    from auditor.model.load import loads
    from auditor.shapes.facts import infer

    return infer(loads(data))


def propagate_anew(data: bytes) -> object:
    """The same in a process that has seen no model yet."""
    from auditor.model import remembered
    from auditor.shapes import visits

    remembered.types.clear()
    remembered.heads.clear()
    for tails in remembered._tails.values():
        tails.clear()
    visits._shared = visits.Memory()
    return propagate(data)


def weights() -> None:
    """One pass over a gigabyte against a copy of it; float16 against NumPy as one would write it."""
    import numpy as np

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.onnx"
        values = rng.normal(size=(1 << 14, 1 << 14)).astype(np.float32)  # 1.07 GB
        stored(values, path)
        ours, peer = functions(partial(statistics, path), partial(np.copyto, np.empty_like(values), values), TIMES)
        speed = f"{values.nbytes / ours / 1e9:.1f} GB/s, {peer / ours:.2f} of memcpy"
        tell("weight statistics, 1 GB of float32", speed, ">= 0.35", peer / ours >= 0.35)
        program = (
            "import sys; from auditor.model.load import load; from auditor.weights import measure;"
            " measure(load(sys.argv[1]))"
        )
        use = process((PYTHON, "-c", program, str(path)))
        tell(
            "weight statistics, 1 GB of float32, peak memory", f"{use.peak / 1e6:.0f} MB", "<= 64 MB", use.peak <= 64e6
        )
        half = values[:2048].astype(np.float16)
        stored(half, path)
        ours, peer = functions(partial(statistics, path), partial(naive, half), 3)
        tell(
            "weight statistics, float16, against naive NumPy",
            f"{peer / ours:.0f}x as fast",
            ">= 20x",
            peer / ours >= 20,
        )


def statistics(path: Path | str) -> object:
    """The statistics of a model's weights."""
    from auditor.model.load import load
    from auditor.weights import measure

    return measure(load(path))


def stored(values: np.ndarray, path: Path) -> None:
    """A model that holds one tensor."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.GraphProto(name="weights", initializer=[numpy_helper.from_array(values, "w")])
    graph.node.append(onnx.helper.make_node("Identity", ["w"], ["y"]))
    path.write_bytes(onnx.helper.make_model(graph, ir_version=8).SerializeToString())


def naive(values: np.ndarray) -> tuple[object, ...]:
    """The same figures, as one would write them."""
    import numpy as np

    zeros, nan, inf = (values == 0).sum(), np.isnan(values).sum(), np.isinf(values).sum()
    return values.min(), values.max(), values.mean(dtype=np.float64), values.std(dtype=np.float64), zeros, nan, inf


def ranges() -> None:
    """Intervals of a ResNet-50 with stored weights, against the pass that takes their statistics."""
    from tests.benchmarks.ranges import ranges as of_resnet

    of_resnet(tell)


def of_pages() -> None:
    """A report's page in a browser, against a bare SVG."""
    from tests.benchmarks.browser import browser

    browser(tell)


BENCHMARKS: dict[str, Callable[[], None]] = {
    "start": start,
    "check": check,
    "propagation": propagation,
    "weights": weights,
    "store": partial(store, tell),
    "million": partial(million, tell),
    "batch": partial(batch, tell),
    "service": partial(service, tell),
    "shapes": shapes,
    "ranges": ranges,
    "faults": faults,
    "diff": partial(diff, tell),
    "browser": of_pages,
    "drawing": partial(drawing, tell),
    "deep": partial(deep, tell),
    "large": partial(large, tell),
    "attest": partial(attest, tell),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
