"""What a run leaves behind for the next, by the values of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor.runtime.deep import repeatability, sizes
from auditor.runtime.session import Made

ONE, TWO = (Made(1, (1,), np.array([value], np.float32)) for value in (1.0, 2.0))
UNSEEN = Made(1, (1,), None, unseen="nobody can look into it")


@pytest.mark.parametrize(("a", "b"), [(UNSEEN, ONE), (ONE, UNSEEN), (UNSEEN, UNSEEN), (ONE, ONE)])
def test_what_nobody_can_look_into_is_held_against_nothing(a: Made, b: Made) -> None:
    nobody: Any = None
    assert sizes._apart(a, b) is None
    assert repeatability._unlike(nobody, "y", a, b) == []


def test_what_differs_is_said_with_the_first_as_what_was_expected() -> None:
    found = sizes._apart(ONE, TWO)
    assert found is not None and (found.why, float(found.expected), float(found.actual)) == ("value", 1.0, 2.0)
