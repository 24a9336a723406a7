"""Tensors in the child: made from a seed, read from a file, looked at. NumPy is imported only where it is used.

Types that NumPy lacks travel as unsigned integers of their width ("stand-ins"), with ONNX's number beside them.
"""

from __future__ import annotations

import hashlib
import math
import os
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..files import FileTooLarge, NotARegularFile, open_regular, read_regular
from ..tuples import NamedTuple
from .outcome import Observed
from .request import Feed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]

NUMPY = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "object", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128",
}  # fmt: skip
STAND_INS = {16: "uint16", 17: "uint8", 18: "uint8", 19: "uint8", 20: "uint8"}
STRING, BFLOAT16 = 8, 16
# Bits of the mantissa, bias of the exponent, has infinities, has a negative zero (without: that byte is NaN).
_FLOAT8 = {17: (3, 7, False, True), 18: (3, 8, False, False), 19: (2, 15, True, True), 20: (2, 16, False, False)}
LARGEST_FILE = 1 << 30


class CannotRead(Exception):
    """A file of inputs or expected outputs that is not what it should be; the message is for the user."""


class CannotMake(Exception):
    """There is no such array in NumPy: of more than 64 axes, or of sizes that count too many bytes even beside a 0."""


class Stored(NamedTuple):
    """A tensor with its name (which may be "") and ONNX's number of its type."""

    name: str
    dtype: int
    array: Array


def make(feed: Feed, seed: int) -> Stored:
    """The array that a feed describes; `CannotMake` where NumPy has none of such sizes."""
    import numpy as np

    if feed.file.endswith(".npz"):
        return Stored(feed.name, 0, _from_archive(feed))
    if feed.file:
        return read_tensor(read_file(feed.file))._replace(name=feed.name)
    kind = NUMPY.get(feed.dtype)
    if kind is None and feed.dtype != BFLOAT16:
        raise CannotRead(f"no values can be invented for input {feed.name}, whose type is number {feed.dtype}")
    random = _random(math.prod(feed.shape), seed ^ zlib.crc32(feed.name.encode("utf-8", "surrogateescape")))
    unit = (random >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)  # uniform in [0, 1)
    made: Array
    if feed.dtype == BFLOAT16:
        made = (unit.view(np.uint32) >> 16).astype(np.uint16)
    elif feed.dtype in (1, 10, 11, 14, 15):
        made = unit.astype(kind)
        if feed.dtype == 10:
            made = np.minimum(made, np.float16(1 - 2**-11))  # rounding makes a 1 of what is close to it
    else:
        bits = (random >> np.uint64(63)).astype(np.uint8)
        made = bits.astype(str).astype(object) if feed.dtype == STRING else bits.astype(kind)
    try:
        return Stored(feed.name, feed.dtype, made.reshape(feed.shape))
    except (ValueError, OverflowError) as error:
        sizes = f"{len(feed.shape)} axes" if len(feed.shape) > 64 else str(list(feed.shape))
        raise CannotMake(f"no values can be invented for input {feed.name} of {sizes}: {error}") from None


def _random(count: int, seed: int) -> NDArray[np.uint64]:
    """SplitMix64, the same with every NumPy; numpy.random would cost 15 ms at each start."""
    import numpy as np

    state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 32 & (1 << 64) - 1)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        state ^= state >> np.uint64(shift)
        state *= np.uint64(factor)
    return state


def _from_archive(feed: Feed) -> Array:
    import zipfile

    import numpy as np

    try:
        descriptor, _ = open_regular(feed.file)
        with os.fdopen(descriptor, "rb") as file, np.load(file, allow_pickle=False) as archive:
            held = ", ".join(archive.files)[:300] or "nothing"
            loaded: Array | None = archive[feed.key] if feed.key in archive.files else None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CannotRead(f"the inputs cannot be read as an .npz file: {error}") from None
    if loaded is None:
        raise CannotRead(f"the inputs hold no array {feed.key!r}, only {held}")
    return loaded.astype(object) if loaded.dtype.kind == "U" else loaded


def read_file(path: str) -> bytes:
    """A regular file's bytes; no link, no pipe, nothing enormous."""
    name = path.rpartition("/")[2]
    try:
        return read_regular(path, LARGEST_FILE, follow=False)
    except (NotARegularFile, FileTooLarge):
        raise CannotRead(f"{name} is not a regular file of at most {LARGEST_FILE >> 20} MB") from None
    except OSError as error:
        raise CannotRead(f"{name} cannot be opened: {error.strerror}") from None


_TYPED = {4: "<f4", 10: "<f8"}  # float_data, double_data: little-endian numbers


def read_tensor(data: bytes) -> Stored:
    """A TensorProto (onnx.proto) whose data it carries itself."""
    import numpy as np

    name, dtype, dims, raw = "", 0, [np.empty(0, np.uint64)], b""
    strings: list[str] = []
    typed: list[Array] = []
    for field, value in _fields(data):
        match field, value:
            case 1, int():
                dims.append(np.array([value], np.uint64))
            case 1, bytes():
                dims.append(_varints(value))
            case 2, int():
                dtype = value
            case 8, bytes():
                name = value.decode("utf-8", "surrogateescape")
            case 9, bytes():
                raw = value
            case 6, bytes():
                strings.append(value.decode("utf-8", "surrogateescape"))
            case ((4 | 10), bytes()):
                kind = np.dtype(_TYPED[field])
                typed.append(np.frombuffer(value[: len(value) // kind.itemsize * kind.itemsize], kind))
            case ((5 | 7 | 11), bytes()):
                typed.append(_varints(value))
            case ((5 | 7 | 11), int()):
                typed.append(np.array([value], np.uint64))
            case (13, _) | (14, 1):
                raise CannotRead("the tensor keeps its data in another file")
    shape = tuple(int(d) for d in np.concatenate(dims).astype(np.int64))
    if any(size < 0 for size in shape):
        raise CannotRead(f"the tensor has a negative size: {list(shape)}")
    try:
        return Stored(name, dtype, _assemble(dtype, raw, strings, typed).reshape(shape))
    except (ValueError, TypeError) as error:
        raise CannotRead(f"the tensor cannot be read: {error}") from None


def _assemble(dtype: int, raw: bytes, strings: list[str], typed: list[Array]) -> Array:
    import numpy as np

    if dtype == STRING:
        texts = np.empty(len(strings), object)
        texts[:] = strings
        return texts
    kind = NUMPY.get(dtype) or STAND_INS.get(dtype)
    if kind is None:
        raise CannotRead(f"tensors of type number {dtype} are not read")
    little = np.dtype(kind).newbyteorder("<")
    if raw or not typed:
        return np.frombuffer(raw, little)
    numbers = np.concatenate(typed)
    if dtype in (14, 15):
        return numbers.view(little)
    if dtype in (10, *STAND_INS):
        return numbers.astype(np.dtype(f"u{little.itemsize}")).view(little)  # int32_data holds the bit patterns
    return numbers.astype(little)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protobuf message: varints as ints, all else as bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, at = _varint(data, at)
            case 5:
                size = 4
            case _:
                raise CannotRead(f"no TensorProto: bad tag at byte {at}")
        if at + size > len(data):
            raise CannotRead(f"no whole TensorProto: it ends {at + size - len(data)} bytes too early")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value & (1 << 64) - 1, at + shift + 1
    raise CannotRead(f"no TensorProto: bad varint at byte {at}")


def _varints(data: bytes) -> NDArray[np.uint64]:
    """Packed varints, all at once."""
    import numpy as np

    octets = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(octets < 128)
    if not len(octets):
        return np.empty(0, np.uint64)
    if not len(last) or last[-1] != len(octets) - 1:
        raise CannotRead("no TensorProto: packed numbers are cut")
    first = np.concatenate(([0], last[:-1] + 1))
    place = np.arange(len(octets)) - np.repeat(first, last - first + 1)
    return np.add.reduceat((octets & 127).astype(np.uint64) << (7 * place).astype(np.uint64), first)


def floats(dtype: int, array: Array) -> Array | None:
    """The values of a floating-point tensor as NumPy knows them; None for other types."""
    import numpy as np

    if dtype == BFLOAT16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    if dtype in _FLOAT8:
        return _float8(dtype)[array]
    return array if array.dtype.kind in "fc" else None


def _float8(dtype: int) -> NDArray[np.float32]:
    """What each of the 256 bytes of a type stands for (onnx.ai/onnx/technical/float8.html)."""
    import numpy as np

    mantissa_bits, bias, infinite, zero_sign = _FLOAT8[dtype]
    octet = np.arange(256)
    sign = np.where(octet & 128, -1.0, 1.0)
    exponent = (octet & 127) >> mantissa_bits
    mantissa = (octet & ((1 << mantissa_bits) - 1)) / (1 << mantissa_bits)
    values = sign * np.where(exponent, (1 + mantissa) * 2.0 ** (exponent - bias), mantissa * 2.0 ** (1 - bias))
    if infinite:
        last = exponent == (1 << (7 - mantissa_bits)) - 1
        values = np.where(last, np.where(mantissa == 0, sign * np.inf, np.nan), values)
    elif zero_sign:
        values[[0x7F, 0xFF]] = np.nan
    if not zero_sign:
        values[0x80] = np.nan
    return values.astype(np.float32)


def observe(
    name: str, dtype: int, shape: tuple[int, ...], array: Array | None, digest: bool, unseen: str = ""
) -> Observed:
    """What is worth knowing of a tensor that a run gave; ``array`` None where nobody can look into it."""
    import numpy as np

    nonfinite = low = high = None
    values = None if array is None else floats(dtype, array)
    if values is not None:
        finite = np.isfinite(values)
        nonfinite = int(values.size - np.count_nonzero(finite))
        if nonfinite:
            values = values[finite]
        if values.size and values.dtype.kind == "f":
            low, high = float(values.min()), float(values.max())
    hashed = "" if array is None or not digest else _digest(array)
    return Observed(name, dtype, shape, nonfinite=nonfinite, low=low, high=high, digest=hashed, unseen=unseen)


def _digest(array: Array) -> str:
    import numpy as np

    if array.dtype == object:
        return hashlib.sha256("\0".join(map(str, array.flat)).encode("utf-8", "surrogatepass")).hexdigest()
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
