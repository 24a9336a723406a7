"""Single nodes run by onnxruntime in a child, which it may kill: what came out, or None.

`python -m tests.shapes.running` reads cases from standard input and writes one answer for each.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from auditor.shapes.fact import Fact

if TYPE_CHECKING:
    import onnx


class Case(NamedTuple):
    """One node. An input may be left out (None), an output too (False); ``stored``: those that are initializers."""

    op_type: str
    inputs: Sequence[np.ndarray | None]
    attributes: Mapping[str, Any] = {}
    outputs: Sequence[bool] = (True,)
    domain: str = "com.microsoft"
    opset: int = 17
    stored: frozenset[int] = frozenset()
    version: int = 1  # of the operator's domain
    kinds: Mapping[int, int] = {}  # element types of outputs that nothing else says
    inferred: bool = False  # for want of a kernel: what onnxruntime's own inference says of the first output's shape

    def __str__(self) -> str:
        shapes = [None if a is None else f"{a.dtype}{list(a.shape)}" for a in self.inputs]
        return f"{self.domain}:{self.op_type} of {shapes} with {dict(self.attributes)}, outputs {list(self.outputs)}"


def run_all(cases: Sequence[Case]) -> list[list[Fact | None] | str]:
    """What came out of each case, or why nothing did. A child that dies costs the case that it died of."""
    found: list[list[Fact | None] | str] = []
    while len(found) < len(cases):
        child = subprocess.run(
            [sys.executable, "-m", "tests.shapes.running"],
            input=pickle.dumps(list(cases[len(found) :])),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        answers = list(_answers(child.stdout))
        found += answers
        if len(found) < len(cases):
            found.append(f"the runtime died ({child.returncode})")
    return found


def _answers(stream: bytes) -> list[list[Fact | None] | str]:
    found = []
    at = 0
    while at + 4 <= len(stream):
        size = int.from_bytes(stream[at : at + 4], "big")
        if at + 4 + size > len(stream):
            break
        found.append(pickle.loads(stream[at + 4 : at + 4 + size]))
        at += 4 + size
    return found


def _main(source: BinaryIO, sink: BinaryIO) -> None:
    for case in pickle.loads(source.read()):
        answer = pickle.dumps(_run(case))
        sink.write(len(answer).to_bytes(4, "big") + answer)
        sink.flush()


def _run(case: Case) -> list[Fact | None] | str:
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    from tests.shapes.asking import fact_of

    names = ["" if array is None else f"i{n}" for n, array in enumerate(case.inputs)]
    given = {n: (name, a) for n, (name, a) in enumerate(zip(names, case.inputs, strict=True)) if a is not None}
    feeds = {name: a for n, (name, a) in given.items() if n not in case.stored}
    outputs = [f"o{n}" if wanted else "" for n, wanted in enumerate(case.outputs)]
    graph = helper.make_graph(
        [helper.make_node(case.op_type, names, outputs, domain=case.domain, **case.attributes)],
        case.op_type,
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for n, a in feeds.items()],
        [_declared(name, case.kinds.get(n)) for n, name in enumerate(outputs) if name],
        [numpy_helper.from_array(a, name) for n, (name, a) in given.items() if n in case.stored],
    )
    if case.inferred:
        graph.node.append(helper.make_node("Shape", outputs[:1], ["shape"]))
        del graph.output[:]
        graph.output.append(onnx.ValueInfoProto(name="shape"))
    imports = [helper.make_opsetid("", case.opset)]
    if case.domain:
        imports.append(helper.make_opsetid(case.domain, case.version))
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    options = onnxruntime.SessionOptions()
    if not case.inferred:  # else optimising turns the shape into a constant, and the node before it goes
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        made = iter(session.run(None, feeds))
    except Exception as error:
        return str(error)
    if case.inferred:
        return [Fact(None, tuple(next(made).tolist()))]
    return [fact_of(next(made)) if wanted else None for wanted in case.outputs]


def _declared(name: str, kind: int | None) -> onnx.ValueInfoProto:
    from onnx import ValueInfoProto, helper

    return ValueInfoProto(name=name) if kind is None else helper.make_tensor_value_info(name, kind, None)


if __name__ == "__main__":
    _main(sys.stdin.buffer, sys.stdout.buffer)
