"""No rule of an operator fails on values that are names: what a Shape of open sizes gives may go anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from auditor.model.dtypes import DType
from auditor.shapes.fact import Body, Fact, ShapeError
from auditor.shapes.registry import Operator, all_operators
from auditor.shapes.sizes.dim import TooComplex, floor_div, greatest, named

H, W = named("H"), named("W")
SIZES = (H, W, H * W, floor_div(H - 4, 2) + 1, greatest(H, 3) - W, 2 - H)
NUMBERS = (-2, -1, 0, 1, 2, 3, 7)
TYPES = (DType.INT64, DType.INT64, DType.INT32, DType.FLOAT, DType.BOOL, DType.UINT8, DType.STRING)
TRIES = 60
WORDS = (
    "",
    "NOTSET",
    "SAME_UPPER",
    "linear",
    "cubic",
    "constant",
    "reflect",
    "add",
    "none",
    "ij,jk->ik",
    "LEFT",
    "FLOAT",
)


def fact(draw: random.Random) -> Fact:
    """A tensor of up to three axes, its values known in part: integers are names as often as numbers."""
    dtype = draw.choice(TYPES)
    numbers = tuple(draw.choice((1, 2, 3, 4)) for _ in range(draw.choice((0, 1, 1, 1, 2, 3))))
    count = 1
    for number in numbers:
        count *= number
    values: dict[int, Callable[[], Any]] = {
        DType.FLOAT: lambda: draw.choice((0.0, 1.0, -2.5, float("inf"), float("nan"))),
        DType.BOOL: lambda: draw.choice((True, False)),
        DType.STRING: lambda: draw.choice(("", "a")),
    }
    value = values.get(dtype, lambda: draw.choice((*SIZES, *NUMBERS)))
    elements = tuple(None if draw.random() < 0.1 else value() for _ in range(count))
    if draw.random() < 0.3:
        shape = tuple(draw.choice((H, 3, 1, None)) for _ in range(draw.choice((1, 2, 3, 4))))
        return Fact(dtype.value, shape)
    return Fact(dtype.value, numbers, elements)


def attribute(draw: random.Random, kind: str) -> Any:
    def outputs(inputs: tuple[Fact, ...], tentative: bool) -> tuple[Fact, ...]:
        return (Fact(DType.BOOL.value, ()), *inputs[2:], Fact(DType.INT64.value, (2,), (H, 3)))

    made: dict[str, Callable[[], Any]] = {
        "int": lambda: draw.choice((*NUMBERS, 1, 10)),
        "float": lambda: draw.choice((0.0, 1.0, 0.5)),
        "str": lambda: draw.choice(WORDS),
        "tuple[int, ...]": lambda: tuple(draw.choice((0, 1, 2, 3)) for _ in range(draw.randrange(5))),
        "tuple[float, ...]": lambda: tuple(draw.choice((1.0, 2.0)) for _ in range(draw.randrange(5))),
        "tuple[str, ...]": lambda: ("a", "b"),
        "Fact": lambda: fact(draw),
        "Body": lambda: Body(outputs, "Loop[0]/body", trips=4),
    }
    return made.get(kind, lambda: None)()


def ask(rule: Operator, draw: random.Random) -> None:
    least = rule.required
    most = len(rule.inputs) + (2 if rule.variadic else 0)
    inputs: list[Fact | None] = [fact(draw) for _ in range(draw.randint(min(least, most), most))]
    for i in range(least, min(len(inputs), len(rule.inputs) - rule.variadic)):
        if draw.random() < 0.2:
            inputs[i] = None
    names = [n for n in rule.attributes if n in rule.mandatory or draw.random() < 0.4]
    arguments = {name: attribute(draw, rule.attributes[name]) for name in names}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    if rule.mandatory - arguments.keys():
        return
    if rule.counts_outputs:
        arguments["output_count"] = draw.randint(1, 3)
    rule.run(*inputs, **arguments)


@pytest.mark.parametrize("domain", sorted({domain for domain, _ in all_operators()}))
def test_a_rule_answers_or_says_what_is_wrong(domain: str) -> None:
    faults: dict[str, str] = {}
    for (where, name), versions in all_operators().items():
        for rule in versions if where == domain else ():
            for seed in range(TRIES):
                try:
                    ask(rule, random.Random(f"{domain}:{name}:{rule.since}:{seed}"))
                except (ShapeError, TooComplex, ZeroDivisionError):  # what the walk expects of a rule
                    pass
                except Exception as error:  # any other is a fault of the rule: that is what is looked for
                    faults.setdefault(f"{name}-{rule.since}", f"seed {seed}: {type(error).__name__}: {error}")
    assert not faults
