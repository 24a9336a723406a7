"""What must hold at operators that stretch their inputs, at dense layers, and of a size that is 1 however many."""

from __future__ import annotations

import onnx.defs
import pytest

from auditor.shapes.batches import is_one
from auditor.shapes.conditions import STRETCHING, Condition, conditions
from auditor.shapes.dense import WEIGHTS
from auditor.shapes.sizes.dim import Size, ceil_div, floor_div, least, mod, named
from auditor.shapes.troubles import At, Misfit

from .test_mends import facts_of

N, M = named("N"), named("M")

BROADCASTING = sorted(
    schema.name
    for schema in onnx.defs.get_all_schemas()
    if not schema.domain and "multidirectional" in (schema.doc or "")
)
"""Operators whose inputs broadcast to one another, by their documentation."""


def test_operators_whose_inputs_broadcast_to_one_another_are_known() -> None:
    assert sorted(STRETCHING) == BROADCASTING


@pytest.mark.parametrize("op_type", BROADCASTING)
def test_sizes_that_meet_are_equal_or_one(op_type: str) -> None:
    given = {"Where": "c, x, z"}.get(op_type, "x, z")
    dtype = "bool" if op_type in ("And", "Or", "Xor") else "int64" if op_type.startswith("Bitwise") else "float"
    facts = facts_of(f"({dtype}[N, 4] x, {dtype}[M, 4] z, bool[1, 1] c) => (y) {{ y = {op_type}({given}) }}", 18)
    assert conditions(facts, At("", 0)) == [Condition(N, M, (N, M))]


@pytest.mark.parametrize("op_type", ["Gemm", "MatMul"])
def test_the_weight_of_a_dense_layer_is_its_second_input(op_type: str) -> None:
    facts = facts_of(f"(float[2, 5] x, float[7, 3] w) => (y) {{ y = {op_type}(x, w) }}")
    (misfit,) = facts.troubles
    assert isinstance(misfit, Misfit)
    assert WEIGHTS[op_type] == misfit.parameter == onnx.defs.get_schema(op_type).inputs[1].name.lower()


@pytest.mark.parametrize(
    ("size", "one"),
    [
        (1, True),
        (2, False),
        (N, False),
        (least(N, 1), True),
        (ceil_div(N, N + 1), True),
        (1 + floor_div(mod(N, 8), 7), False),  # 2 of 7 images, of 15, of 23
        (1 + floor_div(mod(N, 3), 2), False),  # 2 of 2 images, of 5, of 8
        (floor_div(N, 3), False),  # none of 2 images
        (ceil_div(N, 60), False),  # 2 of 61 images
    ],
)
def test_a_size_that_is_one_however_many_there_are(size: Size, one: bool) -> None:
    assert is_one(size) == one
