"""What tasks need of workers elsewhere: a card, the processor, and files that both sides see."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.batch.engines.needs import needs_of
from auditor.batch.one import audit_one
from auditor.batch.refs import Ref
from auditor.batch.state import hashed
from auditor.settings import Settings


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("CUDA", True), ("Tensorrt", True), ("NvTensorRTRTX", True), ("ROCM", True), ("MIGraphX", True), ("Dml", True),
        ("CANN", True), ("CPU", False), ("OpenVINO", False), ("Dnnl", False), ("XNNPACK", False), ("QNN", False),
    ],
)  # fmt: skip
def test_providers_that_run_on_a_card_of_the_worker(name: str, card: bool) -> None:
    """Names as onnxruntime has them; in what is said of workers a card is a graphics card or one of its kin."""
    for word in (f"{name}ExecutionProvider", f"cpu,{name.lower()}"):
        assert needs_of(Settings(provider=word)).resources == ({"GPU": 1.0} if card else {})
    assert needs_of(Settings(provider=name, run=False)).resources == {}


def test_what_has_to_be_alike_hangs_on_whether_models_are_run() -> None:
    running, looking = needs_of(Settings(run=True)), needs_of(Settings(run=False))
    assert running.one_processor and not looking.one_processor
    assert running.installed.keys() - looking.installed.keys() == {"runtime"} and "rules" in looking.installed
    assert running.runs_models(audit_one) and not running.runs_models(hashed)


def test_files_that_a_task_looks_at(tmp_path: Path) -> None:
    model, data, ops = (str(tmp_path / name) for name in ("m.onnx", "m.data", "ops.so"))
    ref = Ref("m", "", model, (model, data), {}, None, ())
    files = needs_of(Settings(custom_ops=Path(ops))).files
    assert tuple(map(str, files(audit_one, (ref, "more")))) == (model, data, ops)
    assert list(files(hashed, ([(model,), (data, ops)],))) == [model, data, ops]
    assert not files(len, (ref,))
