"""What a part sees does not hang on how its process was begun: it is a fork again."""

from __future__ import annotations

import pytest

from auditor.runtime import started


@pytest.fixture(scope="module", autouse=True)
def forked_runs() -> None:
    started.keep_server()
