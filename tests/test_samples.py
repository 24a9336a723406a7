"""The samples are what sample_models/README.md says, and make.py makes them."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from auditor import Settings, audit
from auditor.errors import ExitCode
from auditor.policy.judge import exit_code, judge
from auditor.report import Finding, Report, Severity

FOLDER = Path(__file__).parents[1] / "sample_models"
MAKE = runpy.run_path(str(FOLDER / "make.py"))
SAMPLES: dict[str, Callable[[], onnx.ModelProto]] = MAKE["SAMPLES"]


class Told(NamedTuple):
    """The one finding of a sample that is not a note."""

    rule: str
    node: str
    words: tuple[str, ...]  # in the message or in what would mend it


BROKEN = {
    "alexnet_224": Told(
        "misfit-initializers",
        "fc6",
        ("fc6 takes 9216 = 256 x 6 x 6", "pool5 gives 256 x 5 x 5 = 6400", "227 <= H = W <= 258"),
    ),
    "head_never_fits": Told("misfit-initializers", "head", ("takes 500 features", "no input size up to 4096")),
    "wrong_bias": Told("misfit-initializers", "conv", ("conv_b is [6], must be [8]",)),
    "batch_baked_in": Told("baked-in-batch", "flat", ("'data'", "only 1 works")),
    "batch_mixed": Told("mixed-batch", "flat", ("1,024 elements", "images of 512")),
    "nan_weights": Told("nan-weights", "head", ("'head_w'", "NaN in 1 of 5,120")),
    "training_mode": Told("training-mode", "drop", ("drop", "model.eval()")),
    "wrong_declared_shape": Told("stale-shape-annotations", "pool", ("[N, 8, 7, 7]", "[N, 8, 8, 8]")),
    "missing_external_data": Told("unreadable-external-data", "", ("'head.bin'", "'head_w'")),
}
LEARNABLE = {
    "lenet5/lenet5.onnx": 156 + 2_416 + 48_120 + 10_164 + 850,
    "vgg16.onnx": 138_357_544,
    "open_sizes.onnx": (27 + 1) * 32 + (9 * 32 + 1) * 64 + (64 + 1) * 10,
    "resnet_block.onnx": 2 * (9 * 16 + 1) * 16 + (16 * 14 * 14 + 1) * 10,
    # Without the groups that the light model has: (n*m*l + 1) * k and (n + 1) * m.
    "alexnet.onnx": (363 + 1) * 96 + (2400 + 1) * 256 + (2304 + 1) * 384 + (3456 + 1) * 384 + (3456 + 1) * 256
    + (9216 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000,
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_make_gives_the_committed_bytes(name: str) -> None:
    assert SAMPLES[name]().SerializeToString(deterministic=True) == (FOLDER / name).read_bytes()


def test_make_gives_the_committed_golden_vector(tmp_path: Path) -> None:
    MAKE["golden"](SAMPLES["lenet5/lenet5.onnx"](), tmp_path)
    for file in ("input_0.pb", "output_0.pb"):
        made, kept = (
            numpy_helper.to_array(onnx.TensorProto.FromString((folder / file).read_bytes()))
            for folder in (tmp_path, FOLDER / "lenet5" / "test_data_set_0")
        )
        np.testing.assert_allclose(made, kept, rtol=1e-5, atol=1e-6)


def test_the_table_names_every_sample() -> None:
    table = re.findall(r"^\| `([\w/]+\.onnx)`", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert table == list(SAMPLES)
    assert set(table) == {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.onnx")}
    assert set(table) == {f"broken/{name}.onnx" for name in BROKEN} | set(LEARNABLE) | {"alexnet_open.onnx"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sample(name: str) -> None:
    report = audit(FOLDER / "broken" / f"{name}.onnx")
    assert only_finding(report, BROKEN[name]).severity is Severity.ERROR
    assert exit_code(judge(report).verdict) == ExitCode.FINDINGS


def test_an_alexnet_of_open_sizes() -> None:
    """It runs for some sizes, so it passes with a warning that names them."""
    told = Told("misfit-initializers", "fc6", ("9216 = 256 x 6 x 6", "only for 227 <= H = W <= 258"))
    report = audit(FOLDER / "alexnet_open.onnx")
    assert only_finding(report, told).severity is Severity.WARNING
    assert exit_code(judge(report).verdict) == ExitCode.PASS


def only_finding(report: Report, told: Told) -> Finding:
    found = [f for f in report.findings if f.severity is not Severity.NOTE]
    assert [(f.rule, f.location.node) for f in found] == [(told.rule, told.node)]
    for words in told.words:
        assert words in f"{found[0].message}; {found[0].fix}"
    return found[0]


@pytest.mark.parametrize("name", LEARNABLE)
def test_a_sound_sample(name: str) -> None:
    report = audit(FOLDER / name)
    assert [f for f in report.findings if f.severity is not Severity.NOTE] == []
    assert exit_code(judge(report).verdict) == ExitCode.PASS
    assert report.run.status == "ok"
    assert report.totals.learnable_parameters == LEARNABLE[name]


def test_the_papers_alexnet_tells_the_whole_chain() -> None:
    report = audit(FOLDER / "broken" / "alexnet_224.onnx", Settings(run=False, weights=False))
    (finding,) = (f for f in report.findings if f.severity is Severity.ERROR)
    by_node = {step.node: step for step in finding.derivation}
    assert by_node["conv1"].formula == "floor((224 - 11) / 4) + 1 = 54"
    spatial = [by_node[n].output[2] for n in ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")]  # type: ignore[index]  # all are known
    assert spatial == [54, 26, 26, 12, 12, 12, 12, 5]
    assert finding.fits[0].axes == ("data[2]", "data[3]")
    assert finding.fits[0].ranges == ((227, 258),)
