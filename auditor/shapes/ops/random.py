"""Operators that draw numbers, and those that make a window or a filter bank from a size."""

from __future__ import annotations

from ...model.dtypes import DType
from ..fact import Fact, ShapeError
from ..registry import op
from ..sizes.dim import Size
from .checks import of_rank


@op("RandomNormal", "RandomUniform")
def random(*, shape: tuple[int, ...], dtype: int = DType.FLOAT.value) -> Fact:
    if any(size < 0 for size in shape):
        raise ShapeError(f"shape has a negative size: {list(shape)}", attribute="shape")
    return Fact(dtype, shape)


@op("RandomNormalLike", "RandomUniformLike")
@op("Bernoulli", since=15)
def random_like(input: Fact, *, dtype: int | None = None) -> Fact:
    return Fact(input.dtype if dtype is None else dtype, input.shape)


@op("Multinomial", since=7)
def multinomial(input: Fact, *, dtype: int = DType.INT32.value, sample_size: int = 1) -> Fact:
    if sample_size < 1:
        raise ShapeError(f"sample_size must be positive, is {sample_size}", attribute="sample_size")
    return Fact(dtype, (of_rank(input, 2, "input")[0], sample_size))


@op("HannWindow", "HammingWindow", "BlackmanWindow", since=17)
def window(size: Fact, *, output_datatype: int = DType.FLOAT.value) -> Fact:
    return Fact(output_datatype, (_number(size),))


@op("MelWeightMatrix", since=17)
def mel_weight_matrix(
    num_mel_bins: Fact,
    dft_length: Fact,
    sample_rate: Fact,
    lower_edge_hertz: Fact,
    upper_edge_hertz: Fact,
    *,
    output_datatype: int = DType.FLOAT.value,
) -> Fact:
    """From the bins of a one-sided spectrum to those of the mel scale."""
    length = _number(dft_length)
    return Fact(output_datatype, (None if length is None else length // 2 + 1, _number(num_mel_bins)))


def _number(x: Fact) -> Size | None:
    """The value of a scalar that is a size."""
    value = x.elements[0] if x.elements else None
    return None if isinstance(value, float | str) else value
