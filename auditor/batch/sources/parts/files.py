"""What every source needs: bounded reading, and all the files that make a model up."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable

from ....errors import AuditorError, Unusable
from ....files import FileTooLarge, NotARegularFile, kind_of_mode, read_regular
from ....model import digest
from ....model.load import load
from ....tuples import NamedTuple
from ....wording import in_bytes

CONFIG = 1 << 20  # bytes of a configuration that are read: real ones hold a few thousand

_SMALL = 1 << 22  # bytes of a model that are searched for external data, instead of its being loaded
_EXTERNAL = b"\x0a\x08location"  # the key of an entry of external_data, as protobuf writes it
_CONTEXT = b"EPContext"  # an operator whose attributes name files


class ModelFiles(NamedTuple):
    """The files that make a model up, and what is wrong with them."""

    files: tuple[str, ...]
    data: tuple[str, ...]  # of these, the external data: places relative to the model's folder
    troubles: tuple[str, ...]


def read(path: str, most: int = CONFIG) -> bytes:
    """A regular file's bytes, if it holds no more than so many. Never waits for a named pipe."""
    try:
        return read_regular(path, most)
    except NotARegularFile as error:
        raise Unusable(f"{_name(path)} is {error.strerror}") from None
    except FileTooLarge as error:
        raise Unusable(f"{_name(path)} holds {in_bytes(error.size)}; at most {in_bytes(most)} are read") from None
    except OSError as error:
        raise Unusable(f"{_name(path)} cannot be read: {error.strerror}") from None


def read_text(path: str, most: int = CONFIG) -> str:
    try:
        return read(path, most).decode()
    except UnicodeDecodeError as error:
        raise Unusable(f"{_name(path)} is not UTF-8: byte {error.start}") from None


def make_up(path: str, others: Iterable[str] = ()) -> ModelFiles:
    """The model's own file, its external data and the files given beside it; and whether it is a file at all."""
    trouble, size = _look(path)
    if trouble:
        return ModelFiles((path, *(o for o in others if os.path.lexists(o))), (), (trouble,))
    troubles = []
    data: list[str] = []
    for location in locations(path, size):
        normal = posixpath.normpath(location)
        if normal.startswith(("/", "../")) or normal == ".." or "\0" in location:
            troubles.append(f"external data {location!r} leads out of the model's folder")
        elif os.path.exists(beside(path, normal)):
            data.append(normal)
        else:
            troubles.append(f"external data {location!r} is missing")
    files = (path, *(beside(path, d) for d in data), *(o for o in others if os.path.lexists(o)))
    return ModelFiles(files, tuple(data), tuple(troubles))


def beside(path: str, name: str) -> str:
    return os.path.join(os.path.dirname(path), name)  # a Path would cost more than the look


def _look(path: str) -> tuple[str, int]:
    """Why the file cannot be audited, "" where it can; and its size."""
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        link = os.path.islink(path)
        return f"a link that leads nowhere: {_why(error)}" if link else f"the model is not there: {_why(error)}", 0
    if stat.S_ISREG(found.st_mode):
        return "", found.st_size
    return f"not a regular file but {kind_of_mode(found.st_mode)}", 0


def locations(path: str, size: int) -> tuple[str, ...]:
    """Where the model says that its other files lie. Most models have none, which costs one look at their bytes."""
    try:
        if size == 0 or (size <= _SMALL and _names_no_file(read(path, _SMALL))):
            return ()
        return digest.files(load(path))
    except (OSError, ValueError, Unusable, AuditorError):  # the audit says what is wrong with the model
        return ()


def _names_no_file(model: bytes) -> bool:
    return _EXTERNAL not in model and _CONTEXT not in model


def _name(path: str) -> str:
    return os.path.basename(path) or path


def _why(error: OSError | ValueError) -> str:
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
