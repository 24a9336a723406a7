"""Pairs of models whose differences are known, and what the diff says of them.

python -m tests.diff.pairs --pairs 300
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import onnx
from onnx import ModelProto, shape_inference

from auditor.diff.difference import (
    BatchNormFused,
    Degree,
    Edit,
    HeaderChanged,
    ModelDifference,
    NodeChanged,
    NodeRewired,
    NodesAdded,
    NodesRemoved,
    OpsetChanged,
    OutputMoved,
    PortAdded,
    PortRemoved,
    PortRenamed,
    PortReshaped,
    PortRetyped,
    Quantised,
    Renamed,
    Reordered,
    TensorChanged,
)
from auditor.diff.differing import model_difference
from auditor.model.load import loads
from auditor.shapes.facts import infer
from tests.corpus import SAMPLES, light_models
from tests.diff.disguised import disguised
from tests.diff.mutators import Line, Mutation, mutated
from tests.diff.nets import net


class Pair(NamedTuple):
    seed: int
    old: ModelProto
    new: ModelProto
    mutations: tuple[Mutation, ...]

    @property
    def truth(self) -> tuple[Counter[Line], Degree]:
        lines = Counter(line for mutation in self.mutations for line in mutation.lines)
        renamed = {line[3]: line[2] for line in lines if line[0] == "port renamed"}
        sizes, breaking = _sizes(self.old, self.new, renamed)
        lines.update(sizes)
        degrees = [mutation.degree for mutation in self.mutations]
        degree = max(degrees, default=Degree.RENAMED)
        if degree is Degree.COMPATIBLE and Degree.WEIGHTS in degrees:
            degree = Degree.BEHAVIOUR
        return lines, Degree.BREAKING if breaking else degree


def _sizes(old: ModelProto, new: ModelProto, renamed: dict[str, str]) -> tuple[list[Line], bool]:
    """Which sizes of the outputs are others, as onnx's inference says; and whether a number became another one."""
    found: list[Line] = []
    breaking = False
    before, after = _outputs(old), _outputs(new)
    unsure = unknown_outputs(old) | unknown_outputs(new)
    for name in after:
        if renamed.get(name, name) not in before or name in unsure:
            continue
        one, two = before[renamed.get(name, name)], after[name]
        if len(one) != len(two):
            found.append(("size", "output", name, "rank"))
            breaking = True
            continue
        for axis, (a, b) in enumerate(zip(one, two, strict=True)):
            if a != b:
                found.append(("size", "output", name, str(axis)))
                breaking |= isinstance(a, int) and isinstance(b, int)
    return found, breaking


def unknown_outputs(model: ModelProto) -> set[str]:
    """Outputs with a size of which onnx's inference says nothing."""
    return {name for name, sizes in _outputs(model).items() if any(str(s).startswith("unk__") for s in sizes)}


def _outputs(model: ModelProto) -> dict[str, tuple[int | str, ...]]:
    bare = ModelProto()
    bare.CopyFrom(model)
    for value in bare.graph.output:
        value.type.tensor_type.ClearField("shape")
    bare.graph.ClearField("value_info")
    inferred = shape_inference.infer_shapes(bare, strict_mode=True)
    return {
        value.name: tuple(d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim)
        for value in inferred.graph.output
    }


def named(model: ModelProto) -> ModelProto:
    """With a name for every node of the main graph, which the truth speaks of."""
    copy = ModelProto()
    copy.CopyFrom(model)
    for i, node in enumerate(copy.graph.node):
        node.name = f"node{i}"
    return copy


@cache
def shipped() -> tuple[ModelProto, ...]:
    """Samples and light models in which an edit finds a place."""
    paths = [*light_models(), *sorted(SAMPLES.glob("*.onnx"))]
    found = [onnx.load(str(path), load_external_data=False) for path in paths]
    return tuple(named(m) for m in found if len(m.graph.node) >= 4 and not _outside(m))


def _outside(model: ModelProto) -> bool:
    return any(t.data_location == onnx.TensorProto.EXTERNAL for t in model.graph.initializer)


def pairs(count: int, first: int = 0, each: int = 4) -> Iterator[Pair]:
    """Seeded pairs with one to five edits: nets, and ``each`` so many a shipped model. Half are disguised."""
    seed, made = first, 0
    while made < count:
        seed += 1
        chance = random.Random(seed)
        old = net(seed) if seed % each else chance.choice(shipped())
        try:
            new, mutations = mutated(old, seed, chance.randint(1, 5))
            _outputs(old), _outputs(new)
        except (shape_inference.InferenceError, onnx.checker.ValidationError):
            continue  # an edit made a model of it that is none
        if not mutations:
            continue
        if chance.random() < 0.5:
            new = disguised(new, seed)
        made += 1
        yield Pair(seed, old, new, mutations)


def difference(old: ModelProto, new: ModelProto) -> ModelDifference:
    one, two = (infer(loads(model.SerializeToString())) for model in (old, new))
    return model_difference(one, two)


def script(found: ModelDifference) -> Counter[Line]:
    """The lines of a difference, without names and orders that nobody meets."""
    return Counter(line for edit in found.edits for line in _lines(edit))


def _lines(edit: Edit) -> list[Line]:
    match edit.change:
        case Renamed() | Reordered():
            return []
        case NodeChanged(old, _, altered):
            return [("changed", old.label, one.what) for one in altered]
        case NodesAdded(nodes, _):
            return [("added", *sorted(n.op_type for n in nodes))]
        case NodesRemoved(nodes, _) if len(nodes) == 1:
            return [("removed", nodes[0].op_type, nodes[0].label)]
        case NodeRewired(old, _, _, True):
            return [("swapped", old.label)]
        case TensorChanged(pair, how, _):
            return [("values" if how.value == "other values" else how.value, pair.old.name)]
        case Quantised(_, stored, _, _):
            return [("quantised", *sorted(pair.old.name for pair in stored))]
        case BatchNormFused(old, _, removed, _, _):
            return [("fused", removed.label, old.label)]
        case PortAdded(side, _, _):
            return [("port added", side.value)]
        case PortRemoved(side, name, _):
            return [("port removed", side.value, name)]
        case PortRenamed(side, old_name, new_name):
            return [("port renamed", side.value, old_name, new_name)]
        case PortRetyped(side, name, _, _):
            return [("retyped", side.value, name)]
        case PortReshaped(side, name, axis, _, _):
            return [("size", side.value, name, "rank" if axis is None else str(axis))]
        case OpsetChanged(_, domain, _, _, _):
            return [("opset", domain or "ai.onnx")]
        case HeaderChanged(what, _, _):
            return [("header", what)]
        case OutputMoved(name, _, _):
            return [("output moved", name)]
        case _:
            return [("other", edit.text)]


class Verdicts(NamedTuple):
    pairs: int
    exact: int
    right: int
    wrong: tuple[str, ...]


def measured(count: int, first: int = 0, each: int = 4, told: Callable[[str], None] = lambda line: None) -> Verdicts:
    """How many scripts are exact, and how many verdicts right; and what is wrong with the others, told as it comes."""
    exact = right = made = 0
    wrong = []
    for pair in pairs(count, first, each):
        made += 1
        lines, degree = pair.truth
        found = difference(pair.old, pair.new)
        said, verdict = script(found), found.conclusion.degree
        unsure = unknown_outputs(pair.old) | unknown_outputs(pair.new)
        said = Counter({line: n for line, n in said.items() if line[0] != "size" or line[2] not in unsure})
        exact += said == lines
        right += verdict is degree
        if said != lines or verdict is not degree:
            wrong.append(
                f"seed {pair.seed} ({len(pair.old.graph.node)} nodes): verdict {verdict.name}, truth {degree.name}; "
                f"missing {sorted((lines - said).elements())}, too much {sorted((said - lines).elements())}"
            )
            told(wrong[-1])
        if made % 50 == 0:
            told(f"{made} pairs: {exact} scripts exact, {right} verdicts right")
    return Verdicts(made, exact, right, tuple(wrong))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how exactly differences are found.")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="behind which the seeds begin")
    options = parser.parse_args()
    found = measured(options.pairs, options.seed, told=lambda line: print(line, flush=True))
    print(f"{found.pairs} pairs: {found.exact} scripts exact, {found.right} verdicts right")
    return 0 if found.exact >= 0.95 * found.pairs and found.right == found.pairs else 1


if __name__ == "__main__":
    sys.exit(main())
