"""Normalizations, whose results are bounded by how many elements they normalise, and pooling."""

from __future__ import annotations

import math

import numpy as np

from ..known import Known, known
from ..registry import ranged
from ..site import Site, along, count_along, moved


@ranged("BatchNormalization", rounds=8)
def batch_normalization(
    X: Known, scale: Known, B: Known, input_mean: Known, input_var: Known, *, site: Site, epsilon: float = 1e-5,
    training_mode: int = 0,
) -> Known | None:  # fmt: skip
    """By the stored statistics a multiple of each channel, and a constant."""
    shape = site.shape(0)
    if shape is None or len(shape) < 2 or training_mode or len(list(filter(None, site.node.outputs))) > 1:
        return None
    form = (-1,) + (1,) * (len(shape) - 2)
    s, b, m, v = (moved(one, lambda e: e.reshape(form) if e.ndim else e) for one in (scale, B, input_mean, input_var))
    if not (s.constant and b.constant and m.constant and v.constant) or v.least + epsilon <= 0:
        return None
    factor = s.low / np.sqrt(v.low + epsilon)
    ends = factor * (X.low - m.low), factor * (X.high - m.low)
    reach = np.abs(factor) * (np.maximum(np.abs(X.low), np.abs(X.high)) + np.abs(m.low)) + np.abs(b.low)
    slack = 8 * X.limits.unit * reach
    return known(X.dtype, np.minimum(*ends) + b.low - slack, np.maximum(*ends) + b.low + slack)


def _standardised(x: Known, count: int | None, epsilon: float, mean_too: bool) -> float:
    """The largest magnitude of (x - mean) / sqrt(variance + epsilon): sqrt(count - 1), and infinite where the
    variance may be lost in roundings that are larger than epsilon.

    What the mean is off by is divided by the root of epsilon, too; and of x * factor - mean * factor, which is how
    onnxruntime 1.32 writes InstanceNormalization, each product is rounded.
    """
    if count is None or not count or not x.limits.floating:
        return math.inf
    rounding = 2 * (count + 8) * x.limits.sum_unit * x.magnitude
    spread = max(x.most - x.least, 0.0) + rounding if mean_too else x.magnitude
    lost = 8 * (count + 8) * x.limits.sum_unit * x.magnitude**2 if mean_too else 0.0
    if lost >= epsilon / 2:
        return math.inf
    return min(math.sqrt(count) * 1.5 + 1.0, 1.5 * spread / math.sqrt(epsilon / 2) + x.limits.normal)


def _scaled(x: Known, most: float, scale: Known, bias: Known | None, form: tuple[int, ...] | None) -> Known:
    if not math.isfinite(most):
        return known(x.dtype, -np.inf, np.inf, True)
    low, high = scale.low, scale.high
    reach = most * np.maximum(np.abs(low), np.abs(high))
    if form is not None and reach.ndim:
        reach = reach.reshape(form)
    if bias is None:
        return known(x.dtype, -reach, reach)
    b = [end.reshape(form) if form is not None and end.ndim else end for end in (bias.low, bias.high)]
    slack = 4 * x.limits.unit * (reach + np.maximum(np.abs(b[0]), np.abs(b[1])))
    return known(x.dtype, b[0] - reach - slack, b[1] + reach + slack)


@ranged("LayerNormalization", rounds=8)
def layer_normalization(
    X: Known, Scale: Known, B: Known | None = None, *, site: Site, axis: int = -1, epsilon: float = 1e-5
) -> tuple[Known, ...]:
    shape = site.shape(0)
    at = None if shape is None else axis + len(shape) if axis < 0 else axis
    count = None if shape is None or at is None else count_along(shape, frozenset(range(at, len(shape))))
    return (_scaled(X, _standardised(X, count, epsilon, True), Scale, B, None),)


@ranged("RMSNormalization", rounds=8)
@ranged("SimplifiedLayerNormalization", rounds=8)
def rms_normalization(X: Known, scale: Known, *, site: Site, axis: int = -1, epsilon: float = 1e-5) -> Known:
    shape = site.shape(0)
    at = None if shape is None else axis + len(shape) if axis < 0 else axis
    count = None if shape is None or at is None else count_along(shape, frozenset(range(at, len(shape))))
    most = _standardised(X, count, epsilon, False) if epsilon > 0 and X.magnitude < 1e15 else math.inf
    return _scaled(X, most, scale, None, None)


@ranged("InstanceNormalization", rounds=8)
def instance_normalization(input: Known, scale: Known, B: Known, *, site: Site, epsilon: float = 1e-5) -> Known | None:
    shape = site.shape(0)
    if shape is None or len(shape) < 3:
        return None
    count = count_along(shape, frozenset(range(2, len(shape))))
    form = (-1,) + (1,) * (len(shape) - 2)
    return _scaled(input, _standardised(input, count, epsilon, True), scale, B, form)


@ranged("GroupNormalization", since=21, rounds=8)
def group_normalization(
    X: Known, scale: Known, bias: Known, *, site: Site, num_groups: int, epsilon: float = 1e-5
) -> Known | None:
    shape = site.shape(0)
    if shape is None or len(shape) < 3 or num_groups <= 0:
        return None
    count = count_along(shape, frozenset(range(1, len(shape))))
    form = (-1,) + (1,) * (len(shape) - 2)
    return _scaled(X, _standardised(X, count and count // num_groups, epsilon, True), scale, bias, form)


@ranged("LRN", rounds=64)
def local_response(
    X: Known, *, site: Site, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0
) -> Known | None:
    if bias <= 0 or alpha < 0 or beta < 0 or X.magnitude**2 * size > X.limits.high:
        return None
    # Kernels let squares into the window and out again: what is lost of them must be far below the bias.
    channels = (site.shape(0) or (None, None))[1]
    if channels is None or alpha * X.magnitude**2 * (channels + size) * 4 * X.limits.unit > bias / 4:
        return None
    least = (0.75 * bias) ** beta
    return known(X.dtype, np.minimum(X.low / least, 0.0), np.maximum(X.high / least, 0.0))


def _window(x: Known, site: Site) -> Known | None:
    """One interval for each channel."""
    shape = site.shape(0)
    return None if shape is None or len(shape) < 3 else along(x, frozenset(range(2, len(shape))), len(shape), True)


@ranged("MaxPool", infinite=True, picks=True)
def max_pool(X: Known, *, site: Site) -> tuple[Known, ...] | None:
    found = _window(X, site)
    return None if found is None else (found, known(7, 0.0, 2.0**62))


@ranged("GlobalMaxPool", infinite=True, picks=True)
def global_max_pool(X: Known, *, site: Site) -> Known | None:
    return _window(X, site)


@ranged("AveragePool", rounds=2)
def average_pool(
    X: Known, *, site: Site, kernel_shape: tuple[int, ...], auto_pad: str = "NOTSET", ceil_mode: int = 0,
    pads: tuple[int, ...] | None = None,
) -> Known | None:  # fmt: skip
    found = _window(X, site)
    if found is None:
        return None
    if auto_pad.startswith("SAME") or any(pads or ()) or ceil_mode:  # zeros may count
        found = known(X.dtype, np.minimum(found.low, 0.0), np.maximum(found.high, 0.0))
    return _averaged(found, math.prod(kernel_shape))


@ranged("GlobalAveragePool", rounds=2)
def global_average_pool(X: Known, *, site: Site) -> Known | None:
    found, shape = _window(X, site), site.shape(0)
    count = None if shape is None else count_along(shape, frozenset(range(2, len(shape))))
    return None if found is None or not count else _averaged(found, count)


def _averaged(x: Known, count: int) -> Known:
    """Where the sum leaves the type, so may the mean."""
    slack = 2 * (count + 2) * x.limits.sum_unit * np.maximum(np.abs(x.low), np.abs(x.high))
    low, high = x.low - slack, x.high + slack
    low = np.where(x.low >= 0, np.maximum(low, 0.0), low)
    high = np.where(x.high <= 0, np.minimum(high, 0.0), high)
    over = x.magnitude * count > x.limits.high
    return known(x.dtype, np.where(over & (x.low < 0), -np.inf, low), np.where(over & (x.high > 0), np.inf, high))


@ranged("LSTM", "GRU", rounds=1)
def gated(
    X: Known, W: Known, R: Known, B: Known | None = None, sequence_lens: Known | None = None,
    initial_h: Known | None = None, initial_c: Known | None = None, P: Known | None = None, *, site: Site,
    clip: float | None = None,
) -> tuple[Known, ...] | None:  # fmt: skip
    """With the usual activations a state lies between -1 and 1, or what it began with."""
    if site.node.attributes.get("activations") is not None or site.node.attributes.get("input_forget"):
        return None
    start = 0.0 if initial_h is None else initial_h.magnitude
    reach = max(1.0, start) + 1e-3
    if site.node.op_type == "LSTM":
        reach = 1.0 + 1e-3 if initial_h is None else max(1.0, start) + 1e-3
        cell = known(X.dtype, -np.inf, np.inf)
        return known(X.dtype, -reach, reach), known(X.dtype, -reach, reach), cell
    return known(X.dtype, -reach, reach), known(X.dtype, -reach, reach)
