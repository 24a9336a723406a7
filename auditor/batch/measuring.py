"""Large files hashed in a worker and their tensors measured on the way: an audit then need not read them again.

The hash is wanted first, for it may say that the audit was made before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ..errors import AuditorError
from ..files import FileLook, open_regular
from ..model.graph import Model
from ..model.load import load
from ..model.wire import ReadLimits
from ..settings import Settings
from ..store.works import FileState
from ..tuples import NamedTuple
from ..weights.once import MeasuredFile, MeasuredFiles, normal_location, read_once
from .refs import Ref
from .state import files_of, hashed, state_of

_PART = 1 << 28  # bytes of a model's files that one task hashes

_NODES = 20_000
"""Of a model of more, decoding the graph once more, for each of its files, costs what reading them once spares."""


LARGE = 1 << 26
"""Bytes of a model whose files are read once, at the price of decoding its graph twice: less is read from memory."""


class HashedPart(NamedTuple):
    """A file of a model as it is, and what was seen of its tensors; ``location`` is its place as the model has it."""

    state: FileState
    location: str = ""
    measured: MeasuredFile | None = None


@dataclass(slots=True)
class Parts:
    """A large model whose files are hashed in parts: an interrupted batch goes on behind the last one."""

    ref: Ref
    group: tuple[str, ...]
    states: dict[str, FileState]  # of the files that are known by now
    left: int  # tasks
    began: int  # ns: before its files were read
    measured: dict[str, MeasuredFile] = field(default_factory=dict)  # by location
    unread: bool = False

    def take(self, states: Sequence[FileState], found: Sequence[object]) -> None:
        """What a task has found, and how this machine sees those files."""
        self.states |= {state.path: state for state in states}
        for one in found:
            if isinstance(one, HashedPart) and one.measured is not None:
                self.measured[one.location] = one.measured


def in_parts(sizes: Iterable[tuple[str, int]]) -> list[list[str]]:
    """Files in groups of a quarter of a gigabyte, or of one file: each a task, which several workers share."""
    tasks, held = list[list[str]](), _PART
    for path, size in sizes:
        if held >= _PART:
            tasks.append([])
            held = 0
        tasks[-1].append(path)
        held += size
    return tasks


def are_measured(settings: Settings, sizes: Iterable[int]) -> bool:
    """Whether an audit with these settings looks at all weights, of files of these sizes that are worth it."""
    return settings.weights and not settings.sample_weights and sum(sizes) >= LARGE


def hashed_for(ref: Ref, settings: Settings) -> tuple[tuple[FileState, ...] | None, MeasuredFiles]:
    """All files of a model that is to be audited, and what was seen of their tensors; None if one cannot be read."""
    (group,) = files_of([ref])
    if not are_measured(settings, map(size_of, group)):
        return hashed([group])[0], {}
    found = [part for part in hashed_and_measured(ref.path, group) if part is not None]
    states = tuple(part.state for part in found) if len(found) == len(group) else None
    return states, {part.location: part.measured for part in found if part.measured is not None}


def size_of(path: str) -> int:
    """0 of a file that is not there."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def hashed_and_measured(model: str, paths: Sequence[str], threads: int = 1) -> list[HashedPart | None]:
    """Files of the model at a path with their hashes; None for one that is not a regular file to be read.

    ``threads``: two where a processor would have nothing to do.
    """
    known = _known(model)
    return [_part(path, known, threads) for path in paths]


def _part(path: str, known: _Graph | None, threads: int) -> HashedPart | None:
    try:
        if known is not None:
            return _measured(known, path, threads)
    except FileNotFoundError:  # that is a content like any other
        pass
    except OSError:
        return None
    except AuditorError:  # the model is another one by now: the audit says so
        pass
    (states,) = hashed([(path,)])
    return None if states is None else HashedPart(states[0])


class _Graph(NamedTuple):
    """What says where tensors lie, and how its file looked before it was read."""

    model: Model
    look: FileLook


def _known(path: str) -> _Graph | None:
    try:
        return _graph_of(path, FileLook.from_status(os.stat(path)))
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=1)
def _graph_of(path: str, look: FileLook) -> _Graph | None:
    """Of the files of one model a worker mostly has several, one after the other."""
    try:
        return _Graph(load(path, ReadLimits(nodes=_NODES)), look)
    except AuditorError:  # the audit says why
        return None


def _measured(known: _Graph, path: str, threads: int) -> HashedPart:
    model = known.model.path
    location = "" if path == model else normal_location(os.path.relpath(path, os.path.dirname(model) or "."))
    descriptor, before = open_regular(path)
    try:
        once = read_once(descriptor, before.st_size, known.model, location, threads)
    finally:
        os.close(descriptor)
    # The looks are those of before: of a file that was written to meanwhile nobody takes the statistics.
    measured = MeasuredFile(known.look, FileLook.from_status(before), once.statistics) if once.statistics else None
    return HashedPart(state_of(path, before, once.sha256), location, measured)
