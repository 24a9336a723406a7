"""A model as a bill of materials: CycloneDX 1.6, an ML-BOM, with what was measured and what came of it.

https://cyclonedx.org/capabilities/mlbom/. The library has no model cards, so that part is set into what it has written,
and the whole is held against the schema that the library carries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import UsageError
from ..names import visible
from ..policy.judge import Judgement
from ..report import Port, Severity, Verdict
from ..tuples import NamedTuple
from .model_files import HashedFile, HashedModel

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License

_LICENCE_KEYS = frozenset({"license", "licence", "license_name", "model_license", "general.license"})
_INSTALL = "pip install 'auditor[bom]'"
_LONGEST = 500  # letters of a name or a value


class BilledModel(NamedTuple):
    """What a bill is made of, beside the report and the hashes."""

    name: str
    version: str  # "" unknown
    metadata: Mapping[str, str]  # the model's own
    policy_sha256: str
    runtime: str  # "" it was not run


def bill_of_materials(model: BilledModel, judgement: Judgement, files: HashedModel) -> str:
    """The bill as JSON; UsageError where the library is not here."""
    try:
        from cyclonedx.exception import MissingOptionalDependencyException
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.tool import ToolRepository
        from cyclonedx.output.json import JsonV1Dot6
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
    except ImportError as error:
        raise UsageError(f"a bill of materials needs {error.name}: {_INSTALL}") from None

    main = Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=visible(model.name, _LONGEST),
        version=visible(model.version, _LONGEST) or None,
        bom_ref="model",
        hashes=[_hash(files.main)],
        licenses=list(_licences(model.metadata)),
        properties=_properties((*_said(model, judgement), *_unread(files))),
    )
    parts = [_part(file, f"file-{number}") for number, file in enumerate(files.files, 1)]
    bom = Bom(components=parts, metadata=BomMetaData(component=main, tools=ToolRepository(components=[
        Component(type=ComponentType.APPLICATION, name="auditor", version=__version__, bom_ref="auditor")
    ]), timestamp=_moment(judgement)))  # fmt: skip
    bom.register_dependency(main, parts)
    written: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    written["metadata"]["component"]["modelCard"] = _card(judgement)
    text = json.dumps(written, indent=2) + "\n"
    try:
        trouble = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    except MissingOptionalDependencyException:
        raise UsageError(f"a bill of materials needs jsonschema: {_INSTALL}") from None
    assert trouble is None, f"a bill that is not one by CycloneDX's schema: {trouble}"
    return text


def _part(file: HashedFile, ref: str) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    name = visible(file.name, _LONGEST)
    size = _properties([("auditor:bytes", str(file.size))])
    return Component(type=ComponentType.FILE, name=name, bom_ref=ref, hashes=[_hash(file)], properties=size)


def _hash(file: HashedFile) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType

    return HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)


def _moment(judgement: Judgement) -> datetime:
    return datetime.fromisoformat(judgement.report.audited_at)


def _properties(said: Iterable[tuple[str, str]]) -> list[Property]:
    from cyclonedx.model import Property

    return [Property(name=visible(name, _LONGEST), value=visible(value, _LONGEST)) for name, value in said]


def _said(model: BilledModel, judgement: Judgement) -> Iterator[tuple[str, str]]:
    """The facts and the verdict. A count that hangs on open sizes is a polynomial; one that is unknown is left out."""
    report, verdict = judgement.report, judgement.verdict
    yield "auditor:verdict", verdict.value
    yield "auditor:policy-sha256", model.policy_sha256
    yield "auditor:rules", report.rules_digest
    yield "auditor:run", report.run.status
    if model.runtime:
        yield "auditor:runtime", model.runtime
    for severity in Severity:
        yield f"auditor:findings:{severity.value}", str(sum(f.severity is severity for f in report.findings))
    if verdict is not Verdict.PASS:
        for reason in judgement.reasons:
            if reason.kind == verdict.value:
                yield "auditor:reason", reason.text
    for missed in report.coverage.skipped:
        yield "auditor:not-looked-at", f"{missed.what}: {missed.why}"
    if report.model.producer:
        yield "onnx:producer", report.model.producer
    yield "onnx:ir-version", str(report.model.ir_version)
    for domain, opset in sorted(report.model.opsets.items()):
        yield f"onnx:opset:{domain or 'ai.onnx'}", str(opset)
    for operator, count in sorted(report.operators.items()):
        yield f"onnx:operator:{operator}", str(count)
    for name, value in report.totals._asdict().items():
        if value is not None:
            yield f"auditor:{name.replace('_', '-')}", str(value)
    for dtype in report.dtypes:
        yield "onnx:dtype", dtype


def _unread(files: HashedModel) -> Iterator[tuple[str, str]]:
    """What the model names and the bill has no hash of: else it would look whole."""
    for name, why in files.unread.items():
        yield "auditor:not-hashed", f"{name}: {why}"


def _card(judgement: Judgement) -> dict[str, Any]:
    report = judgement.report
    return {
        "modelParameters": {
            "inputs": [{"format": _port(port)} for port in report.inputs],
            "outputs": [{"format": _port(port)} for port in report.outputs],
        }
    }


def _port(port: Port) -> str:
    """``data: float32[N, 3, 224, 224]``."""
    sizes = "" if port.shape is None else f"[{', '.join('?' if s is None else str(s) for s in port.shape)}]"
    return visible(f"{port.name}: {port.dtype or '?'}{sizes}", _LONGEST)


def _licences(metadata: Mapping[str, str]) -> Iterator[License]:
    """Of what the model says of itself: an SPDX id, an expression, or a name."""
    from cyclonedx.contrib.license.factories import LicenseFactory

    for key, value in metadata.items():
        if key.lower() in _LICENCE_KEYS and value.strip():
            yield LicenseFactory().make_from_string(visible(value.strip(), _LONGEST))
            return  # an expression stands alone
