"""Where the packages of the tests lie: in a virtual environment, in a user's home, or where PYTHONPATH says."""

from __future__ import annotations

import sys
from pathlib import Path

_WANTED = ("hatchling", "numpy", "onnxruntime", "pytest")


def package_folders() -> list[str]:
    """The folders of ``sys.path`` that hold packages. As paths they show no editable auditor: it needs their .pth."""
    return [path for path in sys.path if path and any((Path(path) / name).is_dir() for name in _WANTED)]
