"""A file that lies elsewhere, of which only what is read comes: the rest of its copy here is holes."""

from __future__ import annotations

import hashlib
import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TypeAlias

from ..wording import in_bytes
from .failures import NotThatContent, NotUnderstood, TooMuch, TooSlow
from .listing import FetchLimits, FilePart, ListedFile

PartSource: TypeAlias = Callable[[int, int, str], FilePart | None]
"""Of a start, a length and an ETag, as `RemoteReader.part` gives it."""

_BLOCK, _AHEAD = 1 << 14, 1 << 17  # bytes that are asked for at least: after a jump, and while reading goes on in order
_MOST = 1 << 20  # that are asked for at once
LARGEST = 1 << 44  # bytes of a file: more is none
_REQUESTS = 50_000  # of one file


class Ranged:
    """The copy, as far as it has come."""

    def __init__(
        self, descriptor: int, file: ListedFile, ask: PartSource, first: FilePart, limits: FetchLimits, until: float
    ) -> None:  # fmt: skip
        """``first``: the file's beginning, which tells its size. `NotThatContent` where the registry says another."""
        if file.size is not None and first.size != file.size:
            raise NotThatContent(
                f"{file.name} has {in_bytes(first.size)}, and its registry says that it has {in_bytes(file.size)}"
            )
        if first.size > LARGEST:
            raise TooMuch(f"{file.name} is said to hold {in_bytes(first.size)}, which no model does")
        self.size, self.fetched = first.size, 0
        self._descriptor, self._file, self._ask = descriptor, file, ask
        self._etag, self._limits, self._until = first.etag, limits, until
        self._starts: list[int] = []  # of what is here, in order and apart
        self._ends: list[int] = []
        self._requests = 0
        self._grow = _BLOCK
        os.ftruncate(descriptor, self.size)
        self._put(0, first.data)

    def read(self, length: int, offset: int) -> bytes:
        """As os.pread; what is not here comes first."""
        self.need(offset, min(offset + length, self.size))
        return os.pread(self._descriptor, length, offset)

    def need(self, start: int, end: int) -> None:
        """Have these bytes here, and whatever is cheaper to fetch along."""
        for lacks, to in self.lacking(start, end):
            self._grow = min(self._grow * 2, _AHEAD) if self._is_here(lacks - 1) else _BLOCK
            to = min(max(to, lacks + self._grow), self.size)
            for gap, stop in self.lacking(lacks, to):
                for at in range(gap, stop, _MOST):
                    self._fetch(at, min(_MOST, stop - at))

    def lacking(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of a range is not here, in order."""
        found = []
        at = bisect_right(self._ends, start)
        while start < end:
            if at == len(self._starts) or self._starts[at] >= end:
                found.append((start, end))
                break
            if self._starts[at] > start:
                found.append((start, self._starts[at]))
            start = self._ends[at]
            at += 1
        return found

    def digest(self) -> str:
        """SHA-256 of what is here, and of where it stands."""
        sha = hashlib.sha256(f"{self.size}".encode())
        for start, end in zip(self._starts, self._ends, strict=True):
            sha.update(f"\0{start} {end}\0".encode())
            for at in range(start, end, _MOST):
                sha.update(os.pread(self._descriptor, min(_MOST, end - at), at))
        return sha.hexdigest()

    def _is_here(self, offset: int) -> bool:
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and self._ends[at] > offset

    def _fetch(self, start: int, length: int) -> None:
        self._requests += 1
        if self._requests > _REQUESTS:
            raise TooMuch(
                f"the graph of {self._file.name} lies in more than {_REQUESTS:,} pieces: fetch it without --graph-only"
            )
        if self.fetched + length > self._limits.size:
            raise TooMuch(
                f"the graph of {self._file.name} alone holds more than {in_bytes(self._limits.size)}, which is the "
                "most that is fetched (--fetch-size)"
            )
        if time.monotonic() > self._until:
            raise TooSlow(
                f"the graph of {self._file.name} did not come within {self._limits.seconds:g} s; --fetch-timeout gives "
                "more time"
            )
        part = self._ask(start, length, self._etag)
        if part is None or part.size != self.size:
            raise NotThatContent(f"{self._file.name} was exchanged while it was fetched: fetch it again")
        if len(part.data) != length:
            raise NotUnderstood(f"of {self._file.name} {len(part.data)} bytes came where {length} were asked for")
        self._put(start, part.data)

    def _put(self, start: int, data: bytes) -> None:
        view, at = memoryview(data), start
        while view:
            done = os.pwrite(self._descriptor, view, at)
            view, at = view[done:], at + done
        self.fetched += len(data)
        end = start + len(data)
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last], self._ends[first:last] = [start], [end]
