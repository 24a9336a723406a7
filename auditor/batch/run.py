"""Many models: each audited once, its report stored before it is shown, and what is unchanged not audited again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..errors import ExitCode, StoreError
from ..evidence.evidence import nobody
from ..formats.json import escaped
from ..pipeline import selected
from ..policy.policy import Policy
from ..report import Verdict
from ..settings import Settings
from ..store.store import source_of
from ..store.works import Done, FileState, Piece, Works
from ..tuples import NamedTuple
from ..weights.once import MeasuredFiles
from .engine import Engine, Opens
from .measuring import LARGE, Parts, are_measured, hashed_and_measured, in_parts, size_of
from .one import Audited, audit_one, audited
from .pool import Pool, tell
from .refs import Ref
from .state import Keys, files_of, hashed, seen_from_here, settled, unchanged
from .tasks import Result, Returned, Task, Told, WorkerLimits
from .verdicts import Judged, Policies, judged, passes_open, passes_without_findings

_NONE: Mapping[Any, Any] = {}

_BLOCK = 256  # models that are looked up together
_LATELY = 4096  # keys
_RUN, _BESIDE = 540.0, 60.0  # seconds for a run at most, and for all else of an audit
_MOST = 1 << 14  # models that are held at once, whatever the workers could take
_CHUNK, _CHUNK_BYTES = 64, 1 << 23  # models that one task hashes, and their bytes
_SLOW = 20e6  # bytes a second that a task may take for it


class Outcome(NamedTuple):
    """What came of one model: its report as the policy sees it, and whether an audit of the same content was taken."""

    ref: Ref
    document: Mapping[str, Any] | None  # None: it passed without a finding, and nobody asked for more
    verdict: Verdict
    code: ExitCode
    reused: bool = False
    audit_id: int | None = None  # where it is stored
    trace: str = ""  # of a fault of ours
    unstored: str = ""  # why the report is not stored
    is_first_here: bool = False  # it is reused, and of content that was not known at this place
    states: tuple[FileState, ...] = ()  # of its files, where they were hashed just now


def allowed(settings: Settings, seconds: float | None = None, memory: int | None = None) -> WorkerLimits:
    """What the audit of one model may take: what is said, else its run's time at most and a minute for all else."""
    return WorkerLimits(seconds or max(_RUN, settings.timeout or 0.0) + _BESIDE, memory or WorkerLimits().memory)


def batch(
    refs: Iterable[Ref],
    settings: Settings,
    policies: Policies,
    store: Works | None,
    jobs: int,
    limits: WorkerLimits,
    *,
    all_shown: bool = True,
    rehash: bool = False,
    engine: Opens = Pool,
    waits: Callable[[], bool] = lambda: False,
    looking: Callable[[Ref, str], None] | None = None,
) -> Generator[Outcome, None, None]:
    """Audit all models; exactly one outcome for each, in the order of completion, stored before it is yielded.

    Without ``all_shown`` a stored report without findings is not read again, where the policy asks for no more. With
    ``rehash`` every file is read, also one that looks as it did. ``engine`` says who does the work; `EngineLost` where
    it is there no more: what came to its end is stored. ``waits`` says whether the next model is still being fetched:
    those that are here go on meanwhile. ``looking`` is told what of a model is looked at where that takes long: in
    depth.
    """
    selected(settings)  # a wrong name ends this before anything is audited, and workers inherit the imported rules
    with engine(jobs, limits) as workers:
        keys = Keys(settings, workers.processor)
        work = _Batch(iter(refs), settings, policies, store, workers, all_shown, rehash, keys, waits, looking)
        yield from work.outcomes()


class _Work(NamedTuple):
    ref: Ref
    key: str | None = None
    states: tuple[FileState, ...] = ()  # of files that were hashed just now
    began: int = 0  # ns: before these were read
    measured: MeasuredFiles = _NONE  # what was seen of their tensors

    def settled(self) -> tuple[FileState, ...]:
        """The files whose next change will show in their times, and did since they were hashed."""
        return settled(self.states, self.began)


@dataclass(slots=True)
class _Batch:
    refs: Iterator[Ref]
    settings: Settings
    policies: Policies
    store: Works | None
    pool: Engine
    all_shown: bool
    rehash: bool
    keys: Keys
    waits: Callable[[], bool]
    looking: Callable[[Ref, str], None] | None = None
    at: dict[Task, list[_Work]] = field(default_factory=dict)
    held: int = 0  # models that workers have, or that wait for one
    all_taken: bool = False  # there are no more models
    parts: dict[Task, Parts] = field(default_factory=dict)
    lately: dict[str, Done] = field(default_factory=dict)  # by key, the work that was found done or was done last
    alike: dict[str, list[_Work]] = field(default_factory=dict)  # by the key of work that is being done: who waits

    def outcomes(self) -> Iterator[Outcome]:
        self.pool.tell_stages_to(self._hear)
        yield from self._refill()
        for task in self.pool.turns(lambda: self._has_room and not self.waits()):
            if task is None:
                yield from self._refill()
                continue
            if (part := self.parts.pop(task, None)) is not None:
                yield from self._part_hashed(part, task.result)
                yield from self._refill()
                continue
            works, result = self.at.pop(task), task.result
            assert result is not None
            self.held -= len(works)
            if task.function is hashed:
                yield from self._hashed(works, result)
            else:
                yield from self._finished(works[0], result)
            yield from self._refill()

    def _hear(self, told: Told) -> None:
        works = self.at.get(told.task)
        if works and self.looking is not None:
            self.looking(works[0].ref, told.stage)

    def _refill(self) -> Iterator[Outcome]:
        """Keep the workers busy, and no more models in memory than that takes."""
        while self._has_room and not (self.pool.outstanding and self.waits()):
            refs = list(self._block())
            if not refs:
                self.all_taken = True
                return
            yield from self._taken(refs)

    @property
    def _has_room(self) -> bool:
        return self.pool.hungry and self.held < _MOST and not self.all_taken

    def _block(self) -> Iterator[Ref]:
        """The next models, to be looked up together; what comes behind one that was fetched may keep us waiting."""
        for ref in islice(self.refs, _BLOCK):
            yield ref
            if ref.address:
                return

    def _taken(self, refs: list[Ref]) -> Iterator[Outcome]:
        if self.store is None:
            for ref in refs:
                self._submit(_Work(ref))
            return
        partly = [ref for ref in refs if ref.partly is not None]
        if partly:  # their files have holes, whose hash nobody takes for a content's
            yield from self._looked_up([_Work(ref, self.keys.key_of(ref, ())) for ref in partly])
            refs = [ref for ref in refs if ref.partly is None]
        paths = files_of(refs)
        states = {} if self.rehash else self.store.states([path for group in paths for path in group])
        known: list[_Work] = []
        chunk: list[_Work] = []
        held = 0
        for ref, group in zip(refs, paths, strict=True):
            if not self.rehash and all(unchanged(path, states.get(path)) for path in group):
                known.append(_Work(ref, self.keys.key_of(ref, [states[path] for path in group])))
                continue
            size = sum(map(size_of, group))
            if size >= LARGE:
                self._hash_in_parts(ref, group, {} if self.rehash else states)
                continue
            if chunk and (len(chunk) == _CHUNK or held + size > _CHUNK_BYTES):
                self._hash(chunk)
                chunk, held = [], 0
            chunk.append(_Work(ref))
            held += size
        if chunk:
            self._hash(chunk)
        yield from self._looked_up(known)

    def _hash(self, works: list[_Work]) -> None:
        began = time.time_ns()
        task = self.pool.submit(hashed, files_of([work.ref for work in works]))
        self._hand([work._replace(began=began) for work in works], task)

    def _hash_in_parts(self, ref: Ref, group: tuple[str, ...], known: Mapping[str, FileState]) -> None:
        """Tasks of so many bytes or one file: several workers share them, and what is done is done."""
        states = {path: known[path] for path in group if unchanged(path, known.get(path))}
        tasks = in_parts([(path, size_of(path)) for path in group if path not in states])
        part = Parts(ref, group, states, len(tasks), time.time_ns())
        self.held += 1
        measuring = self._is_measured(group)
        threads = 2 if 2 * (self.pool.outstanding + len(tasks)) <= self.pool.jobs else 1
        for paths in tasks:
            seconds = self.pool.limits.seconds + sum(map(size_of, paths)) / _SLOW
            limits = self.pool.limits._replace(seconds=seconds)
            if measuring:
                task = self.pool.submit(hashed_and_measured, ref.path, paths, threads, limits=limits)
            else:
                task = self.pool.submit(hashed, [(path,) for path in paths], limits=limits)
            self.parts[task] = part

    def _is_measured(self, group: tuple[str, ...]) -> bool:
        """Whether an audit will want to know what is in the weights, and there will be one as far as one can tell.

        Files that look as they did are hashed because somebody does not trust their looks; mostly they are the same.
        """
        assert self.store is not None
        if self.pool.elsewhere or not are_measured(self.settings, map(size_of, group)):
            return False
        states = self.store.states(group) if self.rehash else {}
        return not all(unchanged(path, states.get(path)) for path in group)

    def _part_hashed(self, part: Parts, result: Result | None) -> Iterator[Outcome]:
        assert self.store is not None
        part.left -= 1
        match result:
            case Returned(list() as found) if None not in found:
                states = [self._seen(one[0]) for one in found]
                part.take(states, found)
                self.store.remember(settled(states, part.began))
            case _:  # a file that cannot be read has no content that work could be known by
                part.unread = True
        self.held -= not part.left
        if not part.left and part.unread:
            self._submit(_Work(part.ref))
        elif not part.left:
            whole = tuple(part.states[path] for path in part.group)
            key = self.keys.key_of(part.ref, whole)
            yield from self._looked_up([_Work(part.ref, key, whole, part.began, part.measured)])

    def _hashed(self, works: list[_Work], result: Result) -> Iterator[Outcome]:
        match result:
            case Returned(list() as states):
                yield from self._looked_up(
                    [
                        work if found is None else self._known(work, found)
                        for work, found in zip(works, states, strict=True)
                    ]
                )
            case _ if len(works) > 1:  # one of them is to blame
                for work in works:
                    self._hash([work])
            case _:  # a file that cannot be read has no content that work could be known by
                self._submit(works[0])

    def _known(self, work: _Work, states: tuple[FileState, ...]) -> _Work:
        here = tuple(map(self._seen, states))
        return work._replace(key=self.keys.key_of(work.ref, here), states=here)

    def _seen(self, state: FileState) -> FileState:
        return seen_from_here(state) if self.pool.elsewhere else state

    def _looked_up(self, works: list[_Work]) -> Iterator[Outcome]:
        assert self.store is not None
        sources = [source_of(work.ref.place) for work in works]
        wanted = [(work.key, source) for work, source in zip(works, sources, strict=True) if work.key is not None]
        done = self.store.done(wanted, self.lately)
        reused = []
        for work, source in zip(works, sources, strict=True):
            if work.key is None:
                self._submit(work)
            elif found := done.get((work.key, source)) or self.lately.get(work.key):
                self._keep_in_mind(work.key, found)
                reused.append((work, source, found))
            elif work.key in self.alike:
                self.alike[work.key].append(work)
            else:
                self._submit(work)
        yield from self._reused(reused)

    def _keep_in_mind(self, key: str, done: Done) -> None:
        if len(self.lately) >= _LATELY:
            self.lately.clear()
        self.lately[key] = done

    def _submit(self, work: _Work) -> None:
        if work.key is not None:
            self.alike.setdefault(work.key, [])
        listening = tell if self.looking is not None and self.settings.run and self.settings.looks else nobody
        self._hand([work], self.pool.submit(audit_one, work.ref, self.settings, listening, work.measured))

    def _hand(self, works: list[_Work], task: Task) -> None:
        self.at[task] = works
        self.held += len(works)

    def _reused(self, works: Sequence[tuple[_Work, str, Done]]) -> Iterator[Outcome]:
        """Outcomes of work that is done. The same content at another place is a model with a history of its own."""
        assert self.store is not None
        policies = [self.policies(work.ref) for work, _, _ in works]
        documents = self.store.documents(
            {
                done.audit_id
                for (_, source, done), policy in zip(works, policies, strict=True)
                if self.all_shown or not done.silent or done.source != source or not passes_without_findings(policy)
            }
        )
        outcomes: list[Outcome] = []
        pieces: dict[int, Piece] = {}  # by the outcome's place
        seen: list[FileState] = []
        for (work, source, done), policy in zip(works, policies, strict=True):
            document = documents.get(done.audit_id)
            if document is None:
                outcome = Outcome(work.ref, None, Verdict.PASS, ExitCode.PASS, True, done.audit_id, states=work.states)
            else:
                if done.source != source:
                    document = {**document, "model": {**document["model"], "path": escaped(work.ref.place)}}
                verdict = judged(Audited(document, True), policy, self._accepted(work.ref, policy))
                outcome = Outcome(work.ref, *verdict, True, done.audit_id, states=work.states)
                if done.source != source:
                    whole = not passes_open(document, verdict.verdict)
                    pieces[len(outcomes)] = self._piece(work, source, document, verdict, whole=whole)
            if done.source == source:
                seen += work.settled()
            outcomes.append(outcome)
        kept = self.store.finish_all(list(pieces.values())) if pieces else []
        for place, (audit_id, _) in zip(pieces, kept, strict=True):
            outcomes[place] = outcomes[place]._replace(audit_id=audit_id, is_first_here=True)
        if seen:
            self.store.remember(seen)
        yield from outcomes

    def _finished(self, work: _Work, result: Result) -> Iterator[Outcome]:
        done, trace = audited(work.ref, result)
        policy = self.policies(work.ref)
        verdict = judged(done, policy, self._accepted(work.ref, policy))
        outcome = Outcome(work.ref, *verdict, trace=trace, states=work.states)
        if self.store is None:
            yield outcome
            return
        source = source_of(work.ref.place)
        # The cache exchanges no file; that another model shares one changes its time alone.
        same = bool(work.ref.address) or all(unchanged(state.path, state) for state in work.states)
        whole = work.key is not None and done.whole and same and not passes_open(done.document, verdict.verdict)
        piece = self._piece(work, source, done.document, verdict, whole=whole)
        try:
            ((audit_id, there),) = self.store.finish_all([piece])
        except StoreError as error:  # what was found out still counts
            yield outcome._replace(unstored=str(error))
            for one in self.alike.pop(work.key, []) if work.key is not None else []:
                self._submit(one)
            return
        if whole and work.key is not None:
            silent = verdict.verdict is Verdict.PASS and not done.document["findings"]
            self._keep_in_mind(work.key, Done(source, audit_id, silent))
        if there:  # a batch beside this one was faster
            yield from self._reused([(work._replace(states=()), source, Done(source, audit_id, False))])
        else:
            yield outcome._replace(audit_id=audit_id)
        waiting = self.alike.pop(work.key, []) if work.key is not None else []
        if whole or there:
            yield from self._looked_up(waiting) if waiting else ()
        else:
            for one in waiting:
                self._submit(one)

    def _accepted(self, ref: Ref, policy: Policy) -> Mapping[str, Any] | None:
        """The version that was accepted last, where the policy holds something against it."""
        if self.store is None or not policy.compares:
            return None
        accepted = self.store.accepted(ref.known_as or source_of(ref.place))
        return None if accepted is None else accepted.document

    def _piece(self, work: _Work, source: str, document: Mapping[str, Any], judged: Judged, *, whole: bool) -> Piece:
        """What is kept: the report before any policy, with the verdict of the policy of the moment."""
        raw = {
            **document,
            "verdict": judged.verdict.value,
            "judged_by": judged.document["judged_by"],
            "ad_hoc": list(self.settings.ad_hoc),
        }
        return Piece(
            raw,
            source,
            work.key,
            work.settled() if whole else (),
            self.keys.again(work.key, work.ref),
            whole,
            work.ref.known_as or None,
            work.ref.version or None,
        )
