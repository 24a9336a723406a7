"""Stored values that their element type cannot hold: a bool of 2, a uint8 of 300.

## What it does
Looks at the bytes of stored bools, and at the numbers in int32_data and uint64_data of tensors of narrower types:
bools, integers of 8 and 16 bits, uint32, and floats of up to 16 bits, which stand there as their bits. A note where the
bits behind the last element of a tensor of 2 or 4 bits are not zero.

## Why it matters
"Boolean type MUST be written one byte per tensor element (00000001 for true, 00000000 for false)", and of the numbers
in int32_data each stands for one element of its type: "(b)float16 and float8 values MUST be converted bit-wise into an
unsigned integer representation" (onnx.proto, TensorProto). Readers cut such a number off, clamp it or refuse it, so
that the same file is different models; a kernel that takes the byte of a bool for 0 or 1 computes with 255.

## Fires on
```mutator
bool_of_two
uint8_of_300
float16_of_20_bits
padding_that_is_not_zero
```

## Quiet on
```mutator
narrow_types_in_int32_data
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) <bool[2] keep = {1, 0}, float zero = {0.0}> { y = Where(keep, x, zero) }
```

## How to fix
Make the tensor anew with `onnx.numpy_helper.from_array`, from an array of its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import CannotLook
from ..findings.kind import KnownBy
from ..model.dtypes import BITS, DType, name_of
from ..model.encoding import FIELD_NAMES, INT32_DATA, RAW_DATA, UINT64_DATA
from ..model.graph import Model
from ..model.payload import read, tensors
from ..model.tensor import Span, Tensor
from ..model.wire import varints
from ..report import Basis, Found, Severity
from ..tuples import NamedTuple
from . import rule, stored_at

_MOST = 64 << 20
"""Bytes of one tensor that are looked at."""

_PIECE = 1 << 20

_NEGATIVE = rb"\xff{6}\x01"
"""How a varint of 64 bits ends that is a negative number of at most 17 bits."""

_BYTE = rb"[\x00-\x7f]|[\x80-\xff]\x01"
_SHORT = rb"[\x80-\xff]{0,1}[\x00-\x7f]|[\x80-\xff]{2}[\x00-\x03]"
_PATTERNS: dict[int, bytes] = {
    DType.BOOL: rb"[\x00\x01]",
    DType.INT8: rb"[\x00-\x7f]|[\x80-\xff]\xff\xff" + _NEGATIVE,
    DType.INT16: rb"[\x00-\x7f]|[\x80-\xff][\x00-\x7f]|[\x80-\xff]{2}(?:\x01|[\xfe\xff]" + _NEGATIVE + rb")",
    DType.UINT32: rb"[\x80-\xff]{0,3}[\x00-\x7f]|[\x80-\xff]{4}[\x00-\x0f]",
    DType.UINT16: _SHORT,
    DType.FLOAT16: _SHORT,
    DType.BFLOAT16: _SHORT,
}
"""The varints of the numbers that a type has; a type of at most 8 bits that is not here is written as a byte."""

_NARROW = frozenset(_PATTERNS) | {dtype for dtype, bits in BITS.items() if bits <= 8}
_PACKED = frozenset({DType.INT4, DType.UINT4, DType.INT2, DType.UINT2})


class _Odd(NamedTuple):
    what: str
    severity: Severity | None = None


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.TENSOR)
def values_beyond_type(model: Model) -> Iterator[Found]:
    for path, tensor in tensors(model):
        if tensor.dtype in _NARROW and len(tensor.spans) == 1 and tensor.external is None:
            odd = _odd(model, tensor, tensor.spans[0])
            if odd is not None:
                place = stored_at(model, path, tensor)
                yield Found(
                    f"the tensor {place.tensor!r} is {name_of(tensor.dtype)}, and {odd.what}",
                    place,
                    "make the tensor anew with onnx.numpy_helper.from_array, from an array of its type",
                    severity=odd.severity,
                    basis=Basis.SUSPICIOUS if odd.severity else None,
                )


def _odd(model: Model, tensor: Tensor, span: Span) -> _Odd | None:
    """What is wrong with the values of a tensor, if all of them lie in one place and are not too many."""
    if span.tagged or span.length > _MOST or not span.length:
        return None
    try:
        if span.field == RAW_DATA:
            return _in_raw_data(model, tensor, span)
        if span.field in (INT32_DATA, UINT64_DATA):
            return _in_a_typed_field(model, tensor, span)
    except CannotLook:
        pass  # the file changed: other rules say so
    return None


def _in_raw_data(model: Model, tensor: Tensor, span: Span) -> _Odd | None:
    if tensor.dtype == DType.BOOL:
        for at in range(0, span.length, _PIECE):
            others = read(model, span.offset + at, min(_PIECE, span.length - at)).translate(None, b"\0\1")
            if others:
                return _Odd(f"has a byte of {others[0]}, where 1 is true and 0 is false")
    elif tensor.dtype in _PACKED:
        used = tensor.elements * BITS[tensor.dtype] % 8
        last = read(model, span.offset + span.length - 1, 1)[0] if used else 0
        if last >> used:
            return _Odd(f"the {8 - used} bits behind its last element are not zero", Severity.NOTE)
    return None


def _in_a_typed_field(model: Model, tensor: Tensor, span: Span) -> _Odd | None:
    # Not possessive: Python before 3.11.5 loses the place where a part steps back (python/cpython#106052). By so many
    # at a time, for each that might be given back costs memory.
    right = re.compile(rb"(?:" + _PATTERNS.get(tensor.dtype, _BYTE) + rb"){1,512}")
    raw = read(model, span.offset, span.length)
    end = 0
    while found := right.match(raw, end):
        end = found.end()
    if end == len(raw):
        return None
    number = varints(_first(raw[end : end + 10]))
    value = number[0] - (1 << 64 if number[0] >> 63 else 0) if number else 0
    bits = BITS[tensor.dtype]
    return _Odd(f"{FIELD_NAMES[span.field]} has {value:,} for it, which {max(bits, 8)} bits do not hold")


def _first(raw: bytes) -> bytes:
    """The first of several varints."""
    length = next((i for i, byte in enumerate(raw, 1) if byte < 128), 0)
    return raw[:length]
