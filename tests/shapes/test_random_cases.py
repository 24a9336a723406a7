"""Random uses of the operators that move values, against the runtime: with numbers, and with names in their place."""

from __future__ import annotations

import pytest

from auditor.shapes.fact import Element, Fact
from auditor.shapes.sizes.dim import Dim, Size, evaluate, named
from tests.shapes.asking import ask, contradiction, fact_of, observed
from tests.shapes.cases import MAKERS, Case, Dice
from tests.shapes.confronting import confront

CASES = 60


def _cases(name: str, seed: int) -> list[Case]:
    dice = Dice(seed)
    return [MAKERS[name](dice) for _ in range(CASES)]


@pytest.mark.parametrize("name", MAKERS)
def test_shapes_and_values_are_the_runtimes(name: str) -> None:
    ran = sum(confront(*case) for case in _cases(name, 1))
    assert ran > CASES // 2


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_said_with_names_is_right_for_their_numbers(name: str) -> None:
    """Sizes and values above 0 get names; the answer, bound to the numbers again, is what the runtime makes of them."""
    dice = Dice(2)
    compared = 0
    for case in _cases(name, 3):
        truth = observed(case.op_type, case.opset, case.inputs, case.attributes, case.outputs, values=True)
        if truth is None:
            continue
        numbers: dict[str, int] = {}
        facts = [
            None if array is None else _renamed(fact_of(array, values=True), dice, numbers) for array in case.inputs
        ]
        answer = ask(case.op_type, case.opset, facts, case.attributes, case.outputs)
        bound = [_bound(fact, numbers) for fact in answer.outputs]
        assert (fault := contradiction(bound, truth)) == "", f"{case} as {facts}: {fault}"
        for mine, theirs in zip(bound, truth, strict=False):
            pairs = zip(mine.elements or (), theirs.elements or (), strict=mine.elements is not None)
            assert all(m is None or m == t for m, t in pairs), f"{case} as {facts}: {mine.elements}"
        compared += 1
    assert compared > CASES // 2


def _renamed(fact: Fact, dice: Dice, numbers: dict[str, int]) -> Fact:
    """A fact with names for some of its sizes, and for some of its values where the sizes stay."""
    assert fact.shape is not None
    shape = tuple(_name(size, dice, numbers) for size in fact.shape)
    if shape != fact.shape or fact.elements is None:
        return Fact(fact.dtype, shape, fact.elements if shape == fact.shape else None)
    if fact.dtype not in (6, 7):
        return fact
    return Fact(fact.dtype, shape, tuple(_name(e, dice, numbers) if type(e) is int else e for e in fact.elements))


def _name(number: object, dice: Dice, numbers: dict[str, int]) -> Size:
    assert isinstance(number, int)
    if not 0 < number < 1000 or dice.often(0.6):
        return number
    above = dice.choice.choice([0, 0, 0, 1])
    name = f"s{number + above}"
    numbers[name] = number + above
    return named(name) - above


def _bound(fact: Fact, numbers: dict[str, int]) -> Fact:
    def value(element: Element) -> Element:
        return evaluate(element, numbers) if isinstance(element, Dim) else element

    shape = None if fact.shape is None else tuple(_size(value(size)) for size in fact.shape)
    return Fact(fact.dtype, shape, fact.elements and tuple(map(value, fact.elements)))


def _size(value: Element) -> Size | None:
    assert value is None or isinstance(value, int)
    return value
