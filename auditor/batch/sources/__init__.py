"""Sources of models, one small class each; `find` tells which by looking at the path."""

from __future__ import annotations

import os

from ...errors import NothingToAudit
from ..refs import Source
from .folder import File, Folder, Glob
from .huggingface import HuggingFace
from .manifest import Manifest
from .mlflow import MLflow
from .triton import Triton
from .zoo import Zoo

_BY_LOOKS = (Zoo, Manifest, MLflow, HuggingFace, Triton)


def source_at(path: str) -> Source:
    """The source that lies at the path. `NothingToAudit` where nothing does."""
    if not os.path.lexists(path):
        if any(c in path for c in "*?["):
            return Glob(path)
        raise NothingToAudit(f"there is no file or folder {path}")
    for source in _BY_LOOKS:
        if source.is_at(path):
            return source(path)
    return Folder(path, within) if os.path.isdir(path) else File(path)  # names that are not UTF-8 stay text


def within(folder: str, names: list[str]) -> Source | None:
    """The registry that a folder somewhere below a plain one is, by the names in it."""
    if "config.pbtxt" in names:
        return Triton(folder)
    if "MLmodel" in names or os.path.basename(folder) == "mlruns":
        return MLflow(folder)
    if "ONNX_HUB_MANIFEST.json" in names:
        return Zoo(folder)
    named = os.path.basename(folder).startswith("models--") or "config.json" in names
    return HuggingFace(folder) if named and HuggingFace.is_at(folder) else None
