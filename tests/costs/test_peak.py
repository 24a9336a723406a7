"""The peak of activations with open sizes: counted by hand, and with every number the one of the numbers."""

from __future__ import annotations

from itertools import product

import onnx.parser
import pytest

from auditor.costs import peak
from auditor.costs.peak import peak_activations
from auditor.model.load import loads
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import Dim, Size, evaluate, floor_div, named

SIDES = "ABCD"


def facts_of(text: str) -> Facts:
    return infer(
        loads(onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 21]> {text}').SerializeToString())
    )


def test_maxima_in_many_names_are_not_compared() -> None:
    """A spoilt model of nine such sums once took two seconds. https://onnx.ai/onnx/repo-docs/Broadcasting.html"""
    inputs = ", ".join(f"float[{n}0, {n}1] {n.lower()}" for n in "ABCD")
    facts = facts_of(f"g ({inputs}) => (y) {{ p = Add (a, b) q = Add (c, d) r = Mul (p, q) y = Sub (r, a) }}")
    assert peak_activations(facts) is None


@pytest.mark.parametrize(("names", "known"), [("ABCD", True), ("ABCDE", False)])
def test_maxima_of_floors_in_five_names_are_not_compared(names: str, known: bool) -> None:
    """At N = 4 each a: its pool is 2. First all inputs, at last all pools, and the two of a node at once."""
    inputs = ", ".join(f"float[1, 1, {n}] {n.lower()}" for n in names)
    nodes = " ".join(f"p{n} = MaxPool<kernel_shape = [2], strides = [2]>({n.lower()})" for n in names)
    found = peak_activations(facts_of(f"g ({inputs}) => ({', '.join(f'p{n}' for n in names)}) {{ {nodes} }}"))
    assert (found is not None) == known
    if found is not None:
        assert evaluate(found, dict.fromkeys(names, 4)) == 4 * (4 * 4 + 2)


def reduced(names: str) -> Facts:
    """Each input squared, in its turn, and then one number: at each step all inputs that are not used yet are alive."""
    inputs = ", ".join(f"float[{name}] {name.lower()}" for name in names)
    nodes = " ".join(f"q{n} = Mul ({n.lower()}, {n.lower()}) r{n} = ReduceSum <keepdims = 0> (q{n})" for n in names)
    return facts_of(f"g ({inputs}) => ({', '.join(f'float r{n}' for n in names)}) {{ {nodes} }}")


def by_hand(numbers: tuple[int, ...]) -> int:
    """Before the square of the i-th, those before it are sums; during it, it is there twice."""
    steps = [4 * sum(numbers)]
    for i, number in enumerate(numbers):
        left = 4 * sum(numbers[i + 1 :])
        steps += [4 * i + 2 * 4 * number + left, 4 * (i + 1) + 4 * number + left]
    return max(steps)


def test_more_than_four_steps_may_be_the_greatest() -> None:
    found = peak_activations(reduced(SIDES))
    assert found is not None
    assert str(found).count(",") >= 4
    for numbers in product((0, 1, 3, 50), repeat=len(SIDES)):
        assert evaluate(found, dict(zip(SIDES, numbers, strict=True))) == by_hand(numbers), numbers


def test_of_too_many_candidates_nobody_says_which() -> None:
    assert peak_activations(reduced("ABCDEFGHIJKL")) is None


def test_packed_types_take_half_a_byte_also_by_name() -> None:
    found: Size | None = peak_activations(facts_of("g (float[N] x) => (int4[N] y) { y = Cast <to = 22> (x) }"))
    assert found is not None
    assert [evaluate(found, {"N": n}) for n in (0, 1, 2, 5)] == [0, 5, 9, 23]


def test_a_sum_that_is_nothing_at_the_usual_number_comes_last() -> None:
    """At 64, where sums are compared first, one over N - 64 is not defined: of those the text decides."""
    n = named("N")
    sizes = [n, n + n, floor_div(n * n + 1, n - 64)]
    assert [peak._usual(size) for size in sizes if isinstance(size, Dim)] == [
        (64, "N"),
        (128, "2*N"),
        (0, str(sizes[2])),
    ]
