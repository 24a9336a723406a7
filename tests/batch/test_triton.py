"""Triton's model repositories, and where they and the model disagree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from onnx import parser

from auditor.batch import sources
from auditor.batch.around import around

from .by_hand import HEAD, put, put_external, refs, said

CONFIG = """
# a comment
name: "net"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output { name: 'y', data_type: TYPE_FP32; dims: 4 }
instance_group [ { count: 2 kind: KIND_GPU gpus: [ 0, 1 ] } ]
parameters { key: "a" value: { string_value: "x\\"y" "z" } }
"""


def test_a_triton_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "net/config.pbtxt", CONFIG)
    for version in ("1", "2", "10", "010", "draft"):
        put(tmp_path / "net" / version / "model.onnx")
    put(tmp_path / "bare/1/model.onnx")
    put(tmp_path / "python/config.pbtxt", 'backend: "python"')
    put(tmp_path / "python/1/model.py", "")
    put(tmp_path / "forgotten/net.onnx")
    source = sources.source_at(str(tmp_path))
    found = list(source.models())
    assert source.kind == "triton"
    assert source.troubles == [
        f"{tmp_path}: no model of the registry names 'forgotten/net.onnx', 'net/010/model.onnx', "
        "'net/draft/model.onnx': not audited"
    ]
    assert [(r.name, r.version, r.metadata["served"]) for r in found] == [
        ("bare", "1", "yes"),
        ("net", "1", "no"),
        ("net", "2", "no"),
        ("net", "10", "yes"),
    ]
    assert found[1].files == (str(tmp_path / "net/1/model.onnx"), str(tmp_path / "net/config.pbtxt"))
    assert all(not r.troubles and not said(r) for r in found)
    monkeypatch.chdir(tmp_path / "net")
    assert [(r.name, r.version) for r in refs(".")] == [("net", "1"), ("net", "2"), ("net", "10")]
    assert not any(r.troubles for r in refs("."))


@pytest.mark.parametrize(
    ("policy", "served"),
    [
        ("version_policy: { all: {} }", {"1", "2", "3"}),
        ("version_policy: { latest: { num_versions: 2 } }", {"2", "3"}),
        ("version_policy { specific { versions: [1, 3] } }", {"1", "3"}),
        ("", {"3"}),
    ],
)
def test_tritons_version_policy(tmp_path: Path, policy: str, served: set[str]) -> None:
    put(tmp_path / "net/config.pbtxt", CONFIG + policy)
    for version in "123":
        put(tmp_path / "net" / version / "model.onnx")
    assert {r.version for r in refs(tmp_path) if r.metadata["served"] == "yes"} == served


@pytest.mark.parametrize(
    ("before", "after", "expected", "actual"),
    [
        ('"x"', '"data"', "data", "x"),
        ("'y'", "'scores'", "scores", "y"),
        ('name: "x" data_type: TYPE_FP32', 'name: "x" data_type: TYPE_UINT8', "uint8", "float32"),
        ("dims: [ 4 ]", "dims: [ 3, 4 ]", "[?, 3, 4]", "[N, 4]"),
        ("dims: 4", "dims: 5", "[?, 5]", "[N, 4]"),
        ("dims: [ 4 ]", "dims: [ -1 ]", "[?, ?]", "[N, 4]"),
        ("max_batch_size: 8", "max_batch_size: 0", "[4]", "[N, 4]"),
    ],
)
def test_where_triton_and_the_model_disagree_both_are_named(
    tmp_path: Path, before: str, after: str, expected: str, actual: str
) -> None:
    put(tmp_path / "net/config.pbtxt", CONFIG.replace(before, after))
    put(tmp_path / "net/1/model.onnx")
    (ref,) = refs(tmp_path)
    found = said(ref)
    assert (expected, actual) in [(f.expected, f.actual) for f in found]
    assert all(f.rule == "contract-mismatch" and f.severity == "error" and "config.pbtxt" in f.message for f in found)


def test_a_batch_that_the_model_cannot_take(tmp_path: Path) -> None:
    put(tmp_path / "net/config.pbtxt", CONFIG)
    fixed = parser.parse_model(HEAD + "agraph (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }")
    put(tmp_path / "net/1/model.onnx", fixed.SerializeToString())
    (ref,) = refs(tmp_path)
    assert [f.location.tensor for f in said(ref)] == ["x", "y"]
    assert all("max_batch_size 8 needs an open first axis, and it is fixed at 1" in f.message for f in said(ref))


def test_reshape_is_what_the_model_sees(tmp_path: Path) -> None:
    config = CONFIG.replace("dims: [ 4 ]", "dims: [ 2, 2 ] reshape: { shape: [ 4 ] }")
    put(tmp_path / "net/config.pbtxt", config)
    put(tmp_path / "net/1/model.onnx")
    (ref,) = refs(tmp_path)
    assert said(ref) == []


def test_what_triton_feeds_by_itself_stands_elsewhere_in_the_config(tmp_path: Path) -> None:
    model = (
        HEAD + "agraph (float[N, 4] x, float[N, 1] START, float[N, 4] s) => (float[N, 4] y) { y = Sum(x, START, s) }"
    )
    sequence = """sequence_batching {
      control_input [ { name: "START" control [ { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } ] } ]
      state [ { input_name: "s" output_name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
    }"""
    put(tmp_path / "net/1/model.onnx", parser.parse_model(model).SerializeToString())
    put(tmp_path / "net/config.pbtxt", CONFIG + sequence)
    assert [said(r) for r in refs(tmp_path)] == [[]]
    put(tmp_path / "net/config.pbtxt", CONFIG)
    assert [[f.actual for f in said(r)] for r in refs(tmp_path)] == [["START", "s"]]


def test_a_triton_model_whose_file_is_a_folder_with_external_data(tmp_path: Path) -> None:
    put(tmp_path / "net/config.pbtxt", 'platform: "onnxruntime_onnx"')
    put_external(tmp_path / "net/1/model.onnx/model.onnx", "w.bin")
    (ref,) = refs(tmp_path)
    assert [Path(f).name for f in ref.files] == ["model.onnx", "w.bin", "config.pbtxt"]


def test_a_triton_model_without_a_version_or_a_file(tmp_path: Path) -> None:
    put(tmp_path / "net/config.pbtxt", CONFIG.replace('"net"', '"other"'))
    (ref,) = refs(tmp_path)
    assert "'other'" in ref.troubles[0] and "no version" in ref.troubles[1] and "not there" in ref.troubles[2]
    put(tmp_path / "net/1/notes.txt", "")
    (ref,) = refs(tmp_path)
    assert ref.version == "1" and "not there" in ref.troubles[1]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("name: {", "line 1"),
        ("input [ { dims: [ four ] } ]", "'four' is not a number"),
        ("a" + "{ a" * 100, "within each other"),
        ("\n\n$", "line 3"),
        ("max_batch_size: 9999999999999999999999999999999999", "is not a number"),
        ("name: { a: 1 }", "name is a message"),
        ("input: 3", "input is '3', no message"),
        ('default_model_filename: "../../secret"', "not the name of a file"),
        ("version_policy { latest { num_versions: x } }", "'x' is not a number"),
        ('"', "line 1"),
        ("x: 1 " * 60_000, "more than 100,000 words"),
        (b"name: '\xff'", "is not UTF-8: byte 7"),
    ],
)
def test_a_broken_triton_config_is_a_finding_of_its_model(tmp_path: Path, config: str | bytes, why: str) -> None:
    put(tmp_path / "good/config.pbtxt", 'backend: "onnxruntime"')
    put(tmp_path / "good/1/model.onnx")
    put(tmp_path / "bad/config.pbtxt", config)
    put(tmp_path / "bad/1/model.onnx")
    bad, good = refs(tmp_path)
    assert why in bad.troubles[0] and not good.troubles
    (finding,) = said(bad)
    assert finding.rule == "unreadable-contract" and why in finding.message


def test_a_triton_config_of_a_hundred_megabytes_or_a_pipe(tmp_path: Path) -> None:
    put(tmp_path / "big/config.pbtxt", "")
    os.truncate(tmp_path / "big/config.pbtxt", 100 << 20)
    put(tmp_path / "big/1/model.onnx")
    put(tmp_path / "pipe/1/model.onnx")
    os.mkfifo(tmp_path / "pipe/config.pbtxt")
    big, pipe = refs(tmp_path)
    assert "100.0 MiB" in big.troubles[0]
    assert "named pipe" in pipe.troubles[0]


def test_what_a_configuration_promises_of_inputs_and_outputs(tmp_path: Path) -> None:
    """Triton's model configuration: the batch stands in front of dims, reshape says what the model is given, ragged
    inputs have no shape, and what Triton feeds by itself has a name alone."""
    config = """
    max_batch_size: 4
    input { name: "a" data_type: TYPE_INT64 dims: [ 0, -1, 3 ] }
    input { name: "b" data_type: TYPE_BOOL dims: [ 2 ] reshape { shape: [ ] } }
    input { name: "c" data_type: TYPE_FP16 dims: [ 2 ] allow_ragged_batch: true }
    input { name: "d" data_type: TYPE_STRING }
    sequence_batching {
      control_input [ { name: "START" }, { name: "READY" } ]
      state [ { input_name: "in_state" output_name: "out_state" } ]
    }
    batch_input [ { kind: BATCH_ELEMENT_COUNT target_name: [ "counts", "more" ] } ]
    output { name: "y" data_type: TYPE_UINT8 dims: [ 1 ] }
    """
    put(tmp_path / "net/config.pbtxt", config)
    put(tmp_path / "net/1/model.onnx")
    (ref,) = refs(tmp_path)
    contract = ref.contract
    assert contract is not None and contract.max_batch == 4 and contract.open_is_promise
    assert [(p.name, p.shape) for p in contract.inputs] == [
        ("a", (None, 0, None, 3)),
        ("b", (None,)),
        ("c", None),
        ("d", None),
        ("START", None),
        ("READY", None),
        ("in_state", None),
        ("counts", None),
        ("more", None),
    ]
    assert [p.dtype for p in contract.inputs[:4]] == ["int64", "bool", "float16", "string"]
    assert [(p.name, p.dtype, p.shape) for p in contract.outputs] == [("y", "uint8", (None, 1))]


@pytest.mark.parametrize("file", ["..", "a/b.onnx", "/b.onnx"])
def test_a_file_name_that_leads_elsewhere_is_a_trouble(tmp_path: Path, file: str) -> None:
    put(tmp_path / "net/config.pbtxt", f'backend: "onnxruntime" default_model_filename: "{file}"')
    put(tmp_path / "net/1/model.onnx")
    assert "is not the name of a file" in str([r.troubles for r in refs(tmp_path)])


def test_the_files_of_compute_capabilities_are_models_of_their_own(tmp_path: Path) -> None:
    """``cc_model_filenames``: by compute capability, the file that is served there instead of the default one."""
    config = """backend: "onnxruntime"
    cc_model_filenames [ { key: "7.5" value: "turing.onnx" }, { key: "8.0" value: "ampere.onnx" } ]"""
    put(tmp_path / "net/config.pbtxt", config)
    for name in ("model", "turing", "ampere"):
        put(tmp_path / f"net/1/{name}.onnx")
    found = [(r.subject, Path(r.path).name, r.metadata.get("compute_capability")) for r in refs(tmp_path)]
    assert found == [
        ("net", "model.onnx", None),
        ("net:7.5", "turing.onnx", "7.5"),
        ("net:8.0", "ampere.onnx", "8.0"),
    ]
    put(tmp_path / "net/config.pbtxt", config.replace("turing.onnx", "../turing.onnx"))
    assert [r.troubles[0] for r in refs(tmp_path)] == [
        "config.pbtxt: cc_model_filenames '../turing.onnx' is not the name of a file"
    ]


def test_of_a_file_of_a_compute_capability_the_latest_version_alone_is_served(tmp_path: Path) -> None:
    """Triton's default policy, as for the file that is served everywhere else."""
    put(tmp_path / "net/config.pbtxt", 'backend: "onnxruntime" cc_model_filenames { key: "7.5" value: "turing.onnx" }')
    for version, name in [(v, n) for v in "12" for n in ("model", "turing")]:
        put(tmp_path / f"net/{version}/{name}.onnx")
    found = {(r.subject, r.version): r.metadata["served"] for r in refs(tmp_path)}
    assert found == {("net", "1"): "no", ("net", "2"): "yes", ("net:7.5", "1"): "no", ("net:7.5", "2"): "yes"}


@pytest.mark.parametrize("config", [CONFIG, None], ids=["configured", "by its folders alone"])
def test_the_repository_around_a_model_names_it(tmp_path: Path, config: str | None) -> None:
    """Triton asks for no config.pbtxt of an ONNX model: it makes one up ("Auto-Generated Model Configuration")."""
    model = put(tmp_path / "net/3/model.onnx")
    if config is not None:
        put(tmp_path / "net/config.pbtxt", config)
    found = around(str(model))
    assert found is not None and (found.name, found.version, found.path) == ("net", "3", str(model))
    assert around(str(put(tmp_path / "plain/three/model.onnx"))) is None


@pytest.mark.parametrize(
    ("said", "dtype"),
    [
        ("TYPE_FP16", "float16"), ("TYPE_FP32", "float32"), ("TYPE_FP64", "float64"), ("TYPE_BF16", "bfloat16"),
        ("TYPE_BOOL", "bool"), ("TYPE_UINT8", "uint8"), ("TYPE_INT32", "int32"), ("TYPE_STRING", "string"),
    ],
)  # fmt: skip
def test_the_types_of_triton_are_those_of_onnx(tmp_path: Path, said: str, dtype: str) -> None:
    """https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md#datatypes"""
    put(tmp_path / "net/config.pbtxt", f'input {{ name: "x" data_type: {said} dims: [ 4 ] }}')
    put(tmp_path / "net/1/model.onnx")
    ((port,),) = [ref.contract.inputs for ref in refs(tmp_path) if ref.contract is not None]
    assert port.dtype == dtype
