"""What people look at, drawn by the server: whole without scripts, and better with them. Nothing is fetched elsewhere.

Every module of this package that has a ``router`` is a page or a few. The rest imports no FastAPI: workers draw, too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ...modules import module_names

if TYPE_CHECKING:
    from fastapi import APIRouter


def pages() -> APIRouter:
    """All pages; the API's description says nothing of them."""
    from fastapi import APIRouter

    whole = APIRouter(include_in_schema=False)
    for name in module_names(__path__):
        found = getattr(import_module(f"{__name__}.{name}"), "router", None)
        if isinstance(found, APIRouter):
            whole.include_router(found)
    return whole
