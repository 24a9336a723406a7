"""The versioned JSON of a report: what machines read, what the store keeps, and what a report is made of again.

A field of the report is a key of the same name. What is renamed in `auditor.report` keeps its key, by a line here: the
tests hold every key that was ever written. ``schema_version`` grows when a key changes its meaning or goes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TextIO

from .. import __version__
from ..errors import StoreError
from ..names import COMMAND
from ..report import (
    Basis,
    Coverage,
    DeepFigure,
    DeepPart,
    DeepSeries,
    Finding,
    Fit,
    JudgedBy,
    JudgedFinding,
    Location,
    Missed,
    ModelIdentity,
    Port,
    ProviderFallback,
    ProviderShare,
    RangeRow,
    Report,
    RunAttempt,
    RunLevel,
    RunSummary,
    Severity,
    Stamp,
    Step,
    Totals,
    Verdict,
    Waived,
    WeightRow,
    Witness,
    WitnessInput,
)
from . import Format
from .parts import repairs

SCHEMA_VERSION = 1


def _keys(kind: type[Any], *apart: str, first: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The fields of a part of the report, each a key of the same name: all but those that are written ``apart``."""
    return (*first, *(name for name in kind._fields if name not in apart and name not in first))


_REPORT = _keys(
    Report,
    "model",
    "findings",
    "coverage",
    "totals",
    "inputs",
    "outputs",
    "weights",
    "ranges",
    "run",
    "depth",
    "rules_digest",
    "judged_by",
)
_FINDING = _keys(
    Finding,
    "location",
    "derivation",
    "fits",
    "repairs",
    "witness",
    first=("rule", "severity", "basis", "message", "fix", "consequences", "expected", "actual", "fingerprint", "parts"),
)
_JUDGED = _keys(
    JudgedFinding,
    "location",
    "derivation",
    "fits",
    "repairs",
    "witness",
    "waived",
    first=(*_FINDING[:2], "own_severity", *_FINDING[2:]),
)
_MISSED = _keys(Missed, "trace")
_RUN = _keys(RunSummary, "attempts", "levels", "outputs", "shares", "fallbacks")
_DEEP = _keys(DeepPart, "figures", "series", "stamp")

_LARGEST = 1 << 12_000  # Python writes and reads no integer of more than 4,300 digits


def document(report: Report, verdict: Verdict, **extra: object) -> dict[str, object]:
    """The report as JSON's own types; ``extra`` are further top-level keys, such as ``layers`` and ``tensors``."""
    whole: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "auditor": {"version": __version__, "rules": report.rules_digest},
        "model": _row(report.model, ModelIdentity._fields),
        "verdict": verdict,
        "findings": [_finding(f) for f in report.findings],
        "coverage": {
            "ran": report.coverage.ran,
            "skipped": _rows(report.coverage.skipped, _MISSED),
            "failed": _rows(report.coverage.failed, _MISSED),
        },
        "totals": _row(report.totals, Totals._fields),
        "inputs": _rows(report.inputs, Port._fields),
        "outputs": _rows(report.outputs, Port._fields),
        "weights": _rows(report.weights, WeightRow._fields),
        "ranges": _rows(report.ranges, RangeRow._fields),
        "run": _run_document(report.run),
        "depth": [_deep_document(part) for part in report.depth],
        "judged_by": _row(report.judged_by, JudgedBy._fields),
        **_row(report, _REPORT),
        **extra,
    }
    return {key: plain(value) for key, value in whole.items()}


def render(report: Report, verdict: Verdict, out: TextIO, **extra: object) -> None:
    """One model: one object, spread over lines for people too."""
    out.write(_tame(json.dumps(document(report, verdict, **extra), indent=2, allow_nan=False)) + "\n")


class JsonLines:
    """Several models: one object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, report: Report, verdict: Verdict) -> None:
        self._out.write(line(report, verdict) + "\n")

    def close(self) -> None:
        """Each line is whole."""


FORMAT = Format("machines: all that there is to say; of several models an object a line", render, JsonLines)


def line(report: Report, verdict: Verdict, **extra: object) -> str:
    """Several models: one object a line (without the line break)."""
    return dumps(document(report, verdict, **extra))


def dumps(document: Mapping[str, object]) -> str:
    """A document as compact text. It is ASCII: no terminal can mistake a name in it for a command."""
    return _tame(json.dumps(document, separators=(",", ":"), allow_nan=False))


def _tame(text: str) -> str:
    """The same JSON, in which no log of a CI service finds a command either."""
    return re.sub(COMMAND, r"#\\u0023", text) if "##" in text else text


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


def _run_document(run: RunSummary) -> dict[str, object]:
    return {
        **_row(run, _RUN),
        "attempts": _rows(run.attempts, RunAttempt._fields),
        "levels": _rows(run.levels, RunLevel._fields),
        "outputs": _rows(run.outputs, Port._fields),
        "shares": _rows(run.shares, ProviderShare._fields),
        "fallbacks": _rows(run.fallbacks, ProviderFallback._fields),
    }


def _deep_document(part: DeepPart) -> dict[str, object]:
    return {
        **_row(part, _DEEP),
        "figures": _rows(part.figures, DeepFigure._fields),
        "series": _rows(part.series, DeepSeries._fields),
        "stamp": _row(part.stamp, Stamp._fields),
    }


def _row(thing: object, keys: tuple[str, ...]) -> dict[str, object]:
    return {key: getattr(thing, key) for key in keys}


def _rows(things: tuple[object, ...], keys: tuple[str, ...]) -> list[dict[str, object]]:
    return [_row(thing, keys) for thing in things]


def _finding(finding: Finding) -> dict[str, object]:
    policy = finding if isinstance(finding, JudgedFinding) else JudgedFinding.from_finding(finding)
    return {
        **_row(policy, _JUDGED),
        "location": _row(finding.location, Location._fields),
        "derivation": _rows(finding.derivation, Step._fields),
        "fits": _rows(finding.fits, Fit._fields),
        "repairs": [repairs.row(one) for one in finding.repairs],
        "witness": None if finding.witness is None else _witness_document(finding.witness),
        "waived": None if policy.waived is None else _row(policy.waived, Waived._fields),
    }


def _witness_document(witness: Witness) -> dict[str, object]:
    return {**_row(witness, Witness._fields), "inputs": _rows(witness.inputs, WitnessInput._fields)}


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
    known = _known(document, _REPORT)
    return Report(
        model=_model(document["model"]),
        findings=tuple(_read_finding(f) for f in document["findings"]),
        coverage=Coverage(
            ran=tuple(coverage["ran"]),
            skipped=tuple(Missed(**_known(m, _MISSED)) for m in coverage["skipped"]),
            failed=tuple(Missed(**_known(m, _MISSED)) for m in coverage["failed"]),
        ),
        totals=Totals(**_known(document["totals"], Totals._fields)),
        inputs=_ports(document["inputs"]),
        outputs=_ports(document["outputs"]),
        weights=tuple(_weights(w) for w in document["weights"]),
        ranges=tuple(_range(row) for row in document.get("ranges", ())),
        run=_run(document["run"]),
        depth=depth_of(document),
        rules_digest=document["auditor"]["rules"],
        judged_by=JudgedBy(**_known(document.get("judged_by", {}), JudgedBy._fields)),
        **known | {"audited_at": document["audited_at"], "operators": dict(document.get("operators", {}))},
    )


def _known(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The keys that we know, lists as tuples; one that an older version did not write keeps its default."""
    return {key: _frozen(row[key]) for key in keys if key in row}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def _model(row: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity(**_known(row, ModelIdentity._fields))


def _read_finding(row: Mapping[str, Any]) -> Finding:
    known = _known(row, _FINDING)
    known["severity"] = Severity(known["severity"] or Severity.ERROR)
    known["basis"] = Basis(known["basis"] or Basis.SUSPICIOUS)
    if isinstance(known.get("magnitude"), str):  # infinity is written as text
        known["magnitude"] = float(known["magnitude"])
    finding = Finding(
        **known,
        location=Location(**_known(row["location"], Location._fields)),
        derivation=tuple(Step(**_known(step, Step._fields)) for step in row["derivation"]),
        fits=tuple(Fit(**_known(fit, Fit._fields)) for fit in row["fits"]),
        repairs=tuple(filter(None, map(repairs.read, row.get("repairs", ())))),
        witness=_witness(row["witness"]) if row.get("witness") else None,
    )
    waived, own = row.get("waived"), row.get("own_severity")
    if not waived and own is None:
        return finding
    return JudgedFinding.from_finding(
        finding,
        waived=Waived(**_known(waived, Waived._fields)) if waived else None,
        own_severity=None if own is None else Severity(own),
    )


def _ports(rows: list[Mapping[str, Any]]) -> tuple[Port, ...]:
    return tuple(Port(**_known(row, Port._fields)) for row in rows)


def _weights(row: Mapping[str, Any]) -> WeightRow:
    numbers = {key: float(row[key]) for key in ("min", "max", "mean", "std") if isinstance(row[key], str)}
    return WeightRow(**_known(row, WeightRow._fields) | numbers)


def _range(row: Mapping[str, Any]) -> RangeRow:
    ends = {key: float(row[key]) for key in ("low", "high")}  # infinity is written as text
    return RangeRow(**_known(row, RangeRow._fields) | ends)


def _witness(row: Mapping[str, Any]) -> Witness:
    inputs = []
    for one in row["inputs"]:
        ends = {key: float(one[key]) for key in ("low", "high")}
        inputs.append(WitnessInput(**_known(one, WitnessInput._fields) | ends))
    return Witness(**_known(row, Witness._fields) | {"inputs": tuple(inputs)})


def _run(row: Mapping[str, Any]) -> RunSummary:
    known = _known(row, _RUN)
    return RunSummary(
        **known | {"seconds": float(known["seconds"])},
        attempts=tuple(_attempt(one) for one in row.get("attempts", ())),
        levels=tuple(RunLevel(**_known(one, RunLevel._fields)) for one in row.get("levels", ())),
        outputs=_ports(row["outputs"]),
        shares=tuple(ProviderShare(**_known(one, ProviderShare._fields)) for one in row.get("shares", ())),
        fallbacks=tuple(ProviderFallback(**_known(one, ProviderFallback._fields)) for one in row.get("fallbacks", ())),
    )


def _deep(row: Mapping[str, Any]) -> DeepPart:
    stamp = _known(row["stamp"], Stamp._fields)
    return DeepPart(
        **_known(row, _DEEP) | {"lines": tuple(map(str, row["lines"])), "seconds": float(row["seconds"])},
        figures=tuple(_figure(one) for one in row["figures"]),
        series=tuple(
            DeepSeries(one["name"], one["unit"], tuple(map(str, one["labels"])), tuple(map(float, one["values"])))
            for one in row["series"]
        ),
        stamp=Stamp(**stamp | {"cpu": tuple(map(str, stamp["cpu"]))}),
    )


def _figure(row: Mapping[str, Any]) -> DeepFigure:
    value = row["value"]  # infinity is written as text
    return DeepFigure(str(row["name"]), float(value) if isinstance(value, str) else value, str(row["unit"]))


def depth_of(document: Mapping[str, Any]) -> tuple[DeepPart, ...]:
    """Of a stored report the look in depth alone."""
    return tuple(_deep(part) for part in document.get("depth", ()))


def _attempt(row: Mapping[str, Any]) -> RunAttempt:
    sizes = {str(name): tuple(map(int, shape)) for name, shape in row["inputs"].items()}
    return RunAttempt(**_known(row, RunAttempt._fields) | {"inputs": sizes})
