"""How a model's files look and what is in them: the key of its work."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from .. import __version__
from ..evidence.processor import features
from ..files import open_regular
from ..runtime import golden
from ..settings import Settings
from ..store.works import FileState
from .refs import Ref

_BLOCK = 1 << 20

_ABSENT = "absent"


def files_of(refs: Iterable[Ref]) -> list[tuple[str, ...]]:
    """Of each model every file that an audit of it may look at, golden vectors beside it included."""
    beside: dict[str, tuple[str, ...]] = {}  # by folder: models lie together
    found = []
    for ref in refs:
        folder = os.path.dirname(ref.path) or "."
        vectors = beside.get(folder)
        if vectors is None:
            vectors = beside[folder] = _vectors_beside(folder)
        plain = not vectors and ref.files == (ref.path,)
        found.append(ref.files if plain else tuple(dict.fromkeys((ref.path, *ref.files, *vectors))))
    return found


def _vectors_beside(folder: str) -> tuple[str, ...]:
    try:
        return _vectors_in(folder, os.stat(folder).st_mtime_ns)
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=256)
def _vectors_in(folder: str, _changed: int) -> tuple[str, ...]:
    """A folder of 100,000 models is looked through once, and again when something comes or goes."""
    found = golden.vectors_beside(os.path.join(folder, "model.onnx"))
    return tuple(path for vector in found for path in (*vector.inputs, *vector.outputs))


def unchanged(path: str, known: FileState | None) -> bool:
    """Whether a file still looks as it did when it was hashed: size, times, inode and device, as git does.

    The time of its last change (ctime) is the system's: whoever sets a file's times back changes it.
    """
    if known is None:
        return False
    try:
        now = os.stat(path)  # half the cost of Path.stat, and there are many files
    except FileNotFoundError:
        return known.digest == _ABSENT
    except (OSError, ValueError):
        return False
    return (now.st_size, *_looks(now)) == (known.size, known.mtime_ns, known.inode, known.ctime_ns, known.device)


def _looks(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_mtime_ns, found.st_ino, found.st_ctime_ns, found.st_dev


def hashed(groups: Sequence[tuple[str, ...]]) -> list[tuple[FileState, ...] | None]:
    """Each model's files as they are, with the hash of their contents; None if one is not a regular file to be read.

    That a file is not there is a content like any other: external data that is missing, until it comes.
    """
    return [_all_hashed(paths) for paths in groups]


def _all_hashed(paths: tuple[str, ...]) -> tuple[FileState, ...] | None:
    try:
        return tuple(_hashed(path) for path in paths)
    except (OSError, ValueError):
        return None


def seen_from_here(state: FileState) -> FileState:
    """A file that another machine hashed, as this one sees it: a shared folder's device has a number of each its own.

    As it is where this machine sees another file: it then counts as changed.
    """
    try:
        now = os.stat(state.path)
    except (OSError, ValueError):
        return state
    here = state._replace(device=now.st_dev)
    return here if unchanged(state.path, here) else state


def settled(states: Iterable[FileState], at: int) -> tuple[FileState, ...]:
    """The files whose times tell of any change since this time (ns), when they had not been hashed yet."""
    return tuple(state for state in states if state.look.is_settled(at))


class Keys:
    """What an audit's result depends on: contents, what the registry says, rules, settings, versions."""

    def __init__(self, settings: Settings, processor: Sequence[str] | None = None) -> None:
        """``processor``: the relevant features of the one that runs the models, where it is not this one."""
        chosen = [(name, _text(value)) for name, value in settings._asdict().items()]
        runs_on = features() if processor is None else processor
        runtime = " ".join((runtime_version(), *runs_on)) if settings.run else ""
        more = [state.digest for state in _all_hashed(named_files(settings)) or ()]
        self._same = hashlib.sha256(json.dumps([chosen, more, _code(), __version__, runtime]).encode())

    def key_of(self, ref: Ref, states: Sequence[FileState]) -> str:
        """The key of work: the same for the same content under other names."""
        contents: object
        if ref.partly is not None:
            contents = ["partly", ref.partly.key]
        elif len(states) == 1:
            contents = [("", states[0].digest)]
        else:
            folder = os.path.dirname(ref.path) or "."  # by the letter
            contents = sorted((_place(state.path, ref.path, folder), state.digest) for state in states)
        said = "" if ref.contract is None and not ref.troubles else [repr(ref.contract), ref.troubles]
        return self._hash([contents, said])

    def again(self, key: str | None, ref: Ref) -> str:
        """Of the same work, where it came to no end and is to be done again."""
        return self._hash(["again", key or os.fsencode(os.path.abspath(ref.path)).hex()])

    def _hash(self, said: list[object]) -> str:
        whole = self._same.copy()
        whole.update(json.dumps(said).encode())
        return whole.hexdigest()


def named_files(settings: Settings) -> tuple[str, ...]:
    """The files beside the models that an audit reads, because its settings name them."""
    named = filter(None, (settings.inputs, settings.custom_ops, settings.against))
    return (*settings.operators, *settings.provider_libraries.values(), *named)


def installation() -> dict[str, str]:
    """What decides an audit's result beside the model and the settings, as it is installed here, by name."""
    from ..rules import rules_digest

    return {
        "auditor": __version__,
        "rules": rules_digest(),
        "code": _code(),
        "runtime": runtime_version(),
        "processor": " ".join(features()),
    }


def _place(path: str, model: str, folder: str) -> str:
    return "" if path == model else os.fsencode(os.path.relpath(path, folder)).hex()


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
def _code() -> str:
    """The hash of our own code: between two releases it changes, and the version does not."""
    package = Path(__file__).parent.parent
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        whole.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


@cache
def runtime_version() -> str:
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
        fd, before = open_regular(path)
    except FileNotFoundError:
        return FileState(path, 0, 0, 0, _ABSENT)
    try:
        sha = hashlib.sha256()
        while block := os.read(fd, _BLOCK):
            sha.update(block)
    finally:
        os.close(fd)
    return state_of(path, before, sha.hexdigest())


def state_of(path: str, found: os.stat_result, digest: str) -> FileState:
    """A file as it was found when it was hashed."""
    mtime, inode, ctime, device = _looks(found)
    return FileState(path, found.st_size, mtime, inode, digest, ctime, device)
