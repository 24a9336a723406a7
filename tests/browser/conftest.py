"""One browser for the whole session, and a tab for each who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import pytest

from .chromium import MISSING, Chromium, browser_path, chromium
from .page import Page, View, page

Tabs: TypeAlias = Callable[[View], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    if browser_path() is None:
        pytest.skip(MISSING)
    with chromium() as started:
        yield started


@pytest.fixture
def tab(browser: Chromium) -> Iterator[Tabs]:
    """Makes a tab that is looked at some way; all are closed behind the test."""
    with ExitStack() as stack:
        yield lambda view: stack.enter_context(page(browser, view))
