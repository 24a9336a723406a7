"""Every file of a model with its SHA-256, read once from a descriptor that is looked at before and after."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator, Mapping

from ..errors import CannotLook, Unreadable
from ..files import FileLook, open_regular
from ..hashing import sha256_of_many
from ..model import digest, external
from ..model.graph import Identity, Model
from ..model.load import load
from ..model.refitted import refitted
from ..names import visible
from ..threads import in_threads
from ..tuples import NamedTuple
from .refusals import ChangedMeanwhile

_BLOCK = 1 << 18  # bytes: they stay in the processor's cache
_SETTLED = 2_000_000_000  # ns: a file changed later than so before it was looked at may change again within one tick


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
        return self.at - max(self.look.modified, self.look.changed) > _SETTLED


class HashedModel(NamedTuple):
    """The files of a model, its own first; ``unread`` are those that it names and that cannot be read, with why."""

    path: str
    files: tuple[HashedFile, ...]
    unread: Mapping[str, str]

    @property
    def main(self) -> HashedFile:
        return self.files[0]


def named_files(model: Model) -> tuple[str, ...]:
    """The names of all files that a model makes a runtime read, beside its own, each once, as subjects have them."""
    own = os.path.basename(model.path)
    return tuple(dict.fromkeys(name for name in map(_normal, digest.files(model)) if name != own))


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
    names = named_files(model) if model is not None else ()

    def of_one(name: str) -> HashedFile | str:
        try:
            return hashed_data(model, name)
        except CannotLook as error:
            return str(error)

    return _with_unread(path, model, own, dict(zip(names, in_threads(of_one, names), strict=True)))


def files_hashed_at(path: str, known: Mapping[FileLook, str], at: int) -> HashedModel | None:
    """All files of the model at a path, of which somebody has the hashes from this time (ns) on; None of one not.

    ``known`` are the hashes of contents by how the files looked before they were read. A file that looks otherwise by
    now has none.
    """
    model = opened_model(path)
    several: dict[str, HashedFile | str] = {}
    for name in ("", *(named_files(model) if model is not None else ())):
        try:
            descriptor = _descriptor(model, name) if name else open_regular(path)[0]
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
    return _with_unread(path, model, own, several)


def _with_unread(
    path: str, model: Model | None, own: HashedFile, several: Mapping[str, HashedFile | str]
) -> HashedModel:
    """``several``: by name another file, or why it cannot be read."""
    unread = {name: why for name, why in several.items() if isinstance(why, str)}
    for named in refitted(model) if model is not None else ():
        if named.unknown:
            unread[_normal(named.by.location)] = f"its own files are not known: {named.unknown}"
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
    return file


def hashed_data(model: Model | None, name: str) -> HashedFile:
    """Another file of the model; CannotLook where it may not be read as one."""
    return _hashed(_descriptor(model, name), name, name)


def _descriptor(model: Model | None, name: str) -> int:
    assert model is not None
    descriptor = external.open_data(model, name)
    if not isinstance(descriptor, int):
        raise CannotLook(f"{visible(name)} cannot be read as a file of {model.path}: {_why(descriptor)}")
    return descriptor


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
    for index, file in enumerate(files.files):
        try:
            descriptor = open_regular(files.path)[0] if index == 0 else _data(model, file.name)
        except OSError:
            descriptor = None
        if descriptor is None:
            yield None
            continue
        try:
            yield FileLook.from_status(os.fstat(descriptor))
        finally:
            os.close(descriptor)


def _data(model: Model | None, name: str) -> int | None:
    found = None if model is None else external.open_data(model, name)
    return found if isinstance(found, int) else None


def _again(path: str, file: HashedFile) -> str:
    if file.name == os.path.basename(path):
        return hashed_own(path, None).sha256
    return hashed_data(opened_model(path), file.name).sha256
