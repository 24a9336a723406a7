"""Dense arithmetic: stored weights by sign, one pass over each; products of two computed tensors by their ends."""

from __future__ import annotations

import math

import numpy as np

from ...model.tensor import Tensor
from ..known import Array, Known, known, together, whole
from ..registry import ranged
from ..site import Site, Sizes, along


@ranged("MatMul", rounds=1)
def matmul(A: Known, B: Known, *, site: Site) -> Known | None:
    weights, shape, other = site.tensor(1), site.shape(1), site.shape(0)
    if weights is not None and shape is not None and len(shape) == 2 and other is not None and other:
        found = _by_columns(A, weights, other, 1, site)
        if found is not None:
            return found
    weights, shape = site.tensor(0), site.shape(0)
    other = site.shape(1)
    if weights is not None and shape is not None and len(shape) == 2 and other is not None and len(other) >= 2:
        found = _by_rows(B, weights, len(other) - 2, len(other), site)
        if found is not None:
            return moved_back(found, len(other))
    terms = _terms(site.shape(0), -1) or _terms(site.shape(1), -2 if len(site.shape(1) or ()) > 1 else 0)
    return None if terms is None else _products_at(site, A, B, terms)


def _terms(shape: Sizes | None, axis: int) -> int | None:
    return shape[axis] if shape and -len(shape) <= axis < len(shape) else None


def _products_at(site: Site, A: Known, B: Known, terms: int) -> Known:
    """The same of a node's first two inputs: what of them is stored is looked at now."""
    one, other = (x if (t := site.tensor(i)) is None else site.store.known(t) for i, x in enumerate((A, B)))
    return products(one, other, terms) if one.finite and other.finite else whole(A.dtype)


def products(A: Known, B: Known, terms: int) -> Known:
    """A sum of so many products of any elements of both."""
    several = [a * b for a in (A.least, A.most) for b in (B.least, B.most)]
    low, high = terms * min(several), terms * max(several)
    if not A.limits.floating:
        return known(A.dtype, low, high)
    slack = 2 * (terms + 2) * A.limits.sum_unit * terms * A.magnitude * B.magnitude
    below, above = low - slack, high + slack
    return known(A.dtype, max(below, 0.0) if low >= 0 else below, min(above, 0.0) if high <= 0 else above)


def entries(x: Known, axis: int, rank: int, size: int) -> tuple[Array, Array]:
    """The ends of the entries along one axis, whatever the others."""
    kept = along(x, frozenset(range(rank)) - {axis}, rank, False) if rank > 1 else x
    low, high = (np.broadcast_to(np.ravel(end), (size,)) for end in (kept.low, kept.high))
    return low, high


def _by_columns(x: Known, weights: Tensor, shape: Sizes, axis_of_weights: int, site: Site) -> Known | None:
    """x [.., K] times stored [K, N]."""
    size, columns = weights.dims
    if shape[-1] != size or not size or not columns:
        return None
    found = site.store.product(weights, columns, *entries(x, len(shape) - 1, len(shape), size), across=True)
    return None if found is None else known(x.dtype, *found)


def _by_rows(x: Known, weights: Tensor, axis: int, rank: int, site: Site) -> Known | None:
    """Stored [M, K] times x, whose axis has K entries."""
    rows, size = weights.dims
    shape = site.shape(1)
    if shape is None or shape[axis] != size or not size or not rows:
        return None
    found = site.store.product(weights, size, *entries(x, axis, rank, size), across=False)
    return None if found is None else known(x.dtype, *found)


def moved_back(found: Known, rank: int) -> Known:
    """Rows of the result, which vary along the last axis but one."""
    form = (1,) * (rank - 2) + (found.low.size, 1)
    return known(found.dtype, found.low.reshape(form), found.high.reshape(form))


@ranged("Gemm", rounds=2)
def gemm(
    A: Known, B: Known, C: Known | None = None, *, site: Site, alpha: float = 1.0, beta: float = 1.0,
    transA: int = 0, transB: int = 0,
) -> Known | None:  # fmt: skip
    weights, shape = site.tensor(1), site.shape(0)
    found: Known | None = None
    if weights is not None and len(weights.dims) == 2 and shape is not None and len(shape) == 2:
        axis = 0 if transA else 1
        rows, columns = weights.dims
        size = columns if transB else rows
        if shape[axis] == size and size and rows and columns:
            ends = site.store.product(weights, columns, *entries(A, axis, 2, size), across=not transB)
            found = None if ends is None else known(A.dtype, *ends)
    if found is None:
        terms = _terms(shape, 0 if transA else 1) or _terms(site.shape(1), 1 if transB else 0)
        if terms is None:
            return None
        found = _products_at(site, A, B, terms)
    low, high = (alpha * found.low, alpha * found.high) if alpha >= 0 else (alpha * found.high, alpha * found.low)
    if C is not None:
        one, other = beta * C.low, beta * C.high
        reach = np.maximum(np.abs(low), np.abs(high)) + np.maximum(np.abs(one), np.abs(other))
        slack = 4 * A.limits.unit * reach if A.limits.floating else 0.0
        low, high = low + np.minimum(one, other) - slack, high + np.maximum(one, other) + slack
    return known(A.dtype, low, high)


@ranged("Conv", rounds=2)
def conv(
    X: Known, W: Known, B: Known | None = None, *, site: Site, auto_pad: str = "NOTSET", group: int = 1,
    pads: tuple[int, ...] | None = None,
) -> Known | None:  # fmt: skip
    weights, shape = site.tensor(1), site.shape(0)
    if shape is None or len(shape) < 3:
        return None
    rank = len(shape)
    padded = auto_pad.startswith("SAME") or any(pads or ())
    x = known(X.dtype, np.minimum(X.low, 0.0), np.maximum(X.high, 0.0)) if padded else X
    if weights is not None and len(weights.dims) == rank:
        outputs, within, *kernel = weights.dims
        found = _convolved(x, weights, outputs, within, math.prod(kernel), group, rank, shape[1], site)
    else:
        kernel_shape = site.shape(1)
        if kernel_shape is None or None in kernel_shape:
            return None
        found = products(x, W, math.prod(s or 0 for s in kernel_shape[1:]))
    return None if found is None else _with_bias(found, B, rank)


def _convolved(
    x: Known,
    weights: Tensor,
    outputs: int,
    within: int,
    taps: int,
    group: int,
    rank: int,
    channels: int | None,
    site: Site,
) -> Known | None:
    columns = within * taps
    if min(outputs, columns, group) <= 0 or (channels is not None and channels != within * group) or outputs % group:
        return None
    low, high = entries(x, 1, rank, within * group)
    if group > 1:
        if site.store.array(weights) is None:  # many: one interval for the channels of all groups
            low, high = np.full(within, low.min()), np.full(within, high.max())
        else:  # each row has the channels of its group
            low, high = (np.repeat(e.reshape(group, within), outputs // group, axis=0) for e in (low, high))
    found = site.store.product(weights, columns, *(np.repeat(e, taps, axis=-1) for e in (low, high)), across=False)
    form = (outputs,) + (1,) * (rank - 2)
    return None if found is None else known(x.dtype, found.low.reshape(form), found.high.reshape(form))


def _with_bias(found: Known, bias: Known | None, rank: int) -> Known:
    if bias is None:
        return found
    low, high = (end.reshape((-1,) + (1,) * (rank - 2)) if end.ndim else end for end in (bias.low, bias.high))
    reach = np.maximum(np.abs(found.low), np.abs(found.high)) + np.maximum(np.abs(low), np.abs(high))
    slack = 2 * found.limits.unit * reach if found.limits.floating else 0.0
    return known(found.dtype, found.low + low - slack, found.high + high + slack)


@ranged("ConvTranspose", rounds=2)
def conv_transpose(X: Known, W: Known, B: Known | None = None, *, site: Site, group: int = 1) -> Known | None:
    """Each output takes some of the taps: all of them, with inputs that may be zero."""
    weights, shape = site.tensor(1), site.shape(0)
    if weights is None or shape is None or len(weights.dims) != len(shape) or len(shape) < 3 or group != 1:
        return None
    inputs, outputs, *kernel = weights.dims
    taps = math.prod(kernel)
    if shape[1] not in (None, inputs) or min(inputs, outputs, taps) <= 0:
        return None
    x = known(X.dtype, np.minimum(X.low, 0.0), np.maximum(X.high, 0.0))
    found = site.store.product(weights, outputs * taps, *entries(x, 1, len(shape), inputs), across=True)
    if found is None:
        return None
    low, high = found
    form = (outputs,) + (1,) * (len(shape) - 2)
    low, high = (end.reshape(outputs, taps).sum(axis=1) for end in (np.minimum(low, 0.0), np.maximum(high, 0.0)))
    slack = (taps + 2) * X.limits.sum_unit * (np.abs(low) + np.abs(high))
    return _with_bias(known(X.dtype, (low - slack).reshape(form), (high + slack).reshape(form)), B, len(shape))


@ranged("MatMulInteger")
def matmul_integer(
    A: Known, B: Known, a_zero_point: Known | None = None, b_zero_point: Known | None = None, *, site: Site
) -> Known | None:
    """Sums in int32; what leaves it wraps around."""
    terms = _terms(site.shape(0), -1)
    if terms is None:
        return None
    a, b = _less(A, a_zero_point), _less(B, b_zero_point)
    array = None if site.tensor(1) is None else site.store.array(site.tensor(1) or Tensor("", 0, (), (), None, -1))
    if array is not None and array.ndim == 2 and b_zero_point is None:
        numbers = array.astype(np.float64)
        above, below = np.maximum(numbers, 0).sum(axis=0), np.minimum(numbers, 0).sum(axis=0)
        return known(6, above * a.least + below * a.most, above * a.most + below * a.least)
    several = [x * y for x in (a.least, a.most) for y in (b.least, b.most)]
    return known(6, terms * min(several), terms * max(several))


@ranged("ConvInteger")
def conv_integer(
    x: Known, w: Known, x_zero_point: Known | None = None, w_zero_point: Known | None = None, *, site: Site
) -> Known | None:
    shape = site.shape(1)
    if shape is None or None in shape[1:]:
        return None
    a, b = _less(x, x_zero_point), _less(w, w_zero_point)
    several = [p * q for p in (a.least, a.most, 0.0) for q in (b.least, b.most)]
    terms = math.prod(s or 0 for s in shape[1:])
    return known(6, terms * min(several), terms * max(several))


def _less(x: Known, zero: Known | None) -> Known:
    one = together(x)
    return one if zero is None else known(6, one.least - zero.most, one.most - zero.least)
