"""What one model teaches is there for the next one, until it is too much or out of date."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.graph import Model
from auditor.model.load import loads
from auditor.shapes import visits
from auditor.shapes.visits import Memory, memory_for


def model(function: str = "") -> Model:
    text = '<ir_version: 8, opset_import: ["" : 17, "own" : 1]> g (float[2] x) => (y) { y = Relu(x) }'
    return loads(onnx.parser.parse_model(text + function).SerializeToString())


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory = Memory()
    monkeypatch.setattr(visits, "_shared", memory)
    return memory


def test_models_share_a_memory(fresh: Memory) -> None:
    assert memory_for(model()) is fresh
    assert memory_for(model()) is fresh


def test_a_model_with_functions_learns_alone(fresh: Memory) -> None:
    function = '<domain: "own", opset_import: ["" : 17]> f (x) => (y) { y = Relu (x) }'
    assert memory_for(model(function)) is not fresh
    assert memory_for(model()) is fresh


def test_a_full_memory_begins_anew(fresh: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "MOST_REMEMBERED", -1)
    anew = memory_for(model())
    assert anew is not fresh and anew.size == 0


def test_rules_that_were_loaded_since_make_it_begin_anew(fresh: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "loaded", lambda: fresh.loaded + 1)
    anew = memory_for(model())
    assert anew is not fresh
    assert memory_for(model()) is anew
