"""Sources of models: plain folders, and every registry that a module here is. `source_at` tells which by looking."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ...errors import NothingToAudit
from ...files import is_address
from ...modules import module_names
from ..refs import Source
from .parts.registry import Registry

if TYPE_CHECKING:
    from ...remote.errand import Fetching


@cache
def registries() -> tuple[type[Registry], ...]:
    """The registries, as they are asked: what has a mark of its own first."""
    modules = [import_module(f"{__name__}.{name}") for name in module_names(__path__)]
    found = {
        made
        for module in modules
        for made in vars(module).values()
        if isinstance(made, type) and issubclass(made, Registry) and made.__module__ == module.__name__
    }
    return tuple(sorted(found, key=lambda made: (made.asked, made.kind)))


def source_at(path: str, fetching: Fetching | None = None) -> Source:
    """The source that lies at the path, or at an address. `NothingToAudit` where nothing does."""
    from .folder import File, Folder, Glob

    if not os.path.lexists(path):
        if is_address(path):
            return _remote(path, fetching)
        if any(c in path for c in "*?["):
            return Glob(path)
        raise NothingToAudit(f"there is no file or folder {path}")
    for registry in registries():
        if registry.is_at(path):
            return registry(path)
    return Folder(path, registry_within) if os.path.isdir(path) else File(path)  # names that are not UTF-8 stay text


def _remote(address: str, fetching: Fetching | None) -> Source:
    from ...remote.errand import Fetching
    from ...remote.kinds import kind_at
    from ..fetched import FetchedSource

    kind_at(address)
    return FetchedSource((fetching or Fetching()).errand(address))


def registry_within(folder: str, names: list[str]) -> Source | None:
    """The registry that a folder somewhere below a plain one is, by the names in it."""
    return next((registry(folder) for registry in registries() if registry.is_within(folder, names)), None)
