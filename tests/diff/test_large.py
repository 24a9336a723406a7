"""Two files of three gigabytes, whose weights are holes but for a few numbers: streamed, and never in memory."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from tests.fix.large import SIZE, write
from tests.forked import call

_ONES = 1000


def test_two_of_three_gigabytes(tmp_path: Path) -> None:
    old, new = tmp_path / "old.onnx", tmp_path / "new.onnx"
    for path in (old, new):
        write(path)
    said = call("diff", "--format", "json", "--no-config", str(old), str(new))
    assert said.status == 0, said.err
    assert json.loads(said.out)["verdict"]["degree"] == "identical"
    with new.open("r+b") as file:
        file.seek(-(1 << 20), 2)  # the weight ends with the file
        file.write(struct.pack("<f", 1.0) * _ONES)
    said = call("diff", "--format", "json", "--no-config", str(old), str(new))
    assert said.status == 0, said.err
    whole = json.loads(said.out)
    (tensor,) = whole["tensors"]["changed"]
    distance = tensor["distance"]
    assert (tensor["what"], distance["elements"], distance["changed"]) == ("drifted", SIZE // 4, _ONES)
    assert (distance["largest"], distance["relative"]) == (1.0, None)
    assert abs(distance["l2"] ** 2 - _ONES) < 1e-9
    assert "2 GiB" in whole["outputs"]["not_compared"]
    assert said.grown < 64
