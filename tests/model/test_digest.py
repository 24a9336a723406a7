"""A model's digests are made piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.model import payload, payload_bytes
from auditor.model.digest import content, structure
from auditor.model.graph import Model
from auditor.model.load import load

from . import samples


def test_a_model_is_hashed_in_pieces_of_a_mebibyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a file of gigabytes takes no more memory than a small one."""
    proto = samples.proto()
    proto.doc_string = "x" * (3 << 20)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    asked: list[int] = []
    real: Callable[..., bytes] = payload.read

    def read(model: Model, offset: int, length: int) -> bytes:
        asked.append(length)
        return real(model, offset, length)

    monkeypatch.setattr(payload, "read", read)
    structure(load(path))
    assert sum(asked) == path.stat().st_size and max(asked) == 1 << 20
    asked.clear()
    into = payload_bytes.PayloadSource.into

    def filled(source: payload_bytes.PayloadSource, buffer: memoryview, position: int) -> int:
        asked.append(len(buffer))
        return into(source, buffer, position)

    monkeypatch.setattr(payload_bytes.PayloadSource, "into", filled)
    content(load(path))
    assert set(asked) == {1 << 20}
