"""The files of one model as they lie here, each under the place that it has beside the model, and hashed."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

from ..batch.around import around
from ..errors import AuditorError, CannotLook, NothingToAudit, UsageError
from ..files import open_regular
from ..model import digest, external
from ..model.graph import Model
from ..model.load import load, open_model
from ..report import Contract
from ..runtime.golden import vectors_beside
from ..tuples import NamedTuple

BLOCK = 1 << 20
_LONGEST_NAME, _LONGEST_VERSION = 512, 128
_DIGITS = 12  # of the content's hash, where nobody says a version


class LocalFile(NamedTuple):
    """A file that an audit of the model reads; ``open_fd`` gives a descriptor of it, as the audit would open it."""

    place: str  # from the model's folder on, with slashes
    path: str  # for people
    open_fd: Callable[[], int]

    @contextmanager
    def opened(self) -> Iterator[int]:
        """A descriptor; `CannotLook` for whatever the system says against opening or reading it."""
        try:
            fd = self.open_fd()
            try:
                yield fd
            finally:
                os.close(fd)
        except OSError as error:
            raise CannotLook(f"cannot read {self.path}: {error.strerror or error}") from None


class Hashed(NamedTuple):
    """A file with its content's hash, and how it looked then."""

    file: LocalFile
    size: int
    sha256: str


class LocalModel(NamedTuple):
    """What is pushed: the first file is the model. What a registry around it says of it stands here too."""

    files: tuple[LocalFile, ...]
    name: str
    version: str | None = None  # None: after its content
    contract: Contract | None = None


def local_model(path: str) -> LocalModel:
    """The model at a path with all that an audit of it reads: external data, and golden vectors beside it.

    Of external data only what an audit would open: no link, nothing outside of the folder. `NothingToAudit` where there
    is no file, `CannotLook` where it cannot be read.
    """
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder: `auditor push` takes one model")
    if not os.path.lexists(path):
        raise NothingToAudit(f"there is no file {path}")
    here = LocalFile(_place(os.path.basename(path)), path, lambda: open_model(path)[0])
    with here.opened():
        pass  # what is no file, or may not be read, is said before anything else
    folder = os.path.dirname(path) or "."
    vectors = (file for vector in vectors_beside(path) for file in (*vector.inputs, *vector.outputs))
    found = {here.place: here}
    for file in (*_data(path), *(_vector(vector, folder) for vector in vectors)):
        found.setdefault(file.place, file)
    ref = around(path)
    stem = os.path.basename(path)
    stem = stem[:-5] if stem.lower().endswith(".onnx") and len(stem) > 5 else stem
    name = ref.subject if ref is not None and ref.subject else stem
    version = ref.version if ref is not None and ref.subject else ""
    return LocalModel(
        tuple(found.values()),
        _place(name)[:_LONGEST_NAME],
        version[:_LONGEST_VERSION] or None,
        None if ref is None else ref.contract,
    )


def _data(path: str) -> Iterator[LocalFile]:
    """The external data that is there; what is wrong with the rest the audit says."""
    try:
        model = load(path)
    except AuditorError:
        return
    for location in digest.files(model):
        if isinstance(external.look(model, location), external.DataFile):
            place = posixpath.normpath(location)
            where = os.path.join(os.path.dirname(path), place)
            yield LocalFile(_place(place), where, _opening(model, location))


def _opening(model: Model, location: str) -> Callable[[], int]:
    def opened() -> int:
        found = external.open_data(model, location)
        if isinstance(found, int):
            return found
        raise CannotLook(f"{location} is another file than it was a moment ago")

    return opened


def _vector(path: str, folder: str) -> LocalFile:
    place = os.path.relpath(path, os.path.abspath(folder)).replace(os.sep, "/")
    return LocalFile(_place(place), os.path.join(folder, place), lambda: open_regular(path, follow=False)[0])


def _place(name: str) -> str:
    """A name that JSON can carry."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode("utf-8", "backslashreplace").decode()
        raise UsageError(f"the name {shown} is not UTF-8, which a server cannot be told: rename it") from None
    return name


def hashed(file: LocalFile, moved: Callable[[int], None] = lambda count: None) -> Hashed:
    """The file's hash, read in blocks; ``moved`` hears how many bytes came. `CannotLook` where it changes meanwhile."""
    whole, size = sha256(), 0
    with file.opened() as fd:
        before = os.fstat(fd)
        while block := os.read(fd, BLOCK):
            whole.update(block)
            size += len(block)
            moved(len(block))
        after = os.fstat(fd)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise CannotLook(f"{file.path} changed while it was read: push it again when it is written")
    return Hashed(file, size, whole.hexdigest())


def size_of(files: tuple[LocalFile, ...]) -> int:
    """Bytes of all of them, as far as they can be looked at."""
    total = 0
    for file in files:
        with file.opened() as fd:
            total += os.fstat(fd).st_size
    return total


def version_of_content(files: Mapping[str, str]) -> str:
    """What a version is called that nobody named: the same for the same files, by place and hash."""
    digests = list(files.values())
    said = digests[0] if len(digests) == 1 else sha256(json.dumps(sorted(files.items())).encode()).hexdigest()
    return said[:_DIGITS]
