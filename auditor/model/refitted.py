"""Engines without weights: the models that they take them from, and the files in which those have theirs.

https://onnxruntime.ai/docs/execution-providers/TensorRT-ExecutionProvider.html, trt_weight_stripped_engine_enable. A
model that is named so is read as a stranger's: through one descriptor, within the folder, and one step far, for what it
names in its turn as an engine's model nobody reads.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from ..errors import Unreadable
from ..tuples import NamedTuple
from . import external
from .contexts import REFITTED_FROM, NamedFile, contexts
from .graph import Identity, Model
from .load import load_opened
from .payload_troubles import tensors

_MOST = 4  # models that are read; engines of one model name the same one


class Refitted(NamedTuple):
    """A model that an engine without weights names, and its files; or why nobody can say which they are."""

    by: NamedFile  # the first attribute that names it
    files: tuple[str, ...] = ()  # the way to each from the engine's folder on
    unknown: str = ""


_known: WeakKeyDictionary[Model, dict[Identity, tuple[str, ...] | str]] = WeakKeyDictionary()


def own_files(model: Model) -> set[str]:
    """The files that the model itself names: external data, and what was compiled and lies in a file."""
    data = {t.external.location for _, t in tensors(model) if t.external is not None}
    return data | {named.location for named in contexts(model).files}


def refitted(model: Model) -> tuple[Refitted, ...]:
    """Each model once, in the order of the file; not those that are not there or may not be read."""
    if not any(named.attribute == REFITTED_FROM for named in contexts(model).files):
        return ()
    return tuple(_all_of(model))


def _all_of(model: Model) -> Iterator[Refitted]:
    named = {posixpath.normpath(n.location): n for n in reversed(contexts(model).files) if n.attribute == REFITTED_FROM}
    for number, (place, by) in enumerate(reversed(named.items())):
        if number >= _MOST:
            yield Refitted(by, unknown=f"the model names {len(named)} of them, and {_MOST} are read")
            continue
        match _names_in(model, by.location):
            case str(why):
                yield Refitted(by, unknown=why)
            case tuple(names):
                folder = posixpath.dirname(place)
                yield Refitted(by, tuple(_from(folder, name) for name in names))


def _from(folder: str, name: str) -> str:
    """The way to a file from another folder on. A detour stays as it is written: a link may lie on it."""
    if not name:
        return name
    way = posixpath.join(folder, name)
    down = name.split("/")
    while down and down[0] in ("", ".", ".."):
        down.pop(0)
    return way if ".." in down else posixpath.normpath(way)


def _names_in(model: Model, location: str) -> tuple[str, ...] | str | None:
    """What the model at a location names, read again where it is another file by now; None where none may be read."""
    descriptor = external.open_data(model, location)
    if not isinstance(descriptor, int):
        return None
    try:
        found = os.fstat(descriptor)
        identity = Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        read = _known.setdefault(model, {})
        if identity not in read:
            path = os.path.join(os.path.dirname(model.path), location)
            read[identity] = tuple(sorted(own_files(load_opened(descriptor, identity, path))))
    except Unreadable as error:
        read[identity] = f"it cannot be read as a model: {error.why}"
    except OSError as error:
        return f"it cannot be read to its end: {error.strerror}"
    finally:
        os.close(descriptor)
    return read[identity]
