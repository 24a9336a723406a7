"""The look in depth: a module is a part of it, by the names of `settings.DEEP`.

Each has ``look(evidence)``, which asks the child for it (`asking.ask`) and gives a record of the part's own, with
``part`` for the report and ``missed`` for what was not looked at. A rule asks for that record by the name of its class,
which is the part's: ``Divergence``. A new part is such a module, its twin in `runtime.deep`, and a word in
`settings.DEEP`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from ...report import DeepPart, Missed

if TYPE_CHECKING:
    from ..evidence import Evidence


class DeepEvidence(Protocol):
    """What a part gives."""

    @property
    def part(self) -> DeepPart:
        """For the report."""

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What was not looked at."""


def look(part: str, evidence: Evidence) -> Any:
    """What a part gives: a `DeepEvidence`, or `asking.NotSeen` where there is none."""
    import time

    from .asking import NotSeen, not_seen

    module = import_module(f".{part}", __package__)
    began = time.monotonic()
    try:
        seen = module.look(evidence)
    except NotSeen as error:
        return not_seen(part, error.missed)
    except Exception as error:
        import traceback

        why = f"a fault of auditor: {type(error).__name__}: {error}"
        return not_seen(part, Missed(part, why, asked=True, trace=traceback.format_exc()))
    return seen._replace(part=seen.part._replace(seconds=round(time.monotonic() - began, 3)))
