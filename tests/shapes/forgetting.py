"""Sound single nodes of which less is known: an input's rank, sizes, type or values, or what its sizes' names are.

``python -m tests.shapes.forgetting`` prints how much is still known of the outputs, as test_forgotten.py holds it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from auditor.shapes.fact import Answer, Fact
from auditor.shapes.sizes.dim import Dim, Size, named, substitute
from tests.shapes.asking import ask, contradiction, fact_of
from tests.shapes.perturbing import attributes_of, sound
from tests.shapes.running import Case


def told(case: Case) -> list[Fact | None]:
    """All that the walk could know of the inputs."""
    return [None if a is None else fact_of(a, values=a.size <= 64) for a in case.inputs]


def forgotten(facts: Sequence[Fact | None]) -> Iterator[tuple[list[Fact | None], dict[str, Size]]]:
    """The inputs with less, and what names stand for."""
    for n, fact in enumerate(facts):
        if fact is not None and fact.shape is not None:
            sizes = {f"s{i}": size or 0 for i, size in enumerate(fact.shape)}
            less = (
                Fact(),
                fact._replace(shape=None, elements=None),
                fact._replace(shape=(None,) * len(fact.shape), elements=None),
                fact._replace(shape=tuple(map(named, sizes)), elements=None),
                *([fact._replace(elements=None)] if fact.elements is not None else []),
                *([fact._replace(elements=(None,) * len(fact.elements))] if fact.elements is not None else []),
                fact._replace(dtype=None),
            )
            yield from (([one if i == n else f for i, f in enumerate(facts)], sizes) for one in less)


def answered(case: Case, facts: Sequence[Fact | None]) -> Answer:
    opset = case.version if case.domain else case.opset
    return ask(case.op_type, opset, facts, attributes_of(case), len(case.outputs), case.domain)


def known(case: Case) -> int:
    """How many ranks, sizes, types and values are known of the outputs, in all cases of less.

    Raises `AssertionError` where one is not what it is with all known.
    """
    facts = told(case)
    whole = answered(case, facts).outputs
    count = 0
    for less, sizes in forgotten(facts):
        found = [_bound(fact, sizes) for fact in answered(case, less).outputs]
        assert len(found) == len(whole), case
        assert (fault := contradiction(found, whole)) == "", f"{case}, told {less}: {fault}"
        for fact in found:
            count += (fact.dtype is not None) + (fact.shape is not None)
            count += sum(size is not None for size in (*(fact.shape or ()), *(fact.elements or ())))
    return count


def _bound(fact: Fact, sizes: dict[str, Size]) -> Fact:
    if fact.shape is None:
        return fact
    return fact._replace(shape=tuple(substitute(s, sizes) if isinstance(s, Dim) else s for s in fact.shape))


if __name__ == "__main__":
    counts = {name: sum(map(known, cases)) for name, cases in sound().items()}
    print(textwrap.fill(" ".join(f"{name}={n}" for name, n in sorted(counts.items())), 116, break_on_hyphens=False))
