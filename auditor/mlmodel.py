"""What an ``MLmodel`` says, wherever it lies: which file is the model, its signature as a contract, where it is from.

https://mlflow.org/docs/latest/ml/model/
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from . import plainyaml
from .errors import Unusable
from .report import Contract, Port
from .tuples import NamedTuple

NAME = "MLmodel"
LONGEST = plainyaml.LONGEST
"""Bytes of one that is read."""

_TEXT = ("object", "str", "string")
_USUAL = "model.onnx"


class ModelSaid(NamedTuple):
    """An ``MLmodel`` that was read, or what is left to say where it could not be."""

    metadata: Mapping[str, str]
    file: str = _USUAL  # below its folder: the model, or the folder of ``model.onnx`` with its data
    version: str = ""  # what names this artifact itself
    is_another: bool = False  # of another framework: nothing to audit
    contract: Contract | None = None
    troubles: tuple[str, ...] = ()


def model_said(text: str) -> ModelSaid:
    """What the file's text says. What of it cannot be read is among the troubles."""
    said: plainyaml.Value = {}
    troubles: tuple[str, ...] = ()
    contract: Contract | None = None
    try:
        said = plainyaml.parse(text)
        if not isinstance(said, dict):
            raise Unusable("no map")
        contract = _contract(said)
        troubles = _columns(said)
    except Unusable as error:
        unreadable = unread(f"{NAME}: {error}")
        contract, troubles = unreadable.contract, unreadable.troubles
    flavors = _map(said, "flavors")
    flavor = _map(flavors, "onnx")
    file = text_of(flavor, "data") or _USUAL
    if posixpath.isabs(file) or ".." in file.split("/") or "\0" in file:
        troubles += (f"{NAME} leads to {file!r}, out of the model's folder",)
        file = _USUAL
    return ModelSaid(
        _metadata(said, flavor),
        file,
        text_of(said, "model_uuid") or text_of(said, "run_id"),
        bool(flavors and not flavor),
        contract,
        troubles,
    )


def unread(why: str) -> ModelSaid:
    """Of one whose text is not to be had: the model beside it is audited, and that nothing confronts it is said."""
    return ModelSaid({}, contract=Contract(origin=NAME, troubles=(why,)), troubles=(why,))


def text_of(value: plainyaml.Value, key: str) -> str:
    """A text in a map; "" where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _metadata(said: plainyaml.Value, flavor: plainyaml.Value) -> dict[str, str]:
    found = {key: text_of(said, key) for key in ("run_id", "model_id", "mlflow_version", "utc_time_created")}
    found["onnx_version"] = text_of(flavor, "onnx_version")
    providers = flavor.get("providers") if isinstance(flavor, dict) else None
    if isinstance(providers, list):
        found["providers"] = ", ".join(p for p in providers if isinstance(p, str))
    return {key: value for key, value in found.items() if value}


def _contract(said: plainyaml.Value) -> Contract | None:
    """Of a signature of tensors. Columns of a table say nothing of the graph's inputs: MLflow puts them together."""
    signature = _map(said, "signature")
    inputs, outputs = (_ports(text_of(signature, side), side) for side in ("inputs", "outputs"))
    return Contract(inputs, outputs, f"{NAME}'s signature") if inputs or outputs else None


def _columns(said: plainyaml.Value) -> tuple[str, ...]:
    """A signature of a table's columns is not looked at, which is said."""
    signature = _map(said, "signature")
    sides = [
        side
        for side in ("inputs", "outputs")
        if text_of(signature, side) and not _ports(text_of(signature, side), side)
    ]
    sides = [side for side in sides if text_of(signature, side) not in ("null", "[]")]
    if not sides:
        return ()
    return (f"{NAME}'s signature gives {' and '.join(sides)} as columns of a table: not compared with the graph",)


def _ports(text: str, side: str) -> tuple[Port, ...]:
    if not text or text == "null":
        return ()
    try:
        specs = json.loads(text)
        if not isinstance(specs, list):
            raise TypeError("no list")
        return tuple(_port(s, side) for s in specs if s.get("type") == "tensor")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(f"signature.{side} is not a list of tensors and columns: {error}") from None


def _port(spec: Any, side: str) -> Port:
    dtype = str(spec["tensor-spec"]["dtype"])
    if dtype in _TEXT:
        dtype = "string"
    if dtype == "float64" and side == "inputs":  # MLflow feeds it as the model's float32
        dtype = ""
    sizes = tuple(int(n) for n in spec["tensor-spec"]["shape"])
    return Port(str(spec.get("name") or ""), dtype, tuple(None if n < 0 else n for n in sizes))


def _map(value: plainyaml.Value, key: str) -> dict[str, plainyaml.Value]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
