"""Where the packages of the tests lie: in a virtual environment, in a user's home, or where PYTHONPATH says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_WANTED = ("hatchling", "numpy", "onnxruntime", "pytest")


def package_folders() -> list[str]:
    """The folders of ``sys.path`` that hold packages. As paths they show no editable auditor: it needs their .pth."""
    return [path for path in sys.path if path and any((Path(path) / name).is_dir() for name in _WANTED)]


def path_of_this_tree() -> str:
    """PYTHONPATH of a process in another folder: this tree first, then whatever stands there now."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
