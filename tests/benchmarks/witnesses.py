"""What others say of the tensors of ONNX's node tests: runtimes that make them, and tools that infer their shapes.

``python -m tests.benchmarks.witnesses NAME FILE FIRST`` is the child: it answers case by case, one pickle each, so that
a crash costs one case and names it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

Kind = tuple[int, tuple[int, ...] | None]
Seen = Mapping[str, Kind]
"""The element type and the shape of each tensor by name; a shape of None is one that is not known in full."""


NARROW = {
    f"tensor({name.lower()})": number
    for name, number in onnx.TensorProto.DataType.items()
    if name.startswith(("FLOAT8", "FLOAT4", "BFLOAT16", "INT4", "UINT4", "INT2", "UINT2"))
}


class Case(NamedTuple):
    """One node test as bytes, with its inputs by name and its stored outputs."""

    name: str
    model: bytes
    feeds: dict[str, Any]  # arrays; lists of them; None
    outputs: dict[str, Any]


class Testimony(NamedTuple):
    """What a witness said of each case; ``failed`` says by what error or signal it did not."""

    seen: dict[int, Seen]
    failed: dict[int, str]

    @property
    def crashes(self) -> int:
        return sum(why.startswith("signal") for why in self.failed.values())


def node_cases() -> list[Case]:
    """ONNX's node tests."""
    from tests.corpus import collected  # the child does without

    found = []
    for case in collected():
        assert case.data_sets is not None and case.model is not None, case.name
        inputs, outputs = case.data_sets[0]
        feeds = {v.name: _plain(x) for v, x in zip(case.model.graph.input, inputs, strict=False)}
        made = {v.name: _plain(x) for v, x in zip(case.model.graph.output, outputs, strict=False)}
        found.append(Case(case.name, case.model.SerializeToString(), feeds, made))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return numpy_helper.to_list(value)
    if isinstance(value, onnx.OptionalProto):
        return _plain(numpy_helper.to_optional(value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return np.asarray(value) if isinstance(value, np.generic) else value


def testimony(name: str, cases: list[Case], environment: Mapping[str, str] | None = None) -> Testimony:
    """Ask one witness about every case, in a child that is started again behind each crash."""
    said = Testimony({}, {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases"
        path.write_bytes(pickle.dumps(cases))
        first = 0
        while first < len(cases):
            command = [sys.executable, "-m", "tests.benchmarks.witnesses", name, str(path), str(first)]
            child = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
            )
            assert child.stdout is not None
            while first < len(cases):
                try:
                    answer = pickle.load(child.stdout)
                except (EOFError, pickle.UnpicklingError):
                    break
                if isinstance(answer, str):
                    said.failed[first] = answer
                else:
                    said.seen[first] = answer
                first += 1
            code = child.wait()
            if first < len(cases):
                said.failed[first] = f"signal {-code}" if code < 0 else f"exit {code}"
                first += 1
    return said


# The witnesses


def runtime(case: Case) -> Seen:
    """Every tensor of the main graph as onnxruntime makes it, all optimisations off."""
    import onnxruntime

    model = onnx.load_from_string(case.model)
    have = {v.name for v in model.graph.output}
    for node in model.graph.node:
        model.graph.output.extend(onnx.ValueInfoProto(name=n) for n in node.output if n and n not in have)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    types = {o.name: o.type for o in session.get_outputs()}
    taken = {i.name for i in session.get_inputs()}
    made = session.run(list(types), {n: x for n, x in case.feeds.items() if n in taken})
    found = _shapes(zip(types, made, strict=True))
    # What NumPy lacks comes as bytes: only the session says of which type.
    return {name: (NARROW.get(types[name], dtype), shape) for name, (dtype, shape) in found.items()}


def reference(case: Case) -> Seen:
    """The same by ONNX's reference evaluator."""
    from onnx.reference import ReferenceEvaluator

    made: Any = ReferenceEvaluator(case.model).run(None, case.feeds, intermediate=True)  # then a dictionary
    return _shapes(made.items())


def stored(case: Case) -> Seen:
    """The outputs that the test expects."""
    return _shapes(case.outputs.items())


def _shapes(values: Any) -> Seen:
    return {
        name: (helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in values
        if isinstance(value, np.ndarray | np.generic) and name
    }


def onnx_inference(case: Case) -> Seen:
    """onnx's own inference, following values, from the shapes of the inputs alone."""
    return _declared(onnx.shape_inference.infer_shapes(_stripped(case), data_prop=True))


def symbolic_inference(case: Case) -> Seen:
    """onnxruntime's symbolic_shape_infer on the same model."""
    from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

    inferred = SymbolicShapeInference.infer_shapes(_stripped(case), auto_merge=True)
    return {} if inferred is None else _declared(inferred)


def _stripped(case: Case) -> onnx.ModelProto:
    """The model with the inputs' real shapes, and no other shape declared."""
    model = onnx.load_from_string(case.model)
    del model.graph.value_info[:]
    for value in model.graph.input:
        fed = case.feeds.get(value.name)
        if isinstance(fed, np.ndarray) and value.type.HasField("tensor_type"):
            value.type.tensor_type.shape.CopyFrom(onnx.TensorShapeProto())
            for size in fed.shape:
                value.type.tensor_type.shape.dim.add(dim_value=size)
    for value in model.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    return model


def _declared(model: onnx.ModelProto) -> Seen:
    found: dict[str, Kind] = {}
    for value in (*model.graph.value_info, *model.graph.output):
        tensor = value.type.tensor_type
        if value.type.HasField("tensor_type"):
            known = tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim)
            shape = tuple(d.dim_value for d in tensor.shape.dim) if known else None
            found[value.name] = tensor.elem_type, shape
    return found


def ours(case: Case) -> Seen:
    """auditor from the shapes of the inputs alone."""
    return _ours(case, False)


def ours_with_values(case: Case) -> Seen:
    """auditor from the values of the inputs."""
    return _ours(case, True)


def _ours(case: Case, with_values: bool) -> Seen:
    from auditor.model.load import loads
    from auditor.shapes.facts import infer

    model = loads(_stripped(case).SerializeToString())
    taken = {v.name for v in model.graph.feeds}
    if with_values:
        facts = infer(model, values={n: x for n, x in case.feeds.items() if n in taken})
    else:
        facts = infer(model, {n: x.shape for n, x in case.feeds.items() if n in taken and isinstance(x, np.ndarray)})
    found: dict[str, Kind] = {}
    for name, fact in facts.items():
        sizes = fact.shape
        known = tuple(s for s in sizes if isinstance(s, int)) if sizes is not None else None
        found[name] = fact.dtype or 0, known if known is not None and len(known) == len(sizes or ()) else None
    return found


WITNESSES: dict[str, Callable[[Case], Seen]] = {
    "runtime": runtime,
    "reference": reference,
    "onnx": onnx_inference,
    "symbolic": symbolic_inference,
    "ours": ours,
    "ours with values": ours_with_values,
}


def _child(name: str, path: str, first: int) -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whoever prints does not print between the answers
    for case in pickle.loads(Path(path).read_bytes())[first:]:
        answer: object
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = WITNESSES[name](case)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        out.write(pickle.dumps(answer))
        out.flush()


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2], int(sys.argv[3]))
