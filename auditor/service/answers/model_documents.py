"""Models and versions as the API says them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ...store.asked import asked_audits, kept_audit
from ...store.fleet import FleetModel
from ...store.history import AuditChanges, FindingKey, FindingOverTime, History, Point
from ...store.registered import RegisteredVersion, registered_version
from ...store.works import Works
from ..files.uploaded_paths import FILES, LONGEST
from ..whole import WHOLE
from .audit_answers import AuditAnswer, ModelName, audit_answer, newest_audit
from .verdicts import viewed_audit

_LARGEST = (1 << 63) - 1
_CHANGES = 200  # findings of one audit that are listed; their number is whole

Name = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
VersionName = Annotated[
    str,
    Field(
        min_length=1, max_length=128, pattern=r"^[^@\x00-\x1f\x7f-\x9f]+$",
        description="Any text without @ and control characters.",
    ),
]  # fmt: skip
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
UploadedPath = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Relative, with / between its parts."),
]


class PortDocument(BaseModel, extra="forbid"):
    """An input or an output as the sender knows it. A null or an empty text says nothing."""

    name: str = Field("", max_length=1000)
    dtype: str = Field("", max_length=40, examples=["float32"])
    shape: list[Annotated[int, Field(ge=0, le=_LARGEST, strict=True), WHOLE] | None] | None = Field(None, max_length=64)


class ContractDocument(BaseModel, extra="forbid"):
    """What the sender promises of the model: what `auditor check` takes of a registry."""

    inputs: list[PortDocument] = Field([], max_length=1000)
    outputs: list[PortDocument] = Field([], max_length=1000)
    sha256: str = Field("", pattern="^([0-9a-f]{64})?$", description="What the model's file should hash to.")
    max_batch: Annotated[int, Field(ge=0, le=_LARGEST, strict=True), WHOLE] = 0
    open_is_promise: bool = False


class NewVersion(BaseModel, extra="forbid"):
    """A version of a model: its files by content. ``path`` says which is the model where it is not the one .onnx."""

    name: Name
    version: VersionName
    files: dict[UploadedPath, Sha256] = Field(min_length=1, max_length=FILES)
    path: UploadedPath | None = None
    contract: ContractDocument | None = None


class VersionDocument(BaseModel):
    """A version of a model, and its newest audit."""

    id: str
    model: ModelName
    version: str
    path: str
    files: dict[str, str]
    contract: dict[str, Any] | None
    created_at: str
    created_by: str
    audit: AuditAnswer | None = None


class VersionPage(BaseModel):
    """Versions, the newest first."""

    items: list[VersionDocument]
    next: str | None


class LatestDocument(BaseModel):
    """What a model's latest audit said."""

    version: str
    version_id: str | None
    verdict: str
    errors: int
    warnings: int
    notes: int
    audit_id: str
    audited_at: str
    producer: str
    opset: int | None
    ad_hoc: bool = Field(description="With options that are not configured: the gate does not go by it.")


class ModelDocument(BaseModel):
    """A model. One that only the command line audited has no id."""

    id: str | None
    name: str
    created_at: str | None
    versions: int
    latest: LatestDocument | None
    badge: str | None


class ModelPage(BaseModel):
    """Models, in the order that was asked for."""

    items: list[ModelDocument]
    next: str | None


class FindingDocument(BaseModel):
    """A finding, as it is known again in other audits."""

    fingerprint: str
    rule: str
    severity: str
    node: str
    tensor: str
    message: str


class ChangesDocument(BaseModel):
    """What an audit found against the one before. The lists hold so many at most; the numbers are whole."""

    appeared: list[FindingDocument]
    fixed: list[FindingDocument]
    appeared_count: int
    fixed_count: int
    still: int
    unseen: int


class HistoryStep(BaseModel):
    """An audit in a model's history."""

    version: str
    verdict: str
    errors: int
    warnings: int
    notes: int
    audited_at: str
    accepted_at: str | None
    ad_hoc: bool
    changes: ChangesDocument | None


class FindingSpan(BaseModel):
    """A finding over time: ``state`` is new, open, fixed or not looked at."""

    finding: FindingDocument
    state: str
    since: str
    since_version: str
    fixed: str | None
    fixed_version: str | None


class HistoryDocument(ModelDocument):
    """A model with its history, the newest audit first."""

    audits: int
    history: list[HistoryStep]
    findings: list[FindingSpan]
    findings_count: int


def version_document(store: Works, found: RegisteredVersion, folder: Path | None = None) -> VersionDocument:
    """The document of a version, with the audit that was asked for last.

    With the storage's ``folder`` it is under the policy of now, else under that of the audit.
    """
    audit = _as_made(store, found.id) if folder is None else newest_audit(store, found.id, folder)
    return VersionDocument(
        id=found.id, model=ModelName(id=found.model_id, name=found.model), version=found.version, path=found.path,
        files=dict(found.files), contract=None if found.contract is None else dict(found.contract),
        created_at=found.created_at, created_by=found.created_by, audit=audit,
    )  # fmt: skip


def _as_made(store: Works, version_id: str) -> AuditAnswer | None:
    asked = next(iter(asked_audits(store, 1, version_id=version_id)), None)
    return None if asked is None else AuditAnswer(**audit_answer(asked))


def model_document(model: FleetModel) -> ModelDocument:
    """The document of a model in the fleet: its verdict is that of the policy under which it was audited."""
    return ModelDocument(**_model_fields(model))


def history_document(store: Works, model: FleetModel, found: History | None, folder: Path) -> HistoryDocument:
    """The document of a model with its history; the verdict of its latest audit is that of the policy of now."""
    said = HistoryDocument(
        **_model_fields(model),
        audits=0 if found is None else found.audits,
        history=[] if found is None else [_step(step) for step in found.steps],
        findings=[] if found is None else [_span(one) for one in found.findings[:_CHANGES]],
        findings_count=0 if found is None else len(found.findings),
    )
    if model.latest is not None and said.latest is not None:
        of = None if model.latest.version_id is None else registered_version(store, model.latest.version_id)
        kept = kept_audit(store, model.latest.audit)
        now = None if kept is None else viewed_audit(store, kept, of).summary(folder)
        if now is not None:
            said.latest.verdict = now.verdict.value
            said.latest.errors, said.latest.warnings, said.latest.notes = now.errors, now.warnings, now.notes
    return said


def _model_fields(model: FleetModel) -> dict[str, Any]:
    latest = model.latest
    said = None if latest is None else latest._asdict() | {"audit_id": latest.id}
    return {
        "id": model.id, "name": model.name, "created_at": model.created_at, "versions": model.versions,
        "latest": None if said is None else LatestDocument(**said),
        "badge": None if model.badge is None else f"/api/v1/badges/{model.badge}.svg",
    }  # fmt: skip


def _step(step: AuditChanges) -> HistoryStep:
    row, changes = step.row, step.changes
    return HistoryStep(
        version=row.version, verdict=row.verdict, errors=row.errors, warnings=row.warnings, notes=row.notes,
        audited_at=row.when, accepted_at=row.accepted, ad_hoc=row.ad_hoc,
        changes=None if changes is None else ChangesDocument(
            appeared=_findings(changes.appeared), fixed=_findings(changes.fixed),
            appeared_count=len(changes.appeared), fixed_count=len(changes.fixed),
            still=changes.still, unseen=changes.unseen,
        ),
    )  # fmt: skip


def _findings(found: Iterable[FindingKey]) -> list[FindingDocument]:
    return [FindingDocument(**one._asdict()) for one in list(found)[:_CHANGES]]


def _span(one: FindingOverTime) -> FindingSpan:
    fixed: Point | None = one.fixed
    return FindingSpan(
        finding=FindingDocument(**one.found._asdict()), state=one.state,
        since=one.since.when, since_version=one.since.version,
        fixed=None if fixed is None else fixed.when, fixed_version=None if fixed is None else fixed.version,
    )  # fmt: skip
