"""What was fetched, by its content's SHA-256: whole or not there, shared by every call, bounded, safe while it is used.

``blobs/ab/<sha256>`` are contents, ``parts/`` what has come of others, ``models/<id>/`` hard links under a model's own
names. A model that is being audited holds the lock of its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .listing import FetchLimits, ListedFile


class Cache:
    """One folder of it."""

    def __init__(self, folder: str, most: int) -> None:
        """``most``: bytes, beyond which what was not used for longest goes."""
        raise NotImplementedError

    def fetched(
        self, identity: str, file: ListedFile, pieces: Callable[[int], Iterator[bytes]], limits: FetchLimits
    ) -> str:
        """The SHA-256 of a file's content, which then is in the cache; ``pieces`` is asked for what is lacking."""
        raise NotImplementedError

    def laid_out(self, entry: str, files: Mapping[str, str]) -> str:
        """The folder of a model: names to digests of contents that are there."""
        raise NotImplementedError
