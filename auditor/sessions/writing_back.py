"""Verdicts that go back to their registries, where somebody asked for it: sent on by a process beside the audits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import UsageError
from .listening import Listener

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ..batch.pool import Pool
    from ..batch.run import Outcome
    from ..batch.tasks import Task
    from ..remote.ocidist.attaching import Attached
    from ..remote.writing_back import ToWrite

_WAITING = 32  # verdicts that wait to be written before an audit waits for them
_SECONDS, _MEMORY = 600.0, 1 << 30  # for one of them


class WritingBack:
    """Takes outcomes; ``failed`` counts those whose verdict is nowhere but here."""

    def __init__(self, said: Mapping[str, Any], listener: Listener) -> None:
        self.tags, self.attaches = said.get("set_tag", False), said.get("attach", False)
        self.failed = 0
        self._attestation: str | None = said.get("attestation")
        self._signed: tuple[tuple[Attached, ...], ...] = ()  # what is in it, by what goes together
        self._subjects: frozenset[str] = frozenset()  # the SHA-256 of what it is about
        self._is_attached = False
        self._listener = listener
        self._pool: Pool | None = None
        self._at: dict[Task, str] = {}

    @property
    def is_asked(self) -> bool:
        return bool(self.tags or self.attaches)

    def check(self, sources: Iterable[str]) -> None:
        """`UsageError` where nothing of what is asked for can be done at any of these."""
        if self._attestation is not None and not self.attaches:
            raise UsageError("--attestation goes beside the report: with --attach")
        if not self.is_asked:
            return
        from ..remote.writing_back import takes_referrers, takes_tags

        named = list(sources)
        if self.tags and not any(map(takes_tags, named)):
            raise UsageError("--set-tag writes tags of MLflow model versions: no SOURCE is models:/... or mlflow://...")
        if self.attaches and not any(map(takes_referrers, named)):
            raise UsageError("--attach pushes reports beside artifacts of OCI registries: no SOURCE is oci://...")
        if self._attestation is not None:
            self._signed, self._subjects = _read(self._attestation)

    def take(self, outcome: Outcome) -> None:
        """One verdict; what cannot be written is said, now or later."""
        if not self.is_asked or not outcome.ref.address:
            return
        what = _to_write(outcome, self.tags, self.attaches)
        if what is None:
            return
        self._submit(what)
        if what.digest and outcome.ref.metadata.get("sha256") in self._subjects:
            self._is_attached = True
            said = {key: text for key, text in what.said.items() if key == "auditor.model"}
            for documents in self._signed:
                self._submit(what._replace(documents=documents, said=said))

    def finish(self) -> None:
        """Wait until all is written that can be."""
        while self._at:
            self._hear(60.0)
        if self._subjects and not self._is_attached:
            self.failed += 1
            self._listener.say(f"the attestation {self._attestation} is about none of these models: it is not attached")

    def _submit(self, what: ToWrite) -> None:
        from ..remote.writing_back import written_back

        if self._pool is None:
            from ..batch.pool import Pool
            from ..batch.tasks import WorkerLimits

            self._pool = Pool(1, WorkerLimits(_SECONDS, _MEMORY))
        self._at[self._pool.submit(written_back, what)] = what.address
        self._hear(0.0)
        while self._pool.outstanding >= _WAITING:
            self._hear(60.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or issubclass(kind, Exception):
                self.finish()
        finally:
            self.close()

    def close(self) -> None:
        """What is not written by now will not be."""
        if self._pool is not None:
            self._pool.close()

    def _hear(self, seconds: float) -> None:
        from ..batch.tasks import Returned, Task

        assert self._pool is not None
        for task in self._pool.wait(seconds):
            if not isinstance(task, Task):
                continue
            address = self._at.pop(task)
            match task.result:
                case Returned(str() as why):
                    pass
                case _:
                    why = "the process that does it did not come to its end"
            if why:
                self.failed += 1
                self._listener.say(f"the verdict on {address} is not written back: {why}")


def _read(path: str) -> tuple[tuple[tuple[Attached, ...], ...], frozenset[str]]:
    """What an attestation holds, and what it is about. Whether it holds is asked by `auditor verify`.

    Envelopes go into one artifact; each bundle of Sigstore is one of its own, as its other readers look for it
    (https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md).
    """
    from ..attest.envelopes import envelope_in, read_lines
    from ..attest.sigstore_bundles import MEDIA_TYPES, sigstore_bundle
    from ..attest.statements import read_statement
    from ..remote.ocidist.attaching import Attached
    from ..remote.writing_back import ENVELOPE

    together: list[Attached] = []
    alone: list[Attached] = []
    subjects: set[str] = set()
    for number, line in enumerate(read_lines(path), 1):
        found = line.read()
        if "dsseEnvelope" in found:
            envelope = sigstore_bundle(line).envelope
            alone.append(Attached(f"attestation-{number}.sigstore.json", MEDIA_TYPES[0], line.text))
        else:
            envelope = envelope_in(found, line.where)
            written = envelope.line().encode("ascii")
            together.append(Attached(f"attestation-{number}.intoto.json", ENVELOPE, written))
        subjects.update(read_statement(envelope.payload, envelope.where).subjects.values())
    return tuple(filter(None, (tuple(together), *((one,) for one in alone)))), frozenset(subjects)


def _to_write(outcome: Outcome, tags: bool, attaches: bool) -> ToWrite | None:
    """None where this model's registry takes neither, or where it was not looked at: that is no verdict of its own."""
    from ..formats.json import dumps
    from ..remote.ocidist.attaching import Attached
    from ..remote.writing_back import REPORT, ToWrite, takes_referrers, takes_tags

    document, ref = outcome.document, outcome.ref
    assert document is not None  # all are shown where verdicts go back
    if ref.unfetched:
        return None
    verdict, when = str(document["verdict"]), str(document["audited_at"])
    if tags and takes_tags(ref.address):
        rules = str(document["auditor"]["rules"])
        said = {"verdict": verdict, "audited_at": when, "rules": rules, "version": __version__}
        said["policy"] = str(document["judged_by"]["policy"]) or "none"
        return ToWrite(ref.address, {f"auditor.{key}": text for key, text in said.items() if text})
    digest = ref.metadata.get("digest", "")
    if attaches and takes_referrers(ref.address) and digest:
        report = Attached("report.json", REPORT, f"{dumps(document)}\n".encode("ascii"))
        said = {"org.opencontainers.image.created": when, "auditor.verdict": verdict, "auditor.model": ref.name}
        return ToWrite(ref.address, digest=digest, documents=(report,), said=said)
    return None
