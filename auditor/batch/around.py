"""The registry around one model file: what it calls the model, and what it says of it."""

from __future__ import annotations

import os
from itertools import islice

from .refs import Ref
from .sources import registries, source_at

_DEEPEST = 4
_MOST = 10_000


def around(path: str) -> Ref | None:
    """The model as the nearest registry names it; None where it lies in none. Costs a few looks where there is none."""
    try:
        whole = os.path.abspath(path)  # by the letter: links in a registry are its own business
    except OSError:  # there is no working directory any more
        return None
    folder = os.path.dirname(whole)
    below = ""
    for _ in range(_DEEPEST):
        if any(registry.is_around(folder, below) for registry in registries()):
            found = _in(folder, whole)
            if found is not None:
                return found if os.path.isabs(path) else _from_here(found)
        folder, below = os.path.dirname(folder), os.path.basename(folder)
    return None


def _from_here(ref: Ref) -> Ref:
    """The same with paths from the working directory, as the caller gave his."""
    here = os.path.relpath
    contract = ref.contract and ref.contract._replace(origin=here(ref.contract.origin) if ref.contract.origin else "")
    return ref._replace(path=here(ref.path), files=tuple(map(here, ref.files)), contract=contract)


def _in(folder: str, path: str) -> Ref | None:
    for ref in islice(source_at(folder).models(), _MOST):
        said = ref.subject or ref.contract or ref.troubles  # an MLflow artifact has no name until it is registered
        if said and os.path.abspath(ref.path) == path:
            return ref
    return None
