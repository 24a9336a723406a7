"""Opening a file that somebody else chose or wrote: a regular file and nothing else, without waiting, within bounds."""

from __future__ import annotations

import errno
import os
import stat

from .tuples import NamedTuple

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
}
_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+.-")
_SETTLED = 2_000_000_000  # ns: what is changed again sooner may keep its times, as coarse as file systems have them
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)


def is_address(text: str) -> bool:
    """Whether a text is where something lies elsewhere, ``scheme://...``; MLflow's have one slash, ``models:/...``."""
    scheme, colon, rest = text.partition(":/")
    return bool(colon and scheme) and _SCHEME.issuperset(scheme) and (rest.startswith("/") or scheme == "models")


class FileLook(NamedTuple):
    """What tells that a file is another one, or was written to."""

    device: int
    inode: int
    size: int
    modified: int  # ns
    changed: int  # ns: the system's own, which nobody sets back

    @classmethod
    def from_status(cls, found: os.stat_result) -> FileLook:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def is_settled(self, at: int) -> bool:
        """Whether the file had been left alone at this time (ns) for so long that its times tell of the next change."""
        return at - max(self.modified, self.changed) > _SETTLED


class NotARegularFile(OSError):
    """What lies at the path is not a regular file; ``mode`` is its st_mode, ``strerror`` a sentence's end."""

    strerror: str

    def __init__(self, mode: int) -> None:
        super().__init__(errno.EINVAL, f"not a regular file but {kind_of_mode(mode)}")
        self.mode = mode


class FileTooLarge(OSError):
    """The file holds more than was asked for; ``size`` in bytes, as far as it was looked at."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(errno.EFBIG, f"larger than {most} bytes")
        self.size, self.most = size, most


def kind_of_mode(mode: int) -> str:
    """What a st_mode is, with its article: "a named pipe"."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def open_regular(
    path: str | os.PathLike[str], most: int | None = None, *, follow: bool = True, dir_fd: int | None = None
) -> tuple[int, os.stat_result]:
    """A descriptor of the regular file at the path, which the caller closes, and its status.

    ``most`` bounds its size in bytes. ``follow`` says whether the last part of the path may be a link: where not,
    a link is `NotARegularFile`. ``dir_fd`` is the folder that a relative path starts in.

    The status is looked at before opening, because opening a device may act on it, and again on the descriptor, because
    the file may have been exchanged in between. A named pipe never keeps us waiting, no terminal becomes ours, and no
    child process inherits the descriptor. OSError where there is no such file: a path with a NUL counts among those.
    """
    try:
        mode = os.stat(path, dir_fd=dir_fd, follow_symlinks=follow).st_mode
        if not stat.S_ISREG(mode):
            raise NotARegularFile(mode)
        descriptor = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW, dir_fd=dir_fd)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotARegularFile(status.st_mode)
        if most is not None and status.st_size > most:
            raise FileTooLarge(status.st_size, most)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, status


def read_regular(path: str | os.PathLike[str], most: int, *, follow: bool = True) -> bytes:
    """All bytes of the regular file at the path. `FileTooLarge` where there are more than ``most``, or come to be."""
    descriptor, status = open_regular(path, most, follow=follow)
    try:
        data = os.read(descriptor, status.st_size + 1)  # a byte more, so that one call mostly says that this is all
        if len(data) != status.st_size:
            while len(data) <= most and (block := os.read(descriptor, most + 1 - len(data))):
                data += block
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise FileTooLarge(len(data), most)
    return data
