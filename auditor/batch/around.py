"""The registry around one model file: what it calls the model, and what it says of it."""

from __future__ import annotations

import os
from itertools import islice

from .refs import Ref

_MARKS = ("config.pbtxt", "MLmodel", "ONNX_HUB_MANIFEST.json")
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
        name = os.path.basename(folder)
        numbered = below.isascii() and below.isdecimal()
        if numbered or name.startswith("models--") or _marked(folder):
            found = _in(folder, whole)
            if found is not None:
                return found if os.path.isabs(path) else _from_here(found)
        folder, below = os.path.dirname(folder), name
    return None


def _from_here(ref: Ref) -> Ref:
    """The same with paths from the working directory, as the caller gave his."""
    here = os.path.relpath
    contract = ref.contract and ref.contract._replace(origin=here(ref.contract.origin) if ref.contract.origin else "")
    return ref._replace(path=here(ref.path), files=tuple(map(here, ref.files)), contract=contract)


def _marked(folder: str) -> bool:
    return any(os.path.lexists(os.path.join(folder, mark)) for mark in _MARKS)


def _in(folder: str, path: str) -> Ref | None:
    from .sources import source_at  # all registries' readers: only where there is one

    for ref in islice(source_at(folder).models(), _MOST):
        said = ref.subject or ref.contract or ref.troubles  # an MLflow artifact has no name until it is registered
        if said and os.path.abspath(ref.path) == path:
            return ref
    return None
