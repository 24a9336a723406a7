"""What single operators say at the edges of what they take: the specification's sizes, types and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from auditor.shapes.fact import MOST_ELEMENTS, Fact, Items, Shape, ShapeError
from auditor.shapes.kernels import KERNELS, Unsure
from auditor.shapes.ops.joins import either, either_or_none
from auditor.shapes.sizes.dim import named

from .asking import FLOAT, INT64, STRING, ask, formula, observed, tensor, values

B, C, L, N, P = map(named, "BCLNP")
MS = "com.microsoft"
ML = "ai.onnx.ml"
DOUBLE, UINT32, HALF = 11, 12, 10
NOTHING = Fact()
"""Of which nothing is known."""


class Asked(NamedTuple):
    """One node, and the shape of one of its outputs."""

    op_type: str
    opset: int
    inputs: Sequence[Fact | None]
    shape: Shape | None
    attributes: Mapping[str, Any] = {}
    output: int = 0
    domain: str = ""
    dtype: int | None = FLOAT


HEADS = {"num_heads": 2}
ASKED = {
    "a mask of 32 bits is one number": Asked("BitmaskDropout", 1, [tensor(4, 8)], (1,), {}, 1, MS, UINT32),
    "one bit more is another number": Asked("BitmaskDropout", 1, [tensor(3, 11)], (2,), {}, 1, MS, UINT32),
    "no bits are no number": Asked("BitmaskDropout", 1, [tensor(0)], (0,), {}, 1, MS, UINT32),
    "a map of floats": Asked("CastMap", 1, [NOTHING], (1, None), {"cast_to": "TO_FLOAT"}, 0, ML, FLOAT),
    "a map of numbers, sparse": Asked(
        "CastMap", 1, [NOTHING], (1, 7), {"cast_to": "TO_INT64", "map_form": "SPARSE", "max_map": 7}, 0, ML, INT64
    ),
    "a map of strings": Asked("CastMap", 1, [NOTHING], (1, None), {"cast_to": "TO_STRING"}, 0, ML, STRING),
    "labels say how many samples there are": Asked(
        "NegativeLogLikelihoodLoss", 13, [tensor(N, C), tensor(3, dtype=INT64)], (3,), {"reduction": "none"}
    ),
    "a cache has heads behind the batch": Asked(
        "DecoderAttention", 1, [tensor(L, 5, 12), tensor(P, 5, 12), tensor(12, 12), tensor(12, 24), tensor(36)],
        (5, 2, None, 6), HEADS, 1, MS,
    ),
    "a cache that is shared stays as long": Asked(
        "MultiHeadAttention", 1,
        [tensor(3, 1, 8), tensor(3, 1, 8), tensor(3, 1, 8), None, None, None, tensor(3, 2, 16, 4), tensor(3, 2, 16, 4),
         values(5, dtype=6)],
        (3, 2, 16, 4), HEADS, 1, MS,
    ),
    "keys behind those of before": Asked(
        "MultiHeadAttention", 1,
        [tensor(3, 1, 8), tensor(3, 1, 8), tensor(3, 1, 8), None, None, None, tensor(3, 2, 5, 4), tensor(3, 2, 5, 4)],
        (3, 2, 6, 4), HEADS, 1, MS,
    ),
    "keys by heads are all": Asked(
        "MultiHeadAttention", 1,
        [tensor(3, 1, 8), tensor(3, 2, 9, 4), tensor(3, 2, 9, 4), None, None, None, tensor(3, 2, 5, 4),
         tensor(3, 2, 5, 4)],
        (3, 2, 9, 4), HEADS, 1, MS,
    ),
    "parts of complex numbers": Asked("Irfft", 1, [tensor(3, 5, 2)], (None, None), {"signal_ndim": 1}, 0, MS),
    "parts of who knows what": Asked("Irfft", 1, [NOTHING], None, {"signal_ndim": 1}, 0, MS, None),
    "a weight of 3 bits is laid out in a way of its own": Asked(
        "MatMulNBits", 1, [tensor(B, 64), tensor(8, 2, 12), tensor(16)], (B, 8),
        {"K": 64, "N": 8, "bits": 3, "block_size": 32}, 0, MS,
    ),
    "4-bit floats that are not transposed": Asked(
        "MatMulBnb4", 1, [tensor(B, 64), tensor(256), tensor(8)], (B, None),
        {"K": 64, "N": 8, "block_size": 64, "quant_type": 1, "transB": 0}, 0, MS,
    ),
    "a signal in blocks of channels": Asked(
        "Conv", 1, [tensor(1, 8, 10), tensor(16, 8, 3)], (1, 16, 8), {}, 0, "com.microsoft.nchwc"
    ),
    "nothing crops to nothing": Asked(
        "Resize", 13, [tensor(2, 0), values(0.0, 0.0, 0.5, 0.5, dtype=FLOAT), values(1.0, 2.0, dtype=FLOAT)], (None, 0),
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
    ),
    "a region counts where it is cropped": Asked(
        "Resize", 13, [tensor(4, 6), values(0.0, 0.0, 1.0, 0.5, dtype=FLOAT), values(2.0, 2.0, dtype=FLOAT)], (8, None),
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
    ),
    "a region counts where it is cropped, later": Asked(
        "Resize", 19, [tensor(4, 6), values(0.0, 0.0, 1.0, 0.5, dtype=FLOAT), values(2.0, 2.0, dtype=FLOAT)], (8, None),
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
    ),
    "a region counts where it is cropped, earlier": Asked(
        "Resize", 11, [tensor(4, 6), values(0.0, 0.0, 1.0, 0.5, dtype=FLOAT), values(2.0, 2.0, dtype=FLOAT)], (8, None),
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
    ),
    "a region does not count elsewhere": Asked(
        "Resize", 13, [tensor(4, 6), values(0.0, 0.0, 1.0, 0.5, dtype=FLOAT), values(2.0, 2.0, dtype=FLOAT)], (8, 12)
    ),
    "an empty axis under a window that is too large": Asked(
        "Conv", 11, [tensor(1, 1, 0, 5), tensor(1, 1, 3, 3)], (1, 1, None, None)
    ),
    "a window of the size of a signal": Asked(
        "MaxPool", 12, [tensor(2, 3, 4)], (2, 3, 1), {"kernel_shape": (4,)}
    ),
    "columns that nothing names": Asked("Einsum", 12, [tensor(2, 3), NOTHING], (2, None), {"equation": "ij,jk->ik"}),
    "what dots stand for may be left out": Asked("Einsum", 12, [tensor(5, 2, 3)], (2,), {"equation": "...ij->i"}),
    "places by float64 where that is the type": Asked(
        "Range", 11, [values(0.0, dtype=DOUBLE)._replace(shape=()), values(2.1, dtype=DOUBLE)._replace(shape=()),
                      values(0.3, dtype=DOUBLE)._replace(shape=())], (8,), dtype=DOUBLE,
    ),
    "the last of an axis of a name": Asked(
        "Slice", 13, [tensor(L), values(0 - L), values(2**31 - 1)], (L,)
    ),
    "values where nobody knows how many": Asked(
        "Where", 16, [tensor(N, dtype=9), values(1.0, dtype=FLOAT), values(2.0, dtype=FLOAT)], (N,)
    ),
    "a border around nothing": Asked(
        "Conv", 11, [tensor(1, 1, 0, 5), tensor(1, 1, 2, 1)], (1, 1, 1, 5), {"pads": (1, 0, 1, 0)}
    ),
    "the sizes backwards since opset 9": Asked(
        "MaxUnpool", 9, [tensor(1, 1, 2, 2), tensor(1, 1, 2, 2, dtype=INT64)], (1, 1, 4, 4),
        {"kernel_shape": (2, 2), "strides": (2, 2)},
    ),
    "the last axis by default": Asked("Softmax", 13, [tensor(3)], (3,)),
    "the axis behind the batch by default": Asked(
        "DFT", 17, [tensor(2, 8, 1), values(16)._replace(shape=())], (2, 16, 2)
    ),
    "the channels last, rounded down by default": Asked(
        "MaxPool", 12, [tensor(1, 5, 5, 3)], (1, 2, 2, 3), {"kernel_shape": (2, 2), "strides": (2, 2)}, 0,
        "com.ms.internal.nhwc",
    ),
    "the channels last, of one more output": Asked(
        "BatchNormalization", 14, [tensor(1, 5, 5, 3), *[tensor(3)] * 4], (3,), {"training_mode": 1}, 1,
        "com.ms.internal.nhwc",
    ),
    "as many axes as pads are for, as attributes": Asked(
        "Pad", 2, [tensor()._replace(shape=None)], (None, None), {"pads": (0, 1, 2, 3)}
    ),
    "images have four axes": Asked(
        "Upsample", 1, [tensor()._replace(shape=None)], (None,) * 4, {"height_scale": 2.0, "width_scale": 2.0}
    ),
    "a query's heads are as wide as they were": Asked(
        "SparsePagedAttention", 1, [tensor(L, 24), *[NOTHING] * 14], (L, 24),
        {"num_heads": 3, "kv_num_heads": 3}, 0, MS,
    ),
    "cumulated lengths begin at 0": Asked(
        "RemovePadding", 1, [tensor(5, L, 8), tensor(5, dtype=6)], (6,), {}, 2, MS, 6
    ),
    "one size for each axis of what blocks hold": Asked(
        "QuantizeBFP", 1, [tensor(2, 3, N)], (3,), {"bfp_type": 1}, 1, MS, INT64
    ),
    "one stride for each axis of what blocks hold": Asked(
        "QuantizeBFP", 1, [tensor(2, 3, N)], (3,), {"bfp_type": 1}, 2, MS, INT64
    ),
    "numbers of four bits by their type stand alone": Asked(
        "GatherBlockQuantized", 1, [tensor(9, 32, dtype=22), tensor(3, dtype=INT64), tensor(9, 2)], (3, 32),
        {"block_size": 16, "quantize_axis": 1}, 0, MS,
    ),
    "numbers of four bits, two in a byte": Asked(
        "GatherBlockQuantized", 1, [tensor(9, 16, dtype=2), tensor(3, dtype=INT64), tensor(9, 2)], (3, 32),
        {"block_size": 16, "quantize_axis": 1}, 0, MS,
    ),
    "updates of each state": Asked(
        "VarlenCausalConvWithState", 1,
        [tensor(L, 8), tensor(8, 1, 4), tensor(6, dtype=6), None, tensor(5, 8, 3)], (5, 7, 8),
        {"state_update_capacity": 7}, 2, MS,
    ),
    "from an axis on, as before opset 7": Asked(
        "Add", 6, [tensor(2, 3, 4), tensor(3)], (2, 3, 4), {"broadcast": 1, "axis": 1}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_the_shape_is(name: str) -> None:
    case = ASKED[name]
    fact = ask(case.op_type, case.opset, case.inputs, case.attributes, case.output + 1, case.domain).outputs[
        case.output
    ]
    assert (fact.shape, fact.dtype) == (case.shape, case.dtype)


class Refused(NamedTuple):
    op_type: str
    opset: int
    inputs: Sequence[Fact | None]
    attributes: Mapping[str, Any]
    words: str
    domain: str = ""


REFUSED = {
    "an index behind the axis": Refused(
        "GatherElements", 13, [tensor(3), values(0, 3)], {"axis": 0}, "3"
    ),
    "items of different ranks": Refused(
        "ConcatFromSequence", 11, [Fact(items=Items(NOTHING, 2, (tensor(2), tensor(2, 3))))], {"axis": 0},
        "different ranks",
    ),
    "a scalar under a pooling": Refused("MaxPool", 12, [tensor(3)], {"kernel_shape": (1,)}, "spatial axis"),
    "a place of three numbers in a plane": Refused(
        "GridSample", 16, [tensor(1, 3, 4, 4), tensor(1, 5, 6, 3)], {}, "a place in 2 axes has 2 numbers"
    ),
    "a query of three axes where two are taken": Refused(
        "SparsePagedAttention", 1, [tensor(2, 3, 8), *[NOTHING] * 14], {"num_heads": 2, "kv_num_heads": 2}, "rank 2", MS
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str) -> None:
    case = REFUSED[name]
    with pytest.raises(ShapeError, match=case.words):
        ask(case.op_type, case.opset, case.inputs, case.attributes, 1, case.domain)


def test_a_range_of_float64_is_as_long_as_the_runtime_makes_it() -> None:
    """2.1 / 0.3 is 7.000000000000001 in float64, and 7 in float32."""
    truth = observed("Range", 11, [np.array(n, np.float64) for n in (0, 2.1, 0.3)], {})
    assert truth is not None and truth[0].shape == (8,)


@pytest.mark.parametrize(("more", "error"), [(1, False), (2, False), (3, True), (-1, False)])
def test_an_axis_of_three_has_two_elements_to_reflect(more: int, error: bool) -> None:
    """https://onnx.ai/onnx/operators/onnx__Pad.html; numpy reflects anew, onnxruntime refuses."""
    truth = observed("Pad", 13, [np.ones(3, np.float32), np.array([more, 0])], {"mode": "reflect"})
    assert (truth is None) == error
    if error:
        with pytest.raises(ShapeError, match="cannot be reflected"):
            ask("Pad", 13, [tensor(3), values(more, 0)], {"mode": "reflect"})
    else:
        assert ask("Pad", 13, [tensor(3), values(more, 0)], {"mode": "reflect"}).outputs[0].shape == (3 + more,)


def test_nothing_is_reflected_of_an_empty_axis_where_nothing_is_asked() -> None:
    assert ask("Pad", 13, [tensor(0, 3), values(0, 1, 0, 1)], {"mode": "reflect"}).outputs[0].shape == (0, 5)


def test_sums_of_floats_are_not_followed() -> None:
    """In which order they are added, nobody promises."""
    (made,) = ask("Sum", 13, [values(1.0, dtype=FLOAT), values(2.0, dtype=FLOAT)]).outputs
    assert made.elements is None or made.elements == (None,)
    (whole,) = ask("Sum", 13, [values(1), values(2), values(N)]).outputs
    assert whole.elements == (N + 3,)


def test_with_an_axis_values_are_not_followed_before_opset_7() -> None:
    two = values(1, 2)
    assert ask("Add", 6, [two, values(5)], {"broadcast": 1, "axis": 0}).outputs[0].elements is None
    assert ask("Add", 6, [two, values(5)], {"broadcast": 1}).outputs[0].elements == (6, 7)


@pytest.mark.parametrize("more", [0, 1])
def test_pieces_are_listed_up_to_as_many_as_elements_are(more: int) -> None:
    count = MOST_ELEMENTS + more
    for split in (None, values(2)._replace(shape=())):
        x = tensor(count if split is None else 2 * count, 3)
        (made,) = ask("SplitToSequence", 11, [x, split]).outputs
        assert made.items is not None and made.items.length == count
        assert (made.items.each is None) == bool(more)


@pytest.mark.parametrize("more", [0, 1])
def test_places_of_what_is_not_zero_are_listed_up_to_so_many(more: int) -> None:
    """Each takes two numbers, for there are two axes."""
    half = MOST_ELEMENTS // 2
    ones = values(*[1] * (half + more), *[0] * (half - more))
    (made,) = ask("NonZero", 13, [ones._replace(shape=(2, half))]).outputs
    assert made.shape == (2, half + more)
    assert (made.elements is None) == bool(more)


def test_either_of_nothing_and_something_is_something() -> None:
    known, other = tensor(2, 3), tensor(2, 4)
    assert either_or_none(known, None) == either_or_none(None, known) == known
    assert either_or_none(None, None) is None
    assert either_or_none(known, other) == either(known, other) == tensor(2, None)


@pytest.mark.parametrize(("op_type", "arrays"), [("Div", ([1], [0])), ("NonZero", (3,))])
def test_a_kernel_says_itself_that_nobody_knows(op_type: str, arrays: tuple[Any, ...]) -> None:
    with pytest.raises(Unsure):
        KERNELS[op_type]({}, *(np.array(a, np.int64) for a in arrays))


def test_a_negated_number_is_followed() -> None:
    assert ask("Neg", 13, [values(3, -4, N)]).outputs[0].elements == (-3, 4, -N)


def test_the_sign_of_a_size_is_known_where_the_size_does_not_matter() -> None:
    """A size is 0 at least: that of N itself hangs on N."""
    signs = ask("Sign", 13, [values(N + 1, -N - 1, 0, N)]).outputs[0].elements
    assert signs == (1, -1, 0, None)


def test_how_an_unpooling_comes_about_is_told() -> None:
    x, places = tensor(1, 1, 3, 3), tensor(1, 1, 3, 3, dtype=INT64)
    assert formula("MaxUnpool", 11, [x, places], {"kernel_shape": (2, 2), "strides": (2, 2)}) == "2*(3 - 1) + 2 = 6"


def test_nothing_is_reflected_of_an_axis_of_one() -> None:
    assert observed("Pad", 13, [np.ones(1, np.float32), np.array([1, 0])], {"mode": "reflect"}) is None
    with pytest.raises(ShapeError, match="cannot be reflected"):
        ask("Pad", 13, [tensor(1), values(1, 0)], {"mode": "reflect"})
