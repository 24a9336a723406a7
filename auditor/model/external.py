"""External tensor data: where it may lie, and what is wrong with where it lies.

Only regular files inside the model's folder are opened, part by part from that folder, and no link is followed. The one
exception is a Hugging Face cache, whose ``snapshots/<revision>/`` hold links into ``blobs/`` beside them. A hard link
cannot be told from its original, and package managers make them: `HardLinked` is to be noted, not to be refused.
"""

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import TypeAlias

from .. import files
from ..files import kind_of_mode, open_regular
from ..tuples import NamedTuple
from .graph import Identity, Model
from .tensor import External, Tensor


class Outside(NamedTuple):
    """A location that leads out of the model's folder."""

    location: str


class NoFolder(NamedTuple):
    """A model that came as bytes: nobody knows where its external data lies."""

    location: str


class MissingFile(NamedTuple):
    location: str


class IsLink(NamedTuple):
    """A symbolic link; ``part`` is the piece of the location that is one."""

    location: str
    part: str


class NotRegular(NamedTuple):
    """A folder, a named pipe, a device: ``kind`` says which."""

    location: str
    kind: str


class CannotOpen(NamedTuple):
    location: str
    why: str


class TooShort(NamedTuple):
    """The tensor's range ends behind the end of the file."""

    location: str
    offset: int
    length: int
    size: int


class BadEntry(NamedTuple):
    """A key of ``external_data`` whose value makes no sense: an empty location, a size that is no number or absurd."""

    key: str
    value: str


class HardLinked(NamedTuple):
    """The file has other names too, perhaps outside the folder."""

    location: str
    links: int


class Overlap(NamedTuple):
    """Two tensors whose ranges share bytes without being the same range, or are one range read as two types."""

    location: str
    first: str
    second: str
    offset: int  # of the first shared byte
    length: int  # how many are shared


ExternalTrouble: TypeAlias = (
    Outside | NoFolder | MissingFile | IsLink | NotRegular | CannotOpen | TooShort | BadEntry | HardLinked
)


class DataFile(NamedTuple):
    location: str
    size: int
    links: int
    identity: Identity


_LARGEST = 1 << 62
_NUMBERS = ("offset", "length")
_BLOB = r"(.+)/blobs/([0-9a-f]{40}|[0-9a-f]{64})"
_PATH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC  # O_PATH: a folder need not be readable


def number(text: str) -> int | None:
    """A size or an offset as ONNX writes it: decimal digits and nothing else, of a sane magnitude."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    value = int(text)
    return value if value <= _LARGEST else None


def parse(entries: tuple[tuple[str, str], ...]) -> External:
    """What the entries say; of a key that stands twice the last counts, as in onnx."""
    said = dict(entries)
    length = number(said["length"]) if "length" in said else None
    return External(said.get("location", ""), number(said.get("offset", "0")) or 0, length, entries)


def entry_troubles(external: External) -> tuple[BadEntry, ...]:
    return tuple(BadEntry(key, value) for key, value in external.entries if key in _NUMBERS and number(value) is None)


def look(model: Model, location: str) -> DataFile | ExternalTrouble:
    """The file at a location, if it is one that may be read."""
    fd = _opened(model, location)
    if not isinstance(fd, int):
        return fd
    try:
        found = os.fstat(fd)
    finally:
        os.close(fd)
    identity = Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    return DataFile(location, found.st_size, found.st_nlink, identity)


def range_trouble(external: External, file: DataFile, length: int | None) -> TooShort | None:
    """Whether so many bytes from the offset on lie in the file; None: all up to its end."""
    length = external.length if external.length is not None else length or 0
    if external.offset + length <= file.size:
        return None
    return TooShort(external.location, external.offset, length, file.size)


def overlaps(tensors: Iterable[tuple[Tensor, int]]) -> tuple[Overlap, ...]:
    """Tensors with their lengths in bytes, whose ranges overlap.

    The same range twice is a shared weight, unless it is read as two types.
    """
    by_file: dict[str, dict[tuple[int, int], Tensor]] = {}
    found = []
    for tensor, length in tensors:
        if tensor.external is None or length <= 0:
            continue
        location = posixpath.normpath(tensor.external.location)
        begin = tensor.external.offset
        first = by_file.setdefault(location, {}).setdefault((begin, begin + length), tensor)
        if first.dtype != tensor.dtype:
            found.append(Overlap(location, first.name, tensor.name, begin, length))
    for location, ranges in by_file.items():
        reach, owner = -1, ""
        for (start, end), tensor in sorted(ranges.items(), key=itemgetter(0)):
            if start < reach and tensor.name != owner:
                found.append(Overlap(location, owner, tensor.name, start, min(reach, end) - start))
            if end > reach:
                reach, owner = end, tensor.name
    return tuple(found)


def open_data(model: Model, location: str) -> int | ExternalTrouble:
    """A descriptor of the file at a location, which the caller must close; or why there is none."""
    if model.lacking is not None and model.lacking.is_over(location, 0, 0):
        model.lacking.asked += 1
        return CannotOpen(location, "it was not fetched")
    return _opened(model, location)


def _opened(model: Model, location: str) -> int | ExternalTrouble:
    if not model.path:
        return NoFolder(location)
    if "\0" in location or not location:
        return BadEntry("location", location)
    normal = posixpath.normpath(location)
    if normal.startswith(("/", "../", "\\")) or normal == ".." or re.match(r"[A-Za-z]:[\\/]", normal):
        return Outside(location)
    if normal == ".":
        return BadEntry("location", location)
    folder = os.path.dirname(model.path) or "."  # of the path as given: a model may be a link
    *parts, name = normal.split("/")
    try:
        return _detour(folder, location) or _descend(folder, parts, name, location)
    except (OSError, ValueError) as error:  # ValueError: a name that the file system cannot have
        return _why(error, location)


def _detour(folder: str, location: str) -> ExternalTrouble | None:
    """A link where ``..`` comes behind a name: what opens the location follows it, and is elsewhere then.

    The name need not be there: then nobody can open it so, and it is known what is meant.
    """
    passed: list[str] = []
    for part in location.split("/") if ".." in location else ():
        if part == "..":
            with suppress(FileNotFoundError):
                mode = os.lstat(os.path.join(folder, *passed)).st_mode
                if not stat.S_ISDIR(mode):
                    return IsLink(location, passed[-1]) if stat.S_ISLNK(mode) else MissingFile(location)
            passed.pop()
        elif part not in ("", "."):
            passed.append(part)
    return None


def _descend(folder: str, parts: list[str], name: str, location: str) -> int | ExternalTrouble:
    with _folder(folder) as (top, hold):
        here = top
        for part in parts:
            mode = os.stat(part, dir_fd=here, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                return IsLink(location, part)
            if not stat.S_ISDIR(mode):
                return MissingFile(location)
            here = hold(os.open(part, _PATH | os.O_NOFOLLOW, dir_fd=here))
        try:
            return open_regular(name, follow=False, dir_fd=here)[0]
        except files.NotARegularFile as error:
            if not stat.S_ISLNK(error.mode):
                return NotRegular(location, kind_of_mode(error.mode))
        place = os.path.join(os.path.abspath(folder), *parts)  # by the letter, no link resolved
        blob = _blob(place, os.readlink(name, dir_fd=here))
        return IsLink(location, name) if blob is None else _descend(*blob, location)


def _blob(place: str, target: str) -> tuple[str, list[str], str] | None:
    """Folder, parts and name of the blob that a link in a Hugging Face snapshot means; None for any other link."""
    found = re.fullmatch(_BLOB, posixpath.normpath(posixpath.join(place, target)))
    if found is None or not re.match(re.escape(found[1]) + r"/snapshots/[^/]+(/|$)", place):
        return None
    return found[1], ["blobs"], found[2]


@contextmanager
def _folder(path: str) -> "Iterator[tuple[int, Holder]]":
    hold = Holder()
    try:
        yield hold(os.open(path, _PATH)), hold
    finally:
        hold.close()


class Holder:
    """Descriptors to close."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def __call__(self, fd: int) -> int:
        self._held.append(fd)
        return fd

    def close(self) -> None:
        for fd in self._held:
            os.close(fd)


def _why(error: OSError | ValueError, location: str) -> ExternalTrouble:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return MissingFile(location)
    return CannotOpen(location, os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error))
