"""Files of a tar archive that somebody else packed: regular files alone, by names that stay in a folder, bounded."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from typing import IO, Any

from ...tuples import NamedTuple
from ...wording import in_bytes
from ..failures import NotUnderstood, TooMuch
from ..listing import FetchLimits
from ..names import checked_name
from .packings import Stream, unpacked

_MOST = 10_000  # members
_BLOCK = 1 << 20
_LARGEST_HEADER = 1 << 20  # bytes
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_BROKEN = (tarfile.TarError, EOFError, OSError, ValueError)
_PADDING = 1 << 20  # bytes beside a file in an archive
_RATIO = 2000  # how much more may come out than went in; deflate reaches 1,032, and weights nothing like it


class Member(NamedTuple):
    """A regular file of an archive."""

    name: str
    size: int
    sha256: str
    number: int  # among the regular files, from 0


class _Header(tarfile.TarInfo):
    """A member's head, whose extensions (a long name, attributes) are read into memory: no more than a little."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _EXTENSIONS and self.size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {self.size} bytes")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]  # no stub has it
        return found


class _Bounded:
    """Reads on, and no more than so many bytes in all: of a bomb no more than that is unpacked."""

    def __init__(self, file: Stream, most: int, where: str) -> None:
        self._file, self._left, self._where = file, most, where

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, _BLOCK))
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch(f"{self._where} unpacks to more than is taken from an archive")
        return data


def members(path: str, where: str, limits: FetchLimits, *, packing: str) -> tuple[Member, ...]:
    """The regular files of an archive. Links, devices and folders are no files; of a name twice the last counts."""
    found: dict[str, Member] = {}
    for number, (name, size, blocks) in enumerate(_walked(path, where, limits, packing=packing)):
        sha = hashlib.sha256()
        for block in blocks:
            sha.update(block)
        found[name] = Member(name, size, sha.hexdigest(), number)
    return tuple(found.values())


def member_pieces(
    path: str, wanted: int, where: str, limits: FetchLimits, offset: int, *, packing: str
) -> Iterator[bytes]:
    """The bytes of one member, by its number, from an offset on."""
    for number, (_, _, blocks) in enumerate(_walked(path, where, limits, packing=packing)):
        if number == wanted:
            for block in blocks:
                if offset < len(block):
                    yield block[offset:]
                offset = max(0, offset - len(block))
            return
    raise NotUnderstood(f"{where} has fewer files than before")


def _walked(path: str, where: str, limits: FetchLimits, *, packing: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """Name, size and content of every regular file, one after the other."""
    size = os.stat(path).st_size
    most = min(_MOST * limits.size, size * _RATIO + _PADDING) if packing else size
    with open(path, "rb") as file:
        bounded: Any = _Bounded(unpacked(file, packing), most, where)  # read() is all that is asked of a stream
        try:
            with tarfile.open(fileobj=bounded, mode="r|", bufsize=_BLOCK, tarinfo=_Header) as archive:
                for number, info in enumerate(archive):
                    if number == _MOST:
                        raise TooMuch(f"{where} has more than {_MOST:,} members")
                    if not info.isreg() or info.issparse():
                        continue
                    content = archive.extractfile(info)
                    assert content is not None  # it is a regular file
                    if info.size > limits.size:
                        raise TooMuch(
                            f"{where}: {in_bytes(info.size)} in one file; at most {in_bytes(limits.size)} are fetched"
                        )
                    yield checked_name(info.name.removeprefix("./"), where), info.size, _blocks(content, where)
        except _BROKEN as error:
            raise _no_archive(where, error) from None


def _blocks(content: IO[bytes], where: str) -> Iterator[bytes]:
    try:
        while block := content.read(_BLOCK):
            yield block
    except _BROKEN as error:
        raise _no_archive(where, error) from None


def _no_archive(where: str, error: Exception) -> NotUnderstood:
    return NotUnderstood(f"a layer of {where} is not a whole tar archive: {type(error).__name__}")
