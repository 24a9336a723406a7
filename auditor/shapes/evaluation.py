"""The values of tensors behind the shapes, where the caller gives those of the inputs.

Rules follow short lists (`MOST_ELEMENTS`); what they leave open is worked out here by the kernels, for tensors of up to
`MOST_VALUES` elements. A fact says no more than before, only more of them have `elements`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..model import payload
from ..model.dtypes import DType, name_of
from ..model.graph import Attributes, Graph, Model, Node, OptionalType, SequenceType, TensorType, Type
from ..model.tensor import Tensor
from ..wording import listed, nearest
from .fact import MOST_ELEMENTS, Fact, Items
from .ops.joins import joint_of

if TYPE_CHECKING:
    from .kernels import Array

MOST_VALUES = 1 << 20
"""Longest tensor whose values are followed from given ones."""

MOST_VALUES_IN_ALL = 1 << 22
"""Elements that one propagation keeps, at most: some 130 MB."""

MOST_STORED = 1 << 14
"""Longest tensor of the file whose values are followed then: weights are longer."""

TRIPS = 100_000
"""Iterations of one loop that are followed one by one; the budget of node visits may end it before."""

_NUMPY: dict[int, str] = {
    DType.FLOAT: "float32",
    DType.UINT8: "uint8",
    DType.INT8: "int8",
    DType.UINT16: "uint16",
    DType.INT16: "int16",
    DType.INT32: "int32",
    DType.INT64: "int64",
    DType.STRING: "object",
    DType.BOOL: "bool",
    DType.FLOAT16: "float16",
    DType.DOUBLE: "float64",
    DType.UINT32: "uint32",
    DType.UINT64: "uint64",
}
_NARROW: dict[int, str] = dict.fromkeys((16, 17, 18, 19, 20, 23, 24, 27, 28), "float32") | {
    DType.UINT4: "uint8",
    DType.INT4: "int8",
    DType.UINT2: "uint8",
    DType.INT2: "int8",
}
"""What NumPy lacks, as the nearest that holds it: for operators that compute nothing."""

_DTYPES = {name: int(dtype) for dtype, name in _NUMPY.items()} | {
    "bfloat16": 16, "float8_e4m3fn": 17, "float8_e4m3fnuz": 18, "float8_e5m2": 19, "float8_e5m2fnuz": 20, "uint4": 21,
    "int4": 22, "float4_e2m1fn": 23, "float8_e8m0fnu": 24, "uint2": 25, "int2": 26, "complex64": 14, "complex128": 15,
    "float6_e2m3fn": 27, "float6_e3m2fn": 28,
}  # fmt: skip


_HELD = _NUMPY | _NARROW


class Evaluation:
    """The kernels, and how much they may still keep."""

    def __init__(self, model: Model) -> None:
        from .kernels import COPYING, KERNELS

        self._kernels = KERNELS
        self._copying = COPYING
        self._model = model
        self._left = MOST_VALUES_IN_ALL
        self._arrays: dict[int, tuple[Fact, Array]] = {}  # the fact is kept: its identity is the key

    def completed(
        self, node: Node, attributes: Attributes, given: Sequence[Fact | None], outputs: tuple[Fact, ...]
    ) -> tuple[Fact, ...]:
        """What a rule answered, with the values and sizes that it left open."""
        if node.domain or all(map(whole, outputs)) or not all(f is None or whole(f) for f in given):
            return outputs
        kernel = self._kernels.get(node.op_type)
        if node.op_type == "ImageDecoder":
            return self._image(attributes, given, outputs)
        if node.op_type not in self._copying and any(f is not None and f.dtype in _NARROW for f in given):
            return outputs
        if (kernel is None and node.op_type not in ("Cast", "CastLike")) or not self._affordable(outputs):
            return outputs
        import numpy as np

        from .kernels import Unsure, cast

        try:
            arrays = [None if fact is None else self._array(fact) for fact in given]
            with np.errstate(all="ignore"):
                if kernel is not None:
                    made = kernel(self._plain(attributes), *arrays)
                elif arrays and arrays[0] is not None:
                    made = cast(arrays[0], np.dtype(_NUMPY[outputs[0].dtype or 0]))
                else:
                    return outputs
        except (Unsure, ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError):
            return outputs
        found = [self._fact(array) for array in (made if isinstance(made, tuple) else (made,))]
        for i, (rule, fact) in enumerate(zip(outputs, found, strict=False)):
            if rule.dtype is not None and fact.dtype == _DTYPES.get(_NARROW.get(rule.dtype, "")):
                found[i] = fact._replace(dtype=rule.dtype)
        kept = tuple(map(_sharper, outputs, found))
        return (*kept, *outputs[len(kept) :])

    def _affordable(self, outputs: tuple[Fact, ...]) -> bool:
        for fact in outputs:
            sizes = [s for s in fact.shape or () if isinstance(s, int)]
            if fact.shape is not None and len(sizes) == len(fact.shape) and prod(sizes) > min(MOST_VALUES, self._left):
                return False
        return True

    def _plain(self, attributes: Attributes) -> Mapping[str, Any]:
        return {n: payload.array(self._model, v) if isinstance(v, Tensor) else v for n, v in attributes.items()}

    def _array(self, fact: Fact) -> Array:
        import numpy as np

        known = self._arrays.get(id(fact))
        if known is None:
            assert fact.shape is not None
            made = np.array(fact.elements, _HELD[fact.dtype or 0]).reshape(
                [size for size in fact.shape if isinstance(size, int)]
            )
            known = self._arrays[id(fact)] = fact, made
        return known[1]

    def _fact(self, array: Array) -> Fact:
        dtype = _DTYPES.get(array.dtype.name)
        if array.size > min(MOST_VALUES, self._left):
            return Fact(dtype, array.shape)
        self._left -= array.size
        return Fact(dtype, array.shape, tuple(array.ravel().tolist()))

    def _image(
        self, attributes: Attributes, given: Sequence[Fact | None], outputs: tuple[Fact, ...]
    ) -> tuple[Fact, ...]:
        from .image_heads import size_of

        fact = given[0] if given else None
        size = None if fact is None else size_of(self._array(fact).tobytes())
        if size is None or len(outputs) != 1:
            return outputs
        channels = 1 if attributes.get("pixel_format", "RGB") == "Grayscale" else 3
        return (_sharper(outputs[0], Fact(outputs[0].dtype, (*size, channels))),)


def whole(fact: Fact) -> bool:
    """Whether every value of a tensor is known."""
    elements = fact.elements
    return (
        elements is not None
        and fact.dtype in _HELD
        and fact.shape is not None
        and all(isinstance(size, int) for size in fact.shape)
        and all(isinstance(e, int | float | str) for e in elements)
    )


def without_long_values(given: list[Fact | None]) -> list[Fact | None]:
    """The facts as rules know them: without the values of a long tensor."""
    return [
        f if f is None or f.elements is None or len(f.elements) <= MOST_ELEMENTS else _without_elements(f)
        for f in given
    ]


def _without_elements(fact: Fact) -> Fact:
    return fact._replace(elements=None)


def _sharper(rule: Fact, kernel: Fact) -> Fact:
    """The kernel's answer where the rule has nothing against it."""
    if rule.items is not None or rule.dtype not in (None, kernel.dtype) or kernel.shape is None:
        return rule
    if rule.shape is not None:
        if len(rule.shape) != len(kernel.shape):
            return rule
        if any(isinstance(a, int) and a != b for a, b in zip(rule.shape, kernel.shape, strict=True)):
            return rule
    return kernel._replace(declared=rule.declared)


# What the caller gives


def given_facts(graph: Graph, values: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of inputs whose values are given: arrays, lists of them for sequences, None for absent optionals."""
    types = {v.name: v.type for v in graph.inputs}
    found = {}
    for name, value in values.items():
        if name not in types:
            raise UsageError(
                f"the model has no input {name!r}{nearest(name, types)}; it has {listed(sorted(types), 20) or 'none'}"
            )
        found[name] = _fact_of_value(name, value, types[name])
    return found


def _fact_of_value(name: str, value: Any, kind: Type | None) -> Fact:
    match kind:
        case OptionalType(element):
            if value is None:
                return Fact(items=Items(None, 0, (), optional=True))
            inside = _fact_of_value(name, value, element)
            return Fact(items=Items(inside, 1, (inside,), optional=True))
        case SequenceType(element):
            if not isinstance(value, list | tuple):
                raise UsageError(f"the input {name!r} is a sequence; give a list of arrays")
            each = tuple(_fact_of_value(name, item, element) for item in value)
            return Fact(items=Items(joint_of(each), len(each), each))
        case TensorType(dtype):
            return _tensor(name, value, dtype)
        case _:
            return Fact()


def _tensor(name: str, value: Any, dtype: int) -> Fact:
    import numpy as np

    array = value if isinstance(value, np.ndarray) else np.array(value, _NUMPY.get(dtype))
    if array.dtype.kind in "US":
        array = array.astype(object)
    mine = _DTYPES.get(array.dtype.name)
    if mine != (dtype or mine):
        raise UsageError(f"the input {name!r} is {name_of(dtype)}, its value {array.dtype.name}")
    if array.size > MOST_VALUES or array.dtype.kind == "c":
        return Fact(mine, array.shape)
    if array.dtype.kind not in "fiubO":  # the narrow types that NumPy lacks
        array = array.astype(np.float32 if "float" in array.dtype.name else np.int8)
    elements = [e.decode("utf-8", "surrogateescape") if isinstance(e, bytes) else e for e in array.ravel().tolist()]
    return Fact(mine, array.shape, tuple(elements))
