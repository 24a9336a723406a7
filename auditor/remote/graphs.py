"""Of a model that lies elsewhere what holds its graph: all but the data of its larger tensors, by ranges.

The copy is as long as the file, with holes where data is. It stands apart from contents, by what the file looks like
in its registry and never by a hash, and beside it is written which bytes are not here.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .. import __version__
from ..errors import Unreadable
from ..model.dtypes import DType
from ..model.graph import Model
from ..model.load import load_by
from ..model.payload import tensors
from ..tuples import NamedTuple
from ..wording import in_bytes
from .cache import Cache, Filling, key_of
from .cache_files import is_at, opened, taken_away, unusable
from .failures import RemoteFailure, TooMuch
from .filling import filled
from .listing import FetchLimits, ListedFile
from .ranged import LARGEST, PartSource, Ranged

SMALL = 1 << 20
"""Bytes of a file that is fetched whole, so that its hash is seen to."""

_FIRST = 1 << 16  # bytes that are asked for first
_COUNTS = 1 << 16  # bytes of a tensor of integers, which may be sizes that shapes hang on
_INTEGERS = (DType.INT64, DType.INT32, DType.BOOL)
_TRIES = 3
_WHOLE = 4  # where no more than one part in so many is lacking, the rest comes too, and the hash is seen to


class GraphFile(NamedTuple):
    """A file of which a part is here, kept in the cache while the filling goes on; or all of it, seen to be right."""

    path: str
    size: int
    fetched: int  # bytes
    holes: tuple[tuple[int, int], ...] = ()  # none: it is whole
    digest: str = ""  # of what is here


def graph_of(
    filling: Filling, identity: str, file: ListedFile, ask: PartSource, limits: FetchLimits, until: float
) -> GraphFile | None:  # fmt: skip
    """The part of a model's file that holds its graph. None where its server gives no parts of files.

    Where little is lacking, that is fetched too, and the file is one of the cache's contents.
    """
    key = key_of(identity, file)
    known_as = key_of(identity, file._replace(address=file.name)) if file.sha256 else key  # whichever the commit is
    name = f"{known_as}.graph-{__version__}"  # another version's reader may read elsewhere
    for _ in range(_TRIES):
        if (known := _known(filling, name)) is not None:
            return known
        with _alone_with(filling.cache, name) as descriptor:
            first = None if descriptor is None else ask(0, min(file.size or _FIRST, _FIRST), "")
            if descriptor is None:
                continue  # somebody else has made it meanwhile
            if first is None:
                return None
            ranged = Ranged(descriptor, file, ask, first, limits, until)
            _fetch_graph(ranged)
            holes = tuple(ranged.lacking(0, ranged.size))
            if sum(end - start for start, end in holes) * _WHOLE <= ranged.size:
                ranged.need(0, ranged.size)
                whole = filled(descriptor, file._replace(size=ranged.size), _nothing_lacks, limits, until)
                path = filling.keep(key, filling.cache.graph(name), descriptor, whole)
                return GraphFile(path, ranged.size, ranged.fetched, digest=whole.digest)
            _say(filling.cache, name, descriptor, GraphFile("", ranged.size, ranged.fetched, holes, ranged.digest()))
    raise taken_away(filling.cache.folder, file.name)


def hole_of(filling: Filling, identity: str, file: ListedFile, size: int) -> GraphFile:
    """A file as long as the one elsewhere, of which nothing was fetched: external data."""
    name = f"{key_of(identity, file)}.hole"
    if size > LARGEST:
        raise TooMuch(f"{file.name} is said to hold {in_bytes(size)}, which no data of a model does")
    for _ in range(_TRIES):
        if (known := _known(filling, name)) is not None:
            return known
        with _alone_with(filling.cache, name) as descriptor:
            if descriptor is not None:
                os.ftruncate(descriptor, size)
                _say(filling.cache, name, descriptor, GraphFile("", size, 0, ((0, size),)))
    raise taken_away(filling.cache.folder, file.name)


def _fetch_graph(ranged: Ranged) -> None:
    """All that a reader reads, what nobody knows included, and the tensors that shapes may hang on."""
    try:
        model = load_by(ranged.size, ranged.read)
    except Unreadable:  # the audit of what came says so: it reads the same
        return
    at = 0
    for offset, length in (*model.payloads, (ranged.size, 0)):
        ranged.need(at, min(offset, ranged.size))
        at = max(at, offset + length)
    for offset, length in _counts(model):
        ranged.need(offset, offset + length)


def _counts(model: Model) -> Iterator[tuple[int, int]]:
    for _, tensor in tensors(model):
        if tensor.dtype in _INTEGERS and sum(span.length for span in tensor.spans) <= _COUNTS:
            yield from ((span.offset, span.length) for span in tensor.spans)


def _nothing_lacks(_offset: int) -> Iterator[bytes]:
    raise AssertionError("all of the file is here")


@contextmanager
def _alone_with(cache: Cache, name: str) -> Iterator[int | None]:
    """A descriptor of an empty file that nobody else has; None where somebody made it while he was waited for.

    What is not said to be made in the end is taken away.
    """
    path = cache.graph(name)
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        descriptor = opened(path)
    except PermissionError:  # made: nobody writes into it any more
        yield None
        return
    except OSError as error:
        raise unusable(cache.folder, error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not is_at(descriptor, path) or _said(cache, name, descriptor) is not None:
            yield None
            return
        with suppress(FileNotFoundError):
            os.unlink(cache.said(name))  # of a file that was taken away
        os.ftruncate(descriptor, 0)
        yield descriptor
        if is_at(descriptor, path) and _said(cache, name, descriptor) is None:
            os.unlink(path)
    except RemoteFailure:
        with suppress(OSError):
            os.unlink(path)  # ours: the lock is held
        raise
    except OSError as error:
        raise unusable(cache.folder, error) from None
    finally:
        os.close(descriptor)


def _known(filling: Filling, name: str) -> GraphFile | None:
    """What was made before, if it is still here: it stays now."""
    path = filling.cache.graph(name)
    if not os.path.exists(filling.cache.said(name)) or not filling.hold(path):
        return None
    found = _said(filling.cache, name, path)
    if found is None:
        filling.let_go(path)
        return None
    os.utime(path)
    return found._replace(path=path)


def _said(cache: Cache, name: str, at: int | str) -> GraphFile | None:
    """What stands beside a file; None where nothing does, or the file is another one."""
    try:
        with open(cache.said(name), "rb") as file:
            size, fetched, digest, holes = json.loads(file.read())
        found = GraphFile("", size, fetched, tuple((start, end) for start, end in holes), digest)
        return found if os.stat(at).st_size == size else None
    except (OSError, ValueError, TypeError):
        return None


def _say(cache: Cache, name: str, descriptor: int, made: GraphFile) -> None:
    """Only once this is on the disk the file counts as made."""
    os.fsync(descriptor)
    said = cache.said(name)
    os.makedirs(os.path.dirname(said), 0o700, exist_ok=True)
    new = f"{said}.{os.getpid()}"
    with open(new, "w") as file:
        json.dump([made.size, made.fetched, made.digest, made.holes], file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, said)
    os.fchmod(descriptor, 0o400)
    cache.make_room(made.fetched)
