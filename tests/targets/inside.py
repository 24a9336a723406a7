"""What runs within a release of onnxruntime, with nothing but NumPy beside it: it tells what it has, and loads models.

``python -S inside.py FOLDER tell`` writes its schemas and the CPU's kernels as JSON; ``... load`` reads models from
stdin, each behind its length (four bytes, little end first), and answers a line of JSON each: "" or what was refused.
"""

import contextlib
import json
import os
import sys
from typing import Any


def main() -> None:
    folder, what = sys.argv[1:]
    sys.path.insert(0, folder)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    print(json.dumps(tell(onnxruntime))) if what == "tell" else load(onnxruntime)


def tell(onnxruntime: Any) -> dict[str, Any]:
    """Schemas and kernels; None of each where the release cannot say."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    told: dict[str, Any] = {"version": onnxruntime.__version__, "schemas": None, "kernels": None}
    if hasattr(state, "get_all_operator_schema"):
        told["schemas"] = [_schema(one) for one in state.get_all_operator_schema()]
        told["kernels"] = [
            [one.domain, one.op_name, *one.version_range, one.type_constraints]
            for one in state.get_all_opkernel_def()
            if one.provider == "CPUExecutionProvider"
        ]
    return told


def _schema(one: Any) -> dict[str, Any]:
    return {
        "domain": one.domain, "name": one.name, "since": one.since_version, "deprecated": bool(one.deprecated),
        "counts": [one.min_input, one.max_input, one.min_output, one.max_output],
        "inputs": [_parameter(p) for p in one.inputs],
        "outputs": [_parameter(p) for p in one.outputs],
        "attributes": {name: [str(a.type).rpartition(".")[2], a.required] for name, a in one.attributes.items()},
    }  # fmt: skip


def _parameter(one: Any) -> list[Any]:
    return [one.name, one.typeStr, str(one.option).rpartition(".")[2], sorted(one.types)]


def load(onnxruntime: Any) -> None:
    """One session after the other, as `InferenceSession(model)` makes it on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some releases write there themselves
    lengths = sys.stdin.buffer
    while head := lengths.read(4):
        model, why = lengths.read(int.from_bytes(head, "little")), ""
        try:
            onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            why = str(error) or type(error).__name__
        print(json.dumps(why), file=answers, flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
