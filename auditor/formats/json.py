"""The versioned JSON of a report: what machines read, what the store keeps, and what a report is made of again.

It is a type of its own, never a dump of `auditor.report`: what is added there appears here when somebody lists it, and
what is renamed there keeps its key here. ``schema_version`` grows when a key changes its meaning or goes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TextIO

from .. import __version__
from ..errors import StoreError
from ..report import (
    Basis,
    Coverage,
    Finding,
    Fit,
    JudgedFinding,
    Location,
    Missed,
    ModelIdentity,
    Port,
    Report,
    RunAttempt,
    RunLevel,
    RunSummary,
    Severity,
    Step,
    Totals,
    Verdict,
    Waived,
    WeightRow,
)
from .names import COMMAND

SCHEMA_VERSION = 1

# The keys of the plain parts, in order; each is also the name of the field that it is read from.
_MODEL = ("path", "bytes", "digest", "content_digest", "files", "ir_version", "opsets", "producer")
_FINDING = (
    "rule", "severity", "basis", "message", "fix", "consequences", "expected", "actual", "fingerprint",
    "parts", "magnitude",
)  # fmt: skip
_JUDGED = (*_FINDING[:2], "own_severity", *_FINDING[2:])
_LOCATION = ("graph", "node", "op_type", "tensor", "attribute", "offset")
_STEP = ("node", "op_type", "inputs", "output", "formula")
_FIT = ("axes", "ranges")
_WAIVED = ("by", "reason", "owner", "expires")
_MISSED = ("what", "why", "asked")
_TOTALS = (
    "nodes", "parameters", "learnable_parameters", "running_statistics", "elementwise_parameters",
    "macs", "body_macs", "flops", "weight_bytes", "peak_activation_bytes",
)  # fmt: skip
_PORT = ("name", "dtype", "shape")
_WEIGHTS = ("tensor", "dtype", "shape", "min", "max", "mean", "std", "zeros", "nan", "inf")
_RUN = (
    "provider", "optimisation", "cpu", "status", "why", "seconds", "isolation", "placement", "golden",
)  # fmt: skip
_ATTEMPT = ("inputs", "values", "status", "why")
_LEVEL = ("optimisation", "status", "why", "outputs")

_LARGEST = 1 << 12_000  # Python writes and reads no integer of more than 4,300 digits


def document(report: Report, verdict: Verdict, **extra: object) -> dict[str, object]:
    """The report as JSON's own types; ``extra`` are further top-level keys, such as ``layers`` and ``tensors``."""
    whole: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "auditor": {"version": __version__, "rules": report.rules_digest},
        "model": _row(report.model, _MODEL),
        "verdict": verdict,
        "findings": [_finding(f) for f in report.findings],
        "coverage": {
            "ran": report.coverage.ran,
            "skipped": _rows(report.coverage.skipped, _MISSED),
            "failed": _rows(report.coverage.failed, _MISSED),
        },
        "totals": _row(report.totals, _TOTALS),
        "inputs": _rows(report.inputs, _PORT),
        "outputs": _rows(report.outputs, _PORT),
        "weights": _rows(report.weights, _WEIGHTS),
        "run": _told(report.run),
        "audited_at": report.audited_at,
        "operators": report.operators,
        "dtypes": report.dtypes,
        **extra,
    }
    return {key: plain(value) for key, value in whole.items()}


def render(report: Report, verdict: Verdict, out: TextIO, **extra: object) -> None:
    """One model: one object, spread over lines for people too."""
    out.write(_tame(json.dumps(document(report, verdict, **extra), indent=2, allow_nan=False)) + "\n")


class Several:
    """Several models: one object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, report: Report, verdict: Verdict) -> None:
        self._out.write(line(report, verdict) + "\n")

    def close(self) -> None:
        """Each line is whole."""


def line(report: Report, verdict: Verdict, **extra: object) -> str:
    """Several models: one object a line (without the line break)."""
    return dumps(document(report, verdict, **extra))


def dumps(document: Mapping[str, object]) -> str:
    """A document as compact text. It is ASCII: no terminal can mistake a name in it for a command."""
    return _tame(json.dumps(document, separators=(",", ":"), allow_nan=False))


def _tame(text: str) -> str:
    """The same JSON, in which no log of a CI service finds a command either."""
    return COMMAND.sub(r"#\\u0023", text) if "##" in text else text


def parse(document: Mapping[str, Any]) -> tuple[Report, Verdict]:
    """The report that a document was made of, names in their escaped form; keys unknown to us are left aside."""
    version = document.get("schema_version")
    if not isinstance(version, int) or version < 1:
        raise StoreError("this is not a report of auditor: its schema_version is missing")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the report was written by a newer auditor (schema_version {version}; "
            f"this one reads up to {SCHEMA_VERSION}): upgrade auditor"
        )
    try:
        return _report(document), Verdict(document["verdict"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"this is not a whole report of auditor: {type(error).__name__} {error}") from error


def _told(run: RunSummary) -> dict[str, object]:
    return {
        **_row(run, _RUN),
        "attempts": _rows(run.attempts, _ATTEMPT),
        "levels": _rows(run.levels, _LEVEL),
        "outputs": _rows(run.outputs, _PORT),
    }


def _row(thing: object, keys: tuple[str, ...]) -> dict[str, object]:
    return {key: getattr(thing, key) for key in keys}


def _rows(things: tuple[object, ...], keys: tuple[str, ...]) -> list[dict[str, object]]:
    return [_row(thing, keys) for thing in things]


def _finding(finding: Finding) -> dict[str, object]:
    policy = finding if isinstance(finding, JudgedFinding) else JudgedFinding.of(finding)
    return {
        **_row(policy, _JUDGED),
        "location": _row(finding.location, _LOCATION),
        "derivation": _rows(finding.derivation, _STEP),
        "fits": _rows(finding.fits, _FIT),
        "waived": None if policy.waived is None else _row(policy.waived, _WAIVED),
    }


def plain(value: object) -> object:
    """Only what JSON can say: NaN and Inf as text, what is not UTF-8 escaped, tuples as lists."""
    match value:
        case None | bool():
            return value
        case str():
            return escaped(value)
        case int():
            return int(value) if -_LARGEST < value < _LARGEST else hex(value)
        case float():
            return float(value) if math.isfinite(value) else _unbounded(value)
        case list() | tuple():
            return [plain(inner) for inner in value]
        case dict() | Mapping():
            return {escaped(str(key)): plain(inner) for key, inner in value.items()}
        case _:
            raise TypeError(f"JSON has no {type(value).__name__}: {value!r}")


def escaped(text: str) -> str:
    """Valid Unicode: a byte that is not UTF-8 (a surrogate, in Python) as the six characters ``\\udc80``."""
    if type(text) is str and text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _unbounded(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _report(document: Mapping[str, Any]) -> Report:
    coverage = document["coverage"]
    return Report(
        model=_model(document["model"]),
        findings=tuple(_read_finding(f) for f in document["findings"]),
        coverage=Coverage(
            ran=tuple(coverage["ran"]),
            skipped=tuple(Missed(**_known(m, _MISSED)) for m in coverage["skipped"]),
            failed=tuple(Missed(**_known(m, _MISSED)) for m in coverage["failed"]),
        ),
        totals=Totals(**_known(document["totals"], _TOTALS)),
        inputs=_ports(document["inputs"]),
        outputs=_ports(document["outputs"]),
        weights=tuple(_weights(w) for w in document["weights"]),
        run=_run(document["run"]),
        audited_at=document["audited_at"],
        rules_digest=document["auditor"]["rules"],
        operators=dict(document.get("operators", {})),
        dtypes=tuple(document.get("dtypes", ())),
    )


def _known(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The keys that we know, lists as tuples; one that an older version did not write keeps its default."""
    return {key: _frozen(row[key]) for key in keys if key in row}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def _model(row: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity(**_known(row, _MODEL))


def _read_finding(row: Mapping[str, Any]) -> Finding:
    known = _known(row, _FINDING)
    known["severity"] = Severity(known["severity"] or Severity.ERROR)
    known["basis"] = Basis(known["basis"] or Basis.SUSPICIOUS)
    finding = Finding(
        **known,
        location=Location(**_known(row["location"], _LOCATION)),
        derivation=tuple(Step(**_known(step, _STEP)) for step in row["derivation"]),
        fits=tuple(Fit(**_known(fit, _FIT)) for fit in row["fits"]),
    )
    waived, own = row.get("waived"), row.get("own_severity")
    if not waived and own is None:
        return finding
    return JudgedFinding.of(
        finding,
        waived=Waived(**_known(waived, _WAIVED)) if waived else None,
        own_severity=None if own is None else Severity(own),
    )


def _ports(rows: list[Mapping[str, Any]]) -> tuple[Port, ...]:
    return tuple(Port(**_known(row, _PORT)) for row in rows)


def _weights(row: Mapping[str, Any]) -> WeightRow:
    numbers = {key: float(row[key]) for key in ("min", "max", "mean", "std") if isinstance(row[key], str)}
    return WeightRow(**_known(row, _WEIGHTS) | numbers)


def _run(row: Mapping[str, Any]) -> RunSummary:
    known = _known(row, _RUN)
    return RunSummary(
        **known | {"seconds": float(known["seconds"])},
        attempts=tuple(_attempt(one) for one in row.get("attempts", ())),
        levels=tuple(RunLevel(**_known(one, _LEVEL)) for one in row.get("levels", ())),
        outputs=_ports(row["outputs"]),
    )


def _attempt(row: Mapping[str, Any]) -> RunAttempt:
    sizes = {str(name): tuple(map(int, shape)) for name, shape in row["inputs"].items()}
    return RunAttempt(**_known(row, _ATTEMPT) | {"inputs": sizes})
