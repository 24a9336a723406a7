"""What is done by the process that asks other people's servers: a page of a listing, a model's files into the cache.

It is a worker of a `Pool`. It keeps registries open from call to call; where it was killed, another one takes up what
is asked next: a listing goes on behind what was given, a file behind the bytes that have come.
"""

from __future__ import annotations

import os
import posixpath
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice

from ..errors import AuditorError, ExitCode
from ..remote.cache import Cache, Filling
from ..remote.errand import Errand
from ..remote.failures import NotThere, NotUnderstood, RemoteFailure
from ..remote.kinds import registry_at
from ..remote.listing import ListedFile, ListedVersion, PieceSource, RemoteKind, RemoteTree
from ..remote.names import checked_name
from ..tuples import NamedTuple
from .bringing import BringsAll, BringsGraph
from .refs import Partly
from .sources.parts.files import locations, make_up

_MOST_DATA = 10_000  # files of external data of one model
_STEPS = 2  # what a model names; and, of an engine without weights, what the model names that has them


class ListedPage(NamedTuple):
    """Some of a registry's models; ``ended`` where there are no more."""

    versions: tuple[ListedVersion, ...]
    ended: bool
    troubles: tuple[str, ...] = ()  # of the registry; all of them, on the last page


class Brought(NamedTuple):
    """A model that lies here now."""

    path: str
    files: tuple[str, ...]
    troubles: tuple[str, ...]
    partly: Partly | None = None


class NotBrought(NamedTuple):
    """Why a registry could not be listed, or a model not fetched."""

    why: str
    code: ExitCode


def listed(errand: Errand, skip: int, most: int) -> ListedPage | NotBrought:
    """So many models of the registry behind those that were given before."""
    try:
        desk = _desk(errand)
        with desk.filling():
            return desk.page(skip, most)
    except AuditorError as error:
        _DESKS.pop(errand, None)
        return NotBrought(str(error), error.exit_code)


def brought(errand: Errand, version: ListedVersion, entry: str) -> Brought | NotBrought:
    """A model with all that belongs to it, in the cache under its entry, whose lease somebody holds."""
    try:
        desk = _desk(errand)
        with desk.filling() as filling:
            return _brought(desk, filling, version, entry)
    except AuditorError as error:
        return NotBrought(str(error), error.exit_code)


def _brought(desk: _Desk, filling: Filling, version: ListedVersion, entry: str) -> Brought:
    kind, troubles = desk.kind, list(version.troubles)
    fetch = partial(desk.fetched, filling, until=time.monotonic() + desk.errand.limits.seconds)
    if not version.model.address:
        raise NotThere(f"{version.address} is not there, and its registry names it")
    by = BringsGraph if desk.errand.graph_only else BringsAll
    brings = by(kind, filling, desk.errand, fetch)
    paths = {version.model.name: brings.model(version.model)}
    for file in version.files:
        try:
            paths[file.name] = fetch(file)
        except RemoteFailure as error:
            troubles.append(f"{posixpath.basename(file.name)} was not fetched: {error}")
    folder, own = posixpath.split(version.model.name)
    path, asked = paths[version.model.name], frozenset({own})  # some have data in their own file, by its name
    for _ in range(_STEPS):
        names = _named(path) - asked
        for name in sorted(names):
            found = kind.beside(version, name)
            if found is not None:
                paths[posixpath.join(folder, name)] = brings.data(name, found)
        asked |= names
        top = filling.laid_out(entry, paths)
        path = os.path.join(top, version.model.name)
        if not names:
            break
    made = make_up(path, [os.path.join(top, file.name) for file in version.files])
    return Brought(path, made.files, (*troubles, *brings.troubles, *made.troubles), brings.partly())


def _named(model: str) -> frozenset[str]:
    """The files that a model names, but for what leads out of its folder: that is looked through with the model."""
    names = map(posixpath.normpath, locations(model, os.stat(model).st_size))
    return frozenset(islice(filter(_may_be, names), _MOST_DATA))


def _may_be(name: str) -> bool:
    try:
        checked_name(name, "")
    except NotUnderstood:
        return False
    return True


class _Desk:
    """One registry, as far as it was listed."""

    def __init__(self, errand: Errand) -> None:
        from .tree import TreeKind

        self.errand = errand
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each content that is held costs a descriptor
        self.cache = Cache(errand.cache, errand.cache_size)
        found = registry_at(errand.address, errand.limits)
        if isinstance(found, RemoteTree):
            found = TreeKind(found, self.cache.workplace())
        assert isinstance(found, RemoteKind)
        self.kind = found
        self._versions: Iterator[ListedVersion] | None = None
        self._at = 0

    def page(self, skip: int, most: int) -> ListedPage:
        if self._versions is None or self._at != skip:
            self.kind.troubles.clear()
            self._versions, self._at = self.kind.versions(), skip
            for _ in islice(self._versions, skip):
                pass
        found = tuple(islice(self._versions, most))
        self._at += len(found)
        ended = len(found) < most
        return ListedPage(found, ended, tuple(self.kind.troubles) if ended else ())

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        with self.cache.filling() as filling:
            until = time.monotonic() + self.errand.limits.seconds

            def stored(file: ListedFile, pieces: PieceSource) -> str:
                return self.fetched(filling, file, pieces, until=until)

            self.kind.stored, self.kind.let_go = stored, filling.let_go
            yield filling

    def fetched(self, filling: Filling, file: ListedFile, pieces: PieceSource | None = None, *, until: float) -> str:
        come: Callable[[int], Iterator[bytes]] = pieces or partial(self.kind.pieces, file)
        try:
            return filling.fetched(self.errand.address, file, come, self.errand.limits, until)
        except NotThere as error:  # it was listed a moment ago
            raise RemoteFailure(f"{error}, though it is listed") from None


_DESKS: dict[Errand, _Desk] = {}
"""In the courier: what is open."""


def _desk(errand: Errand) -> _Desk:
    desk = _DESKS.get(errand)
    if desk is None:
        desk = _DESKS[errand] = _Desk(errand)
    return desk
