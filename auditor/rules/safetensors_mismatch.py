"""A weight that the header of its safetensors file knows otherwise.

## What it does
Where a tensor's data lies in a safetensors file, compares its type and its shape with what the file's own header says
of the same bytes. Sizes of 1 do not count: a bias may be stored as a row.

## Why it matters
The header is written by whoever stored the weights (https://github.com/huggingface/safetensors#format), and the model's
graph by another program. The bytes fit both, so nothing else notices that a matrix was taken for its transpose, or
bfloat16 for float16: the model runs, and computes something else.

## Fires on
```mutator
safetensors_of_another_shape
safetensors_of_another_type
```

## Quiet on
```mutator
safetensors_that_agree
```

## How to fix
Export the model again; transpose or convert weights that are linked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import DType
from ..model.graph import Model
from ..model.payload import tensors
from ..model.safetensors import SUFFIX, HeaderEntry, header
from ..report import Basis, Found, Severity
from . import rule, stored_at

_TYPES = {
    "F64": DType.DOUBLE, "F32": DType.FLOAT, "F16": DType.FLOAT16, "BF16": DType.BFLOAT16, "I64": DType.INT64,
    "I32": DType.INT32, "I16": DType.INT16, "I8": DType.INT8, "U64": DType.UINT64, "U32": DType.UINT32,
    "U16": DType.UINT16, "U8": DType.UINT8, "BOOL": DType.BOOL,
}  # fmt: skip


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def safetensors_mismatch(model: Model) -> Iterator[Found]:
    known: dict[str, dict[int, HeaderEntry]] = {}
    for path, tensor in tensors(model):
        where = tensor.external
        if where is None or not where.location.lower().endswith(SUFFIX):
            continue
        if where.location not in known:
            known[where.location] = {stored.begin: stored for stored in header(model, where.location)}
        stored = known[where.location].get(where.offset)
        if stored is None:
            continue
        there, here = f"{stored.dtype} {list(stored.shape)}", _shown(tensor.dtype, tensor.dims)
        dtype = _TYPES.get(stored.dtype, tensor.dtype)
        if dtype != tensor.dtype or _essential(stored.shape) != _essential(tensor.dims):
            yield Found(
                f"{tensor.name!r} is {here} here; the header of {where.location!r} has {there} for its bytes "
                f"({stored.name!r})",
                stored_at(model, path, tensor),
                "export the model again, with the weights as it takes them",
                expected=there,
                actual=here,
            )


def _essential(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in sizes if size != 1)


def _shown(dtype: int, dims: tuple[int, ...]) -> str:
    name = next((name for name, known in _TYPES.items() if known == dtype), f"type {dtype}")
    return f"{name} {list(dims)}"
