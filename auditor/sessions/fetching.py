"""How models of remote registries are fetched, as is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.configuration import Configuration

if TYPE_CHECKING:
    from ..remote.errand import Fetching


def fetching_as(configured: Configuration) -> Fetching:
    """The cache and its bounds."""
    from ..remote.errand import Fetching

    return Fetching(
        configured.cache, configured.cache_size, configured.fetch_size, configured.fetch_timeout, configured.graph_only,
        configured.artifact_root,
    )  # fmt: skip
