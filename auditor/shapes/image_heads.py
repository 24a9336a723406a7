"""The height and width that an image file names in its head."""

from __future__ import annotations

from struct import error as StructError
from struct import unpack_from


def size_of(data: bytes) -> tuple[int, int] | None:
    """(height, width) of a BMP, JPEG, JPEG 2000, PNG, PNM, TIFF or WebP file; None for any other."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = unpack_from(">II", data, 16)
        elif data[:2] == b"BM":
            width, height = unpack_from("<ii", data, 18)
        elif data[:2] == b"\xff\xd8":
            return _jpeg(data)
        elif data[4:8] == b"jP  " and (at := data.find(b"ihdr")) > 0:
            height, width = unpack_from(">II", data, at + 4)
        elif data[:1] == b"P" and data[1:2] in b"123456":
            width, height = (int(word) for word in _words(data)[1:3])
        elif data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        else:
            return None
    except (IndexError, ValueError, OverflowError, ArithmeticError, StructError):
        return None
    return abs(height), width


def _words(data: bytes) -> list[bytes]:
    lines = (line.partition(b"#")[0] for line in data[:1024].split(b"\n"))
    return b"\n".join(lines).split(maxsplit=4)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The frame's head; the others are passed over."""
    at = 2
    while data[at] == 0xFF:
        kind = data[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = unpack_from(">HH", data, at + 5)
            return height, width
        at += 2 + unpack_from(">H", data, at + 2)[0]
    return None


def _tiff(data: bytes) -> tuple[int, int] | None:
    order = "<" if data[:1] == b"I" else ">"
    (at,) = unpack_from(f"{order}I", data, 4)
    (count,) = unpack_from(f"{order}H", data, at)
    found: dict[int, int] = {}
    for i in range(count):
        tag, kind = unpack_from(f"{order}HH", data, at + 2 + 12 * i)
        (found[tag],) = unpack_from(f"{order}{'H' if kind == 3 else 'I'}", data, at + 10 + 12 * i)
    width, height = found.get(256), found.get(257)
    return None if width is None or height is None else (height, width)


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = unpack_from("<HH", data, 26)
        return height & 0x3FFF, width & 0x3FFF
    if kind == b"VP8L":
        (bits,) = unpack_from("<I", data, 21)
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[27:30], "little") + 1, int.from_bytes(data[24:27], "little") + 1
    return None
