"""What archives are packed with: gzip, and zstd where somebody has installed what reads it."""

from __future__ import annotations

import gzip
import zlib
from importlib.util import find_spec
from typing import IO, Any, Protocol

_WINDOW = 1 << 27  # bytes that zstd may look back: what its own command allows unasked


class Stream(Protocol):
    """What an archive is read from."""

    def read(self, size: int) -> bytes: ...


def unpacks(packing: str) -> bool:
    """Whether files that are packed so are read here."""
    return packing in ("", "gzip") or (packing == "zstd" and find_spec("zstandard") is not None)


def unpacked(file: IO[bytes], packing: str) -> Stream:
    """A file's content, unpacked as it is read. ValueError or OSError where it is not packed so."""
    match packing:
        case "gzip":
            return _Unpacked(gzip.GzipFile(fileobj=file), zlib.error)
        case "zstd":
            import zstandard

            reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(file, read_across_frames=True)
            return _Unpacked(reader, zstandard.ZstdError)
    return file


class _Unpacked:
    """A reader whose own errors are a ValueError."""

    def __init__(self, reader: Any, error: type[Exception]) -> None:
        self._reader, self._error = reader, error

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except self._error as error:
            raise ValueError(f"{error}") from None
