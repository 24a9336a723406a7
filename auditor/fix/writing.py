"""A rope put into a file: streamed, whole or not at all, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from ..errors import CannotLook, UsageError
from ..files import kind_of_mode
from ..model.graph import Model
from ..model.payload import opened
from ..model.payload_bytes import Raw, bytes_of
from ..tuples import NamedTuple
from .rope import Copy, MadeBytes, Piece

_BLOCK = 1 << 20


class Target(NamedTuple):
    """Where a file is to be written: looked at before anything is."""

    path: str
    mode: int


def target(path: str, like: os.stat_result) -> Target:
    """A path that may be written: a regular file, or nothing yet. ``like`` gives the mode of a new file.

    `UsageError` for a link, a folder, a device, or where the folder is not there.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise UsageError(f"cannot write {path}: there is no folder {folder}") from None
        return Target(path, stat.S_IMODE(like.st_mode) & 0o777)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {path}: {_why(error)}") from None
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"cannot write {path}: it is {kind_of_mode(found.st_mode)}, and only files are replaced")
    return Target(path, stat.S_IMODE(found.st_mode) & 0o777)


@contextmanager
def written(
    model: Model,
    pieces: Iterable[Piece],
    to: Target,
    placed: Callable[[], object] = lambda: None,
    *,
    anew: bool = False,
) -> Iterator[str]:
    """The path of a finished temporary file in the target's folder. It takes the target's place at the end.

    Where the block raises, or the process dies, the target is as it was. `UsageError` where it cannot be written.
    ``placed`` is called as soon as the file is in its place, whatever comes then. ``anew``: no file is replaced, not
    even one that came a moment ago.
    """
    folder, name = os.path.split(to.path)
    path = ""
    try:
        try:
            descriptor, path = tempfile.mkstemp(".tmp", f".{name[:100]}.", folder or ".")
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                _write(model, pieces, file.fileno())
                os.fchmod(file.fileno(), to.mode)
                os.fsync(file.fileno())
        except OSError as error:
            raise UsageError(f"cannot write {to.path}: {_why(error)}") from None
        yield path
        try:
            (_put_anew if anew else os.replace)(path, to.path)
            placed()
        except OSError as error:
            raise UsageError(f"cannot write {to.path}: {_why(error)}") from None
        path = ""
        _sync(folder or ".")
    finally:
        if path:
            with suppress(OSError):
                os.unlink(path)


def _put_anew(path: str, to: str) -> None:
    """A rename that replaces nothing; FileExistsError where something is there."""
    try:
        os.link(path, to, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EINVAL):
            raise
        if os.path.lexists(to):  # a file system without hard links: so near as can be looked
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.replace(path, to)
    else:
        os.unlink(path)


def in_memory(model: Model, pieces: Iterable[Piece]) -> bytes:
    """The file, which is not written."""
    found = []
    for piece in pieces:
        match piece:
            case bytes():
                found.append(piece)
            case Copy(location=location, start=start, end=end):
                found.append(bytes_of(model, Raw(location, start, end - start)))
            case MadeBytes(blocks=blocks):
                found += blocks()
    return b"".join(found)


def _sync(folder: str) -> None:
    """The folder's entry, too; some file systems know no such thing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(model: Model, pieces: Iterable[Piece], out: int) -> None:
    at = 0
    for piece in pieces:
        match piece:
            case bytes():
                at = _put(out, piece, at)
            case Copy(location=location, start=start, end=end):
                with opened(model, Raw(location, start, end - start)) as source:
                    if source.fd is None:
                        assert source.data is not None
                        at = _put(out, source.data, at)
                    else:
                        at = _copied(source.fd, start, end, out, at)
            case MadeBytes(length=length, blocks=blocks):
                end = at + length
                for block in blocks():
                    at = _put(out, block, at)
                if at != end:
                    raise CannotLook("a tensor's data changed while it was read")
    os.ftruncate(out, at)


def _put(out: int, data: bytes | memoryview, at: int) -> int:
    view = memoryview(data)
    while view:
        done = os.pwrite(out, view[:_BLOCK], at)
        at, view = at + done, view[done:]
    return at


def _copied(source: int, start: int, end: int, out: int, at: int) -> int:
    """Copied by the kernel where it can; what is a hole stays one."""
    while start < end:
        data = _data_from(source, start, end)
        at, start = at + data - start, data
        stop = _hole_from(source, start, end)
        while start < stop:
            done = _block(source, start, stop - start, out, at)
            start, at = start + done, at + done
    return at


def _block(source: int, start: int, length: int, out: int, at: int) -> int:
    if hasattr(os, "copy_file_range"):
        try:
            done = os.copy_file_range(source, out, min(length, 1 << 30), start, at)
            if done:
                return done
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM):
                raise
    data = os.pread(source, min(length, _BLOCK), start)
    if not data:
        raise CannotLook("the file became shorter while it was read")
    _put(out, data, at)
    return len(data)


def _data_from(source: int, start: int, end: int) -> int:
    """Where data begins, from there on."""
    try:
        return min(os.lseek(source, start, os.SEEK_DATA), end) if hasattr(os, "SEEK_DATA") else start
    except OSError as error:
        return end if error.errno == errno.ENXIO else start


def _hole_from(source: int, start: int, end: int) -> int:
    try:
        return min(os.lseek(source, start, os.SEEK_HOLE), end) if hasattr(os, "SEEK_HOLE") else end
    except OSError:
        return end


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
