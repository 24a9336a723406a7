"""The API, version 1. Every module of this package that has a ``router`` is a part of it."""

from __future__ import annotations

from importlib import import_module

from fastapi import APIRouter

from ...modules import module_names

PREFIX = "/api/v1"


def api() -> APIRouter:
    """All routes."""
    whole = APIRouter(prefix=PREFIX)
    for name in module_names(__path__):
        found = getattr(import_module(f"{__name__}.{name}"), "router", None)
        if isinstance(found, APIRouter):
            whole.include_router(found)
    return whole
