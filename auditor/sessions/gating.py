"""One call of ``auditor gate``: stored reports, report files, models and registries, each with its verdict."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from ..batch.refs import NotRead, is_waited_for, release
from ..config.configuration import Configuration
from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit, StoreError, UsageError, worst
from ..files import FileTooLarge, open_regular, read_regular
from ..policy.judge import Judgement, exit_code, judge, unjudged
from ..report import Report, Verdict
from ..tuples import NamedTuple
from .binding import BINDING, Binding, bound_to_its_model
from .destinations import Destinations
from .fetching import fetching_as
from .listening import Listener
from .subjects import Subject, compared, known, report_number, stored, subject_of, there

if TYPE_CHECKING:
    from ..batch.engine import Opens
    from ..batch.refs import Ref, Source
    from ..batch.tasks import WorkerLimits
    from ..policy.policy import Policy
    from ..remote.errand import Fetching
    from ..store.store import Accepted
    from ..store.works import FileState, Works
    from .writing_back import WritingBack

_MOST = 1 << 28  # bytes of a report file
_HEAD = 4096
_MOST_TROUBLES = 20  # of one source


class Acceptance(NamedTuple):
    """Who takes a version, and why."""

    reason: str
    by: str


class Gated(NamedTuple):
    """One model with its verdict."""

    subject: Subject
    key: str  # whose version it is
    judgement: Judgement
    code: ExitCode
    before: Accepted | None  # what it was compared with
    audit_id: int | None = None
    accepted: bool = False
    refused: bool = False  # it was to be accepted, and did not pass
    states: tuple[FileState, ...] = ()  # of its files, as they were hashed for it


class Gate:
    """Gives verdicts; where it is told to, what passes becomes the accepted version."""

    def __init__(
        self, configured: Configuration, limits: WorkerLimits,
        name: str | None = None, acceptance: Acceptance | None = None, listener: Listener | None = None,
        writing: WritingBack | None = None, engine: Opens | None = None,
    ) -> None:  # fmt: skip
        """``engine``: who audits, where it is not processes of this machine."""
        from ..pipeline import selected

        self.configured = configured
        self.settings = configured.settings()
        self.limits = limits
        self.name = name
        self.acceptance = acceptance
        self.listener = listener or Listener()
        self.engine = engine
        self.writing = writing
        self.codes: list[ExitCode] = []  # of what was gated so far
        self._opened: Works | None = None
        self._unusable = ""  # why there is no store
        selected(self.settings)  # a wrong rule's name ends this before anything is audited

    def gated(self, targets: Sequence[str]) -> Iterator[Gated]:
        """All that the words name; of a word that names nothing a line is said."""
        if self.writing is not None:
            self.writing.check(targets)
        for target in targets:
            before = len(self.codes)
            try:
                for gated in self._verdicts(target):
                    self.codes.append(gated.code)
                    yield gated
            except (NothingToAudit, CannotLook) as error:  # what failed before it still counts
                self.listener.say(str(error))
                self.codes.append(error.exit_code)
            except AuditorError as error:
                self.listener.lose(str(error))
                continue
            if len(self.codes) == before:
                self.listener.say(f"there is no model in {target}")
                self.codes.append(ExitCode.NOTHING)
        if self.writing is not None:
            self.writing.finish()
            self.codes += [ExitCode.INCONCLUSIVE] * bool(self.writing.failed)

    def verdict_on(self, path: str) -> Gated:
        """The verdict on the one model at a path, which holds no report and is no place of models."""
        found = list(self._audited(path))
        if len(found) != 1:
            raise UsageError(f"{path} has {len(found):,} models: name one of them")
        return found[0]

    def _verdicts(self, target: str) -> Iterator[Gated]:
        """Of all that a word names: a report's number, a file with reports, a model, or a place where models lie."""
        number = report_number(target)
        if number is not None and not os.path.lexists(target):
            subject, document = stored(number, self.configured, self.configured.db)
            yield self._gated(subject, document, number)
        elif _holds_reports(target):
            for report in _reports(target):
                path = report["model"]["path"]
                subject = Subject(path, self.configured.policy(path, self.name or ""), self.name)
                yield self._unless_unstored(self._gated(subject, report, bound=bound_to_its_model(report["model"])))
        else:
            yield from self._audited(target)

    def _audited(self, target: str) -> Iterator[Gated]:
        """Through the batch, which runs nothing again that is unchanged; every byte is read to know that."""
        from ..batch.pool import Pool
        from ..batch.run import batch

        refs, source = _models(target, fetching_as(self.configured))
        several = source is not None
        if several and self.name is not None:
            raise UsageError("--name is for one model: the models of a registry have names of their own")
        refs = (known(ref, self.configured) for ref in self._read(refs))
        if self.name is not None:
            refs = (ref._replace(subject=self.name, registry="") for ref in refs)
        store = self._store(create=True)
        jobs, engine = self.configured.workers(), self.engine or Pool
        sources = [source] if source is not None else []
        outcomes = batch(
            refs, self.settings, self._policy, store, jobs, self.limits, rehash=True, engine=engine,
            waits=lambda: is_waited_for(sources),
        )  # fmt: skip
        with closing(outcomes):
            for outcome in outcomes:
                release(sources, outcome.ref)
                subject = subject_of(outcome.ref, self.configured)
                document = (
                    outcome.document if outcome.audit_id is None or store is None else store.get(outcome.audit_id)
                )
                assert document is not None  # all are shown
                if outcome.unstored:
                    self._unusable = outcome.unstored
                gated = self._unless_unstored(self._gated(subject, document, outcome.audit_id, outcome.code))
                if self.writing is not None:
                    self.writing.take(outcome._replace(document=_as_judged(gated.judgement)))
                yield gated._replace(states=outcome.states)

        if source is not None:
            self._left(source)

    def _read(self, refs: Iterator[Ref]) -> Iterator[Ref]:
        """The models as far as their source can be read."""
        try:
            yield from refs
        except CannotLook as error:
            self.listener.say(str(error))
            self.codes.append(error.exit_code)

    def _left(self, source: Source) -> None:
        """What a source could not read leaves the verdict open."""
        for line in source.troubles[:_MOST_TROUBLES]:
            self.listener.say(line)
        if any(isinstance(trouble, NotRead) for trouble in source.troubles):
            self.codes.append(ExitCode.INCONCLUSIVE)
        for line in self.configured.unmatched():
            self.listener.say(line)

    def _policy(self, ref: Ref) -> Any:
        return self.configured.policy(ref.place, ref.subject, ref.registry)

    def _gated(
        self, subject: Subject, document: Mapping[str, Any], audit_id: int | None = None, code: ExitCode | None = None,
        bound: Binding = BINDING,
    ) -> Gated:  # fmt: skip
        from ..formats.json import parse

        raw = parse(document)[0]
        key = self.name or subject.key
        store = self._store(create=False)
        before = None if store is None else store.accepted(key)
        judgement = judged_for_gate(bound.added_to(raw), subject.policy, compared(before))
        code = exit_code(judgement.verdict) if looked_at(raw) else code or ExitCode.INCONCLUSIVE
        gated = Gated(subject, key, judgement, code, before, audit_id)
        if self.acceptance is None:
            return gated
        if judgement.verdict is not Verdict.PASS or not bound.holds or self._unusable:
            return gated._replace(refused=True, code=code if code != ExitCode.PASS else ExitCode.INCONCLUSIVE)
        if subject.policy.fail_on is None:
            raise UsageError(f"{subject.path}: a policy under which nothing fails (never) accepts nothing")
        return self._accept(gated, document)

    def _accept(self, gated: Gated, document: Mapping[str, Any]) -> Gated:
        """A report that came as a file is stored first: what is accepted can be compared with."""
        store = self._store(create=True)
        assert store is not None and self.acceptance is not None
        audit_id = gated.audit_id or store.save(_raw(document), subject=gated.key)
        store.accept(gated.key, audit_id, reason=self.acceptance.reason, by=self.acceptance.by)
        return gated._replace(audit_id=audit_id, accepted=True)

    def _store(self, *, create: bool) -> Works | None:
        """Opened once, when it is first needed; None where there is none and it is not to be made."""
        if self._opened is None:
            from ..store.where import chosen_path
            from ..store.works import Works

            where = chosen_path(self.configured.db)
            if self._unusable or (not create and not there(where)):
                return None
            try:
                self._opened = Works.open(where)
            except StoreError as error:  # the verdict is worked out all the same, and is no pass
                self._unusable = str(error)
                return None
        return self._opened

    def _unless_unstored(self, gated: Gated) -> Gated:
        """Without the store nobody knows what was accepted, and the report is nowhere."""
        if not self._unusable:
            return gated
        self.listener.say(f"the report is not stored: {self._unusable}")
        refused = self.acceptance is not None
        return gated._replace(code=worst([gated.code, ExitCode.INCONCLUSIVE]), accepted=False, refused=refused)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writing is not None:
            self.writing.close()
        if self._opened is not None:
            self._opened.close()


class _HasJudgement(Protocol):
    @property
    def judgement(self) -> Judgement: ...


_AnyGated = TypeVar("_AnyGated", bound=_HasJudgement)


@contextmanager
def written(
    to: Destinations, on_screen: Callable[[_AnyGated], None], as_line: Callable[[_AnyGated], str]
) -> Iterator[Callable[[_AnyGated], None]]:
    """What writes verdicts, one after the other.

    ``on_screen`` takes them where the stream's format is text, and ``as_line`` makes JSON of one.
    """
    with ExitStack() as stack:
        files = to.opened_files(stack, several=True)
        stream = stack.enter_context(closing(to.stream(several=True)))

        def write(gated: _AnyGated) -> None:
            for outlet in files:
                outlet.write(gated.judgement.report, gated.judgement.verdict)
            if not to.quiet:
                _to_stream(gated)

        def _to_stream(gated: _AnyGated) -> None:
            match to.form:
                case "text":
                    with stream.guarded():
                        on_screen(gated)
                case "json":
                    stream.write_text(f"{as_line(gated)}\n")
                case _:
                    stream.write(gated.judgement.report, gated.judgement.verdict)

        yield write


def line(gated: Gated) -> str:
    """The report under the policy, and beside it what only the gate knows, as a line of JSON."""
    from ..formats import json as json_format

    before = gated.before
    said = {
        "subject": gated.key,
        "audit_id": gated.audit_id,
        "accepted": gated.accepted,
        "policy": gated.subject.policy.origin,
        "compared_with": None
        if before is None
        else {"audit_id": before.audit_id, "when": before.when, "by": before.by, "reason": before.reason},
        "reasons": [reason._asdict() for reason in gated.judgement.reasons],
    }
    return json_format.line(gated.judgement.report, gated.judgement.verdict, gate=said)


def _raw(document: Mapping[str, Any]) -> dict[str, Any]:
    """A report as the store keeps it: before any policy."""
    from ..formats.json import document as written
    from ..formats.json import parse

    report, verdict = parse(document)
    return written(unjudged(report), verdict)


def judged_for_gate(report: Report, policy: Policy, accepted: Report | None) -> Judgement:
    """The verdict on what is to go live: every rule that counts is asked for, and nothing passes unseen."""
    judgement = judge(report, policy, accepted, whole=True)
    return judgement if looked_at(report) else judgement._replace(verdict=Verdict.INCONCLUSIVE)


def _as_judged(judgement: Judgement) -> Mapping[str, Any]:
    from ..formats.json import document

    return document(judgement.report, judgement.verdict)


def looked_at(report: Report) -> bool:
    """Whether there was an audit at all: where there was none, no policy makes a pass of that."""
    return all(missed.what != "model" for missed in report.coverage.failed)


def _models(target: str, fetching: Fetching) -> tuple[Iterator[Ref], Source | None]:
    """The models at a place; with the source where there may be several."""
    from ..batch.around import around
    from ..batch.sources import source_at

    source = source_at(target, fetching)
    if source.kind != "file":
        return source.models(), source
    ref = around(target)
    return (source.models() if ref is None else iter([ref])), None


def _holds_reports(path: str) -> bool:
    """JSON that says which schema of reports it has. What is named .onnx is a model, whatever is in it."""
    if path.lower().endswith(".onnx") or not os.path.isfile(path):
        return False
    try:
        descriptor, _ = open_regular(path)
        with open(descriptor, "rb") as file:
            head = file.read(_HEAD).lstrip()
    except OSError as error:
        raise CannotLook(f"{path} cannot be read: {error.strerror}") from None
    return head.startswith(b"{") and b'"schema_version"' in head


def _reports(path: str) -> Iterator[Mapping[str, Any]]:
    """One report, or one a line."""
    from ..formats.json import parse

    try:
        text = read_regular(path, _MOST).decode()
        try:
            documents: list[Mapping[str, Any]] = [json.loads(text)]
        except json.JSONDecodeError:
            documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    except FileTooLarge:
        raise UsageError(f"{path} is larger than {_MOST >> 20} MiB, which no report is") from None
    except OSError as error:
        raise CannotLook(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} holds no reports of auditor: {error}") from None
    for document in documents:
        try:
            parse(document)
        except (StoreError, AttributeError) as error:
            raise UsageError(f"{path}: {error}") from None
    if not documents:
        raise NothingToAudit(f"there is no report in {path}")
    yield from documents
