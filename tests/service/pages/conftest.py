"""A service with models in it, made once, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser, tab

from .site import Site, made, populated, served

__all__ = ["browser", "tab"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty one, where a token is asked for."""
    with served(made(tmp_path), tmp_path) as answering:
        yield answering


@pytest.fixture(scope="session")
def fleet_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, str]]]:
    """One with a fleet, which asks for no token, and the addresses of its pages."""
    folder = tmp_path_factory.mktemp("fleet")
    service = made(folder, open=True)
    addresses = populated(service)
    with served(service, folder) as answering:
        yield answering, addresses
