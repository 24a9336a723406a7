"""What a child can answer with: whatever it is, it becomes an outcome that says what was not looked at."""

from __future__ import annotations

import ctypes
import json
import os
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.runtime import started as module
from auditor.runtime import watched
from auditor.runtime.messages import kind_of, meant_by
from auditor.runtime.outcome import Crashed, Failed, NotRun, Outcome, Run
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Request, RunLimits
from tests.pace import HANG

from .conftest import ADD, Write, floats

HUGE = 1 << 62


def value(name: str, *shape: int | str, dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def single(
    node: onnx.NodeProto,
    inputs: list[onnx.ValueInfoProto],
    output: onnx.ValueInfoProto,
    *stored: onnx.TensorProto,
) -> onnx.ModelProto:
    graph = helper.make_graph([node], "g", inputs, [output], list(stored))
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def sizes(name: str, *numbers: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def ended(path: str, *feeds: Feed) -> Outcome:
    return run(Request(path, attempts=(feeds,), limits=RunLimits(seconds=HANG), second=True))


def of_bytes(write: Write, model: onnx.ModelProto, *feeds: Feed) -> Outcome:
    """The same with the letters QQQQ of every name as bytes that are not UTF-8."""
    path = write(model)
    with open(path, "r+b") as file:
        data = file.read().replace(b"QQQQ", b"\xff\xfeQQ")
        file.seek(0)
        file.write(data)
    return ended(path, *feeds)


@pytest.mark.parametrize("shape", [(1,) * 65, (HUGE, 0), (HUGE, HUGE, 0)], ids=["65 axes", "2^62", "2^124"])
def test_an_input_that_numpy_cannot_make(write: Write, shape: tuple[int, ...]) -> None:
    model = single(helper.make_node("Relu", ["x"], ["y"]), [value("x", *shape)], value("y", *shape))
    outcome = ended(write(model), floats("x", *shape))
    assert isinstance(outcome, NotRun)
    assert outcome.why.startswith("no values can be invented for input x of ")
    assert not outcome.fault


def test_other_inputs_are_tried_after_one_that_numpy_cannot_make(write: Write) -> None:
    model = single(helper.make_node("Relu", ["x"], ["y"]), [value("x", "N", "M")], value("y", "N", "M"))
    attempts = ((floats("x", HUGE, 0),), (floats("x", 2, 3),))
    outcome = run(Request(write(model), attempts=attempts, limits=RunLimits(seconds=HANG)))
    assert isinstance(outcome, Run)
    assert outcome.feeds == attempts[1]


@pytest.mark.parametrize("shape", [(1,) * 65, (HUGE, 0)], ids=["65 axes", "2^62"])
def test_an_output_that_numpy_cannot_hold(write: Write, shape: tuple[int, ...]) -> None:
    node = helper.make_node("ConstantOfShape", ["s"], ["y"])
    outcome = ended(write(single(node, [], value("y", *shape), sizes("s", *shape))))
    assert isinstance(outcome, Run)
    assert outcome.outputs[0].shape == shape
    assert "NumPy has no such array" in outcome.outputs[0].unseen


def test_strings_that_are_not_utf8(write: Write) -> None:
    stored = TensorProto(name="s", data_type=TensorProto.STRING, dims=[1], string_data=[b"\xff\xfe"])
    node = helper.make_node("Identity", ["s"], ["y"])
    outcome = ended(write(single(node, [], value("y", 1, dtype=TensorProto.STRING), stored)))
    assert isinstance(outcome, Run)
    assert outcome.outputs[0].unseen == "its strings are not UTF-8"


@pytest.mark.parametrize("names", [("QQQQ", "y"), ("x", "QQQQ")], ids=["input", "output"])
def test_ports_whose_names_are_not_utf8(write: Write, names: tuple[str, str]) -> None:
    x, y = names
    outcome = of_bytes(write, single(helper.make_node("Relu", [x], [y]), [value(x, 1)], value(y, 1)))
    assert isinstance(outcome, NotRun)
    assert outcome.why == "onnxruntime's interface knows no names of inputs and outputs but in UTF-8"


def test_a_node_whose_name_is_not_utf8_runs_and_nobody_says_where(write: Write) -> None:
    node = helper.make_node("Relu", ["x"], ["y"], name="QQQQ")
    outcome = of_bytes(write, single(node, [value("x", 1)], value("y", 1)), floats("x", 1))
    assert isinstance(outcome, Run)
    assert outcome.placed == ()


def test_a_refusal_that_quotes_no_utf8_is_told(write: Write) -> None:
    """onnxruntime's binding raises UnicodeDecodeError over its own message."""
    node = helper.make_node("Reshape", ["x", "s"], ["y"], name="QQQQ")
    model = single(node, [value("x", "N")], value("y", 7), sizes("s", 7))
    outcome = of_bytes(write, model, floats("x", 2))
    assert isinstance(outcome, Failed)
    assert outcome.stage == "run"
    assert outcome.kind == "FAIL"
    if _loses_words():
        assert "not UTF-8" in outcome.message
    else:
        assert (outcome.node, outcome.op_type) == ("\udcff\udcfeQQ", "Reshape")
    operator = of_bytes(write, single(helper.make_node("QQQQ", ["x"], ["y"]), [value("x", 1)], value("y", 1)))
    assert isinstance(operator, Failed)
    assert (operator.stage, operator.kind) == ("load", "INVALID_GRAPH")


def _loses_words() -> bool:
    """Whether this Python forgets what a C library raises in bytes that are not UTF-8, as 3.11.2 does."""
    with pytest.raises((UnicodeDecodeError, ValueError)) as raised:
        ctypes.pythonapi.PyErr_SetString(ctypes.py_object(ValueError), b"\xff")
    return not isinstance(raised.value, UnicodeDecodeError)


def test_words_that_python_has_lost_are_said_to_be() -> None:
    class InvalidGraph(Exception): ...

    lost = InvalidGraph()
    assert meant_by(lost) is lost
    InvalidGraph.__module__ = "onnxruntime.capi.onnxruntime_pybind11_state"
    assert str(meant_by(InvalidGraph("plain words"))) == "plain words"
    assert "not UTF-8" in str(meant_by(lost))
    assert kind_of(meant_by(lost)) == "INVALID_GRAPH"


def test_only_messages_of_onnxruntime_are_decoded() -> None:
    ours = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    theirs = UnicodeDecodeError(
        "utf-8", b"[ONNXRuntimeError] : 10 : INVALID_GRAPH : \xff", 42, 43, "invalid start byte"
    )
    assert meant_by(ours) is ours
    assert kind_of(meant_by(theirs)) == "INVALID_GRAPH"


# A child of our own, that says what it likes.


def heard(monkeypatch: pytest.MonkeyPatch, path: str, code: str) -> Outcome:
    # A write that is stopped in the middle, and goes on, says how much it wrote.
    say = "def say(line):\n    while line: line = line[os.write(int(sys.argv[1]), line) :]"
    boot = f"import os, sys, json\n{say}\n{code}"
    monkeypatch.setattr(module, "_BOOT", boot)
    return run(Request(path, limits=RunLimits(seconds=HANG)))


RAN = {"provider": "CPUExecutionProvider", "version": "1.32", "isolation": {}}
LIES = {
    "a number of 400 digits": RAN | {"load_seconds": 10**400},
    "a size of 400 digits": RAN | {"outputs": [{"name": "y", "dtype": 1, "shape": [10**400]}]},
    "another type": ["Run"],
    "nothing": None,
    "a size that is text": RAN | {"outputs": [{"name": "y", "dtype": 1, "shape": ["N"]}]},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_run_that_is_none(write: Write, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    line = json.dumps(["Run", LIES[lie]]).encode() + b"\n"
    outcome = heard(monkeypatch, write(ADD), f"say({line!r})")
    assert isinstance(outcome, Crashed)
    assert outcome.signal == "no answer"


@pytest.mark.parametrize(
    "code",
    [
        "say(b'[\"Run\", ' + b'[' * 100000)\nsay(b']' * 100000 + b']\\n')",
        'say(b\'["stage", "load"]\\n\\xff\\xfe\\n\')',
        "say(b'[\"Run\", ' + b'9' * 5000 + b']\\n')",
    ],
    ids=["deep", "bytes", "5000 digits"],
)
def test_lines_that_are_no_answer(write: Write, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    assert isinstance(heard(monkeypatch, write(ADD), code), Crashed)


def test_more_values_than_are_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "_MOST_SAID", 1000)
    line = json.dumps(["Run", RAN | {"unstable": ["y"] * 900}]).encode() + b"\n"
    assert isinstance(heard(monkeypatch, write(ADD), f"say({line!r})"), Run)
    line = json.dumps(["Run", RAN | {"unstable": ["y"] * 1000}]).encode() + b"\n"
    assert isinstance(heard(monkeypatch, write(ADD), f"say({line!r})"), Crashed)


def test_stages_without_end_are_a_flood(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is short and read; all together are bounded."""
    monkeypatch.setattr(watched, "_LARGEST_ANSWER", 1 << 20)
    outcome = heard(monkeypatch, write(ADD), 'while True: say(b\'["stage", "load"]\\n\' * 1000)')
    assert isinstance(outcome, Crashed)
    assert (outcome.signal, outcome.stage) == ("flood", "load")


def test_a_child_cannot_write_on_our_terminal(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(["Fault", "Traceback\n\x1b]0;title\x07 \u202e evil"]).encode() + b"\n"
    outcome = heard(monkeypatch, write(ADD), f"say({line!r})")
    assert isinstance(outcome, NotRun)
    assert not set("\x1b\x07\u202e") & set(outcome.fault + outcome.why)
    line = json.dumps(["NotRun", {"why": "no", "fault": "Traceback"}]).encode() + b"\n"
    assert heard(monkeypatch, write(ADD), f"say({line!r})") == NotRun("no")


@pytest.mark.parametrize(("code", "ending"), [("", Run), ("os.abort()", Crashed)])
def test_what_a_child_said_in_time_counts_though_nobody_looked(
    write: Write, monkeypatch: pytest.MonkeyPatch, code: str, ending: type[Outcome]
) -> None:
    """As where this process was stopped meanwhile, by SIGSTOP or with its machine: not the model took so long."""
    clock, begin, late = time.monotonic, module.start, [0.0]

    def start(*arguments: Any, **more: Any) -> Any:
        child = begin(*arguments, **more)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        late[0] = 2 * HANG
        return child

    if code:
        monkeypatch.setattr(module, "_BOOT", f"import os, sys; sys.argv.pop(); {code}")
    monkeypatch.setattr(watched, "start", start)
    monkeypatch.setattr(watched, "time", SimpleNamespace(monotonic=lambda: clock() + late[0]))
    request = Request(write(ADD), attempts=((floats("x", 1, 4),),), limits=RunLimits(seconds=HANG))
    assert isinstance(run(request), ending)


def test_a_child_that_goes_on_when_its_time_is_over_is_ended(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that drips has no end: it was begun in time, and a letter of it comes whenever somebody waits."""
    now, came = [1.0], 0
    ours, theirs = os.pipe()

    class Drips:
        """A selector's part: time passes while it waits, and then there is a letter."""

        def __enter__(self) -> Drips:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def register(self, *_: object) -> None:
            pass

        def get_map(self) -> bool:
            return True

        def select(self, seconds: float) -> list[tuple[Any, int]]:
            nonlocal came
            if not seconds:
                return []
            came += 1
            assert came < 1000, "it goes on"
            now[0] += seconds
            os.write(theirs, b"x")
            return [(SimpleNamespace(fd=ours, data=child._answer), 1)]

    child = watched._Child(Request(write(ADD)))
    child._buffer += b"["
    monkeypatch.setattr(watched, "selectors", SimpleNamespace(DefaultSelector=Drips, EVENT_READ=1))
    monkeypatch.setattr(watched, "time", SimpleNamespace(monotonic=lambda: now[0]))
    started: Any = SimpleNamespace(pid=os.getpid(), noise=ours)
    with os.fdopen(ours, "rb") as answer, os.fdopen(theirs, "wb"):
        child._listen(started, answer, deadline=0.0)
    assert child._ended.killed == "time" and came
