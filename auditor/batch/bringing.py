"""How a model's files come: whole, or of its own what holds the graph, and of its data nothing."""

from __future__ import annotations

import hashlib
import os
import posixpath
import time
from collections.abc import Callable
from typing import TypeAlias

from ..model.holes import Holes
from ..remote.cache import Filling
from ..remote.errand import Errand
from ..remote.graphs import SMALL, graph_of, hole_of
from ..remote.listing import ListedFile, RemoteKind
from .refs import Partly

Fetch: TypeAlias = Callable[[ListedFile], str]
"""A file whole, by its path in the cache."""


class BringsAll:
    """Every file whole."""

    def __init__(self, kind: RemoteKind, filling: Filling, errand: Errand, fetch: Fetch) -> None:
        self.troubles: list[str] = []  # of the model: a line each
        self._kind, self._filling, self._errand, self._fetch = kind, filling, errand, fetch

    def model(self, file: ListedFile) -> str:
        """The path of the model's own file."""
        return self._fetch(file)

    def data(self, name: str, file: ListedFile) -> str:
        """The path of a file that the model names so."""
        return self._fetch(file)

    def partly(self) -> Partly | None:
        """What of it all is here; None where all is."""
        return None


class BringsGraph(BringsAll):
    """What holds the graph. What is here whole already, or small, is taken whole: then its hash is seen to."""

    def __init__(self, kind: RemoteKind, filling: Filling, errand: Errand, fetch: Fetch) -> None:
        super().__init__(kind, filling, errand, fetch)
        self._until = time.monotonic() + errand.limits.seconds
        self._own: tuple[tuple[int, int], ...] = ()
        self._files: set[str] = set()
        self._fetched = self._size = 0
        self._seen: list[str] = []

    def model(self, file: ListedFile) -> str:
        if not self._is_cheap(file):
            found = graph_of(
                self._filling, self._errand.address, file, lambda *of: self._kind.part(file, *of),
                self._errand.limits, self._until,
            )  # fmt: skip
            if found is not None:
                self._own = found.holes
                if found.holes:  # data may be said to lie in it by its name, too
                    self._files.add(posixpath.basename(file.name))
                self._count(file, found.fetched, found.size, found.digest)
                return found.path
            self._tell_whole(file)
        return self._whole(file)

    def data(self, name: str, file: ListedFile) -> str:
        if self._filling.has(self._errand.address, file):
            return self._whole(file)
        size = file.size
        if size is None and (part := self._kind.part(file, 0, 1)) is not None:
            size = part.size
        if size is None:
            self._tell_whole(file)
            return self._whole(file)
        self._files.add(posixpath.normpath(name))
        self._count(file, 0, size)
        return hole_of(self._filling, self._errand.address, file, size).path

    def partly(self) -> Partly | None:
        if not (self._own or self._files):
            return None
        key = hashlib.sha256("\0".join(self._seen).encode("utf-8", "surrogatepass")).hexdigest()
        return Partly(key, Holes(self._own, frozenset(self._files)), self._fetched, self._size)

    def _is_cheap(self, file: ListedFile) -> bool:
        small = file.size is not None and file.size <= SMALL
        return small or self._filling.has(self._errand.address, file)

    def _whole(self, file: ListedFile) -> str:
        path = self._fetch(file)
        size = os.stat(path).st_size
        self._count(file, size, size, os.path.basename(path))
        return path

    def _tell_whole(self, file: ListedFile) -> None:
        self.troubles.append(f"{posixpath.basename(file.name)} was fetched whole: its server gives no parts of files")

    def _count(self, file: ListedFile, fetched: int, size: int, digest: str = "") -> None:
        self._fetched += fetched
        self._size += size
        self._seen.append(repr((file.name, size, digest, file.sha256, file.git, file.etag, file.when)))
