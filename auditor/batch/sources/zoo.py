"""The ONNX model zoo's manifest: ``ONNX_HUB_MANIFEST.json`` with each model's path, hash and ports."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from ...errors import CannotLook, Unusable
from ...report import Contract, Port
from ..refs import NotRead, Ref
from .folder import unclaimed
from .parts.files import make_up, read
from .parts.registry import Registry, SourceRow

_MANIFEST = "ONNX_HUB_MANIFEST.json"
_MOST = 1 << 26  # bytes; the zoo's own holds half a million
_TENSOR = r"tensor\((\w+)\)"
_DTYPES = {"float": "float32", "double": "float64"}
_SHA256 = r"[0-9a-fA-F]{64}"


class Zoo(Registry):
    kind = "zoo"
    row = SourceRow("ONNX model zoo", f"`{_MANIFEST}`", "the model's path", "`model_sha`, `io_ports`")
    marks = (_MANIFEST,)

    def __init__(self, path: str) -> None:
        super().__init__(os.path.join(path, _MANIFEST) if os.path.isdir(path) else path)

    @classmethod
    def is_at(cls, path: str) -> bool:
        return os.path.basename(path) == _MANIFEST or super().is_at(path)

    def models(self) -> Iterator[Ref]:
        self.troubles.clear()
        try:
            entries = json.loads(read(self.path, _MOST))
            if not isinstance(entries, list):
                raise Unusable(f"{_MANIFEST} is not a list")
        except Unusable as error:
            raise CannotLook(str(error)) from None
        except (ValueError, RecursionError) as error:
            raise CannotLook(f"{self.path} is not JSON: {error}") from None
        folder = os.path.dirname(self.path)
        seen: set[str] = set()
        for number, entry in enumerate(entries, 1):
            where = entry.get("model_path") if isinstance(entry, dict) else None
            if not isinstance(where, str) or not where:
                self.troubles.append(NotRead(f"entry {number} of {_MANIFEST} has no model_path"))
                continue
            if where.startswith("/") or ".." in where.split("/") or "\0" in where:
                self.troubles.append(NotRead(f"entry {number} of {_MANIFEST} leads out of its folder: {where!r}"))
                continue
            seen.add(os.path.join(folder, where))
            yield _model(entry, os.path.join(folder, where), os.path.abspath(folder))
        self.troubles += unclaimed(folder or ".", seen)


def _model(entry: dict[str, Any], path: str, registry: str) -> Ref:
    metadata = entry.get("metadata")
    said = metadata if isinstance(metadata, dict) else {}
    troubles: tuple[str, ...] = ()
    try:
        contract = _contract(said)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        troubles = (f"{_MANIFEST}: what it says of the model cannot be read: {type(error).__name__}: {error}",)
        contract = Contract(origin=_MANIFEST, troubles=troubles)
    made = make_up(path)
    tags = said.get("tags")
    known = {
        "model": entry.get("model"),
        "onnx_version": entry.get("onnx_version"),
        "opset_version": entry.get("opset_version"),
        "tags": ", ".join(map(str, tags)) if isinstance(tags, list) else None,
    }
    name = os.path.splitext(entry["model_path"])[0]
    return Ref(
        name,
        "",
        path,
        made.files,
        {key: str(value)[:200] for key, value in known.items() if value is not None},
        contract,
        (*troubles, *made.troubles),
        name,
        registry,
    )


def _contract(said: dict[str, Any]) -> Contract | None:
    ports = said.get("io_ports") or {}
    inputs, outputs = (tuple(_port(p) for p in ports.get(side) or ()) for side in ("inputs", "outputs"))
    sha = said.get("model_sha") or ""
    if sha and not re.fullmatch(_SHA256, sha):
        raise ValueError(f"model_sha {sha[:80]!r} is not a sha256")
    return Contract(inputs, outputs, _MANIFEST, sha.lower()) if inputs or outputs or sha else None


def _port(said: dict[str, Any]) -> Port:
    dtype = re.fullmatch(_TENSOR, said.get("type") or "")
    shape = said.get("shape")
    return Port(
        str(said["name"]),
        _DTYPES.get(dtype[1], dtype[1]) if dtype else "",
        None if shape is None else tuple(n if isinstance(n, int) and n > 0 else None for n in shape),
    )
