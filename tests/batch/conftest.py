"""What the tests of batches share: a registry of small models, and references to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.batch.refs import Ref

from .kills import make_models


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Twelve small models, two of them with a fault."""
    make_models(tmp_path / "registry", 12)
    return tmp_path / "registry"


@pytest.fixture
def refs() -> Callable[[Path], list[Ref]]:
    """The models of a folder, as a source would name them."""

    def found(folder: Path) -> list[Ref]:
        return [reference(path) for path in sorted(folder.rglob("*.onnx"))]

    return found


def reference(path: Path, **more: object) -> Ref:
    return Ref(path.stem, "", str(path), (str(path),), {}, None, ())._replace(**more)  # type: ignore[arg-type]  # any field
