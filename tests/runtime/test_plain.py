"""What crosses the pipe comes back as it was, or not at all."""

from __future__ import annotations

import json

import pytest

from auditor.runtime.outcome import Failed, Observed, Run, Try
from auditor.runtime.plain import plain, restore
from auditor.runtime.request import Feed, Golden, Request, RunLimits

FEED = Feed("x", 1, (2, 3), "a.pb", "k")
REQUEST = Request(
    "m.onnx", ("w.bin",), ((FEED,), ()), (Golden("g", ("i",), ("o",)),), limits=RunLimits(3, None, 1), predicted_bytes=5
)
RUN = Run(
    "CPUExecutionProvider",
    "1.0",
    {"level": "full"},
    outputs=(Observed("y", 1, (2,), nonfinite=None, low=-1.0),),
    placement={"CPUExecutionProvider": 3},
    tries=(Try((FEED,), "FAIL", "why"),),
    run_seconds=(0.5,),
)


@pytest.mark.parametrize("value", [REQUEST, RUN, Failed("load", "FAIL", "m", node=None, op_type="Conv")])
def test_there_and_back(value: Request | Run | Failed) -> None:
    assert restore(type(value), json.loads(json.dumps(plain(value)))) == value


@pytest.mark.parametrize(
    "change",
    [
        {"provider": 5},
        {"outputs": {}},
        {"outputs": [7]},
        {"load_seconds": "1"},
        {"placement": {"a": "b"}},
        {"isolation": None},
        {"more": 1},
        {"outputs": [{"name": "y", "dtype": True, "shape": []}]},
        {"outputs": [{"name": "y"}]},
        {"load_seconds": 10**400},
        {"outputs": [{"name": "y", "dtype": 1, "shape": [10**400]}]},
        {"placement": {"a": -(2**65)}},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        restore(Run, plain(RUN) | change)


def test_a_request_names_every_file_once() -> None:
    assert REQUEST.opened() == ("m.onnx", "w.bin", "a.pb", "i", "o")
