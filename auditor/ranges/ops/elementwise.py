"""One element out of one element: monotone functions by their ends, others by what they can reach.

Kernels compute exponentials and their kin by polynomials. Their error is taken as 64 units of the type, relative, and
as 2^-20 absolute where the result lies between -1 and 1 by its nature; onnxruntime 1.32 keeps within a quarter of that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..known import Array, Known, Peak, known, whole
from ..registry import ranged
from ..site import Site

TRANSCENDENTAL = 64.0
_CLOSE = 2.0**-20

_erf = np.vectorize(math.erf, otypes=[np.float64])


def ends(function: Callable[[Array], Any], x: Known, least: float = -np.inf, most: float = np.inf) -> Known:
    """A growing function's ends, which lie between these."""
    low, high = function(np.maximum(x.low, least)), function(np.minimum(x.high, most))
    return known(x.dtype, np.minimum(low, high), np.maximum(low, high))


def _off(x: Known, by: float, low: float, high: float) -> Known:
    """An absolute error, for results that never leave these ends."""
    return known(x.dtype, np.clip(x.low - by, low, high), np.clip(x.high + by, low, high))


def _precision(x: Known) -> float:
    return max(_CLOSE, 8 * x.limits.unit) if x.dtype != 11 else 2.0**-40


@ranged("Identity", infinite=True, picks=True)
def identity(input: Known) -> Known:
    return input


@ranged("Dropout", infinite=True, picks=True)
def dropout(
    data: Known, ratio: Known | None = None, training_mode: Known | None = None, *, site: Site
) -> tuple[Known, ...] | None:
    """In inference the identity."""
    training = training_mode is not None and (training_mode.least != 0 or training_mode.most != 0)
    if training or site.opset < 7:
        return None
    return data, known(site.out_dtype(1), 0.0, 1.0)


@ranged("Relu", infinite=True, picks=True)
def relu(X: Known) -> Known:
    peak = X.peak and Peak(X.peak.axes, max(0.0, X.peak.least))
    return known(X.dtype, np.maximum(X.low, 0.0), np.maximum(X.high, 0.0), peak=peak)


@ranged("Neg", infinite=True)
def negated(X: Known, *, site: Site) -> Known:
    if X.finite:
        site.form = site.relations.scaled(X, np.array(-1.0), 0.0)
    return known(X.dtype, -X.high, -X.low)


@ranged("Abs", infinite=True)
def absolute(X: Known) -> Known:
    low = np.maximum(np.maximum(X.low, -X.high), 0.0)
    covers = {X.key: (1.0, 0.0)} if X.key >= 0 else {}
    return known(X.dtype, low, np.maximum(np.abs(X.low), np.abs(X.high)), covers=covers)


@ranged("Exp", rounds=TRANSCENDENTAL, infinite=True)
def exponential(input: Known) -> Known:
    peak = input.peak and Peak(
        input.peak.axes, math.exp(min(input.peak.least, 700.0)) * (1 - TRANSCENDENTAL * 2.0**-10)
    )
    if input.peak is not None and input.limits.unit < 2.0**-20:
        peak = Peak(input.peak.axes, math.exp(min(input.peak.least, 700.0)) * (1 - 2.0**-16))
    # Of very negative numbers kernels give zero, or what is just above.
    low = np.where(input.low < math.log(input.limits.normal or 1e-300) + 1, 0.0, np.exp(input.low))
    return known(input.dtype, low, np.exp(input.high), peak=peak)


@ranged("Log", rounds=TRANSCENDENTAL)
def logarithm(input: Known) -> Known:
    close = _precision(input) * 2.0**-4
    low, high = np.log(np.maximum(input.low, 0.0)), np.log(np.maximum(input.high, 0.0))
    return known(input.dtype, low - close, np.maximum(high + close, low), input.least < 0)


@ranged("Sqrt", rounds=1)
def root(X: Known, *, site: Site) -> Known:
    covers = {}
    tiny = X.limits.normal
    for key, (factor, slack) in X.covers.items():
        origin = site.relations.origins.get(key)
        if origin is not None and origin.what == "square":
            covers[origin.of] = (math.sqrt(factor) * (1 + 4 * X.limits.unit), math.sqrt(slack + tiny * (1 + factor)))
    own = site.relations.origins.get(X.key)
    if own is not None and own.what == "square":
        covers[own.of] = (1 + 4 * X.limits.unit, math.sqrt(2 * tiny))
    low, high = np.sqrt(np.maximum(X.low, 0.0)), np.sqrt(np.maximum(X.high, 0.0))
    return known(X.dtype, low, high, X.least < 0, covers=covers)


@ranged("Reciprocal", rounds=1)
def reciprocal(X: Known) -> Known:
    if X.low.size and ((X.low <= 0) & (X.high >= 0)).any():
        through = (X.low <= 0) & (X.high >= 0)
        low = np.where(through, np.where(X.low < 0, -np.inf, 0.0), 1 / np.where(through, 1.0, X.high))
        high = np.where(through, np.inf, 1 / np.where(through, 1.0, X.low))
        # A negative zero gives minus infinity.
        return known(X.dtype, np.where(through, -np.inf, low), high)
    return known(X.dtype, 1 / X.high, 1 / X.low)


@ranged("Sigmoid", infinite=True)
def sigmoid(X: Known) -> Known:
    return _off(ends(lambda x: np.where(x < -700, 0.0, 1 / (1 + np.exp(-np.maximum(x, -700)))), X), _precision(X), 0, 1)


@ranged("Tanh", infinite=True)
def tanh(input: Known) -> Known:
    """onnxruntime 1.32 gives numbers one step beyond 1 in places."""
    return _odd(input, _off(ends(np.tanh, input), _precision(input), -1 - 2.0**-22, 1 + 2.0**-22))


@ranged("Erf", infinite=True)
def error_function(input: Known) -> Known:
    return _odd(input, _off(ends(_erf, input), _precision(input), -1 - 2.0**-22, 1 + 2.0**-22))


def _odd(x: Known, found: Known) -> Known:
    """Kernels multiply by the argument at last, so that its sign is the result's."""
    low = np.where(x.low >= 0, np.maximum(found.low, 0.0), found.low)
    return known(found.dtype, low, np.where(x.high <= 0, np.minimum(found.high, 0.0), found.high))


@ranged("Softsign", rounds=4)
def softsign(input: Known) -> Known:
    return _off(ends(lambda x: x / (1 + np.abs(x)), input), 0.0, -1, 1)


@ranged("Softplus", rounds=TRANSCENDENTAL, infinite=True)
def softplus(X: Known) -> Known:
    found = ends(lambda x: np.logaddexp(0.0, x), X)
    # Where the exponential is below the type's grain beside 1, the logarithm may come out as zero.
    low, high = np.where(found.low < 1e-4, 0.0, found.low - _precision(X)), found.high + _precision(X)
    if X.dtype == 10:  # onnxruntime 1.32 takes exp(x) in float16 there, which ends at 11
        high = np.where(X.high > 11, np.inf, high)
    return known(X.dtype, low, high)


@ranged("LeakyRelu", rounds=1, infinite=True)
def leaky_relu(X: Known, *, alpha: float = 0.01) -> Known:
    return _bent(X, lambda x: np.where(x < 0, alpha * x, x), (0.0,))


@ranged("ThresholdedRelu", infinite=True)
def thresholded_relu(X: Known, *, alpha: float = 1.0) -> Known:
    found = ends(lambda x: np.where(x > alpha, x, 0.0), X)
    return known(X.dtype, np.minimum(found.low, 0.0), np.maximum(found.high, 0.0))


@ranged("Elu", rounds=TRANSCENDENTAL, infinite=True)
def elu(X: Known, *, alpha: float = 1.0) -> Known:
    found = _bent(X, lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x), (0.0,))
    close = abs(alpha) * _precision(X)
    return known(X.dtype, found.low - close, found.high + close)


@ranged("Celu", rounds=TRANSCENDENTAL, infinite=True)
def celu(X: Known, *, alpha: float = 1.0) -> Known | None:
    if alpha <= 0:
        return None
    found = ends(lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0) / alpha), x), X)
    return known(X.dtype, found.low - alpha * _precision(X), found.high + alpha * _precision(X))


@ranged("Selu", rounds=TRANSCENDENTAL, infinite=True)
def selu(X: Known, *, alpha: float = 1.67326319217681884765625, gamma: float = 1.05070102214813232421875) -> Known:
    found = _bent(X, lambda x: gamma * np.where(x < 0, alpha * np.expm1(np.minimum(x, 0.0)), x), (0.0,))
    close = abs(gamma * alpha) * _precision(X)
    return known(X.dtype, found.low - close, found.high + close)


@ranged("HardSigmoid", rounds=2, infinite=True)
def hard_sigmoid(X: Known, *, alpha: float = 0.2, beta: float = 0.5) -> Known:
    found = _bent(X, lambda x: np.clip(alpha * x + beta if alpha else x * 0 + beta, 0.0, 1.0), ())
    close = 4 * X.limits.unit * max(1.0, abs(beta))
    return _off(found, close, 0, 1)


@ranged("HardSwish", rounds=4)
def hard_swish(X: Known) -> Known:
    found = _bent(X, lambda x: x * np.clip(x / 6 + 0.5, 0.0, 1.0), (-1.5,))
    return known(X.dtype, found.low - 4 * X.limits.unit, found.high + 4 * X.limits.unit)


@ranged("Mish", rounds=TRANSCENDENTAL)
def mish(X: Known) -> Known:
    return _dipping(X, -0.309)


@ranged("Gelu", rounds=TRANSCENDENTAL)
@ranged("Gelu", domain="com.microsoft", rounds=TRANSCENDENTAL)
def gelu(X: Known) -> Known:
    """Between a dip of -0.17, or its approximation's, and the input itself."""
    return _dipping(X, -0.28)


@ranged("QuickGelu", domain="com.microsoft", rounds=TRANSCENDENTAL)
def quick_gelu(X: Known, *, alpha: float = 1.702) -> Known | None:
    return _dipping(X, -0.28 * max(1.0, 1 / alpha)) if alpha > 0 else None


def _dipping(X: Known, dip: float) -> Known:
    low = np.where(X.low >= 0, 0.0, np.maximum(np.minimum(X.low, 0.0), dip))
    return known(X.dtype, low - _precision(X), np.maximum(X.high, 0.0) + _precision(X))


@ranged("Swish", rounds=TRANSCENDENTAL)
def swish(X: Known, *, alpha: float = 1.0) -> Known | None:
    return _dipping(X, -0.28 / alpha - 0.01) if alpha > 0 else None


def _bent(x: Known, function: Callable[[Array], Any], corners: tuple[float, ...]) -> Known:
    """A function that is monotone between its corners: its least and most there and at the ends."""
    values = [function(x.low), function(x.high)]
    for corner in corners:
        inside = (x.low <= corner) & (corner <= x.high)
        values.append(np.where(inside, function(np.full_like(x.low, corner)), values[0]))
    low, high = np.minimum.reduce(values), np.maximum.reduce(values)
    return known(x.dtype, low, high)


@ranged("Floor", infinite=True)
def floor(X: Known) -> Known:
    return ends(np.floor, X)


@ranged("Ceil", infinite=True)
def ceiling(X: Known) -> Known:
    return ends(np.ceil, X)


@ranged("Round", infinite=True)
def rounded(X: Known) -> Known:
    return ends(np.rint, X)


@ranged("Sign", infinite=True, picks=True)
def sign(input: Known) -> Known:
    return ends(np.sign, input)


@ranged("Sin", rounds=2)
@ranged("Cos", rounds=2)
def wave(input: Known) -> Known:
    """Between -1 and 1, wherever on the circle."""
    return known(input.dtype, np.full_like(input.low, -1.0), np.full_like(input.low, 1.0))


@ranged("Atan", rounds=TRANSCENDENTAL, infinite=True)
def arc_tangent(input: Known) -> Known:
    found = ends(np.arctan, input)
    return known(input.dtype, found.low - _CLOSE, found.high + _CLOSE)


@ranged("Asinh", rounds=TRANSCENDENTAL, infinite=True)
def area_sine(input: Known) -> Known:
    """Single precision loses the digits of large negative numbers: where it takes log(x + sqrt(x^2 + 1))."""
    if input.most > 1e3 or input.least < -1e3:
        return whole(input.dtype)
    found = ends(np.arcsinh, input)
    return known(input.dtype, found.low - 1e-2, found.high + 1e-2)


@ranged("Sinh", rounds=TRANSCENDENTAL)
def sine_of_area(input: Known) -> Known:
    found = ends(np.sinh, input)
    return known(input.dtype, found.low - _CLOSE, found.high + _CLOSE)


@ranged("Cosh", rounds=TRANSCENDENTAL)
def cosine_of_area(input: Known) -> Known:
    nearest = np.where((input.low <= 0) & (input.high >= 0), 0.0, np.minimum(np.abs(input.low), np.abs(input.high)))
    return known(input.dtype, np.cosh(nearest), np.cosh(np.maximum(np.abs(input.low), np.abs(input.high))))


@ranged("Tan", rounds=TRANSCENDENTAL)
def tangent(input: Known) -> Known:
    """Within one branch it grows; near its end anything finite comes out, of whatever sign."""
    quarter = math.pi / 2 - 0.01
    if input.least > -quarter and input.most < quarter:
        found = ends(np.tan, input)
        return known(input.dtype, found.low - _CLOSE, found.high + _CLOSE)
    # No float32 is so close to a pole that its tangent leaves the type.
    most = 1e10 if input.dtype == 1 else 1e20 if input.dtype == 11 else input.limits.high
    return known(input.dtype, -min(most, input.limits.high), min(most, input.limits.high))


@ranged("Asin", rounds=TRANSCENDENTAL)
def arc_sine(input: Known) -> Known:
    found = ends(lambda x: np.arcsin(np.clip(x, -1, 1)), input)
    outside = input.least < -1 or input.most > 1
    return known(input.dtype, found.low - 1e-3, found.high + 1e-3, outside)


@ranged("Acos", rounds=TRANSCENDENTAL)
def arc_cosine(input: Known) -> Known:
    low, high = np.arccos(np.clip(input.high, -1, 1)), np.arccos(np.clip(input.low, -1, 1))
    return known(input.dtype, np.maximum(low - 1e-3, 0.0), high + 1e-3, input.least < -1 or input.most > 1)


@ranged("Acosh", rounds=TRANSCENDENTAL)
def area_cosine(input: Known) -> Known:
    found = ends(lambda x: np.arccosh(np.maximum(x, 1)), input)
    if input.most > 1e15:  # its square leaves single precision
        found = known(input.dtype, found.low, np.full_like(found.high, np.inf))
    return known(input.dtype, np.maximum(found.low - 1e-3, 0.0), found.high + 1e-3, input.least < 1)


@ranged("Atanh", rounds=TRANSCENDENTAL)
def area_tangent(input: Known) -> Known:
    found = ends(lambda x: np.arctanh(np.clip(x, -1, 1)), input)
    return known(input.dtype, found.low - 1e-3, found.high + 1e-3, input.least < -1 or input.most > 1)


@ranged("Shrink", rounds=1, infinite=True)
def shrink(input: Known, *, bias: float = 0.0, lambd: float = 0.5) -> Known:
    low, high = input.low, input.high
    reach = abs(bias)
    return known(input.dtype, np.minimum(low - reach, 0.0), np.maximum(high + reach, 0.0))


@ranged("IsNaN", "IsInf", infinite=True)
def is_special(X: Known, *, site: Site) -> Known:
    never = not X.nan if site.node.op_type == "IsNaN" else bool(np.isfinite(X.low).all() and np.isfinite(X.high).all())
    return known(9, 0.0, 0.0 if never else 1.0)


@ranged("Not")
def negation(X: Known) -> Known:
    return known(9, 1 - X.high, 1 - X.low)
