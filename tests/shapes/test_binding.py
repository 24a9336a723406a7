"""Names in the place of sizes: what is said then is right for their numbers, and binding is inferring.

All of ONNX's node tests, their inputs' sizes named at random: axes of one size share a name, or do not.
"""

from __future__ import annotations

import random

import numpy as np
import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.shapes.fact import Fact, Shape
from auditor.shapes.facts import infer
from auditor.shapes.ops.checks import broadcast
from auditor.shapes.sizes.dim import Dim, Size, evaluate, least, named
from auditor.shapes.troubles import Impossible, Internal, Misfit
from tests.benchmarks.witnesses import Case, node_cases


def _named(rng: random.Random, case: Case, names: set[str]) -> tuple[dict[str, Shape], dict[str, int]]:
    """Shapes of the inputs with names for some of the sizes, and what those stand for."""
    shapes: dict[str, Shape] = {}
    numbers: dict[str, int] = {}
    for name, value in case.feeds.items():
        if name in names and isinstance(value, np.ndarray):
            sizes: list[Size] = []
            for axis, size in enumerate(value.shape):
                called = rng.choice((f"n{size}", f"{name}_{axis}", ""))
                called = "".join(c if c.isalnum() else "_" for c in called)
                if called:
                    numbers[called] = size
                sizes.append(named(called) if called else size)
            shapes[name] = tuple(sizes)
    return shapes, numbers


def _bound(size: Size | None, numbers: dict[str, int]) -> int | None:
    """The number that a size comes to; None where it has a name that no input has."""
    if not isinstance(size, Dim):
        return size
    return evaluate(size, numbers) if size.names <= numbers.keys() else None


def _fault(case: Case, rng: random.Random) -> str:
    model = loads(case.model)
    feeds = {v.name for v in model.graph.feeds}
    shapes, numbers = _named(rng, case, feeds)
    facts = infer(model, shapes)
    if blamed := [t for t in facts.troubles if isinstance(t, Impossible | Misfit | Internal) and not _unproven(t)]:
        return f"{shapes}: {blamed[0]}"
    real = {n: x.shape for n, x in case.feeds.items() if n in feeds and isinstance(x, np.ndarray)}
    exact = infer(model, real)
    for name, fact in facts.items():
        if (fault := _differs(fact, exact[name], numbers)) != "":
            return f"{shapes}: {name}: {fault}"
    for name, value in case.outputs.items():
        if isinstance(value, np.ndarray) and (fault := _differs(facts[name], Fact(None, value.shape), numbers)) != "":
            return f"{shapes}: {name}: {fault}"
    return ""


def _unproven(trouble: Impossible | Misfit | Internal) -> bool:
    return not isinstance(trouble, Internal) and trouble.declared


def _differs(fact: Fact, exact: Fact, numbers: dict[str, int]) -> str:
    """Where a bound fact says another number than the one inferred from numbers; "" if nowhere."""
    if fact.shape is None or exact.shape is None:
        return ""
    if len(fact.shape) != len(exact.shape):
        return f"{fact.shape}, with numbers {exact.shape}"
    for size, number in zip(fact.shape, exact.shape, strict=True):
        mine = _bound(size, numbers)
        if mine is not None and isinstance(number, int) and mine != number:
            return f"{fact.shape}, with numbers {exact.shape}"
    if fact.elements is not None and exact.elements is not None:
        for value, real in zip(fact.elements, exact.elements, strict=True):
            mine = _bound(value, numbers) if isinstance(value, Dim) else None
            if mine is not None and isinstance(real, int) and mine != real:
                return f"{fact.elements}, with numbers {exact.elements}"
    return ""


def test_what_is_said_with_names_is_right_for_their_numbers() -> None:
    faults = []
    for seed, case in enumerate(node_cases()):
        fault = _fault(case, random.Random(seed))
        if fault:
            faults.append(f"{case.name} (seed {seed}): {fault}")
    assert not faults, "\n".join(faults)


def test_rebinding_is_inferring() -> None:
    """The facts for numbers, asked behind those for names or at once."""
    for seed, case in enumerate(node_cases()[::7]):
        model = loads(case.model)
        feeds = {v.name for v in model.graph.feeds}
        shapes, _ = _named(random.Random(seed), case, feeds)
        real = {n: x.shape for n, x in case.feeds.items() if n in feeds and isinstance(x, np.ndarray)}
        assert dict(infer(model, shapes).rebind(real)) == dict(infer(loads(case.model), real)), case.name


A, B, SEQ = named("A"), named("B"), named("seq")


@pytest.mark.parametrize(("one", "other"), [(A + 1, B + 1), (SEQ, least(64, SEQ)), (A + 1, 2 * A + 1), (A, B)])
def test_sizes_that_stretch(one: Size, other: Size) -> None:
    """The answer is the size that comes out, at every number for which the two fit."""
    made = broadcast((one, 3), (other, 1))
    assert made is not None
    for a in range(0, 70, 3):
        for b in range(0, 70, 7):
            numbers = {"A": a, "B": b, "seq": a}
            x, y = _bound(one, numbers), _bound(other, numbers)
            if x is not None and y is not None and (x == y or 1 in (x, y)):
                assert _bound(made[0], numbers) == np.broadcast_shapes((x,), (y,))[0]


def test_what_is_wrong_within_a_function_is_found_again() -> None:
    """Facts for other sizes once took a function's answer from memory, and with it nothing of what its body holds."""
    model = loads(
        onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17, "own" : 1]>
        agraph (float[N, 3] x, float[4, 5] w) => (float[N, 5] y) { y = own.dense (x, w) }
        <domain: "own", opset_import: ["" : 17]>
        dense (a, b) => (c) { c = MatMul (a, b) }
        """).SerializeToString()
    )
    facts = infer(model, dims={"N": 2})
    assert len(facts.troubles) == 1
    assert len(facts.rebind(dims={"N": 2}).troubles) == 1
