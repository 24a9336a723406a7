"""What the header of a safetensors file says of the bytes that a model takes from it.

https://github.com/huggingface/safetensors#format: eight bytes with the header's length, little endian; the header, a
JSON object; then the tensors, whose ``data_offsets`` count from the header's end on.
"""

from __future__ import annotations

import json
import os

from ..tuples import NamedTuple
from . import external
from .graph import Model

SUFFIX = ".safetensors"
_LARGEST = 1 << 24  # bytes of a header that are read


class HeaderEntry(NamedTuple):
    """A tensor as the header has it; begin and end from the file's first byte on."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def header(model: Model, location: str) -> tuple[HeaderEntry, ...]:
    """The tensors of a file, in order of their places; none where it cannot be read or has no such header."""
    fd = external.open_data(model, location)
    if not isinstance(fd, int):
        return ()
    try:
        length = int.from_bytes(os.pread(fd, 8, 0), "little")
        if length > _LARGEST:
            return ()
        said = json.loads(os.pread(fd, length, 8))
        return tuple(sorted(_stored(said, 8 + length), key=lambda stored: (stored.begin, stored.name)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ()
    finally:
        os.close(fd)


def _stored(said: dict[str, dict[str, object]], start: int) -> list[HeaderEntry]:
    found = []
    for name, row in said.items():
        if name == "__metadata__":
            continue
        dtype, shape, offsets = row["dtype"], row["shape"], row["data_offsets"]
        if not isinstance(dtype, str) or not isinstance(shape, list) or not isinstance(offsets, list):
            raise TypeError(name)
        begin, end = (int(offset) for offset in offsets)
        found.append(HeaderEntry(name, dtype, tuple(int(size) for size in shape), start + begin, start + end))
    return found
