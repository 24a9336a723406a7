"""``python -m tests.benchmarks shapes``: how many tensors of ONNX's node tests each tool knows, and has wrong.

The truth is onnxruntime's run of every intermediate, all optimisations off; where it cannot run a case, the stored
outputs and then the reference evaluator. Each witness works in a child of its own, and a crash costs it one case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import onnx

from tests.benchmarks.witnesses import Case, Kind, Testimony, node_cases, stored, testimony

PEERS = {
    "ours": "auditor, shapes",
    "ours with values": "auditor, values",
    "onnx": "onnx (data_prop)",
    "symbolic": "onnxruntime symbolic",
}

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    (
        "test_range_bfloat16_type_positive_delta_expanded",
        "Range_test_range_bfloat16_type_positive_delta_expanded_function_output_s",
    ): "The reference evaluator carries a scalar as a tensor of one axis. Loop: scan outputs are stacked scalars, [N].",
}
"""Where the truth itself leaves the specification, each with the sentence."""


class Tally(NamedTuple):
    """The tensors of the node tests by the operator that makes them, and what became of each."""

    tensors: Counter[str]
    right: Counter[str]
    wrong: list[str]

    @property
    def share(self) -> float:
        return self.right.total() / self.tensors.total()


def truths(cases: list[Case]) -> list[Mapping[str, tuple[str, Kind]]]:
    """For each case, the tensors that its nodes make: who makes them, their type and their shape."""
    runtime, reference = testimony("runtime", cases), testimony("reference", cases)
    found: list[Mapping[str, tuple[str, Kind]]] = []
    for i, case in enumerate(cases):
        seen = {**reference.seen.get(i, {}), **stored(case), **runtime.seen.get(i, {})}
        graph = onnx.load_from_string(case.model).graph
        made = {name: node.op_type for node in graph.node for name in node.output if name}
        found.append(
            {
                name: (made[name], what)
                for name, what in seen.items()
                if name in made and (case.name, name) not in EXCEPTIONS
            }
        )
    return found


def tally(cases: list[Case], truth: list[Mapping[str, tuple[str, Kind]]], said: Testimony) -> Tally:
    """One witness held to the truth."""
    result = Tally(Counter(), Counter(), [])
    for i, (case, tensors) in enumerate(zip(cases, truth, strict=True)):
        claims = said.seen.get(i, {})
        for name, (op_type, (dtype, shape)) in tensors.items():
            result.tensors[op_type] += 1
            mine, claimed = claims.get(name, (0, None))
            if mine not in (0, dtype) or claimed not in (None, shape):
                result.wrong.append(f"{case.name}: {name} is {dtype} {shape}, not {mine} {claimed}")
            elif claimed is not None:
                result.right[op_type] += 1
    return result


def shapes() -> None:
    cases = node_cases()
    truth = truths(cases)
    said = {name: testimony(name, cases) for name in PEERS}
    tallies = {name: tally(cases, truth, said[name]) for name in PEERS}
    for line in _table(tallies):
        print(line)
    for name, title in PEERS.items():
        found, failed = tallies[name], said[name].failed
        print(
            f"{title}: {found.share:.2%} of {found.tensors.total():,} tensors of {len(cases):,} models, "
            f"{len(found.wrong)} wrong, {len(failed)} models without an answer, {said[name].crashes} crashes"
        )
    for line in (*tallies["ours"].wrong, *tallies["ours with values"].wrong):
        print("WRONG", line)


def _table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """An operator a line, those of which something stays open first; the others in one."""
    titles = [f"{title:>22}" for title in PEERS.values()]
    yield f"{'operator':<28}{'tensors':>8}" + "".join(titles)
    tensors = tallies["ours"].tensors
    known = [name for name in tensors if all(t.right[name] == tensors[name] for t in tallies.values())]
    for name in (*sorted(tensors.keys() - set(known)), ""):
        names = [name] if name else known
        count = sum(tensors[n] for n in names)
        label = name or f"{len(known)} more, known to all"
        cells = (f"{sum(t.right[n] for n in names) / max(count, 1):>22.1%}" for t in tallies.values())
        yield f"{label:<28}{count:>8}" + "".join(cells)
