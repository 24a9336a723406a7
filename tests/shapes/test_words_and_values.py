"""What the specification forbids in a node, each with the place that is named; and values as their types hold them."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from auditor.shapes.fact import Element, Fact, ShapeError
from auditor.shapes.ops.values import converted, rounded
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, observed, tensor, values

N = named("N")


@pytest.mark.parametrize(
    ("op_type", "opset", "inputs", "attributes", "outputs", "place"),
    [
        ("Split", 13, [tensor(4), values(5, -1)], {}, 2, "split"),
        ("Split", 13, [tensor(4), values(1, 2)], {}, 2, "split"),
        ("Split", 13, [tensor(4), values(4)], {}, 2, "split"),
        ("Split", 11, [tensor(4)], {"split": (5, -1)}, 2, "split"),
        ("GroupNormalization", 21, [tensor(1, 4, 2), tensor(4), tensor(4)], {"num_groups": 0}, 1, "num_groups"),
        ("GroupNormalization", 21, [tensor(1, 4, 2), tensor(4), tensor(4)], {"num_groups": -1}, 1, "num_groups"),
        ("GroupNormalization", 21, [tensor(1, 4, 2), tensor(4), tensor(4)], {"num_groups": 3}, 1, "num_groups"),
        ("BitCast", 26, [tensor(2)], {"to": 7}, 1, "to"),
        ("BitCast", 26, [tensor(2, dtype=10)], {"to": 1}, 1, "to"),
        ("Pad", 18, [tensor(4), values(4, 0)], {"mode": "reflect"}, 1, "pads"),
        ("Pad", 18, [tensor(4), values(-3, -2)], {}, 1, "pads"),
        ("Pad", 18, [tensor(4), values(1, 2, 3)], {}, 1, "pads"),
        ("Pad", 18, [tensor(4), values(1, 2), tensor(2)], {}, 1, "constant_value"),
        ("GatherND", 13, [tensor(2, 1, 3), tensor(2, 1, dtype=7)], {"batch_dims": 2}, 1, "indices"),  # b < min(q, r)
        ("Resize", 13, [tensor(1, 2), None, values(1.0, 0.0, dtype=1)], {}, 1, "scales"),
        ("Resize", 13, [tensor(1, 2), None, values(1.0, -2.0, dtype=1)], {}, 1, "scales"),
        ("Resize", 13, [tensor(1, 2), None, values(2.0, dtype=1)], {}, 1, "scales"),
        ("Resize", 13, [tensor(1, 2), None, None, values(1, 2, 3)], {}, 1, "sizes"),
        ("Range", 11, [values(0.0, dtype=1)._replace(shape=()), values(3.0, dtype=1)._replace(shape=()),
                       values(0.0, dtype=1)._replace(shape=())], {}, 1, "delta"),
    ],
)  # fmt: skip
def test_what_is_forbidden_is_said_of_its_place(
    op_type: str, opset: int, inputs: list[Fact | None], attributes: dict[str, Any], outputs: int, place: str
) -> None:
    with pytest.raises(ShapeError) as raised:
        ask(op_type, opset, inputs, attributes, outputs)
    assert place in (raised.value.parameter, raised.value.attribute)


@pytest.mark.parametrize(
    ("op_type", "opset", "inputs", "attributes", "outputs", "shapes"),
    [
        ("GroupNormalization", 21, [tensor(1, 4, 2), tensor(4), tensor(4)], {"num_groups": 1}, 1, [(1, 4, 2)]),
        ("BitCast", 26, [tensor(2)], {"to": 6}, 1, [(2,)]),
        ("BitCast", 26, [tensor(2, dtype=None)], {"to": 7}, 1, [(2,)]),
        ("Pad", 18, [tensor(4), values(3, 3)], {"mode": "reflect"}, 1, [(10,)]),
        ("Pad", 18, [tensor(1), values(0, 0)], {"mode": "reflect"}, 1, [(1,)]),
        ("Pad", 18, [tensor(2, 3, 4), values(0, None, 1, 0, 0, 1)], {}, 1, [(2, None, 6)]),
        ("Split", 13, [tensor(6, 2), tensor(3, dtype=7)], {}, 3, [(None, 2)] * 3),
        ("Split", 13, [Fact(1), values(1, 2)], {}, 2, [None, None]),
        ("Split", 18, [tensor(7)], {"num_outputs": 3}, 3, [(3,), (3,), (1,)]),
        ("CenterCropPad", 18, [Fact(1), values(2, 3)], {}, 1, [(2, 3)]),
        ("CenterCropPad", 18, [Fact(1), values(2, 3)], {"axes": (0, 1)}, 1, [None]),
        ("CenterCropPad", 18, [Fact(1), tensor(2, dtype=7)], {}, 1, [None]),
        ("CenterCropPad", 18, [tensor(5, N, 7), values(2, 3)], {"axes": (-1, 1)}, 1, [(5, 3, 2)]),
        ("CenterCropPad", 18, [tensor(5, N), tensor(1, dtype=7)], {"axes": (0,)}, 1, [(None, N)]),
        ("Unique", 11, [Fact(1)], {"axis": 0}, 4, [None, (None,), (None,), (None,)]),
        ("Unique", 11, [Fact(1)], {}, 4, [(None,), (None,), (None,), (None,)]),
        ("Unique", 11, [tensor(0, 2)], {}, 4, [(0,), (0,), (0,), (0,)]),
        ("Resize", 13, [tensor(1, N), None, values(1.0, 0.5, dtype=1)], {}, 1, [(1, N // 2)]),
        ("Resize", 13, [tensor(1, N), None, values(1.0, 2.0, dtype=1)], {}, 1, [(1, N * 2)]),
        ("Resize", 13, [tensor(1, N), None, values(1.0, 0.1, dtype=1)], {}, 1, [(1, None)]),
        (
            "Resize", 18, [tensor(8, 4), None, None, values(4, 4)], {"keep_aspect_ratio_policy": "not_larger"}, 1,
            [(4, 2)],
        ),
        (
            "Resize", 18, [tensor(8, 4), None, None, values(4, 4)], {"keep_aspect_ratio_policy": "not_smaller"}, 1,
            [(8, 4)],
        ),
        (
            "Resize", 18, [tensor(1, 3), None, None, values(3, 4)], {"keep_aspect_ratio_policy": "not_larger"}, 1,
            [(1, 4)],
        ),
    ],
)  # fmt: skip
def test_what_follows_of_half_known_inputs(
    op_type: str, opset: int, inputs: list[Fact | None], attributes: dict[str, Any], outputs: int, shapes: list[Any]
) -> None:
    answer = ask(op_type, opset, inputs, attributes, outputs)
    assert [fact.shape for fact in answer.outputs[:outputs]] == shapes


FLOAT16, FLOAT32, FLOAT64, BFLOAT16 = 10, 1, 11, 16
INT8, INT64, UINT8, BOOL, STRING, E4M3 = 3, 7, 2, 9, 8, 17


@pytest.mark.parametrize(
    ("value", "dtype", "held"),
    [
        (0.1, FLOAT64, 0.1),
        (0.1, FLOAT32, float(np.float32(0.1))),
        (0.1, FLOAT16, float(np.float16(0.1))),
        (1e39, FLOAT32, inf),
        (-1e39, FLOAT32, -inf),
        (65520.0, FLOAT16, inf),  # halfway beyond the greatest
        (-65520.0, FLOAT16, -inf),
        (65519.0, FLOAT16, 65504.0),
        (inf, FLOAT16, inf),
        (1.0 + 2**-8, BFLOAT16, 1.0),  # seven bits behind the point; a tie goes to the even one
        (1.0 + 3 * 2**-8, BFLOAT16, 1.0 + 2**-6),
        (1.0 + 2**-8 + 2**-20, BFLOAT16, 1.0 + 2**-7),
        (1.0 + 2**-9, BFLOAT16, 1.0),
        (-1.0 - 3 * 2**-8, BFLOAT16, -1.0 - 2**-6),
        (257.0, BFLOAT16, 256.0),
        (259.0, BFLOAT16, 260.0),
    ],
)
def test_a_float_as_its_type_holds_it(value: float, dtype: int, held: float) -> None:
    assert rounded(value, dtype) == held


@pytest.mark.parametrize(
    ("value", "source", "target", "made"),
    [
        (2.9, FLOAT32, INT64, 2),
        (-2.9, FLOAT32, INT64, -2),
        (nan, FLOAT32, INT64, None),
        (inf, FLOAT32, INT64, None),
        (128.0, FLOAT32, INT8, None),
        (127.9, FLOAT32, INT8, 127),
        (0.0, FLOAT32, BOOL, False),
        (-0.0, FLOAT32, BOOL, False),
        (-0.0, E4M3, BOOL, None),
        (-1.0, E4M3, BOOL, True),
        (0.0, E4M3, BOOL, False),
        (nan, FLOAT32, BOOL, True),
        (3, INT64, BOOL, True),
        (N, INT64, BOOL, None),
        (N + 1, INT64, INT64, N + 1),
        ("a", STRING, STRING, "a"),
        ("1", STRING, INT64, None),
        (None, INT64, FLOAT32, None),
        (1, None, INT64, None),
        (True, BOOL, INT64, 1),
        (0.1, FLOAT64, FLOAT32, float(np.float32(0.1))),
        (0.1, FLOAT64, FLOAT16, None),  # some runtimes round to 32 bits first
        (0.5, FLOAT64, FLOAT16, 0.5),
    ],
)
def test_a_value_cast_to_another_type(value: Element, source: int | None, target: int, made: Element) -> None:
    found = converted(value, source, target)
    assert found == made and type(found) is type(made)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("first", "last", "step"), [(0, 1, 0.1), (0, 0.3, 0.1), (1, 0, -0.25), (0, 1, 2), (0, -1, 1), (2, 9, 3.5)]
)
def test_a_range_of_floats_is_as_long_as_the_runtimes_or_open(
    dtype: type, first: float, last: float, step: float
) -> None:
    arrays: list[np.ndarray | None] = [np.array(x, dtype) for x in (first, last, step)]
    truth = observed("Range", 11, arrays, {})
    facts = [Fact(1 if dtype is np.float32 else 11, (), (float(x),)) for x in arrays if x is not None]
    assert truth is not None
    assert ask("Range", 11, facts).outputs[0].shape in (truth[0].shape, (None,))
