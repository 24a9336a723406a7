"""Binding a name afterwards is inferring with the number: random graphs of all operators, random numbers.

``python -m tests.shapes.binding --sizes 100000 --seed 1`` is the long form. Of each graph the facts are worked out with
names; then numbers are put into what they say, and beside it the facts are worked out with the numbers, anew and from
memory. Wherever both say a size or a value, it must be the same one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from auditor.costs.count import count
from auditor.model.load import loads
from auditor.shapes.fact import Element, Fact
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import Dim, Size, evaluate, substitute
from auditor.shapes.troubles import Internal
from tests.fuzz.flow import random_case

_NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 16, 33)
_TRIES = 4  # numbers for one graph


@dataclass
class Tally:
    """What was compared, and what came out otherwise."""

    graphs: int = 0
    sizes: int = 0  # and values that hang on a name
    others: int = 0  # that do not: dtypes, ranks, numbers
    counts: int = 0
    excepted: int = 0
    wrong: list[str] = field(default_factory=list)


def campaign(seed: int, sizes: int, graphs: int | None = None) -> Tally:
    """Graphs of these seeds on, until so many sizes of names were compared."""
    tally = Tally()
    while tally.sizes < sizes and (graphs is None or tally.graphs < graphs):
        _try(seed, tally)
        tally.graphs += 1
        seed += 1
    return tally


def _try(seed: int, tally: Tally) -> None:
    case = random_case(seed)
    if not case.names:
        return
    rng = random.Random(seed)
    model = loads(case.model.SerializeToString())
    facts = infer(model)
    open_names = _open_names(facts)
    symbolic = count(facts)
    for numbers in _numbers(rng, {n: v for n, v in case.names.items() if n in open_names}):
        said = f"seed {seed}, {numbers}: "
        if _copies(facts, numbers) or _is_below_zero(facts, numbers):
            tally.excepted += 1
            continue
        again = facts.rebind(dims=numbers)
        anew = infer(model, dims=numbers)
        for name in {*again, *anew}:
            one, other = again.get(name), anew.get(name)
            if one != other and repr(one) != repr(other):  # NaN is not equal to itself
                tally.wrong.append(f"{said}{name} is {one} from memory, {other} anew")
        if {repr(t) for t in again.troubles} != {repr(t) for t in anew.troubles}:
            tally.wrong.append(f"{said}{again.troubles} from memory, {anew.troubles} anew")
        if any(isinstance(t, Internal) for t in anew.troubles):
            tally.wrong.append(f"{said}{anew.troubles}")
        for name, fact in anew.items():
            if fact.declared:
                continue  # behind what cannot run
            for mine, real in _pairs(facts[name], fact):
                bound = _bound(mine, numbers)
                if bound is not None:
                    tally.sizes += isinstance(mine, Dim)
                    tally.others += not isinstance(mine, Dim)
                    if bound != real:
                        tally.wrong.append(
                            f"{said}{name} has {mine} = {bound}, with numbers {real} ({_maker(anew, name)})"
                        )
        if anew.troubles or facts.troubles:
            continue  # what cannot run costs nothing that could be compared
        with_numbers = count(anew)
        for what in ("macs", "learnable", "statistics", "peak_activation_bytes"):
            bound, real = _bound(getattr(symbolic, what), numbers), getattr(with_numbers, what)
            if isinstance(bound, int) and isinstance(real, int):
                tally.counts += 1
                if bound != real:
                    tally.wrong.append(f"{said}{what} is {getattr(symbolic, what)} = {bound}, with numbers {real}")


def _copies(facts: Facts, numbers: Mapping[str, int]) -> bool:
    """Whether a size in a Reshape's target turns out to be 0, and so to mean: copy the input's size at this place.

    Our rule takes a name there for a size (its docstring says so): who flattens two axes into one means no copy.
    """
    for path, visited in facts.graphs.items():
        for index in visited.entries:
            node = visited.nodes[index]
            target = facts.at(node.inputs[1], path) if node.op_type == "Reshape" and len(node.inputs) > 1 else None
            if any(isinstance(e, Dim) and _bound(e, numbers) == 0 for e in (target and target.elements) or ()):
                return True
    return False


def _is_below_zero(facts: Facts, numbers: Mapping[str, int]) -> bool:
    """Whether a tensor's size would be less than 0: a window larger than what it slides over, and nothing runs."""
    sizes = (size for fact in facts.values() for size in fact.shape or () if isinstance(size, Dim))
    return any(isinstance(bound := _bound(size, numbers), int) and bound < 0 for size in sizes)


def _open_names(facts: Facts) -> set[str]:
    return {str(size) for fact in facts.inputs.values() for size in fact.shape or () if isinstance(size, Dim)}


def _numbers(rng: random.Random, fit: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Numbers with which the graph runs; then some of them others, with which it may run."""
    yield dict(fit)
    for _ in range(_TRIES - 1):
        numbers = dict(fit)
        for name in rng.sample(sorted(fit), min(len(fit), rng.choice((1, 1, 2)))):
            numbers[name] = rng.choice(_NUMBERS)
        yield numbers


def _pairs(symbolic: Fact, exact: Fact) -> Iterator[tuple[Element, Element]]:
    """What both say, size by size and value by value; a difference in rank or type is one of what is said too."""
    if symbolic.dtype is not None and exact.dtype is not None:
        yield symbolic.dtype, exact.dtype
    if symbolic.shape is not None and exact.shape is not None:
        yield len(symbolic.shape), len(exact.shape)
        yield from _known(zip(symbolic.shape, exact.shape, strict=False))
    if symbolic.elements is not None and exact.elements is not None:
        yield len(symbolic.elements), len(exact.elements)
        yield from _known(zip(symbolic.elements, exact.elements, strict=False))


def _known(pairs: Iterator[tuple[Element, Element]]) -> Iterator[tuple[Element, Element]]:
    return ((a, b) for a, b in pairs if a is not None and b is not None and not isinstance(b, Dim) and a == a)


def _bound(value: Element, numbers: Mapping[str, int]) -> Element:
    """The number that comes of a value; by `substitute` and by `evaluate` the same, or there is none."""
    if not isinstance(value, Dim):
        return value
    if not value.names <= numbers.keys():
        return None
    try:
        bound = evaluate(value, numbers)
        replaced: Size = substitute(value, numbers)
    except ArithmeticError:  # a division by what is 0 now
        return None
    assert bound == replaced, (value, numbers, bound, replaced)
    return bound


def _maker(facts: Facts, name: str) -> str:
    at = facts.producer(name)
    return "an input" if at is None else facts.node(at).op_type


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.shapes.binding", description=__doc__)
    parser.add_argument("--sizes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph; each later one has the next")
    parser.add_argument("--graphs", type=int, help="at most so many")
    options = parser.parse_args()
    started = time.monotonic()
    tally = campaign(options.seed, options.sizes, options.graphs)
    for line in tally.wrong[:20]:
        print(line)
    print(
        f"{tally.graphs:,} graphs from seed {options.seed} in {time.monotonic() - started:.0f} s:"
        f" {tally.sizes:,} sizes of names, {tally.others:,} others, {tally.counts:,} counts: {len(tally.wrong)} wrong,"
        f" {tally.excepted} bindings with a copying 0 or a size below 0"
    )
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
