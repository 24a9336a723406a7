"""Files within a tar archive that somebody else packed: regular files alone, by names that stay in a folder, bounded."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO

from ...errors import AuditorError
from ...tuples import NamedTuple
from ...wording import in_bytes
from ..failures import NotUnderstood, TooMuch
from ..listing import FetchLimits
from ..names import checked_name

_MOST = 10_000  # members
_BLOCK = 1 << 20
_RATIO = 2000  # how much more may come out of gzip than went in; deflate reaches 1,032


class Member(NamedTuple):
    """A regular file of an archive."""

    name: str
    size: int
    sha256: str


class _Bounded:
    """Reads on, and no more than so many bytes in all: of a bomb no more than that is unpacked."""

    def __init__(self, file: IO[bytes], most: int, where: str) -> None:
        self._file, self._left, self._where = file, most, where

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, _BLOCK) if size >= 0 else _BLOCK)
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch(f"{self._where} unpacks to more than is taken from an archive")
        return data


def members(path: str, where: str, limits: FetchLimits, *, packed: bool) -> tuple[Member, ...]:
    """The regular files of an archive. Links, devices and folders are no files; of a name twice the last counts."""
    found: dict[str, Member] = {}
    for name, size, blocks in _walked(path, where, limits, packed=packed):
        sha = hashlib.sha256()
        for block in blocks:
            sha.update(block)
        found[name] = Member(name, size, sha.hexdigest())
    return tuple(found.values())


def member_pieces(
    path: str, name: str, where: str, limits: FetchLimits, offset: int, *, packed: bool
) -> Iterator[bytes]:
    """The bytes of one member from an offset on: of the last of its name."""
    number = [at for at, (found, _, _) in enumerate(_walked(path, where, limits, packed=packed)) if found == name]
    for at, (_, _, blocks) in enumerate(_walked(path, where, limits, packed=packed)):
        if number and at == number[-1]:
            for block in blocks:
                if offset < len(block):
                    yield block[offset:]
                offset = max(0, offset - len(block))
            return
    raise NotUnderstood(f"{where} has no {name} any more")


def _walked(
    path: str, where: str, limits: FetchLimits, *, packed: bool
) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """Name, size and content of every regular file, one after the other."""
    import gzip
    import os

    most = limits.size if not packed else min(limits.size, os.stat(path).st_size * _RATIO + (1 << 20))
    with open(path, "rb") as file:
        unpacked = gzip.GzipFile(fileobj=file) if packed else file
        try:
            with tarfile.open(fileobj=_Bounded(unpacked, most, where), mode="r|") as archive:  # type: ignore[call-overload]  # all that a stream is asked for is read()
                for number, info in enumerate(archive):
                    if number == _MOST:
                        raise TooMuch(f"{where} has more than {_MOST:,} members")
                    if not info.isreg() or info.issparse():
                        continue
                    name = checked_name(info.name.removeprefix("./"), where)
                    content = archive.extractfile(info)
                    assert content is not None  # it is a regular file
                    yield name, info.size, iter(lambda content=content: content.read(_BLOCK), b"")  # type: ignore[misc]
        except AuditorError:
            raise
        except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
            size = in_bytes(os.stat(path).st_size)
            raise NotUnderstood(f"{where} ({size}) is not a tar archive: {type(error).__name__}") from None
