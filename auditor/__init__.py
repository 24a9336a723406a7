"""auditor: proves that an exported ONNX model is what it claims to be, before anyone deploys it.

>>> import auditor
>>> facts = auditor.infer_shapes(auditor.load("model.onnx"), shapes={"data": (1, 3, 224, 224)})
>>> report = auditor.audit("model.onnx")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import AuditorError, CannotLook, NothingToAudit, StoreError, Unreadable, UsageError
    from .formats import render
    from .model.load import load
    from .pipeline import audit
    from .policy.judge import judge
    from .policy.policy import Policy
    from .report import Finding, Report, Verdict
    from .runtime.recipes import witness_inputs
    from .settings import Settings
    from .shapes.facts import infer_shapes

__version__ = "0.1.0"

__all__ = [
    "AuditorError", "CannotLook", "Finding", "NothingToAudit", "Policy", "Report", "Settings", "StoreError",
    "Unreadable", "UsageError", "Verdict", "__version__", "audit", "infer_shapes", "judge", "load", "render",
    "witness_inputs",
]  # fmt: skip

_HOMES = {
    "AuditorError": "errors",
    "CannotLook": "errors",
    "Finding": "report",
    "NothingToAudit": "errors",
    "Policy": "policy.policy",
    "Report": "report",
    "Settings": "settings",
    "StoreError": "errors",
    "Unreadable": "errors",
    "UsageError": "errors",
    "Verdict": "report",
    "audit": "pipeline",
    "infer_shapes": "shapes.facts",
    "judge": "policy.judge",
    "load": "model.load",
    "render": "formats",
    "witness_inputs": "runtime.recipes",
}


def __dir__() -> list[str]:
    """The public names, and no others."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """The public names are imported when they are first used: ``import auditor`` costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
