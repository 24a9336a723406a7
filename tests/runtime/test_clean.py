"""Messages of onnxruntime 1.32, as it wrote them, and what a report may hold of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.runtime.clean import LONGEST, MOST_WARNINGS, Cleaner
from auditor.runtime.messages import place_of

WHILE = "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Conv node."
INVALID = "[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model."
MESSAGES = {
    f"{WHILE} Name:'conv1' Status Message: Input channels C is not equal to kernel channels * group.": (
        "conv1",
        "Conv",
    ),
    f"{WHILE} Name:'' Status Message: Input channels C is not equal to kernel channels * group.": (None, "Conv"),
    f'{INVALID} In Node, ("foo", Foo, "", -1) : ("x": tensor(float),) -> ("z": tensor(float),) , Error No Op '
    "registered for Foo with domain_version of 17": ("foo", "Foo"),
    f"{INVALID} Type Error: Type 'tensor(float)' of input parameter (x) of operator (And) in node (foo) is invalid.": (
        "foo",
        "And",
    ),
    "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Mul(6) node with name ''": (
        None,
        "Mul",
    ),
    "[ONNXRuntimeError] : 1 : FAIL : Load model failed:Fatal error: ai.onnx.preview.training:Adam(-1) is not "
    "a registered function/op": (None, "Adam"),
    "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Invalid model. Node input 'y' is not a graph input, initializer, or "
    "output of a previous node.": (None, None),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_the_place_is_found(message: str) -> None:
    assert place_of(message) == MESSAGES[message]


def test_paths_of_the_host_are_taken_out(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    (real / "m.onnx").touch()
    cleaner = Cleaner([str(link / "m.onnx")])
    message = f"Load model from {link}/m.onnx failed: {real}/w.bin, {os.getcwd()}/other"
    assert cleaner.text(message) == "Load model from m.onnx failed: w.bin, other"


def test_places_in_onnxruntimes_sources_are_taken_out() -> None:
    message = (
        "Name:'big' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* "
        "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory"
    )
    assert Cleaner([]).text(message) == "Name:'big' Status Message: Failed to allocate memory"


def test_long_messages_are_cut() -> None:
    text = "".join(str(i % 10) for i in range(5000))
    first, last = Cleaner([]).text(text), Cleaner([]).text(text, last=True)
    assert len(first) == len(last) == LONGEST
    assert first.startswith(text[:100])
    assert last.endswith(text[-100:])


NOISE = (
    "\x1b[0;93m2026-11-24 11:48:38.296945597 [W:onnxruntime:, graph.cc:128 MergeShapeInfo] Error merging shape info for"
    " output. 'z' source:{-1,3} target:{-1,4}. Falling back to lenient merge.\x1b[m\n"
    "\x1b[0;93m2026-11-24 11:48:38.1 [W:onnxruntime:Default, device_discovery.cc:164 Discover] GPU device discovery"
    " failed\x1b[m\n"
    "\x1b[1;31m2026-11-24 11:48:38.3 [E:onnxruntime:, sequential_executor.cc:677 ExecuteKernel] Non-zero status\x1b[m\n"
    "something else\n"
)


def test_warnings_are_found_in_the_noise() -> None:
    cleaner = Cleaner([])
    assert cleaner.warnings(NOISE.encode()) == (
        "Error merging shape info for output. 'z' source:{-1,3} target:{-1,4}. Falling back to lenient merge.",
    )
    assert cleaner.errors(NOISE.encode()) == "Non-zero status"
    many = "".join(NOISE.replace("'z'", f"'z{i}'") for i in range(99))
    assert len(cleaner.warnings(many.encode() * 2)) == MOST_WARNINGS
