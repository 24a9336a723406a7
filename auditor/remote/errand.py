"""Whom to ask, within what, and where to put what comes."""

from __future__ import annotations

import os

from ..tuples import NamedTuple
from .listing import FetchLimits


class Errand(NamedTuple):
    """What the courier is sent for. Credentials are not in it: it finds them where their systems keep them."""

    address: str
    limits: FetchLimits
    cache: str  # its folder
    cache_size: int  # bytes
    graph_only: bool = False  # of models what holds their graphs, and no data


class Fetching(NamedTuple):
    """How models are fetched, whatever their address. None is the usual."""

    cache: str | None = None
    cache_size: int | None = None  # bytes
    size: int | None = None  # of one file, in bytes
    seconds: float | None = None  # for one model
    graph_only: bool = False  # as in `Errand`
    artifact_root: str | None = None  # as in `FetchLimits`

    def errand(self, address: str) -> Errand:
        usual = FetchLimits()
        limits = usual._replace(
            size=self.size or usual.size, seconds=self.seconds or usual.seconds, artifact_root=self.artifact_root or ""
        )
        cache = self.cache or cache_folder()
        return Errand(address, limits, cache, self.cache_size or CACHE_SIZE, self.graph_only)


CACHE_SIZE = 100 << 30
"""Bytes that the cache holds, where nothing else is said."""


def cache_folder() -> str:
    """The cache that is used where ``--cache`` and ``AUDITOR_CACHE`` say nothing."""
    from platformdirs import user_cache_dir

    return os.path.join(user_cache_dir("auditor", appauthor=False), "models")
