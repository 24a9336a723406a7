"""One element of the output for each (broadcast) element of the inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import ceil, floor, fmod, isinf

from ...model.dtypes import BITS, FLOATS, DType, name_of
from ..fact import Element, Fact, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Dim, greatest, least, same
from . import values
from .checks import all_given, broadcast, one_dtype, one_number
from .values import follow

_BOOL = DType.BOOL.value
Compute = Callable[..., Element]


# One input


@op("Identity")
def identity(input: Fact) -> Fact:
    return input


@op(
    "Elu", "Exp", "HardSigmoid", "LeakyRelu", "Log", "Reciprocal", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh",
    "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh", "Affine", "ThresholdedRelu",
)  # fmt: skip
@op("Acos", "Asin", "Atan", "Cos", "Sin", "Tan", since=7)
@op("Acosh", "Asinh", "Atanh", "Cosh", "Sinh", "Erf", "Shrink", since=9)
@op("Celu", since=12)
@op("HardSwish", since=14)
@op("Mish", "BitwiseNot", since=18)
@op("Gelu", since=20)
@op("Swish", since=24)
def unary(x: Fact) -> Fact:
    """Same dtype, same shape; the values are forgotten."""
    return x if x.elements is None else Fact(x.dtype, x.shape)


def _unary(compute: Compute) -> Callable[[Fact], Fact]:
    def rule(x: Fact) -> Fact:
        return x if x.elements is None else Fact(x.dtype, x.shape, follow(compute, x.dtype, x.shape, x))

    return rule


op("Abs")(_unary(values.absolute))
op("Neg")(_unary(lambda x: None if isinstance(x, str) else -x))
op("Sqrt")(_unary(values.square_root))
op("Not")(_unary(values.negated))
op("Relu")(_unary(lambda x: _larger(x, 0.0 if isinstance(x, float) else 0)))


def _rounding(compute: Callable[[float], int]) -> Callable[[Fact], Fact]:
    """Of floats alone: a model may give sizes, and rules on types say so."""
    return _unary(lambda x: float(compute(x)) if isinstance(x, float) else None)


op("Floor")(_rounding(floor))
op("Ceil")(_rounding(ceil))
op("Round", since=11)(_rounding(round))  # half to even, as Python does


@op("Sign", since=9)
def sign(input: Fact) -> Fact:
    return _sign(input)


_sign = _unary(values.sign)


@op("IsNaN", since=9)
@op("IsInf", since=10)
def is_special(x: Fact) -> Fact:
    return Fact(_BOOL, x.shape)


@op("Clip")
@op("Clip", since=6)
def clip_1(input: Fact) -> Fact:
    return unary(input)


@op("Clip", since=11)
def clip(input: Fact, min: Fact | None = None, max: Fact | None = None) -> Fact:
    """Below min or above max, that one; where min is above max, max. What a bound does that is NaN, nobody says."""
    one_number(min, "min")
    one_number(max, "max")
    if input.elements is None:
        return input
    kept = input
    for bound, compute in ((min, _larger), (max, _lesser)):
        if bound is not None:
            kept = Fact(input.dtype, input.shape, follow(compute, input.dtype, input.shape, kept, bound))
    if (min is None or max is None) and kept.elements is not None and any(map(_infinite, kept.elements)):
        return Fact(input.dtype, input.shape)  # a bound that is not given is the greatest finite number
    return kept


def _infinite(element: Element) -> bool:
    return isinstance(element, float) and isinf(element)


# Casts


@op("Cast")
def cast_1(input: Fact, *, to: str) -> Fact:
    """The type by its name, as ``INT64``."""
    if to not in DType.__members__:
        raise ShapeError(f"to is {to!r}, no element type", attribute="to")
    return _cast(input, DType[to].value)


@op("Cast", since=6)
def cast(input: Fact, *, to: int) -> Fact:
    """https://onnx.ai/onnx/operators/onnx__Cast.html"""
    return _cast(input, to)


@op("CastLike", since=15)
def cast_like(input: Fact, target_type: Fact) -> Fact:
    return Fact(None, input.shape) if target_type.dtype is None else _cast(input, target_type.dtype)


def _cast(x: Fact, to: int) -> Fact:
    if x.elements is None:
        return Fact(to, x.shape)
    source = x.dtype
    return Fact(to, x.shape, follow(lambda value: values.converted(value, source, to), to, x.shape, x))


@op("BitCast", since=26)
def bit_cast(input: Fact, *, to: int) -> Fact:
    """The same bits, so the same width."""
    if input.dtype in BITS and to in BITS and BITS[input.dtype] != BITS[to]:
        raise ShapeError(f"{name_of(input.dtype)} and {name_of(to)} are not of one width", attribute="to")
    return Fact(to, input.shape)


# Two inputs


def _binary(compute: Compute | None, result: int | None = None) -> Callable[[Fact, Fact], Fact]:
    def rule(a: Fact, b: Fact) -> Fact:
        shape = a.shape if a.shape == b.shape else broadcast(a.shape, b.shape)
        dtype = a.dtype if a.dtype == b.dtype else one_dtype(a, b)
        if result is not None:
            dtype = result
        if a.elements is None or b.elements is None or compute is None:
            return Fact(dtype, shape)
        return Fact(dtype, shape, follow(compute, dtype, shape, a, b))

    return rule


def _binary_1(compute: Compute, result: int | None = None) -> Callable[..., Fact]:
    """Before opset 7: B is stretched to A, from ``axis`` on or at its end, and only if asked to."""

    def rule(a: Fact, b: Fact, *, axis: int | None = None, broadcast: int = 0) -> Fact:
        dtype = result if result is not None else a.dtype if a.dtype == b.dtype else one_dtype(a, b)
        if not broadcast:
            shape = _equal_shapes(a, b)
        else:
            shape = a.shape
            _check_stretch(a, b, axis)
        if a.elements is None or b.elements is None or (broadcast and axis is not None):
            return Fact(dtype, shape)
        return Fact(dtype, shape, follow(compute, dtype, shape, a, b))

    return rule


def _equal_shapes(*facts: Fact) -> Shape | None:
    """The shape that all must have; where two differ for certain, an error."""
    ranked = [fact.shape for fact in facts if fact.shape is not None]
    if not ranked:
        return None
    shape, *others = ranked
    for other in others:
        different = len(shape) != len(other) or any(
            m is not None and n is not None and same(m, n) is False for m, n in zip(shape, other, strict=True)
        )
        if different:
            raise ShapeError(f"the shapes must be equal, are {show(shape)} and {show(other)}")
        shape = tuple(m if isinstance(m, int) or n is None else n for m, n in zip(shape, other, strict=True))
    return shape


def _check_stretch(a: Fact, b: Fact, axis: int | None) -> None:
    if a.shape is None or b.shape is None or all(size == 1 for size in b.shape):
        return
    start = len(a.shape) - len(b.shape) if axis is None else axis + len(a.shape) if axis < 0 else axis
    covered = a.shape[max(start, 0) : start + len(b.shape)]
    if start < 0 or len(covered) != len(b.shape):
        raise ShapeError(f"{show(b.shape)} does not fit into {show(a.shape)} at axis {start}", parameter="b")
    for mine, other in zip(covered, b.shape, strict=True):
        if mine is not None and other is not None and other != 1 and same(mine, other) is False:
            raise ShapeError(f"{show(b.shape)} does not fit into {show(a.shape)} at axis {start}", parameter="b")


def _larger(a: Element, b: Element) -> Element:
    if isinstance(a, float) and isinstance(b, float):
        return None if a != a or b != b else max(a, b)
    return greatest(a, b) if isinstance(a, int | Dim) and isinstance(b, int | Dim) else None


def _lesser(a: Element, b: Element) -> Element:
    if isinstance(a, float) and isinstance(b, float):
        return None if a != a or b != b else min(a, b)
    return least(a, b) if isinstance(a, int | Dim) and isinstance(b, int | Dim) else None


def _of_numbers(compute: Compute) -> Compute:
    """A model may give words: rules on types say so."""
    return lambda a, b: None if isinstance(a, str) or isinstance(b, str) else compute(a, b)


for _name, _compute in {
    "Add": _of_numbers(lambda a, b: a + b),
    "Sub": _of_numbers(lambda a, b: a - b),
    "Mul": _of_numbers(lambda a, b: a * b),
    "Div": _of_numbers(values.divide),
}.items():
    op(_name)(_binary_1(_compute))
    op(_name, since=7)(_binary(_compute))

for _name, _decide in {
    "And": lambda a, b: a and b,
    "Or": lambda a, b: a or b,
    "Xor": lambda a, b: a != b,
    "Equal": values.equal,
    "Less": values.smaller,
    "Greater": lambda a, b: values.smaller(b, a),
}.items():
    op(_name)(_binary_1(_decide, _BOOL))
    op(_name, since=7)(_binary(_decide, _BOOL))

op("LessOrEqual", since=12)(_binary(values.not_greater, _BOOL))
op("GreaterOrEqual", since=12)(_binary(lambda a, b: values.not_greater(b, a), _BOOL))
op("BitwiseAnd", "BitwiseOr", "BitwiseXor", since=18)(_binary(None))


@op("BitShift", since=11)
def bit_shift(x: Fact, y: Fact, *, direction: str) -> Fact:
    if direction not in ("LEFT", "RIGHT"):
        raise ShapeError(f"direction is {direction!r}", attribute="direction")
    return Fact(one_dtype(x, y), broadcast(x.shape, y.shape))


@op("Mod", since=10)
def mod(a: Fact, b: Fact, *, fmod: int = 0) -> Fact:
    """ "If the input type is floating point, then `fmod` attribute must be set to 1", says the page until opset 28."""
    if not fmod and a.dtype in FLOATS:
        raise ShapeError("fmod is 0, and must be 1 for floating-point numbers", attribute="fmod")
    return mod_28(a, b, fmod=fmod)


@op("Mod", since=28)
def mod_28(a: Fact, b: Fact, *, fmod: int = 0) -> Fact:
    """The result has the sign of B; with fmod, that of A."""
    return (_mod_of_c if fmod else _mod)(a, b)


_mod = _binary(values.remainder)
_mod_of_c = _binary(lambda a, b: fmod(a, b) if isinstance(a, float) else values.remainder_of_c(a, b))

_pow_1 = _binary_1(values.power)


@op("Pow")
def pow_1(x: Fact, y: Fact, *, axis: int | None = None, broadcast: int = 0) -> Fact:
    return _pow_1(x, y, axis=axis, broadcast=broadcast)


@op("Pow", since=7)
def pow_7(x: Fact, y: Fact) -> Fact:
    """The exponent may have a dtype of its own (from opset 12 on)."""
    shape = x.shape if x.shape == y.shape else broadcast(x.shape, y.shape)
    if x.elements is None or y.elements is None:
        return Fact(x.dtype, shape)
    return Fact(x.dtype, shape, follow(values.power, x.dtype, shape, x, y))


# Many inputs


def _variadic(compute: Compute | None) -> Callable[..., Fact]:
    def rule(*data_0: Fact | None) -> Fact:
        facts = all_given(data_0)
        return _folded(compute, facts, broadcast(*(fact.shape for fact in facts)))

    return rule


def _variadic_1(compute: Compute | None) -> Callable[..., Fact]:
    """Before opset 8 nothing was stretched."""

    def rule(*data_0: Fact | None) -> Fact:
        facts = all_given(data_0)
        return _folded(compute, facts, _equal_shapes(*facts))

    return rule


def _folded(compute: Compute | None, facts: list[Fact], shape: Shape | None) -> Fact:
    dtype = one_dtype(*facts)
    if compute is None or any(fact.elements is None for fact in facts):
        return Fact(dtype, shape)
    return Fact(dtype, shape, follow(lambda *each: reduce(compute, each), dtype, shape, *facts))


def _total(a: Element, b: Element) -> Element:
    """Floats are added in an order that nobody promises."""
    return a + b if isinstance(a, int | Dim) and isinstance(b, int | Dim) else None


for _name, _fold in {"Sum": _total, "Max": _larger, "Min": _lesser, "Mean": None}.items():
    op(_name)(_variadic_1(_fold))
    op(_name, since=8)(_variadic(_fold))


@op("Where", since=9)
def where(condition: Fact, x: Fact, y: Fact) -> Fact:
    """Where the condition is unknown, what both say."""
    shape = broadcast(condition.shape, x.shape, y.shape)
    dtype = x.dtype if x.dtype == y.dtype else one_dtype(x, y)
    if x.elements is None and y.elements is None:
        return Fact(dtype, shape)
    if values.counted(shape) is None:
        return Fact(dtype, shape)
    columns = [_blank(f) if f.elements is None else f for f in (condition, x, y)]
    spread = [values.spread(column, shape) for column in columns]
    if any(column is None for column in spread):
        return Fact(dtype, shape)
    return Fact(dtype, shape, values.kept(_chosen(*each) for each in zip(*spread, strict=True)))


def _blank(x: Fact) -> Fact:
    """Unknown elements, one object for all of them."""
    return Fact(x.dtype, (), (None,))


def _chosen(condition: Element, x: Element, y: Element) -> Element:
    if condition is None:
        return x if x == y else None
    return x if condition else y


# Strings


@op("StringConcat", since=20)
def string_concat(x: Fact, y: Fact) -> Fact:
    return Fact(DType.STRING.value, broadcast(x.shape, y.shape))


@op("RegexFullMatch", since=20)
def regex_full_match(x: Fact) -> Fact:
    return Fact(_BOOL, x.shape)


@op("StringSplit", since=20)
def string_split(x: Fact) -> tuple[Fact, ...]:
    """The pieces of each string, padded to the longest list, and how many each has."""
    return (
        Fact(DType.STRING.value, None if x.shape is None else (*x.shape, None)),
        Fact(DType.INT64.value, x.shape),
    )
