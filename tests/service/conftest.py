"""A service in a folder of its own, with two projects and a token for each scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.store import tokens
from auditor.store.works import Works

Clients = Callable[..., TestClient]
"""A client by its scopes and its project; without a word nobody's."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Nobody may ask without a token."""
    storage = Storage(tmp_path / "storage")
    with Works.open(tmp_path / "reports.db") as store:
        yield Service(store, storage, secret=storage.secret())


@cache
def _routes() -> FastAPI:
    from auditor.service.app import app

    return app(cast(Service, None))


def application(service: Service) -> FastAPI:
    """The app with its routes, which are made once: all that differs is the service that they find."""
    made = _routes()
    made.state.service = service
    return made


@pytest.fixture
def client(service: Service) -> Clients:
    """Calls the routes without a network."""
    made = application(service)

    def client_of(*scopes: str, project: str = "default") -> TestClient:
        called = TestClient(made, base_url="http://127.0.0.1", raise_server_exceptions=True, follow_redirects=False)
        if scopes:
            _, text = tokens.create(service.store.in_project(project), f"{project}'s", scopes)
            called.headers["Authorization"] = f"Bearer {text}"
        return called

    return client_of
