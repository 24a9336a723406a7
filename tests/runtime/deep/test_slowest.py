"""The nodes that take most of a run: profiled in the sandbox, where onnxruntime writes into memory and nowhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep import slowest as slowest_module
from auditor.runtime.deep.in_memory import NotWritable, SessionFiles
from auditor.runtime.deep.optimised import NodeOrigin, laid_out, numbered, origins
from auditor.runtime.deep.profile import NodeTime, read_profile
from auditor.runtime.deep.slowest import Profiled, slowest
from auditor.runtime.deep.speed import SpeedSeen
from auditor.runtime.outcome import Deep
from auditor.runtime.parent import look
from auditor.runtime.request import DeepQuestion, Feed, Request, RunLimits
from tests.pace import HANG
from tests.runtime.conftest import Write, floats
from tests.runtime.deep.in_process import ground_of

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def model_of(text: str, **stored: tuple[int, ...]) -> onnx.ModelProto:
    """A model whose weights are all halves."""
    model = onnx.parser.parse_model(HEAD + text)
    for name, shape in stored.items():
        model.graph.initializer.append(numpy_helper.from_array(np.full(shape, 0.5, np.float32), name))
    return model


def dominant() -> onnx.ModelProto:
    """256 x 512 x 512 MACs in one Gemm, 512 x 16 in the other: 8,192 times as many."""
    text = """g (float[256, 512] x) => (float[1, 16] y) {
        [first] a = ReduceMean <axes = [0]> (x)
        [big] b = Gemm (x, w, v)
        [bend] c = Relu (b)
        [fold] d = ReduceMax <axes = [0]> (c)
        e = Add (a, d)
        ["] y = Gemm (e, u)
    }""".replace('["]', "")
    model = model_of(text, w=(512, 512), v=(512,), u=(512, 16))
    model.graph.node[5].name = 'small",\n\x1b[31m"'
    return model


def profile_of(path: Path, model: onnx.ModelProto, *feeds: Feed) -> tuple[Profiled, SpeedSeen]:
    path.write_bytes(model.SerializeToString())
    question = DeepQuestion("speed", json.dumps({"runs": 2, "batches": [0], "waists": ["b"]}))
    request = Request(str(path), attempts=(feeds,), deep=question, limits=RunLimits(seconds=HANG, threads=1))
    outcome = look(request)
    assert isinstance(outcome, Deep) and isinstance(outcome.seen, SpeedSeen), outcome
    profile = outcome.seen.profile
    assert profile is not None
    if outcome.isolation["landlock"].startswith("no: "):
        assert profile.why.startswith("no file in memory can be written here") and outcome.seen.up_to
        pytest.skip("Landlock is not to be had here, so nothing is profiled: run on Linux 5.13 or later")
    return profile, outcome.seen


def test_the_one_node_that_multiplies_is_the_slowest_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """onnxruntime 1.32 runs Gemm and Relu as one FusedGemm."""
    monkeypatch.chdir(tmp_path)
    profile, seen = profile_of(tmp_path / "model.onnx", dominant(), floats("x", 256, 512))
    assert not profile.why and not seen.up_to, "where nodes are timed no model is cut"
    assert 9 <= profile.runs <= 25 and profile.nodes == 5
    big = profile.slowest[0]
    assert big.op_type == "FusedGemm" and big.origin == NodeOrigin(1, ("c",), True)
    assert big.percent > 50 and sum(one.percent for one in profile.slowest) == pytest.approx(100, abs=25)
    assert {one.origin.audited for one in profile.slowest if one.origin} == {0, 1, 3, 4, 5}
    assert os.listdir(tmp_path) == ["model.onnx"]


def test_of_a_loop_its_body_is_part(tmp_path: Path) -> None:
    """The body's nodes run eight times each, called as one of the main graph is; the profile names them all."""
    text = """g (float[64, 64] x) => (float[64, 64] y) {
        n = Constant <value = int64 {8}> ()
        t = Constant <value = bool {1}> ()
        [turns] z = Loop (n, t, x) <body = b (int64 i, bool c, float[64, 64] s) => (bool c1, float[64, 64] s1) {
            c1 = Identity (c)
            [last] s1 = MatMul (s, s)
        }>
        [last] y = Relu (z)
    }"""
    profile, _ = profile_of(tmp_path / "model.onnx", model_of(text), floats("x", 64, 64))
    assert not profile.why and profile.nodes == 2
    assert [(one.op_type, one.origin and one.origin.makes) for one in profile.slowest] == [
        ("Loop", ("z",)), ("Relu", ("y",)),
    ]  # fmt: skip


def test_a_system_without_files_in_memory_is_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(write("g (float[2] x) => (float[2] y) { y = Relu (x) }"), attempts=((floats("x", 2),),))
    assert slowest(ground_of(request), None, float("inf")).why.startswith("this system has no files in memory")
    monkeypatch.delattr(os, "memfd_create")
    assert SessionFiles.made() is None


def test_what_cannot_be_had_is_said_and_no_failure(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(write("g (float[2] x) => (float[2] y) { y = Relu (x) }"), attempts=((floats("x", 2),),))
    files = SessionFiles.made()
    assert files is not None
    profile = files.profile.path
    files.profile.path = "/proc/self/fd/none"
    with pytest.raises(NotWritable):
        files.profile.empty()
    assert slowest(ground_of(request), files, float("inf")).why.startswith("no file in memory can be written here")
    files.profile.path = profile
    monkeypatch.setattr(slowest_module, "LARGEST", 1000)  # what the sandbox lets be written, or less
    unread = "onnxruntime's profile cannot be read"
    assert slowest(ground_of(request), files, float("inf")).why.startswith(f"{unread}: it is cut off")
    monkeypatch.undo()
    # another release may write elsewhere
    monkeypatch.setattr(SessionFiles, "set_in", lambda files, *_, **__: files.profile.empty())
    assert slowest(ground_of(request), files, float("inf")).why == f"{unread}: it is empty"


def test_without_the_graph_names_alone_say_where_a_node_is_from(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    set_in = SessionFiles.set_in

    def refused(files: SessionFiles, options: object, *, graph: bool) -> None:
        if graph:
            raise ValueError("no graph")
        set_in(files, options, graph=False)

    monkeypatch.setattr(SessionFiles, "set_in", refused)
    path = write("g (float[2] x) => (float[2] y) { a = Exp (x) y = Relu (a) }")
    found = slowest(ground_of(Request(path, attempts=((floats("x", 2),),))), SessionFiles.made(), float("inf"))
    assert (found.why, found.made, found.nodes) == ("", (), 2)
    assert {(one.op_type, one.origin) for one in found.slowest} == {("Exp", NodeOrigin(0)), ("Relu", NodeOrigin(1))}
    monkeypatch.undo()

    def with_a_body(data: bytes, skipped: int) -> tuple[int, tuple[NodeTime, ...]]:
        runs, times = read_profile(data, skipped)
        return runs, (*times, NodeTime("inner", "Identity", 0.0, 0.0, 0.0, 0.0))

    monkeypatch.setattr(slowest_module, "read_profile", with_a_body)
    known = slowest(ground_of(Request(path, attempts=((floats("x", 2),),))), SessionFiles.made(), float("inf"))
    assert known.nodes == 2, "one of no microsecond, which begins with the node whose body it is of, is none"
    monkeypatch.undo()
    monkeypatch.setattr(slowest_module, "_MOST_MADE", 1)  # "a" and "y" have two characters
    too_many = slowest(ground_of(Request(path, attempts=((floats("x", 2),),))), SessionFiles.made(), float("inf"))
    assert too_many.made == () and {one.origin for one in too_many.slowest} == {NodeOrigin(0), NodeOrigin(1)}


def cuttable(text: str, *names: str) -> Cuttable:
    model = onnx.parser.parse_model(HEAD + text)
    for node, name in zip(model.graph.node, names, strict=False):
        node.name = name
    return Cuttable(model.SerializeToString())


def test_nodes_are_called_by_their_places() -> None:
    model = onnx.parser.parse_model(HEAD + "g (float[2] x) => (float[2] y) { [one] a = Exp (x) [two] y = Relu (a) }")
    found = onnx.ModelProto.FromString(numbered(Cuttable(model.SerializeToString())))
    assert [node.name for node in found.graph.node] == ["audited<0>", "audited<1>"]
    for node, before in zip(found.graph.node, model.graph.node, strict=True):
        node.name = before.name
    assert found == model


def test_origins_in_the_layout_for_convolutions() -> None:
    """The names of onnxruntime 1.32, of a Conv with its Relu, a Concat and a MaxPool: reorders have none, and
    between them a tensor is known by the name of the node that makes it."""
    own = cuttable(
        "g (float[1] x) => (float[1] y) { a = Exp (x) b = Conv (a, w) c = Relu (b) d = Concat (c, c) y = MaxPool (d) }"
    )
    run = cuttable(
        """g (float[1] x) => (float[1] y) { a = Exp (x) r0 = ReorderInput (a) r1 = Conv (r0, w) r2 = Concat (r1, r1)
        r3 = MaxPool (r2) y = ReorderOutput (r3) }""",
        "audited<0>", "ReorderInput", "c_nchwc", "audited<3>", "y_nchwc", "ReorderOutput",
    )  # fmt: skip
    assert origins(own, run.nodes) == {
        "audited<0>": NodeOrigin(0, ("a",), True),
        "c_nchwc": NodeOrigin(-1, ("c",), True),
        "audited<3>": NodeOrigin(3, ("d",), True),
        "y_nchwc": NodeOrigin(-1, ("y",), True),
    }


def test_a_tensor_is_known_by_the_end_of_a_node_s_name() -> None:
    """A tensor may itself be called so; what onnxruntime 1.32 makes of a BatchNormalization or a Mul is a Conv, too."""
    ends = {"y": "", "y_nchwc": "y", "y_bn_nchwc": "y", "y_mul_nchwc": "y", "z_bn_nchwc": "z_bn", "none_nchwc": ""}
    assert {name: laid_out(name, {"y", "z_bn"}) for name in ends} == ends


def test_origins_of_convolutions_that_take_on_a_sum() -> None:
    """The names of onnxruntime 1.32, of a residual block: the convolution whose name is of before the sum, and makes
    what is behind it, has the other branch for an input. What comes next begins there."""
    own = cuttable(
        """g (float[1] x) => (float[1] y) { a = Conv (x, w) b = Conv (x, v) s = Add (a, b) r = Relu (s)
        c = Conv (r, w) d = Relu (c) y = Neg (d) }"""
    )
    run = cuttable(
        """g (float[1] x) => (float[1] y) { t0 = Conv (x, v) t1 = Conv (x, w, z, t0) t2 = Conv (t1, w)
        d = ReorderOutput (t2) y = Neg (d) }""",
        "b_nchwc", "a_nchwc", "d_nchwc", "ReorderOutput", "audited<6>",
    )  # fmt: skip
    assert {name: origin.makes for name, origin in origins(own, run.nodes).items()} == {
        "b_nchwc": ("b",), "a_nchwc": ("r",), "d_nchwc": ("d",), "audited<6>": ("y",),
    }  # fmt: skip


def test_origins_of_what_is_fused_and_put_between() -> None:
    """The names of onnxruntime 1.32: a MatMul with its Add between two Reshapes, and a Gelu, called as none before.
    What takes a tensor that nobody knows is not bounded."""
    own = cuttable(
        "g (float[1] x) => (float[1] z) { m = MatMul (x, w) a = Add (m, b) e = Erf (a) r = Mul (a, e) z = Neg (r) }"
    )
    run = cuttable(
        """g (float[1] x) => (float[1] z) { i = Reshape (x, s) o = Gemm (i, w, b) a = Reshape (o, t) r = Gelu (a)
        u = Unknown (r) z = Neg (u) }""",
        "gemm_input_reshape", "audited<0>/MatMulAddFusion", "gemm_output_reshape", "Gelu", "new", "audited<4>",
    )  # fmt: skip
    assert origins(own, run.nodes) == {
        "audited<0>/MatMulAddFusion": NodeOrigin(0, ("a",), True),
        "Gelu": NodeOrigin(-1, ("r",), True),
        "new": NodeOrigin(),
        "audited<4>": NodeOrigin(4, ("z",), False),
    }
