"""How a model's files look and what is in them: the key of its work."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping
from functools import cache, lru_cache

from .. import __version__
from ..rules import rules_digest
from ..runtime import golden
from ..settings import Settings
from ..store.works import FileState
from .refs import Ref

_BLOCK = 1 << 20
_SETTLED = 2_000_000_000  # ns: a file changed later than so before it was hashed may change again within one tick

_ABSENT = "absent"


def files_of(ref: Ref) -> tuple[str, ...]:
    """Every file that an audit of the model may look at, golden vectors beside it included."""
    return tuple(dict.fromkeys((ref.path, *ref.files, *_vectors_beside(ref.path))))


def _vectors_beside(path: str) -> tuple[str, ...]:
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    try:
        return _vectors_in(folder, os.stat(folder).st_mtime_ns)  # noqa: PTH116
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=256)
def _vectors_in(folder: str, _changed: int) -> tuple[str, ...]:
    """A folder of 100,000 models is looked through once, and again when something comes or goes."""
    found = golden.find(os.path.join(folder, "model.onnx"))  # noqa: PTH118
    return tuple(path for vector in found for path in (*vector.inputs, *vector.outputs))


def unchanged(path: str, known: FileState | None) -> bool:
    """Whether a file still looks as it did when it was hashed: size, mtime and inode, as git does."""
    if known is None:
        return False
    try:
        now = os.stat(path)  # noqa: PTH116  # half the cost of Path.stat, and there are many files
    except FileNotFoundError:
        return known.digest == _ABSENT
    except (OSError, ValueError):
        return False
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (known.size, known.mtime_ns, known.inode)


def hashed(paths: tuple[str, ...]) -> tuple[FileState, ...] | None:
    """The files as they are, with the hash of their contents; None if one cannot be read or is no regular file.

    That a file is not there is a content like any other: external data that is missing, until it comes.
    """
    try:
        return tuple(_hashed(path) for path in paths)
    except (OSError, ValueError):
        return None


def settled(state: FileState) -> bool:
    """Whether the file was left alone long enough for its time to tell of the next change."""
    return time.time_ns() - state.mtime_ns > _SETTLED


def key(ref: Ref, settings: Settings, states: Mapping[str, FileState]) -> str:
    """What an audit's result depends on: contents, what the registry says, rules, settings, versions."""
    folder = os.path.dirname(ref.path) or "."  # noqa: PTH120  # by the letter
    contents = sorted(
        ("" if path == ref.path else os.fsencode(os.path.relpath(path, folder)).hex(), state.digest)
        for path, state in states.items()
    )
    said = [contents, repr(ref.contract), ref.troubles, _settings(settings), rules_digest(), __version__]
    return hashlib.sha256(json.dumps([*said, _runtime() if settings.run else ""]).encode()).hexdigest()


def _settings(settings: Settings) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in settings._asdict().items()]


def _text(value: object) -> str:
    """The same text for the same value: sets and mappings have no order of their own."""
    match value:
        case frozenset():
            return repr(sorted(value))
        case Mapping():
            return repr(sorted(value.items()))
        case _:
            return repr(value)


@cache
def _runtime() -> str:
    """The runtime's version, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return ""


def _hashed(path: str) -> FileState:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe does not keep us waiting
    except FileNotFoundError:
        return FileState(path, 0, 0, 0, _ABSENT)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(f"{path} is no regular file")
        sha = hashlib.sha256()
        while block := os.read(fd, _BLOCK):
            sha.update(block)
    finally:
        os.close(fd)
    return FileState(path, before.st_size, before.st_mtime_ns, before.st_ino, sha.hexdigest())
