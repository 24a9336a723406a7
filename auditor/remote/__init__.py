"""Registries that lie elsewhere: object stores, hubs, servers. Listed lazily, their files fetched into a cache.

Nothing here is run by the process that audits: `auditor.batch.sources.remote` has it done by a process of its own (the
courier), for a server may send whatever it likes, and a library for an object store brings threads.
"""

from __future__ import annotations

import re
from functools import cache

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/.")


def is_address(text: str) -> bool:
    """Whether a text has the form of an address, ``scheme://...``; MLflow's have one slash, ``models:/...``."""
    return _ADDRESS.match(text) is not None


@cache
def schemes() -> tuple[str, ...]:
    """Every scheme that something here reads, sorted."""
    from .kinds import kinds

    return tuple(sorted({scheme for kind in kinds() for scheme in kind.schemes}))
