"""Whether the process lives, and whether it can do its work: what a supervisor of containers asks.

Both are asked without a token and by any name, and often: they tell no path and no name, and the answer of a second ago
is still one.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from ..errors import StoreError
from ..store.gauges import answers_now
from ..tuples import NamedTuple
from .auth import service_of
from .context import Service
from .isolation import isolation
from .problems import Problem

router = APIRouter(include_in_schema=False)
_log = logging.getLogger("auditor.health")
_AGE = 1.0  # seconds for which an answer holds


class Readiness(NamedTuple):
    """What was looked at, each "ok" or what is wrong with it."""

    checks: dict[str, str]
    free: int  # bytes on the storage's disk
    isolation: str  # of a run: full, partial, none, unknown; a weaker one is said, and no failure

    @property
    def failed(self) -> list[str]:
        """What is not well."""
        return [name for name, word in self.checks.items() if word != "ok"]


def readiness(service: Service) -> Readiness:
    """Look at everything that an audit needs."""
    folder = service.storage.folder
    checks = {"database": _tried(lambda: answers_now(service.store)), "storage": _tried(lambda: _write(folder))}
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        free = 0
    checks["disk"] = "ok" if free >= service.limits.floor else "less is free than may be"
    return Readiness(checks, free, isolation()["level"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


_last: dict[int, tuple[float, Readiness]] = {}


@router.get("/readyz")
def readyz(service: Annotated[Service, Depends(service_of)]) -> JSONResponse:
    """200 where all is well, else a problem that says which is not."""
    now = time.monotonic()
    then, found = _last.get(id(service), (0.0, None))
    if found is None or now - then > _AGE:
        found = readiness(service)
        _last[id(service)] = (now, found)
    said: dict[str, Any] = {"checks": found.checks, "free_bytes": found.free, "isolation": found.isolation}
    if found.failed:
        detail = f"not ready: {', '.join(found.failed)}"
        raise Problem(503, "not-ready", detail, "the server's log says more", **said)
    return JSONResponse({"status": "ready", **said})


def _tried(check: Callable[[], object]) -> str:
    try:
        check()
    except (OSError, StoreError) as error:
        _log.warning("not ready: %s", error)
        return "cannot be used"
    return "ok"


def _write(folder: os.PathLike[str]) -> None:
    """A byte that reaches the disk, in a file that nobody sees."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"1")
        file.flush()
        os.fsync(file.fileno())
