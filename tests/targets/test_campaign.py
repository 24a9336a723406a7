"""The table of releases against what the releases did with models that were not used to make it."""

from __future__ import annotations

import json
from collections import Counter

import onnx
import pytest

from auditor.model.load import load
from auditor.shapes.facts import infer
from auditor.targets.known import runtime, runtimes
from auditor.targets.loading import answers

from .campaign import ANSWERS, PROBES, wrong


def test_every_refusal_and_every_load_of_the_probes_is_said() -> None:
    """answers.json is what each release did: ``python -m tests.targets.campaign`` installs and asks them anew."""
    refused = json.loads(ANSWERS.read_text())
    assert list(refused) == [release.version for release in runtimes()]
    some = Counter(name for names in refused.values() for name in names)
    assert len(PROBES) >= 40 and 2 * len(some) >= len(PROBES) and set(some) <= set(PROBES)
    assert list(wrong(refused)) == []


def test_a_table_that_is_wrong_is_seen() -> None:
    refused = json.loads(ANSWERS.read_text())
    refused["1.15.0"].remove("ir_10")
    refused["1.32.0"].append("ir_10")
    assert list(wrong(refused)) == [
        "onnxruntime 1.15.0, ir_10: loads, and the table says refused",
        "onnxruntime 1.32.0, ir_10: refused, and the table says loads",
    ]


@pytest.mark.parametrize(
    ("op_type", "opset", "version", "loads"),
    [
        ("Abs", 18, "1.15.1", True), ("Abs", 19, "1.15.1", False), ("Abs", 19, "1.16.3", True),
        ("Softmax", 17, "1.16.3", True), ("Softmax", 18, "1.16.3", False), ("Softmax", 19, "1.16.3", False),
    ],
)  # fmt: skip
def test_casts_around_a_kernel_for_float32(op_type: str, opset: int, version: str, loads: bool) -> None:
    """As these releases answer: 1.15.1 "Failed to find kernel for Cast(19)", 1.16.3 "Unrecognized attribute: axes"."""
    text = (
        f'<ir_version: 8, opset_import: ["" : {opset}]> a (float16[2, 3] x) => (float16[2, 3] y) {{ y = {op_type}(x) }}'
    )
    release = runtime(version)
    assert release is not None
    found = tuple(answers(infer(load(onnx.parser.parse_model(text).SerializeToString())), release))
    assert (found == ()) is loads
