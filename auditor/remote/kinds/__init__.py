"""The kinds of remote registries, one a module: a class of `RemoteReader` here needs no entry anywhere."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ...errors import UsageError
from ...modules import module_names
from ..listing import FetchLimits, RemoteReader


@cache
def kinds() -> tuple[type[RemoteReader], ...]:
    """Every kind, by its first scheme."""
    modules = [import_module(f"{__name__}.{name}") for name in module_names(__path__)]
    found = {
        made
        for module in modules
        for made in vars(module).values()
        if isinstance(made, type) and issubclass(made, RemoteReader) and made.__module__ == module.__name__
    }
    return tuple(sorted(found, key=lambda made: made.schemes))


def kind_at(address: str) -> type[RemoteReader]:
    """The kind that an address is of. `UsageError` where nothing here reads such addresses."""
    scheme = address.partition(":")[0]
    for kind in kinds():
        if scheme in kind.schemes:
            return kind
    known = ", ".join(sorted(scheme for kind in kinds() for scheme in kind.schemes))
    raise UsageError(f"{scheme}: is not an address that models are read from; {known} are")


def registry_at(address: str, limits: FetchLimits) -> RemoteReader:
    """The registry at an address, in the courier. Nobody is asked yet; `UsageError` for an address of a wrong form."""
    return kind_at(address)(address, limits)
