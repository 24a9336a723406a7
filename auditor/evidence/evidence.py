"""What the rules judge by: the model, what follows from it and, if asked for, its weights and a run; each made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from ..costs.count import Costs, count
from ..errors import AuditorError
from ..model.graph import Model
from ..report import Contract, Missed
from ..settings import DEEP, Settings
from ..shapes.facts import Facts, infer

if TYPE_CHECKING:
    from ..weights import Weights
    from ..weights.once import MeasuredFiles
    from .deep import DeepEvidence
    from .ranging import Ranges
    from .targeting import Targets
    from .trial import Trial


_NONE: Mapping[Any, Any] = {}

Listening: TypeAlias = Callable[[str], object]
"""Who hears what an audit is at now: propagating, weights, running, ranges, in depth: speed (8 of 9)."""


def nobody(_stage: str) -> None:
    """Nobody listens."""


class NotLookedAt(Exception):
    """This evidence is not to be had; `missed` says why."""

    def __init__(self, missed: Missed) -> None:
        super().__init__(missed.why)
        self.missed = missed


class Evidence:
    """Model, Facts and Costs always (they are cheap); Weights, Ranges and a run only if asked for."""

    def __init__(
        self, model: Model, settings: Settings, contract: Contract | None = None, listening: Listening = nobody,
        before: MeasuredFiles = _NONE,
    ) -> None:  # fmt: skip
        """``before``: what an earlier reading of the files said of their tensors."""
        self.model = model
        self.settings = settings
        self._contract = contract
        self._at = listening
        self._before = before
        self._deep: dict[str, DeepEvidence] = {}

    @cached_property
    def facts(self) -> Facts:
        self._at("propagating")
        return infer(self.model, self.settings.shapes, self.settings.dims)

    @cached_property
    def costs(self) -> Costs:
        return count(self.facts)

    @cached_property
    def weights(self) -> Weights:
        """Statistics of every stored tensor."""
        if not self.settings.weights:
            raise NotLookedAt(Missed("weights", "left out by --no-weights"))
        self._at("weights")
        from ..weights import measure

        return measure(self.model, self.settings.sample_weights, self._before)

    @cached_property
    def trial(self) -> Trial:
        """What came of running the model; that it was not run is an outcome, too, and a fault of ours is one."""
        if not self.settings.run:
            raise NotLookedAt(Missed("run", "left out by --no-run"))
        costs = self.costs
        self._at("running")
        if self.model.path:
            from .trial import attempt
        else:
            from .in_memory import attempt_in_memory as attempt

        try:
            return attempt(self.model, self.facts, costs, self.settings)
        except AuditorError:
            raise
        except Exception as error:  # of each rule that asks it would cost another run
            import traceback

            from .trial import faulty

            return faulty(f"a fault of auditor: {type(error).__name__}: {error}", traceback.format_exc())

    @cached_property
    def ranges(self) -> Ranges:
        """Intervals of the tensors, from the inputs' ranges."""
        from .ranging import Ranges

        measured = self.weights.statistics_of if self.settings.weights else lambda tensor: None
        facts = self.facts
        self._at("ranges")
        return Ranges(self.model, facts, self.settings, measured)

    @cached_property
    def targets(self) -> Targets:
        """Of each runtime that was asked for what it would refuse; nothing where none was."""
        from .targeting import Targets, targets

        if not self.settings.runtimes:
            return Targets()
        if self.settings.try_target:
            self._at("trying targets")
        return targets(self)

    def deep(self, part: str) -> DeepEvidence:
        """What one part of the look in depth saw, whatever that is."""
        if part not in self.settings.looks:
            raise NotLookedAt(Missed("depth", f"--deep asks for it, or --deep-part {part}"))
        if part not in self._deep:
            from .deep import look

            looks = self.settings.looks
            self._at(f"in depth: {part} ({len(self._deep) + 1} of {len(looks)})")  # as rules ask for them
            self._deep[part] = look(part, self)
        return self._deep[part]

    @property
    def depth(self) -> tuple[DeepEvidence, ...]:
        """All parts of the look in depth that are asked for."""
        return tuple(self.deep(part) for part in self.settings.looks)

    @property
    def contract(self) -> Contract:
        if self._contract is None:
            raise NotLookedAt(Missed("contract", "no registry says anything of this model"))
        return self._contract

    def about(self, kind: str) -> object:
        """The evidence that an annotation of a rule's parameter names."""
        match kind:
            case "Model":
                return self.model
            case "Facts":
                return self.facts
            case "Costs":
                return self.costs
            case "Weights":
                return self.weights
            case "Trial":
                return self.trial
            case "Ranges":
                return self.ranges
            case "Settings":
                return self.settings
            case "Targets":
                return self.targets
            case "Contract":
                return self.contract
        if (part := kind.lower()) in DEEP:
            deep = self.deep(part)
            if type(deep).__name__ == kind:
                return deep
            raise NotLookedAt(deep.missed[0])
        raise LookupError(f"a rule asks for {kind}, which is not evidence")
