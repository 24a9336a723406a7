"""Experimental operators that ONNX took out again long ago (version 1.4), and that files still carry.

Their words are those of ONNX's own operators documentation of 2018; those that onnxruntime still runs are held to it.
`ATen` has no rule: it stands for whatever PyTorch had, and says nothing of its outputs.
"""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Fact, Shape
from ...registry import op
from ..checks import length_of, open_axes, sizes_of
from ..cutting import slice_10


@op("DynamicSlice")
def dynamic_slice(data: Fact, starts: Fact, ends: Fact, axes: Fact | None = None) -> Answer:
    """Slice as it became later, without steps."""
    return slice_10(data, starts, ends, axes)


@op("ConstantFill")
def constant_fill(
    input: Fact | None = None,
    *,
    dtype: int = DType.FLOAT.value,
    extra_shape: tuple[int, ...] | None = None,
    input_as_shape: int = 0,
    shape: tuple[int, ...] | None = None,
) -> Fact:
    """One value everywhere; the shape is that of the attribute, of the input, or what the input's values are."""
    return _filled(dtype, input, shape, input_as_shape, extra_shape)


@op("GivenTensorFill")
def given_tensor_fill(
    input: Fact | None = None,
    *,
    extra_shape: tuple[int, ...] | None = None,
    input_as_shape: int = 0,
    shape: tuple[int, ...] | None = None,
) -> Fact:
    """As ConstantFill, a value for each element, and of the input's own type. The input is called shape as well."""
    return _filled(None if input is None else input.dtype, input, shape, input_as_shape, extra_shape)


def _filled(
    dtype: int | None,
    x: Fact | None,
    shape: tuple[int, ...] | None,
    input_as_shape: int,
    extra_shape: tuple[int, ...] | None,
) -> Fact:
    if shape is not None:
        return Fact(dtype, shape)
    if x is None:
        return Fact(dtype)
    sizes: Shape | None = x.shape
    if input_as_shape:
        sizes = sizes_of(x)
        if sizes is None:
            sizes = open_axes(Fact(dtype), length_of(x)).shape
    return Fact(dtype, None if sizes is None else (*sizes, *(extra_shape or ())))


@op("GRUUnit")
def gru_unit(hidden_prev: Fact, gates: Fact, seq_lengths: Fact, t: Fact) -> Fact:
    """One step of a GRU behind its dense layers, which stand apart: element-wise."""
    return Fact(hidden_prev.dtype, hidden_prev.shape)
