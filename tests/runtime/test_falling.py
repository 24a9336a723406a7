"""Why nodes fell back, out of what onnxruntime logs. The lines are those of public logs of 1.23 to 1.25, and what the
sources of the providers print."""

from __future__ import annotations

import pytest

from auditor.runtime.falling import KEPT, NO_KERNEL, Listener, fallbacks
from auditor.runtime.outcome import Fallback, Placed
from auditor.runtime.providers import CPU, CUDA, TENSORRT, Chain, ChainLink

JS = "JsExecutionProvider"
LINES = (
    "webgpu kernel not found in registries for Op type: PRelu node name: /1/PRelu",
    "CUDA kernel not found in registries for Op type: GridSample node name: ",
    "ORT optimization- Force fallback to CPU execution for node: Gather_17 because the CPU execution path is deemed "
    "faster than overhead involved with execution on other EPs  capable of executing this node",
    "Force CPU execution for node: Shape_3",
    "GraphTransformer MemcpyTransformer modified: 0 with status: OK",
)


def chain(*names: str) -> Chain:
    return Chain(tuple(ChainLink(name, {}) for name in names))


@pytest.fixture
def listener() -> Listener:
    made = Listener()
    for line in LINES:
        made.hear(1, "onnxruntime", "", "x.cc:1 f", line)
    return made


@pytest.mark.parametrize(
    ("node", "providers", "why"),
    [
        (Placed("/1/PRelu", "PRelu", CPU), (JS, CPU), NO_KERNEL),
        (Placed("/2/PRelu", "PRelu", CPU), (JS, CPU), ""),
        (Placed("", "GridSample", CPU), (CUDA, CPU), NO_KERNEL),
        (Placed("Gather_17", "Gather", CPU), (CUDA, CPU), KEPT),
        (Placed("Shape_3", "Shape", CPU), (CUDA, CPU), KEPT),
        (Placed("", "Gather", CPU), (CUDA, CPU), ""),
        # that CUDA has none says nothing of TensorRT, which was asked for before it
        (Placed("", "GridSample", CPU), (TENSORRT, CUDA, CPU), ""),
        (Placed("", "GridSample", CPU), (CUDA, TENSORRT, CPU), NO_KERNEL),
    ],
)
def test_a_node_is_known_by_the_line_that_names_it(
    listener: Listener, node: Placed, providers: tuple[str, ...], why: str
) -> None:
    assert listener.why(node, chain(*providers)) == why


def test_nodes_are_counted_by_operator_and_reason(listener: Listener) -> None:
    placed = (
        Placed("a", "Conv", CUDA),
        Placed("Shape_3", "Shape", CPU),
        Placed("Shape_4", "Shape", CPU),
        Placed("Shape_5", "Shape", CPU),
    )
    found = fallbacks(placed, chain(CUDA, CPU), listener)
    assert found == (Fallback("Shape", CPU, "", 2), Fallback("Shape", CPU, KEPT, 1))


def test_warnings_go_on_to_where_they_went(capfd: pytest.CaptureFixture[str]) -> None:
    listener = Listener()
    listener.hear(1, "onnxruntime", "", "a.cc:1 f", "information")
    listener.hear(2, "onnxruntime", "Default", "graph.cc:128 Merge", "a warning")
    assert capfd.readouterr().err == "- - [W:onnxruntime:Default, graph.cc:128 Merge] a warning\n"
