"""Hash functions for little data, without OpenSSL: loading it costs 5 ms, which is more than the hashing takes.

As CPython's own `random` does it: the interpreter's lean modules where they are, else `hashlib`. The digests are the
same. For a megabyte and more `hashlib` is faster.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashlib import _Hash

LITTLE = 1 << 20
"""Bytes from which on OpenSSL is worth its loading."""


def _first(modules: tuple[str, ...], name: str) -> Any:
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"this Python has no {name}")


_SHA2 = "_sha2" if sys.version_info >= (3, 12) else "_sha256"  # to look for one that is not there takes 0.2 ms
sha256: Callable[..., _Hash] = _first((_SHA2, "hashlib"), "sha256")
blake2b: Callable[..., _Hash] = _first(("_blake2", "hashlib"), "blake2b")


def sha256_of_many(size: int) -> _Hash:
    """A sha256 that is to take so many bytes."""
    if size < LITTLE:
        return sha256()
    from hashlib import sha256 as fast

    return fast()
