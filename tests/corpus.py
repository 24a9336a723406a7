"""The models that the onnx package ships, and what onnxruntime makes of a model: the outside truth for the tests."""

from __future__ import annotations

import fcntl
import pickle
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
SAMPLES = Path(__file__).parent.parent / "sample_models"
KEPT = Path(__file__).parent.parent / ".pytest_cache"


@dataclass(frozen=True)
class NodeTest:
    """One of ONNX's node tests: a small model with the inputs and the outputs of one case of one operator.

    A value that is not a tensor (a sequence, an optional) is None.
    """

    name: str
    model: onnx.ModelProto
    inputs: tuple[np.ndarray | None, ...]
    outputs: tuple[np.ndarray | None, ...]


@cache
def collected() -> tuple[Any, ...]:
    """ONNX's node tests as its own classes, which are for reading only: about 1,900.

    The wheel ships what makes them, not the files, and takes seven seconds of CPU for it. They are kept in a file below
    .pytest_cache: the processes of one run make them once. Who may not write there makes them without it.
    """
    versions = f"{onnx.__version__}-{np.__version__}-{sys.version_info.major}.{sys.version_info.minor}"
    kept = KEPT / f"onnx-node-tests-{versions}.pickle"
    try:
        KEPT.mkdir(parents=True, exist_ok=True)
        with kept.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # the workers of a run all begin with this
            file.seek(0)
            with suppress(EOFError, pickle.UnpicklingError):  # it is empty, or its writer was ended
                found: tuple[Any, ...] = pickle.load(file)
                return found
            file.truncate(0)
            made = _collected()
            pickle.dump(made, file, pickle.HIGHEST_PROTOCOL)
            return made
    except OSError:
        return _collected()


def _collected() -> tuple[Any, ...]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(collect_testcases(None))


@cache
def node_tests() -> tuple[NodeTest, ...]:
    """ONNX's node tests, those that hold a model."""
    return tuple(
        NodeTest(case.name, case.model, *(tuple(map(_array, kind)) for kind in case.data_sets[0]))
        for case in collected()
        if case.model is not None and case.data_sets
    )


def _array(value: object) -> np.ndarray | None:
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, np.ndarray | np.generic) else None


def light_models() -> list[Path]:
    """ONNX's nine light models: whole CNNs whose weights are generated in the graph."""
    return sorted((DATA / "light").glob("light_*.onnx"))


def converted_models() -> list[Path]:
    """ONNX's models converted from PyTorch, and its simple ones."""
    return sorted(
        p for kind in ("pytorch-converted", "pytorch-operator", "simple") for p in (DATA / kind).glob("*/model.onnx")
    )


def vectors(folder: Path, kind: str) -> Iterator[np.ndarray | None]:
    """The tensors ``input_N.pb`` or ``output_N.pb`` of the first test vector; None for a sequence or an optional."""
    files = sorted((folder / "test_data_set_0").glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.rpartition("_")[2]))
    for file in files:
        tensor = onnx.TensorProto()
        try:
            tensor.ParseFromString(file.read_bytes())
            yield numpy_helper.to_array(tensor)
        except Exception:  # a SequenceProto or OptionalProto, which reads as a broken tensor
            yield None


def observed(model: onnx.ModelProto, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every tensor of the main graph as onnxruntime makes it, all optimisations off."""
    import onnxruntime

    traced = onnx.ModelProto()
    traced.CopyFrom(model)
    have = {v.name for v in traced.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in have:
                have.add(name)
                traced.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(traced.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feeds)), strict=True))


def dtype_number(array: np.ndarray) -> int:
    """The ONNX element type of an array."""
    return int(onnx.helper.np_dtype_to_tensor_dtype(array.dtype))
