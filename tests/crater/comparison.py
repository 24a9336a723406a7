"""What auditor works out of a model, held against the truth, tensor by tensor and count by count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import auditor
from auditor.report import Totals
from auditor.settings import Settings
from auditor.shapes.fact import Fact
from auditor.shapes.facts import Facts
from auditor.shapes.sizes.dim import Dim, Size, substitute

from .oracle import Truth


@dataclass(frozen=True)
class Comparison:
    """``unknown``: how many tensors are not known, by the operator at which the ignorance begins.

    ``named``: how many are known when the open sizes of the inputs are names first, and get their numbers at the end.
    """

    tensors: int
    known: int
    named: int
    wrong: tuple[str, ...]
    unknown: Counter[str]
    totals: Totals

    def faults(self, truth: Truth) -> Iterator[str]:
        """What must not be."""
        yield from self.wrong
        if self.totals.macs != truth.macs and not truth.uncounted:
            yield f"MACs {self.totals.macs}, by the run's shapes {truth.macs}"
        if self.totals.parameters != truth.parameters:
            yield f"parameters {self.totals.parameters}, the file stores {truth.parameters}"


def compare(path: Path, bare: Path, truth: Truth) -> Comparison:
    """The counts are of the model as it is, the shapes of ``bare``: it declares nothing but its inputs."""
    sizes = {name: tuple(shape) for name, shape in truth.inputs.items()}
    model = auditor.load(bare)
    facts = auditor.infer_shapes(model, sizes)
    known, wrong = held_against(truth, lambda name, graph: facts.at(name, graph))
    unknown = Counter(
        beginning(facts, name, graph) for graph, name, _, _ in truth.tensors if not certain(facts.at(name, graph))
    )
    by_name = auditor.infer_shapes(model)
    numbers = bindings(by_name, sizes)
    named, wrong_later = held_against(truth, lambda name, graph: bound(by_name.at(name, graph), numbers))
    counts = auditor.audit(path, Settings(shapes=sizes, run=False, weights=False)).totals
    return Comparison(len(truth.tensors), known, named, (*wrong, *wrong_later), unknown, counts)


def held_against(truth: Truth, fact_of: Callable[[str, str], Fact | None]) -> tuple[int, list[str]]:
    """How many tensors are known, and what is said of one that is not so."""
    known = 0
    wrong = []
    for graph, name, dtype, shape in truth.tensors:
        fact = fact_of(name, graph)
        if fact is None:
            continue
        if contradicts(fact, dtype, shape):
            wrong.append(f"{graph}/{name}".lstrip("/") + f" is {fact.dtype} {fact.shape}, came out {dtype} {shape}")
        elif certain(fact):
            known += 1
    return known, wrong


def bindings(facts: Facts, sizes: Mapping[str, tuple[int, ...]]) -> dict[str, Size]:
    """The number of each name that an input's open size has."""
    return {
        str(size): sizes[name][axis]
        for name, fact in facts.inputs.items()
        for axis, size in enumerate(fact.shape or ())
        if isinstance(size, Dim)
    }


def bound(fact: Fact | None, numbers: Mapping[str, Size]) -> Fact | None:
    """A fact with numbers in the place of names."""
    if fact is None or fact.shape is None:
        return fact
    return fact._replace(shape=tuple(None if size is None else substitute(size, numbers) for size in fact.shape))


def certain(fact: Fact | None) -> bool:
    """Whether everything is known: the type and every size, and nothing of it from a declaration."""
    return (
        fact is not None
        and fact.dtype is not None
        and fact.shape is not None
        and all(isinstance(size, int) for size in fact.shape)
        and not fact.declared
    )


def contradicts(fact: Fact, dtype: int, shape: list[int]) -> bool:
    """Whether what is known, however little, is not what came out."""
    if fact.dtype not in (None, dtype):
        return True
    if fact.shape is None:
        return False
    return len(fact.shape) != len(shape) or any(
        isinstance(ours, int) and ours != real for ours, real in zip(fact.shape, shape, strict=True)
    )


def beginning(facts: Facts, name: str, graph: str) -> str:
    """The operator behind an unknown tensor of whose inputs all are known: there the ignorance begins."""
    seen = set()
    while (at := facts.producer(name, graph)) is not None and at not in seen:
        seen.add(at)
        node = facts.node(at)
        deeper = next((n for n in node.inputs if n and not certain(facts.at(n, at.graph))), None)
        if deeper is None:
            return node.op_type
        name, graph = deeper, at.graph
    return "an input" if name in facts.inputs else "a graph that was not walked"
