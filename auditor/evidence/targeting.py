"""Will the model load elsewhere? What is known of each runtime that was asked for, and what came of a try there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..report import Missed
from ..runtime.outcome import Crashed, Failed, NotRun, Outcome, OutOfMemory, Run, TimedOut, first_line
from ..tuples import NamedTuple
from ..wording import counted, listed

if TYPE_CHECKING:
    from ..targets.known import Runtime
    from ..targets.refusals import Answer, Refusal
    from .evidence import Evidence

ONNXRUNTIME = "onnxruntime"


class TargetRuntime(NamedTuple):
    """One runtime that was asked for. ``release`` None: nothing is known of it, and ``why``."""

    name: str  # "onnxruntime 1.17.3"
    release: Runtime | None
    why: str = ""
    answers: tuple[Answer, ...] = ()
    tried: Outcome | None = None

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What it would refuse, by the table; where it was tried and ran, nothing."""
        if isinstance(self.tried, Run):
            return ()
        from ..targets.refusals import NotKnown

        return tuple(answer for answer in self.answers if not isinstance(answer, NotKnown))

    @property
    def failed(self) -> str:
        """What it did with the model when it was tried and made no session of it; "" where that did not happen."""
        match self.tried:
            case Failed(stage="load", message=message):
                return f"refuses it: {first_line(message)}"
            case Crashed(signal=signal, stage="load"):
                return f"dies of it ({signal})"
        return ""

    @property
    def missed(self) -> Iterator[Missed]:
        """What is not known of it: it was asked for, so the verdict is open."""
        match self.tried:
            case Run():
                return
            case NotRun(why=why):
                yield Missed(f"a try of {self.name}", why, asked=True)
            case Failed(stage="run", message=message):
                yield Missed(f"a run in {self.name}", f"it loads, and runs on no inputs of ours: {first_line(message)}")
                return
            case TimedOut() | OutOfMemory():
                why = "the limits of the run were reached (--timeout, --memory)"
                yield Missed(f"a try of {self.name}", why, asked=True)
        if self.failed or self.refusals:
            return
        if self.why:
            yield Missed(f"target {self.name}", self.why, asked=True)
        yield from self._open()

    def _open(self) -> Iterator[Missed]:
        from ..targets.refusals import NotKnown

        by_why: dict[str, list[str]] = {}
        for answer in self.answers:
            if isinstance(answer, NotKnown):
                by_why.setdefault(answer.why, []).append(answer.scope.graph.label(answer.node))
        for why, labels in by_why.items():
            what = f"{counted(labels, 'node')} for target {self.name}: {listed(labels)}"
            yield Missed(what, why, asked=True)


class Targets(NamedTuple):
    """All that were asked for, in that order."""

    asked: tuple[TargetRuntime, ...] = ()

    @property
    def missed(self) -> Iterator[Missed]:
        """Of which of them something is not known."""
        return (missed for target in self.asked for missed in target.missed)


def targets(evidence: Evidence) -> Targets:
    """What is known, and if a try is asked for what came of it."""
    settings = evidence.settings
    return Targets(tuple(_target(evidence, *asked.split("==")) for asked in settings.runtimes))


def _target(evidence: Evidence, name: str, version: str) -> TargetRuntime:
    if name != ONNXRUNTIME:
        return TargetRuntime(
            f"{name} {version}", None, f"auditor knows nothing of what {name} takes, only of onnxruntime"
        )
    from ..targets.known import runtime, runtimes
    from ..targets.loading import answers

    release = runtime(version)
    if release is None:
        known = runtimes()
        why = f"auditor knows of the releases {known[0].version} to {known[-1].version} of onnxruntime alone"
        return TargetRuntime(f"{name} {version}", None, why, tried=_tried(evidence, version))
    found = tuple(answers(evidence.facts, release, custom=evidence.settings.custom_ops is not None))
    return TargetRuntime(f"{name} {release.version}", release, "", found, _tried(evidence, release.version))


def _tried(evidence: Evidence, version: str) -> Outcome | None:
    if not evidence.settings.try_target:
        return None
    from ..targets.scratch import NotInstalled, environment

    if not evidence.model.path:
        return NotRun("the model came without a path, and is not run")
    try:
        folder = environment(version)
    except NotInstalled as error:
        return NotRun(str(error))
    from .trial import attempt_elsewhere

    return attempt_elsewhere(evidence.model, evidence.facts, evidence.costs, evidence.settings, str(folder))
