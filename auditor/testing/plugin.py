"""The pytest plugin: a fixture ``assert_sound``. It costs a test run nothing until a test asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from . import assert_sound

if TYPE_CHECKING:
    from ..report import Report


@pytest.fixture(name="assert_sound", scope="session")
def _assert_sound() -> Callable[..., Report]:
    """`auditor.testing.assert_sound`: audits a model, and fails with what was found."""
    return assert_sound
