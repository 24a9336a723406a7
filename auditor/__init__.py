"""auditor: proves that an exported ONNX model is what it claims to be, before anyone deploys it.

>>> import auditor
>>> facts = auditor.infer_shapes(auditor.load("model.onnx"), shapes={"data": (1, 3, 224, 224)})
>>> report = auditor.audit("model.onnx")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model.load import load
    from .pipeline import audit
    from .report import Finding, Report
    from .settings import Settings
    from .shapes.facts import infer as infer_shapes

__version__ = "0.1.0"

__all__ = ["Finding", "Report", "Settings", "__version__", "audit", "infer_shapes", "load"]

_HOMES = {
    "Finding": ("report", "Finding"),
    "Report": ("report", "Report"),
    "Settings": ("settings", "Settings"),
    "audit": ("pipeline", "audit"),
    "infer_shapes": ("shapes.facts", "infer"),
    "load": ("model.load", "load"),
}


def __getattr__(name: str) -> Any:
    """The public names are imported when they are first used: ``import auditor`` costs nothing."""
    try:
        module, attribute = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(f".{module}", __name__), attribute)
