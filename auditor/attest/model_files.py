"""Every file of a model with its SHA-256, read once from a descriptor that is looked at before and after."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..errors import CannotLook, Unreadable
from ..files import FileLook, open_regular
from ..hashing import sha256_of_many
from ..model import digest, external
from ..model.file_troubles import AttributeTwice
from ..model.graph import Identity, Model
from ..model.load import load
from ..model.refitted import refitted
from ..names import visible
from ..threads import in_threads
from ..tuples import NamedTuple
from .refusals import ChangedMeanwhile

_BLOCK = 1 << 18  # bytes: they stay in the processor's cache


class HashedFile(NamedTuple):
    """A file of a model: ``name`` is its own, or the way to it from the model's folder on, with slashes."""

    name: str
    sha256: str
    size: int
    look: FileLook
    at: int  # ns: when it was read

    @property
    def settled(self) -> bool:
        """Whether it had been left alone for long enough that its times tell of the next change."""
        return self.look.is_settled(self.at)


class HashedModel(NamedTuple):
    """The files of a model, its own first; ``unread`` are those that it names and that cannot be read, with why."""

    path: str
    files: tuple[HashedFile, ...]
    unread: Mapping[str, str]

    @property
    def main(self) -> HashedFile:
        return self.files[0]


def named_files(model: Model) -> dict[str, tuple[str, ...]]:
    """All files that a model makes a runtime read, beside its own: the name that a subject has, and each way to it.

    Two ways may lead to one file, ``a.bin`` and ``sub/../a.bin``, until somebody puts a link on one of them.
    """
    ways = _ways(model)
    ways.pop(os.path.basename(model.path), None)
    return ways


def _ways(model: Model) -> dict[str, tuple[str, ...]]:
    ways: dict[str, tuple[str, ...]] = {}
    for location in digest.files(model):
        name = _normal(location)
        ways[name] = (*ways.get(name, ()), location)
    return ways


def _normal(name: str) -> str:
    return posixpath.normpath(name) if name else name


def opened_model(path: str) -> Model | None:
    """The model at a path; None of bytes that are none, which have no other files."""
    try:
        return load(path)
    except Unreadable:
        return None


def hashed_files(path: str) -> HashedModel:
    """All files of the model at a path, each read whole. NothingToAudit, CannotLook as `load` has them."""
    model = opened_model(path)
    own = hashed_own(path, model)
    names = named_files(model) if model is not None else {}

    def of_one(name: str) -> HashedFile | str:
        try:
            return hashed_data(model, name, names[name])
        except CannotLook as error:
            return str(error)

    return _with_unread(path, model, own, dict(zip(names, in_threads(of_one, tuple(names)), strict=True)))


def files_hashed_at(path: str, known: Mapping[FileLook, str], at: int) -> HashedModel | None:
    """All files of the model at a path, of which somebody has the hashes from this time (ns) on; None of one not.

    ``known`` are the hashes of contents by how the files looked before they were read. A file that looks otherwise by
    now has none.
    """
    model = opened_model(path)
    names = named_files(model) if model is not None else {}
    several: dict[str, HashedFile | str] = {}
    for name in ("", *names):
        try:
            descriptor = _descriptor(model, name, names[name]) if name else open_regular(path)[0]
        except CannotLook as error:
            several[name] = str(error)
            continue
        except OSError:
            return None
        try:
            look = FileLook.from_status(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        if look not in known:
            return None
        several[name] = HashedFile(name or os.path.basename(path), known[look], look.size, look, at)
    own = several.pop("")
    assert isinstance(own, HashedFile)
    _check_ways_to_itself(path, model)
    return _with_unread(path, model, own, several)


def _with_unread(
    path: str, model: Model | None, own: HashedFile, several: Mapping[str, HashedFile | str]
) -> HashedModel:
    """``several``: by name another file, or why it cannot be read."""
    unread = {name: why for name, why in several.items() if isinstance(why, str)}
    for named in refitted(model) if model is not None else ():
        if named.unknown:
            unread[_normal(named.by.location)] = f"its own files are not known: {named.unknown}"
    if model is None:
        unread[own.name] = f"{path} cannot be read as a model, and nobody knows which files it names"
    for trouble in model.troubles if model is not None else ():
        if isinstance(trouble, AttributeTwice):  # onnxruntime takes the first of a Constant, and reads its file
            twice = f"an attribute {visible(trouble.name)} stands twice, and may name a file each time"
            unread[f"attribute {trouble.name}"] = twice
    return HashedModel(path, (own, *(file for file in several.values() if isinstance(file, HashedFile))), unread)


def hashed_own(path: str, model: Model | None) -> HashedFile:
    """The model's own file; ``model`` is what was read of it before, of which it must still be the file."""
    try:
        descriptor = open_regular(path)[0]
    except OSError as error:
        raise CannotLook(f"cannot read {path}: {error.strerror}") from None
    file = _hashed(descriptor, os.path.basename(path), path)
    look = file.look
    if model is not None and model.identity != Identity(look.device, look.inode, look.size, look.modified):
        raise ChangedMeanwhile(f"{path} was written to while it was read: try again")
    _check_ways_to_itself(path, model)
    return file


def _check_ways_to_itself(path: str, model: Model | None) -> None:
    """CannotLook where a model has weights in its own file, by a way round that leads elsewhere."""
    own = _ways(model).get(os.path.basename(path), ()) if model is not None else ()
    if model is not None and any("/" in way for way in own):
        itself = _opened_by_all(model, own)
        if not isinstance(itself, int):
            raise CannotLook(f"{path} names itself by a way that leads elsewhere: {_why(itself)}")
        os.close(itself)


def hashed_data(model: Model | None, name: str, ways: Iterable[str]) -> HashedFile:
    """Another file of the model; CannotLook where it may not be read as one, in one of the ways that lead to it."""
    return _hashed(_descriptor(model, name, ways), name, name)


def _descriptor(model: Model | None, name: str, ways: Iterable[str]) -> int:
    assert model is not None
    descriptor = _opened_by_all(model, ways)
    if not isinstance(descriptor, int):
        raise CannotLook(f"{visible(name)} cannot be read as a file of {model.path}: {_why(descriptor)}")
    return descriptor


def _opened_by_all(model: Model, ways: Iterable[str]) -> int | external.ExternalTrouble:
    """A descriptor of the file that all ways lead to, or what is wrong with one of them."""
    *others, last = ways
    for way in others:
        descriptor = external.open_data(model, way)
        if not isinstance(descriptor, int):
            return descriptor
        os.close(descriptor)
    return external.open_data(model, last)


def _why(trouble: external.ExternalTrouble) -> str:
    match trouble:
        case external.MissingFile():
            return "it is not there"
        case external.Outside():
            return "it lies outside of the model's folder"
        case external.IsLink(_, part):
            return f"{visible(part)} is a link"
        case external.NotRegular(_, kind):
            return f"it is {kind}"
        case external.CannotOpen(_, why):
            return why
    return "it is no file's name"


def _hashed(descriptor: int, name: str, shown: str) -> HashedFile:
    """Closes the descriptor."""
    try:
        before, at = FileLook.from_status(os.fstat(descriptor)), time.time_ns()
        sha = sha256_of_many(before.size)
        buffer = memoryview(bytearray(_BLOCK))
        while got := os.readv(descriptor, [buffer]):
            sha.update(buffer[:got])
        after = FileLook.from_status(os.fstat(descriptor))
    except OSError as error:
        raise CannotLook(f"{visible(shown)} cannot be read to its end: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if before != after:
        raise ChangedMeanwhile(f"{visible(shown)} was written to while it was read: try again")
    return HashedFile(name, sha.hexdigest(), before.size, before, at)


def check_unchanged(files: HashedModel) -> None:
    """ChangedMeanwhile where one of the files is not what it was when it was hashed.

    A file that had been written to just before is read once more: its times may not tell of the next change.
    """
    for file, now in zip(files.files, _looks(files), strict=True):
        if now != file.look or (not file.settled and _again(files.path, file) != file.sha256):
            raise ChangedMeanwhile(
                f"{visible(file.name)} was written to between its hashing and the end of its audit: nothing is signed"
            )


def _looks(files: HashedModel) -> Iterator[FileLook | None]:
    model = opened_model(files.path)
    names = named_files(model) if model is not None else {}
    for index, file in enumerate(files.files):
        try:
            descriptor = open_regular(files.path)[0] if index == 0 else _data(model, names.get(file.name, ()))
        except OSError:
            descriptor = None
        if descriptor is None:
            yield None
            continue
        try:
            yield FileLook.from_status(os.fstat(descriptor))
        finally:
            os.close(descriptor)


def _data(model: Model | None, ways: Collection[str]) -> int | None:
    found = _opened_by_all(model, ways) if model is not None and ways else None
    return found if isinstance(found, int) else None


def _again(path: str, file: HashedFile) -> str:
    if file.name == os.path.basename(path):
        return hashed_own(path, None).sha256
    model = opened_model(path)
    return hashed_data(model, file.name, named_files(model)[file.name] if model is not None else ()).sha256
