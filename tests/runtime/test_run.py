"""Models that run, models that are refused, and runs that do not take place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.runtime import started as module
from auditor.runtime.outcome import Agreement, Crashed, Failed, NotRun, OutOfMemory, Run, TimedOut
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Request, RunLimits
from tests.pace import HANG, until

from .conftest import HEADER, Write, floats

ADD = "add (float[N, 4] x) => (float[N, 4] z) { [relu] y = Relu (x) [sum] z = Add (y, x) }"
CONV = """conv (float[N, 3, H, W] x) => (float[N, 4, P, Q] z)
<float[4, 5, 1, 1] w = {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}> { [conv1] z = Conv (x, w) }"""


def ran(request: Request) -> Run:
    outcome = run(request)
    assert isinstance(outcome, Run), outcome
    return outcome


def test_a_model_runs(write: Write) -> None:
    feeds = (floats("x", 2, 4),)
    outcome = ran(Request(write(ADD), attempts=(feeds,), trace=("y",), repeats=3))
    assert outcome.provider == "CPUExecutionProvider"
    assert outcome.feeds == feeds
    (z,) = outcome.outputs
    assert (z.name, z.dtype, z.shape, z.nonfinite) == ("z", TensorProto.FLOAT, (2, 4), 0)
    assert z.low is not None
    assert z.high is not None
    assert 0 <= z.low < z.high < 2  # twice what is in [0, 1)
    (y,) = outcome.traced
    assert (y.name, y.shape) == ("y", (2, 4))
    assert outcome.placement == {"CPUExecutionProvider": 2}
    assert [(p.node, p.op_type) for p in outcome.placed] == [("relu", "Relu"), ("sum", "Add")]
    assert len(outcome.run_seconds) == 3
    assert outcome.unstable == ()


def test_the_parent_stays_light(write: Write) -> None:
    """In an interpreter of its own: the tests' has long imported NumPy."""
    import subprocess

    code = f"""
import sys
from auditor.runtime.parent import run
from auditor.runtime.request import Request, Feed
print(type(run(Request({write(ADD)!r}, attempts=((Feed("x", 1, (2, 4)),),)))).__name__)
print([name for name in ("numpy", "onnxruntime", "onnx", "typer", "sqlalchemy") if name in sys.modules])
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG)
    assert answer.stdout.split("\n")[:2] == ["Run", "[]"], answer.stderr


def test_the_same_seed_gives_the_same_inputs(write: Write) -> None:
    path = write("same (float[64] x) => (float[64] y) { y = Identity (x) }")
    digests = [ran(Request(path, attempts=((floats("x", 64),),), seed=s)).outputs[0].digest for s in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_random_operators_are_unstable(write: Write) -> None:
    path = write("random () => (float[N] y) { y = RandomUniform <shape = [64]> () }")
    assert ran(Request(path, attempts=((),), repeats=2)).unstable == ("y",)


def test_what_is_not_finite_is_counted(write: Write) -> None:
    outcome = ran(
        Request(write("log (float[8] x) => (float[8] y) { n = Neg (x) y = Log (n) }"), attempts=((floats("x", 8),),))
    )
    assert outcome.outputs[0].nonfinite == 8
    assert outcome.outputs[0].low is None


KINDS = {
    TensorProto.FLOAT: 0, TensorProto.DOUBLE: 0, TensorProto.FLOAT16: 0, TensorProto.BFLOAT16: 0,
    TensorProto.INT8: None,
    TensorProto.UINT8: None, TensorProto.INT16: None, TensorProto.UINT16: None, TensorProto.INT32: None,
    TensorProto.INT64: None, TensorProto.UINT32: None, TensorProto.UINT64: None, TensorProto.BOOL: None,
    TensorProto.STRING: None,
}  # fmt: skip


@pytest.mark.parametrize("dtype", KINDS, ids=TensorProto.DataType.Name)
def test_inputs_of_every_type(write: Write, dtype: TensorProto.DataType) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "same",
        [helper.make_tensor_value_info("x", dtype, [2, 3])],
        [helper.make_tensor_value_info("y", dtype, [2, 3])],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 16)])
    (y,) = ran(Request(write(model), attempts=((Feed("x", dtype, (2, 3)),),))).outputs
    assert (y.dtype, y.shape, y.nonfinite) == (dtype, (2, 3), KINDS[dtype])
    assert y.digest


def test_a_type_that_nobody_can_invent(write: Write) -> None:
    outcome = run(Request(write(ADD), attempts=((Feed("x", 99, (2, 4)),),)))
    assert isinstance(outcome, NotRun)
    assert outcome.why == "no values can be invented for input x, whose type is number 99"


def test_outputs_that_are_no_tensors(write: Write) -> None:
    text = "seq (float[4] x) => (seq(float[2]) y) { y = SplitToSequence <axis = 0> (x) }"
    (y,) = ran(Request(write(text), attempts=((floats("x", 4),),))).outputs
    assert (y.dtype, y.type) == (0, "seq(tensor(float))")


def test_scalars_and_empty_tensors(write: Write) -> None:
    text = "two (float x, float[N] e) => (float y, float[N] f) { y = Identity (x) f = Identity (e) }"
    y, f = ran(Request(write(text), attempts=((floats("x"), floats("e", 0)),))).outputs
    assert (y.shape, f.shape) == ((), (0,))
    assert (f.low, f.nonfinite) == (None, 0)


def test_the_next_inputs_are_tried(write: Write) -> None:
    text = """pad (float[1, 1, N, N] x) => (float[1, 1, P, Q] y) {
        p = Constant <value = int64[8] {0, 0, 9, 9, 0, 0, 9, 9}> ()
        y = Pad <mode = "reflect"> (x, p)
    }"""
    small, large = (floats("x", 1, 1, 2, 2),), (floats("x", 1, 1, 32, 32),)
    outcome = ran(Request(write(text), attempts=(small, large)))
    assert outcome.feeds == large
    assert outcome.outputs[0].shape == (1, 1, 50, 50)
    assert [t.feeds for t in outcome.tries] == [small]
    assert "Pad" in outcome.tries[0].message


def test_that_memory_ran_out_says_least(write: Write) -> None:
    """The first inputs take too much memory; the second show what is wrong with the model."""
    text = """misfit (float[1] x, int64[1] n) => (float[N] y) <float[2] w = {1, 2}> {
        [grow] big = Expand (x, n)
        [join] y = Add (big, w)
    }"""
    small = Feed("n", TensorProto.INT64, (1,), file=_archive(write, n=np.array([3])), key="n")
    large = Feed("n", TensorProto.INT64, (1,), file=_archive(write, n=np.array([1 << 40])), key="n")
    attempts = ((floats("x", 1), large), (floats("x", 1), small))
    outcome = run(Request(write(text), attempts=attempts))
    assert isinstance(outcome, Failed)
    assert outcome.node == "join"
    assert len(outcome.tries) == 2


def _archive(write: Write, **arrays: np.ndarray) -> str:
    path = Path(write(ADD)).with_name(f"{arrays['n'][0]}.npz")
    np.savez(path, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes one of the names for its own option
    return str(path)


def test_a_node_that_cannot_run_is_named(write: Write) -> None:
    """At the default level onnxruntime names a node of its own ("z_nchwc"), without optimisation the model's."""
    attempts = ((floats("x", 1, 3, 8, 8),), (floats("x", 1, 3, 9, 9),))
    outcome = run(Request(write(CONV), attempts=attempts, second=True))
    assert isinstance(outcome, Failed)
    assert not outcome.by_optimiser
    assert (outcome.stage, outcome.kind, outcome.node, outcome.op_type) == ("run", "FAIL", "conv1", "Conv")
    assert "Input channels C is not equal to kernel channels * group" in outcome.message
    assert len(outcome.tries) == 2


def test_a_model_that_does_not_load(write: Write, tmp_path: Path) -> None:
    outcome = run(
        Request(write("bad (float[2] x) => (float[2] y) { [odd] y = Foo (x) }"), attempts=((floats("x", 2),),))
    )
    assert isinstance(outcome, Failed)
    assert (outcome.stage, outcome.kind, outcome.node, outcome.op_type) == ("load", "INVALID_GRAPH", "odd", "Foo")
    assert outcome.isolation["rlimits"] == "yes"


def test_messages_hold_no_path_of_the_host(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\x00" * 50)
    outcome = run(Request(str(path), attempts=((),)))
    assert isinstance(outcome, Failed)
    assert outcome.kind == "INVALID_PROTOBUF"
    assert "broken.onnx" in outcome.message
    assert str(tmp_path) not in outcome.message


def test_warnings_are_kept(write: Write) -> None:
    text = "wrong (float[N, 3] x) => (float[N, 4] z) { z = Relu (x) }"
    outcome = ran(Request(write(text), attempts=((floats("x", 2, 3),),)))
    assert any("'z'" in warning for warning in outcome.warnings)
    assert outcome.outputs[0].shape == (2, 3)


def external(folder: Path, location: str = "weights.bin") -> Path:
    """A model whose weight lies in another file."""
    weight = np.arange(4, dtype=np.float32)
    tensor = numpy_helper.from_array(weight, "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        tensor.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["m"]), helper.make_node("Neg", ["m"], ["y"])],
        "external",
        [helper.make_tensor_value_info("x", 1, [4])],
        [helper.make_tensor_value_info("y", 1, [4])],
        [tensor],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    (folder / "weights.bin").write_bytes(weight.tobytes())
    return path


@pytest.mark.parametrize("trace", [(), ("m",)])
def test_external_data(tmp_path: Path, trace: tuple[str, ...]) -> None:
    path = external(tmp_path)
    outcome = ran(Request(str(path), (str(tmp_path / "weights.bin"),), ((floats("x", 4),),), trace=trace))
    (y,) = outcome.outputs
    assert y.low is not None
    assert -4 < y.low <= -3  # -(x + 3), x in [0, 1)
    assert [t.shape for t in outcome.traced] == [(4,)] * len(trace)


def test_external_data_that_was_not_resolved_is_never_read(tmp_path: Path) -> None:
    path = external(tmp_path)
    outcome = run(Request(str(path), (), ((floats("x", 4),),)))
    if outcome.isolation["landlock"].startswith("no: "):
        pytest.skip("Landlock is not to be had here: run on Linux 5.13 or later")
    assert isinstance(outcome, Failed)
    assert outcome.stage == "load"


def test_a_model_behind_links_as_hugging_face_keeps_it(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "main"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    external(blobs)
    for name in ("model.onnx", "weights.bin"):
        (snapshot / name).symlink_to(blobs / name)
    request = Request(str(snapshot / "model.onnx"), (str(blobs / "weights.bin"),), ((floats("x", 4),),))
    assert ran(request).outputs[0].shape == (4,)


@pytest.mark.parametrize("name", [b"a model %s.onnx", b"\xff\xfe.onnx", "modèle\n.onnx".encode()])
def test_odd_file_names(write: Write, tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/" + name))
    Path(write(ADD)).rename(path)
    assert ran(Request(str(path), attempts=((floats("x", 1, 4),),))).outputs[0].shape == (1, 4)


def test_a_relative_path_and_the_name_ort(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(ADD, "model.ort")
    monkeypatch.chdir(tmp_path)
    assert ran(Request("model.ort", attempts=((floats("x", 1, 4),),))).outputs[0].shape == (1, 4)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_inputs_from_an_archive(write: Write, tmp_path: Path, save: Callable[..., None]) -> None:
    archive = tmp_path / "inputs.npz"
    save(archive, x=np.full((1, 4), 3, np.float32))
    (z,) = ran(Request(write(ADD), attempts=((Feed("x", file=str(archive), key="x"),),))).outputs
    assert (z.low, z.high) == (6.0, 6.0)
    outcome = run(Request(write(ADD), attempts=((Feed("x", file=str(archive), key="q"),),)))
    assert isinstance(outcome, NotRun)
    assert outcome.why == "the inputs hold no array 'q', only x"


def test_an_archive_that_would_run_code(write: Write, tmp_path: Path) -> None:
    archive = tmp_path / "inputs.npz"
    np.savez(archive, x=np.array([{"a": 1}], dtype=object))
    outcome = run(Request(write(ADD), attempts=((Feed("x", file=str(archive), key="x"),),)))
    assert isinstance(outcome, NotRun)
    assert "cannot be read as an .npz file" in outcome.why


def test_without_inputs_the_model_is_only_loaded(write: Write) -> None:
    outcome = ran(Request(write(ADD)))
    assert (outcome.outputs, outcome.run_seconds) == ((), ())
    assert outcome.placement == {"CPUExecutionProvider": 2}


# What does not take place.


def test_a_provider_that_is_not_there(write: Write) -> None:
    outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),), provider="nonesuch"))
    assert isinstance(outcome, NotRun)
    assert "has no provider 'nonesuch', only " in outcome.why
    assert "cpu" in outcome.why
    for said, meant in (("cdua", "cuda"), ("CPPU", "cpu"), ("tensort", "tensorrt")):
        outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),), provider=said))
        assert isinstance(outcome, NotRun)
        assert f"has no provider '{said}' (did you mean '{meant}'?), only " in outcome.why


def test_without_onnxruntime(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child finds Python's own library and auditor, and nothing else."""
    package = Path(module.__file__).resolve().parents[2]
    bare = [p for p in sys.path if p and "site-packages" not in p and not (Path(p) / "onnxruntime").exists()]
    monkeypatch.setattr(sys, "path", [*bare, str(package)])
    outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),)))
    assert outcome == NotRun("onnxruntime is not installed (auditor[cpu] or auditor[gpu])")


def test_an_onnxruntime_that_is_broken(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libcuda.so.1: cannot open')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),)))
    assert outcome == NotRun("onnxruntime is installed and cannot be imported: libcuda.so.1: cannot open")


def test_isolation_that_is_asked_for(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),), require_isolation=True))
    match outcome:
        case Run():
            assert outcome.isolation["level"] == "full"
        case NotRun():
            assert outcome.isolation["level"] != "full"
        case _:
            pytest.fail(str(outcome))


def test_isolation_that_is_asked_for_and_not_to_be_had(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = "from auditor.runtime import sandbox; sandbox._landlock = lambda profile: 'no: this kernel has none'; "
    monkeypatch.setattr(module, "_BOOT", module._BOOT.replace("from auditor", boot + "from auditor"))
    request = Request(write(ADD), attempts=((floats("x", 1, 4),),))
    assert ran(request).isolation["level"] == "partial"
    outcome = run(Request(request.model, attempts=request.attempts, require_isolation=True))
    assert isinstance(outcome, NotRun)
    assert outcome.why == "full isolation was asked for and cannot be had: landlock: no: this kernel has none"


def test_more_than_protobuf_reads(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(1 << 31)  # a hole: it takes no space
    outcome = run(Request(str(path)))
    assert isinstance(outcome, NotRun)
    assert "2147483648 bytes" in outcome.why


def test_more_memory_than_the_run_may_have(write: Write) -> None:
    outcome = run(Request(write(ADD), limits=RunLimits(memory=1 << 30), predicted_bytes=2 << 30))
    assert isinstance(outcome, NotRun)
    assert str(1 << 30) in outcome.why


def test_more_memory_than_the_machine_has(write: Write) -> None:
    assert isinstance(run(Request(write(ADD), predicted_bytes=1 << 60)), NotRun)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    outcome = run(Request(str(tmp_path / "none.onnx")))
    assert outcome == NotRun("none.onnx: No such file or directory")


def test_memory_that_runs_out(write: Write) -> None:
    text = """big (float[1] x) => (float[N] y) {
        s = Constant <value = int64[1] {200000000}> ()
        [grow] y = Expand (x, s)
    }"""
    outcome = run(Request(write(text), attempts=((floats("x", 1),),), limits=RunLimits(memory=600 << 20)))
    assert isinstance(outcome, OutOfMemory)
    assert (outcome.node, outcome.op_type, outcome.stage) == ("grow", "Expand", "run")


# A child that misbehaves.


def boot(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Put other code in the child's place; ``say`` writes to the pipe."""
    head = "import json, os, sys, time; sys.argv.pop(); say = lambda b: os.write(int(sys.argv[1]), b); "
    monkeypatch.setattr(module, "_BOOT", head + code)


LIES = {
    "garbage": "say(b'garbage\\n')",
    "no list": "say(b'7\\n')",
    "an unknown outcome": "say(b'[\"Pass\", {}]\\n')",
    "wrong types": 'say(b\'["Run", {"provider": 5}]\\n\')',
    "unknown fields": 'say(b\'["Failed", {"stage": "run", "kind": "", "message": "", "evil": 1}]\\n\')',
    "deep nesting": "say(b'[' * 60000 + b'\\n')",
    "an attempt of its own": "say(b'[\"attempt\", 99]\\n'); os.abort()",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_lies(write: Write, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    boot(monkeypatch, LIES[lie])
    outcome = run(Request(write(ADD), attempts=((floats("x", 1, 4),),), limits=RunLimits(seconds=HANG)))
    assert isinstance(outcome, Crashed)
    assert outcome.feeds == ()


@pytest.mark.parametrize("where", ["int(sys.argv[1])", "1", "2"])
def test_a_child_that_floods(write: Write, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    boot(monkeypatch, f"block = b'x' * 65536\nwhile True: os.write({where}, block)")
    outcome = run(Request(write(ADD), limits=RunLimits(seconds=HANG)))
    assert isinstance(outcome, Crashed)
    assert outcome.signal == "flood"


def test_a_child_that_closes_the_pipe_and_stays(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    boot(monkeypatch, "os.close(int(sys.argv[1])); os.close(1); os.close(2); time.sleep(60)")
    assert isinstance(run(Request(write(ADD), limits=RunLimits(seconds=1))), TimedOut)


def test_a_fault_of_ours_is_an_outcome(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking = "import auditor.runtime.child as c; c.perform = lambda *a: 1 / 0; "
    monkeypatch.setattr(module, "_BOOT", module._BOOT.replace("from auditor", breaking + "from auditor"))
    outcome = run(Request(write(ADD)))
    assert isinstance(outcome, NotRun)
    assert outcome.why == "a fault of auditor in the child: ZeroDivisionError: division by zero"
    assert outcome.fault.startswith("Traceback (most recent call last):")


def test_no_process_stays_behind(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, patience: float
) -> None:
    """A grandchild that the sandbox would have prevented dies with the group."""
    note = tmp_path / "pid"
    boot(monkeypatch, f"p = os.fork(); p and open({str(note)!r}, 'w').write(str(p)); time.sleep(60)")
    while not note.exists() or not note.read_text():  # it was ended before it had begun
        run(Request(write(ADD), limits=RunLimits(seconds=patience)))
    until(lambda: not lives(note.read_text()), "its end")


def lives(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] not in "ZX"
    except OSError:
        return False


def test_nothing_is_written_at_home(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """onnxruntime's telemetry would."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    ran(Request(write(ADD), attempts=((floats("x", 1, 4),),)))
    assert list(home.iterdir()) == []


def test_the_childs_environment_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("ORT_LOAD_CONFIG_FROM_MODEL", "1")
    assert module._environment()["ORT_DISABLE_TELEMETRY"] == "1"
    assert not {"SECRET_TOKEN", "ORT_LOAD_CONFIG_FROM_MODEL"} & module._environment().keys()


def test_threads_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert RunLimits().thread_count() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    assert RunLimits().thread_count() == 2
    assert RunLimits(threads=1).thread_count() == 1


def test_limits_follow_predictions() -> None:
    assert RunLimits.predicted(flops=0).seconds == 30
    assert RunLimits.predicted(flops=10**10).seconds == 50
    assert RunLimits.predicted(flops=10**15).seconds == 600
    megabyte = 1 << 20
    assert RunLimits().memory_for(100 * megabyte, 50 * megabyte) == (512 + 600 + 100) * megabyte
    assert RunLimits(memory=7).memory_for(100, 100) == 7


@pytest.mark.parametrize(("folder", "name"), [(b"f\xff", b"model.onnx"), (b"f", b"m\xff.onnx")], ids=["folder", "file"])
@pytest.mark.parametrize("apart", [False, True], ids=["inside", "external data"])
def test_names_that_are_not_utf8_are_no_fault(tmp_path: Path, folder: bytes, name: bytes, apart: bool) -> None:
    """onnxruntime's interface takes none of them; the weights beside the model are found all the same."""
    text = "m (float[4] x) => (float[4] y) <float[4] w = {1, 2, 3, 4}> { y = Mul (x, w) }"
    model = onnx.parser.parse_model(HEADER + text)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones(4, np.float32), "w"))  # raw, to lie apart
    plain = tmp_path / "plain"
    plain.mkdir()
    onnx.save(model, plain / "model.onnx", save_as_external_data=apart, location="w.bin", size_threshold=0)
    place = os.path.join(os.fsencode(tmp_path), folder)
    os.rename(plain, place)
    path = os.path.join(place, name)
    os.rename(os.path.join(place, b"model.onnx"), path)
    files = (os.fsdecode(os.path.join(place, b"w.bin")),) if apart else ()
    outcome = run(Request(os.fsdecode(path), files, attempts=((floats("x", 4),),), second=True))
    assert isinstance(outcome, Run), outcome
    assert outcome.agreement == Agreement()
