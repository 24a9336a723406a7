"""The nine broken samples: what `auditor fix` makes of each, or why its maker is needed."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest

from auditor.fix.mending import FixAsked, fixed
from auditor.fix.offer import Wishes
from auditor.report import Severity
from auditor.settings import Settings
from tests.corpus import SAMPLES

from .copies import outputs

MENDED = {
    "alexnet_224": ((), ["data[2], data[3]: 224, 224 -> 227, 227"]),
    "batch_baked_in": ((), ["flat: shape [1, 512] -> [0, 512]", "the graph: 1 initializer out (16 bytes): 'target'"]),
    "training_mode": ((1,), ["drop: training_mode 1 -> 0", "the graph: 1 initializer out (1 byte): 'training'"]),
    "wrong_declared_shape": ((), ["the graph: pool declared as float32 [N, 8, 7, 7] -> float32 [N, 8, 8, 8]"]),
}
"""What is chosen, and what is changed."""

NEEDS_ITS_MAKER = {
    "batch_mixed": "mixed-batch",  # two images' features in a row: nobody knows which weights are meant
    "head_never_fits": "misfit-initializers",  # 500 features of 8 channels: no size gives them
    "missing_external_data": "unreadable-external-data",
    "nan_weights": "nan-weights",  # the number that was there is lost
    "wrong_bias": "misfit-initializers",  # two of eight numbers were never stored
}


def test_these_are_all() -> None:
    assert {path.stem for path in (SAMPLES / "broken").glob("*.onnx")} == MENDED.keys() | NEEDS_ITS_MAKER.keys()


@pytest.mark.parametrize("name", MENDED)
def test_mended(name: str, tmp_path: Path) -> None:
    chosen, changes = MENDED[name]
    out = tmp_path / "out.onnx"
    said = fixed(FixAsked(str(SAMPLES / f"broken/{name}.onnx"), str(out), wishes=Wishes(choose=chosen)), Settings())
    assert [f"{e.offer.place}: {e.offer.change}" for e in said.edits if e.made] == changes
    assert all(finding.severity is Severity.NOTE for finding in said.left) and said.code == 0
    made = outputs(onnx.load(out))
    assert made and all(array.shape for array in made.values())


@pytest.mark.parametrize("name", NEEDS_ITS_MAKER)
def test_needs_its_maker(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    shutil.copy(SAMPLES / f"broken/{name}.onnx", path)
    said = fixed(FixAsked(str(path)), Settings(run=False))
    assert said.written == "" and said.code == 1
    (error,) = (f for f in said.left if f.severity is Severity.ERROR)
    assert error.rule == NEEDS_ITS_MAKER[name] and error.fix
