"""Why nodes fell back, out of what onnxruntime logs. The lines are those of public logs of 1.23 to 1.25, and what the
sources of the providers print."""

from __future__ import annotations

import onnxruntime
import pytest

from auditor.runtime.falling import KEPT, NO_KERNEL, FallbackLog, fallbacks
from auditor.runtime.outcome import Fallback, Placed
from auditor.runtime.providers import CPU, CUDA, TENSORRT, Chain, ChainLink, chain_of
from auditor.runtime.request import Request
from auditor.runtime.session import Sessions

from .conftest import ADD, Write

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
def listener() -> FallbackLog:
    made = FallbackLog()
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
    listener: FallbackLog, node: Placed, providers: tuple[str, ...], why: str
) -> None:
    assert listener.why(node, chain(*providers)) == why


def test_nodes_are_counted_by_operator_and_reason(listener: FallbackLog) -> None:
    placed = (
        Placed("a", "Conv", CUDA),
        Placed("Shape_3", "Shape", CPU),
        Placed("Shape_4", "Shape", CPU),
        Placed("Shape_5", "Shape", CPU),
    )
    found = fallbacks(placed, chain(CUDA, CPU), listener)
    assert found == (Fallback("Shape", CPU, "", 2), Fallback("Shape", CPU, KEPT, 1))


def test_the_log_of_a_session_is_heard_down_to_information(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which a provider writes of a node without a kernel; onnxruntime itself says that it has begun."""
    if not hasattr(onnxruntime, "set_default_logger_callback"):
        pytest.skip("this onnxruntime hands its log to nobody: pip install -U onnxruntime")
    heard: list[str] = []

    def hear(self: FallbackLog, severity: int, category: str, logid: str, place: str, message: str) -> None:
        heard.append(message)

    monkeypatch.setattr(FallbackLog, "hear", hear)
    request = Request(write(ADD), provider="azure")
    try:
        Sessions(onnxruntime, request, chain_of(onnxruntime, request)).open("all")
    finally:
        onnxruntime.set_default_logger_callback(None)
    assert "Initializing session." in heard


def test_what_is_asked_for_and_not_there_is_gone() -> None:
    """onnxruntime leaves out a provider that it cannot start; that CUDA stands behind TensorRT nobody asked for."""
    asked = Chain((ChainLink(TENSORRT, {}), ChainLink(CUDA, {}, asked=False), ChainLink(CPU, {}, asked=False)))
    assert asked.gone([TENSORRT, CPU]) == ()
    assert asked.gone([CUDA, CPU]) == (TENSORRT,)
    assert chain(TENSORRT, CUDA).gone([CPU]) == (TENSORRT, CUDA)


def test_warnings_go_on_to_where_they_went(capfd: pytest.CaptureFixture[str]) -> None:
    listener = FallbackLog()
    listener.hear(1, "onnxruntime", "", "a.cc:1 f", "information")
    listener.hear(2, "onnxruntime", "Default", "graph.cc:128 Merge", "a warning")
    assert capfd.readouterr().err == "- - [W:onnxruntime:Default, graph.cc:128 Merge] a warning\n"
