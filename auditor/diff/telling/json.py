"""A comparison as one JSON object with a version of its own. ``schema_version`` grows when a key changes its meaning or
goes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import TextIO

from ... import __version__
from ...formats.json import document, dumps, plain
from ...model.dtypes import name_of
from ...model.tensor import Tensor
from ...report import Finding, Report, Verdict
from ...runtime.outcome import PairedTensor
from ..behaviour import Behaviour
from ..difference import Degree, Edit
from ..stored import TensorRow
from ..streamed.values import ValueChange
from ..whole import DiffReport

SCHEMA_VERSION = 1
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def tell(found: DiffReport, out: TextIO) -> None:
    """Write it on one line."""
    out.write(dumps(diff_document(found)) + "\n")


def diff_document(found: DiffReport) -> dict[str, object]:
    """All of it as JSON's own types."""
    conclusion, changes = found.conclusion, found.findings
    whole = {
        "schema_version": SCHEMA_VERSION,
        "auditor": {"version": __version__},
        "old": _model(found.old),
        "new": _model(found.new),
        "verdict": {
            "degree": _degree(conclusion.degree),
            "phrase": conclusion.degree.phrase,
            "reasons": conclusion.reasons,
            "not_compared": conclusion.unknown,
        },
        "edits": [_edit(edit) for edit in found.difference.edits],
        "tensors": {
            "identical": sum(row.compared.what is ValueChange.IDENTICAL for row in found.tensors),
            "changed": [_tensor(row) for row in found.changed_tensors],
        },
        "costs": {row.what: {"old": row.old, "new": row.new} for row in found.costs},
        "blocks": [
            {
                "block": row.block,
                **{
                    name: {"old": old, "new": new}
                    for name, (old, new) in (
                        ("nodes", row.nodes), ("learnable_parameters", row.learnable), ("macs", row.macs),
                    )
                },
            }
            for row in found.blocks
        ],
        "findings": {
            "came": _findings(found.new, changes.came),
            "went": _findings(found.old, changes.went),
            "stay": changes.stay,
            "rules_of_one_alone": changes.unlike,
        },
        "outputs": _behaviour(found.behaviour),
    }  # fmt: skip
    return {key: plain(value) for key, value in whole.items()}


def _degree(degree: Degree) -> str:
    return degree.name.lower()


def _model(report: Report) -> object:
    return document(Report(report.model), Verdict.PASS)["model"]


def _findings(report: Report, findings: tuple[Finding, ...]) -> object:
    return document(Report(report.model, findings), Verdict.PASS)["findings"]


def _edit(edit: Edit) -> dict[str, object]:
    kind = _HUMP.sub("-", type(edit.change).__name__).lower()
    return {
        "kind": kind,
        "degree": _degree(edit.degree),
        "text": edit.text,
        "why": edit.why,
        "change": _plain(edit.change),
    }


def _plain(value: object) -> object:
    """A change as it is: its parts by their names, of a tensor its type and sizes."""
    match value:
        case Tensor():
            return {"dtype": name_of(value.dtype), "shape": value.dims}
        case Enum():
            return value.value
        case tuple() if hasattr(value, "_asdict"):
            return {name: _plain(part) for name, part in value._asdict().items()}
        case tuple():
            return [_plain(part) for part in value]
        case _:
            return value


def _tensor(row: TensorRow) -> dict[str, object]:
    compared = row.compared
    sides = {
        side: {
            "graph": one.graph, "name": one.name, "dtype": name_of(one.tensor.dtype), "shape": one.tensor.dims,
        }
        for side, one in (("old", row.pair.old), ("new", row.pair.new))
    }  # fmt: skip
    distance = compared.distance
    return {
        **sides,
        "place": row.pair.place,
        "what": compared.what.value,
        "within_rounding": compared.within,
        "why": compared.why,
        "distance": None if distance is None else distance._asdict(),
    }


def _behaviour(found: Behaviour) -> dict[str, object]:
    both = found.found
    return {
        "not_compared": found.why or both.why,
        "failed": both.failed,
        "inputs": both.inputs,
        "outputs": _paired(both.outputs),
        "first": None if both.first is None else {**next(iter(_paired([both.first]))), "node": found.first_node},
        "looked_at": both.looked,
        "not_looked_at": {"tensors": both.left, "why": both.left_why},
        "onnxruntime": both.version,
        "isolation": dict(both.isolation),
    }


def _paired(some: Iterable[PairedTensor]) -> list[dict[str, object]]:
    return [
        {
            "old": one.old,
            "new": one.new,
            "state": one.state,
            "why": one.why,
            "difference": None if one.difference is None else one.difference._asdict(),
        }
        for one in some
    ]
