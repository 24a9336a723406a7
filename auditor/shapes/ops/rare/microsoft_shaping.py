"""com.microsoft: what moves, cuts, looks up and measures; mostly what ONNX has by another name."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Answer, Fact, ShapeError, show
from ...sizes.dim import floor_div
from ..checks import agree, axis_of, integers, of_rank, open_axes, tally
from ..creation import range_
from ..cutting import pad_11
from ..indexing import gather_nd
from .microsoft import microsoft, same_as_input


@microsoft("ExpandDims")
def expand_dims(x: Fact, axis: Fact) -> Fact:
    """Unsqueeze of one axis, which is a value."""
    if x.shape is None:
        return x.unknown()
    places = integers(axis)
    if places is None or len(places) != 1:
        return open_axes(x, len(x.shape) + 1)
    at = axis_of(places[0], len(x.shape) + 1)
    return x.shaped(*x.shape[:at], 1, *x.shape[at:])


@microsoft("GatherND")
def gather_nd_without_batch(data: Fact, indices: Fact) -> Fact:
    return gather_nd(data, indices)


@microsoft("Pad")
def pad(data: Fact, pads: Fact, value: Fact | None = None, *, mode: str = "constant") -> Answer:
    """ONNX's Pad, whose pads may lie in a matrix of one row."""
    if pads.shape is not None and len(pads.shape) == 2:
        pads = Fact(pads.dtype, pads.shape[1:], pads.elements)
    return pad_11(data, pads, value, mode=mode)


@microsoft("Range")
def range_of(start: Fact, limit: Fact, delta: Fact | None = None) -> Fact:
    """In steps of 1, unless said otherwise."""
    if delta is None:
        whole = start.dtype in (DType.INT16.value, DType.INT32.value, DType.INT64.value)
        delta = Fact(start.dtype, (), (1 if whole else 1.0,))
    return range_(start, limit, delta)


@microsoft("Trilu")
def trilu(x: Fact, k: Fact | None = None) -> Fact:
    return same_as_input(x)


@microsoft("Unique")
def unique(x: Fact) -> tuple[Fact, Fact, Fact]:
    """The values, for each element the place of its value, and how often each occurs."""
    count = of_rank(x, 1, "x")[0]
    index = DType.INT64.value
    return x.shaped(None), Fact(index, (count,)), Fact(index, (None,))


@microsoft("UnfoldTensor")
def unfold_tensor(input: Fact, *, dim: int = -1, size: int, step: int = 1) -> Fact:
    """Every slice of so many places along one axis, on a new last axis."""
    if input.shape is None:
        return input.unknown()
    if size < 1 or step < 1:
        raise ShapeError(f"size and step must be positive, are {size} and {step}", attribute="size")
    at = axis_of(dim, len(input.shape), "dim")
    whole = input.shape[at]
    if isinstance(whole, int) and whole < size:
        raise ShapeError(f"{size} places do not fit into {show(input.shape)}", attribute="size")
    slices = None if whole is None else floor_div(whole - size, step) + 1
    return input.shaped(*input.shape[:at], slices, *input.shape[at + 1 :], size)


@microsoft("TorchEmbedding")
def torch_embedding(
    weight: Fact, indices: Fact, padding_idx: Fact | None = None, scale_grad_by_freq: Fact | None = None
) -> Fact:
    row = of_rank(weight, 2, "weight")[1]
    return weight.unknown() if indices.shape is None else weight.shaped(*indices.shape, row)


@microsoft("MurmurHash3")
def murmur_hash3(x: Fact, *, positive: int = 1) -> Fact:
    """A hash of each element."""
    return Fact(DType.UINT32.value if positive else DType.INT32.value, x.shape)


@microsoft("CDist")
def cdist(a: Fact, b: Fact) -> Answer:
    """The distance of each row of A to each row of B: a product, as it is worked out."""
    rows, size = of_rank(a, 2, "a")
    columns, other = of_rank(b, 2, "b")
    size = agree(size, other, "the columns of A and B")
    return Answer((Fact(a.dtype or b.dtype, (rows, columns)),), macs=tally(rows, columns, size))


@microsoft("Rfft")
def rfft(x: Fact) -> Fact:
    """Real numbers into complex ones, of which a new last axis holds both parts."""
    return x.unknown() if x.shape is None else open_axes(x, len(x.shape) + 1)


@microsoft("Irfft")
def irfft(x: Fact) -> Fact:
    return x.unknown() if not x.shape else open_axes(x, len(x.shape) - 1)


@microsoft("IsAllFinite")
def is_all_finite(*input: Fact) -> Fact:
    """One answer for all tensors."""
    return Fact(DType.BOOL.value)


@microsoft("DynamicTimeWarping")
def dynamic_time_warping(input: Fact) -> Fact:
    """The cheapest path through a matrix of costs, as pairs of places."""
    return Fact(DType.INT32.value, (2, None))


# Text


@microsoft("Tokenizer")
def tokenizer(x: Fact) -> Fact:
    """Each string falls into tokens, on a new last axis."""
    return Fact(DType.STRING.value) if x.shape is None else Fact(DType.STRING.value, (*x.shape, None))


@microsoft("WordConvEmbedding")
def word_conv_embedding(sequence: Fact, w: Fact, b: Fact, c: Fact) -> Answer:
    """A row is a word, and its characters are what the filters slide over."""
    filters = w.shape[0] if w.shape else None
    return Answer((Fact(w.dtype, (sequence.shape[0] if sequence.shape else None, filters)),), macs=None)
