"""The data of a tensor with its numbers changed, block by block: no tensor is ever held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..model.dtypes import BITS, DType
from ..model.graph import Model
from ..model.payload import Typed, array, extent, opened
from ..model.payload_bytes import Raw
from ..model.tensor import Tensor
from ..shapes.fact import Element
from .draft import Data
from .rope import MadeBytes

if TYPE_CHECKING:
    import numpy

    Change = Callable[[numpy.ndarray[Any, Any]], numpy.ndarray[Any, Any]]

FORMATS = {DType.FLOAT: "<f4", DType.FLOAT16: "<f2", DType.DOUBLE: "<f8"}
"""Types whose numbers can be changed."""

_BLOCK = 1 << 20  # bytes, a multiple of every element's
_FEW = 8  # elements that propagation is told, as `shapes.declared` follows them


def changed(model: Model, tensor: Tensor, dtype: int, change: Change) -> Data | None:
    """The tensor's data after a change of every number, as the type that it is to have; None where none can be read."""
    if tensor.dtype not in FORMATS or dtype not in FORMATS:
        return None
    before, after = FORMATS[DType(tensor.dtype)], FORMATS[DType(dtype)]
    place = extent(model, tensor)
    if isinstance(place, Raw):
        raw = place

        def blocks() -> Iterator[bytes]:
            import numpy

            buffer = bytearray(_BLOCK)
            with opened(model, raw) as source:
                at = 0
                while at < raw.length:
                    got = source.into(memoryview(buffer), at)
                    if not got:
                        return  # the writer sees that bytes are missing
                    got -= got % (BITS[tensor.dtype] // 8)
                    numbers = numpy.frombuffer(bytes(buffer[:got]), before)
                    yield change(numbers).astype(after).tobytes()
                    at += got

        made = MadeBytes(raw.length * BITS[dtype] // BITS[tensor.dtype], blocks)
        return Data((made,), _few(blocks, tensor.elements, after))
    if isinstance(place, Typed):
        content = change(array(model, tensor).reshape(-1)).astype(after).tobytes()
        return Data((content,), _few(lambda: iter((content,)), tensor.elements, after))
    return None


def _few(blocks: Callable[[], Iterator[bytes]], elements: int, form: str) -> tuple[Element, ...] | None:
    import numpy

    if elements > _FEW:
        return None
    return tuple(float(number) for number in numpy.frombuffer(b"".join(blocks()), form))
