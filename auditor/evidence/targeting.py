"""Will the model load elsewhere? What is known of each runtime that was asked for, and what came of a try there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..report import Missed
from ..runtime.outcome import Crashed, Failed, NotRun, Outcome, OutOfMemory, Run, TimedOut, first_line
from ..tuples import NamedTuple
from ..wording import counted, listed

if TYPE_CHECKING:
    from ..targets.documents import Document
    from ..targets.known import Runtime
    from ..targets.refusals import Answer, NoType, Refusal, SaidUnsupported
    from .evidence import Evidence

ONNXRUNTIME = "onnxruntime"


class TargetRuntime(NamedTuple):
    """One runtime that was asked for. ``release`` None: nothing is known of it, and ``why``."""

    name: str  # "onnxruntime 1.17.3"
    release: Runtime | None
    why: str = ""
    answers: tuple[Answer, ...] = ()
    tried: Outcome | None = None
    documents: tuple[Document, ...] = ()  # what there is to read of it, where nothing was measured
    documented: tuple[SaidUnsupported | NoType, ...] = ()  # what they say that it does not support

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
        return _documented(evidence, name, version)
    from ..targets.known import runtime, runtimes
    from ..targets.loading import answers

    release = runtime(version)
    if release is None:
        known = runtimes()
        why = f"auditor knows of the releases {known[0].version} to {known[-1].version} of onnxruntime alone"
        return TargetRuntime(f"{name} {version}", None, why, tried=_tried(evidence, version))
    found = tuple(answers(evidence.facts, release, custom=evidence.settings.custom_ops is not None))
    return TargetRuntime(f"{name} {release.version}", release, "", found, _tried(evidence, release.version))


def _documented(evidence: Evidence, name: str, version: str) -> TargetRuntime:
    """Of TensorRT nothing is measured, and a document says what it does not support, but not what it does load."""
    from ..targets.documents import all_versions, documents
    from ..targets.reading import read
    from ..targets.refusals import NotKnown

    found = documents(version)
    if not found:
        known = all_versions()
        why = f"nothing was measured, and the documents that auditor has are of {name} {known[0]} to {known[-1]}"
        return TargetRuntime(f"{name} {version}", None, why)
    answers = tuple(read(evidence.facts, found))
    said = " and ".join(one.version for one in found)
    why = f"nothing was measured, and NVIDIA's document on {name} {said} does not say all that it refuses"
    return TargetRuntime(
        f"{name} {version}", None, why, tuple(one for one in answers if isinstance(one, NotKnown)), None, found,
        tuple(one for one in answers if not isinstance(one, NotKnown)),
    )  # fmt: skip


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
