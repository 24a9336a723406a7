"""A provider out of a library of its own that runs on a processor: Intel's OpenVINO, as onnxruntime's plug-in."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from auditor.runtime.outcome import NotRun, Run
from auditor.runtime.parent import run
from auditor.runtime.providers import SIMPLEST
from auditor.runtime.request import Request
from tests.corpus import SAMPLES
from tests.gpu.parts import OK, Seen, agreement, falling_back, notices, starts
from tests.gpu.place import Place

from .conftest import ADD, Write, floats

OPENVINO = "OpenVINOExecutionProvider"
EXACT = {"load_config": '{"CPU": {"INFERENCE_PRECISION_HINT": "f32"}}'}
"""On processors that multiply in bfloat16 OpenVINO does so where nothing is said: 4e-3 away, measured."""


def library() -> str:
    found = importlib.util.find_spec("onnxruntime_ep_openvino")
    return (
        str(Path(found.origin).parent / "libonnxruntime_providers_openvino_plugin.so") if found and found.origin else ""
    )


needs_plugin = pytest.mark.skipif(
    not library(),
    reason="there is no plug-in of a provider here: pip install onnxruntime-ep-openvino (Linux, x86-64, 100 MB)",
)


@pytest.fixture(scope="module")
def place() -> Place:
    return Place("openvino", {"intel": library()}, EXACT)


def test_the_simplest_model_is_one() -> None:
    model = onnx.load_model_from_string(SIMPLEST)
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Relu"]


@needs_plugin
@pytest.mark.parametrize("part", [starts, notices, falling_back], ids=lambda part: part.__name__)
def test_parts_that_a_card_is_held_to(place: Place, part: Callable[..., Seen]) -> None:
    seen = part(place, ())
    assert seen.status == OK, seen


@needs_plugin
def test_it_agrees_with_the_processor(place: Place) -> None:
    seen = agreement(place, (SAMPLES / "lenet5" / "lenet5.onnx",))
    assert seen.status == OK, seen


@needs_plugin
def test_its_code_runs_in_the_sandbox(place: Place, write: Write) -> None:
    found = run(place.asked(Request(write(ADD), attempts=((floats("x", 1, 4),),))))
    assert isinstance(found, Run), found
    assert (found.provider, found.placement) == (OPENVINO, {OPENVINO: 1})
    assert found.isolation["profile"] == "device"
    assert found.isolation["level"] == "full"


@needs_plugin
def test_wrong_options_are_no_fault_of_the_model(place: Place, write: Write) -> None:
    request = place.asked(Request(write(ADD), attempts=((floats("x", 1, 4),),)), load_config="{")
    found = run(request)
    assert isinstance(found, NotRun), found
    assert "the provider 'openvino' could not be started: " in found.why
    assert "JSON" in found.why


@needs_plugin
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device": 7}, "openvino has no device 7 here, only 0: "),
        ({"provider": "cpu"}, "brings openvino, openvino.auto, and the run asks for cpu: name one with --provider"),
        ({"provider": "openvno"}, "has no provider 'openvno' (did you mean 'openvino'?)"),
    ],
)
def test_what_a_library_does_not_bring(place: Place, write: Write, changes: dict[str, Any], said: str) -> None:
    request = place._replace(options={}).asked(Request(write(ADD), attempts=((floats("x", 1, 4),),)))
    found = run(request._replace(**changes))
    assert isinstance(found, NotRun), found
    assert said in found.why
