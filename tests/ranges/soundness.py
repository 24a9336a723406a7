"""``python -m tests.ranges.soundness --graphs 100000``: no value that onnxruntime gives lies outside its interval.

Graphs come by their seeds, many to a child process; one that fails is printed with its seed, and
``--seed SEED --graphs 1`` repeats it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import onnx

from tests.ranges.graphs import RandomGraph, fed, made

CHUNK = 1000


def outside(graph: RandomGraph, seed: int) -> list[str]:
    """Values that lie outside of their intervals, in words; the model is run on three inputs."""
    import onnxruntime as ort

    from auditor.model.load import loads
    from auditor.ranges.known import known
    from auditor.ranges.stored import StoredNumbers
    from auditor.ranges.walk import RangeWalk
    from auditor.shapes.facts import infer

    data = graph.model.SerializeToString()
    model = loads(data)
    facts = infer(model)
    given = {name: known(facts[name].dtype, *ends) for name, ends in graph.ranges.items()}
    walk = RangeWalk(model, facts, given, StoredNumbers(model), strict=True)
    names = graph.tensors
    if seed % 2:  # as it is deployed: only the last tensor is an output, and the rest may be fused
        kept = onnx.ModelProto.FromString(data)
        names = names[-1:]
        outputs = [o for o in kept.graph.output if o.name in names]
        del kept.graph.output[:]
        kept.graph.output.extend(outputs)
        data = kept.SerializeToString()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception:
        return []  # an operator without a kernel for the type
    found: list[str] = []
    for number in range(3):
        try:
            values = session.run(names, fed(graph, seed + number))
        except Exception:
            continue
        for name, value in zip(names, values, strict=True):
            found += _wrong(name, np.asarray(value), walk.main[name].sound)
    return found


def _wrong(name: str, value: np.ndarray, one: object) -> list[str]:
    from auditor.ranges.known import Known

    assert isinstance(one, Known)
    numbers = value.astype(np.float64)
    nan = np.isnan(numbers)
    if nan.any() and not one.nan:
        return [f"{name} holds NaN"]
    try:
        low, high = np.broadcast_to(one.low, value.shape), np.broadcast_to(one.high, value.shape)
    except ValueError:
        return [f"{name}: intervals of {one.low.shape} for a tensor of {value.shape}"]
    beyond = ~nan & ((numbers < low) | (numbers > high))
    if not beyond.any():
        return []
    at = np.unravel_index(int(np.argmax(beyond)), value.shape)
    return [f"{name}{list(map(int, at))} is {numbers[at]!r}, not in [{low[at]!r}, {high[at]!r}]"]


def chunk(first: int, count: int) -> tuple[list[str], Counter[str]]:
    """Of so many seeds what is wrong, and which operators there were."""
    wrong, operators = [], Counter[str]()
    for seed in range(first, first + count):
        graph = made(seed)
        operators.update(node.op_type for node in graph.model.graph.node)
        try:
            found = outside(graph, seed)
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        wrong += [f"seed {seed}: {one}" for one in found[:2]]
    return wrong, operators


def in_a_child(first: int, count: int) -> tuple[list[str], Counter[str]]:
    """The same in a process of its own: onnxruntime may die of a graph."""
    command = (sys.executable, "-m", "tests.ranges.soundness", "--child", str(first), str(count))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        if count > 1:
            half = count // 2
            one, other = in_a_child(first, half), in_a_child(first + half, count - half)
            return one[0] + other[0], one[1] + other[1]
        return ([] if done.returncode < 0 else [f"seed {first}: {done.stderr[-500:]}"]), Counter()
    wrong, operators = json.loads(done.stdout)
    return wrong, Counter(operators)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=int, nargs=2)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(chunk(*arguments.child)))
        return 0
    started, wrong, operators = time.monotonic(), 0, Counter[str]()
    for first in range(arguments.seed, arguments.seed + arguments.graphs, CHUNK):
        found, met = in_a_child(first, min(CHUNK, arguments.seed + arguments.graphs - first))
        operators += met
        wrong += len(found)
        for line in found:
            print(line, flush=True)
    nodes = sum(operators.values())
    print(f"{arguments.graphs:,} graphs, {nodes:,} nodes of {len(operators)} operators, {wrong} outside, "
          f"{time.monotonic() - started:.0f} s")  # fmt: skip
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
