"""Models that onnx's text form cannot say.

Each function gives the bytes of one, or takes a folder, writes there, and gives the model's path.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

RELU = HEAD + "agraph (float[2] x) => (float[2] y) { y = Relu(x) }"

ADD = HEAD + "agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }"

BRANCHES = (
    HEAD
    + """agraph (bool c, float[2] x) => (float[2] y) {
  a = Relu(x)
  y = If (c) <
    then_branch = one () => (float[2] z) { b = Abs(x)  z = Neg(b) },
    else_branch = two () => (float[2] w) { w = Neg(a) }
  >
}"""
)


def _parsed(text: str) -> onnx.ModelProto:
    return parser.parse_model(text)


def _bytes(text: str) -> bytes:
    return _parsed(text).SerializeToString()


# ---- files that are not models


def empty_file() -> bytes:
    return b""


def html_page() -> bytes:
    return b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n"


def git_lfs_pointer() -> bytes:
    return (
        b"version https://git-lfs.github.com/spec/v1\n"
        b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
    )


def truncated_model() -> bytes:
    return _bytes(ADD)[:-20]


def random_bytes() -> bytes:
    return random.Random(0).randbytes(3_000)


# ---- fields of protobuf


def _field(number: int, payload: bytes) -> bytes:
    """One length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def unknown_field() -> bytes:
    return _bytes(RELU) + _field(1000, b"hello")


def hidden_payload() -> bytes:
    return _bytes(RELU) + _field(1000, bytes(100_000))


def version_twice() -> bytes:
    return _bytes(RELU) + b"\x08\x09"


def two_models_in_one_file() -> bytes:
    return _bytes(RELU) + _bytes(HEAD + "second (float[2] p) => (float[2] q) { q = Abs(p) }")


def tensor_in_segments() -> bytes:
    model = _parsed(ADD)
    model.graph.initializer[0].segment.begin = 0
    model.graph.initializer[0].segment.end = 1
    return model.SerializeToString()


def name_not_utf8() -> bytes:
    model = _parsed(RELU)
    model.graph.node[0].name = "abcd"
    return model.SerializeToString().replace(b"abcd", b"a\xff\xfed")


def padded_number() -> bytes:
    """An IR version in ten bytes, where one would do."""
    return b"\x08\x88" + b"\x80" * 8 + b"\x00" + _bytes(RELU).removeprefix(b"\x08\x08")


def sparse_file_over_2_gib(folder: Path) -> Path:
    """A weight of 2.5 GiB, all of it a hole in the file."""
    size = 5 << 29
    model = _parsed(ADD)
    model.graph.ClearField("initializer")
    tensor = b"\x08" + _varint(size // 4) + b"\x10\x01" + _field(8, b"big")
    raw = _varint(9 << 3 | 2) + _varint(size)
    weight = _varint(5 << 3 | 2) + _varint(len(tensor) + len(raw) + size) + tensor + raw
    model.graph.node[0].input[1] = "big"
    graph = model.graph.SerializeToString()
    model.ClearField("graph")
    head = model.SerializeToString() + _varint(7 << 3 | 2) + _varint(len(graph) + len(weight) + size) + graph + weight
    path = folder / "large.onnx"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    return path


# ---- graphs


def two_nodes_of_one_name() -> bytes:
    model = _parsed(HEAD + "agraph (float[2] x) => (float[2] y) { a = Relu(x)  y = Abs(a) }")
    for node in model.graph.node:
        node.name = "layer"
    return model.SerializeToString()


def constants_of_one_name() -> bytes:
    model = _parsed(
        HEAD
        + """agraph (float[2] x) => (float[2] y) {
  a = Constant<value = float[2] {1.0, 2.0}>()
  b = Constant<value = float[2] {3.0, 4.0}>()
  c = Add(a, b)
  y = Add(x, c)
}"""
    )
    for node in model.graph.node[:2]:
        node.name = "constant"
    return model.SerializeToString()


def two_initializers_of_one_name() -> bytes:
    model = _parsed(ADD)
    model.graph.initializer.append(model.graph.initializer[0])
    return model.SerializeToString()


def subgraph_hides_a_tensor() -> bytes:
    model = _parsed(BRANCHES)
    for branch in (a.g for a in model.graph.node[1].attribute if a.name == "then_branch"):
        branch.node[0].output[0] = branch.node[1].input[0] = "a"
    return model.SerializeToString()


def no_opset_import() -> bytes:
    model = _parsed(RELU)
    model.ClearField("opset_import")
    return model.SerializeToString()


def _imports(*versions: int) -> bytes:
    model = _parsed(RELU)
    model.ClearField("opset_import")
    for version in versions:
        model.opset_import.add().version = version
    return model.SerializeToString()


def opset_17_then_11() -> bytes:
    return _imports(17, 11)


def opset_11_then_17() -> bytes:
    return _imports(11, 17)


def opset_17_twice() -> bytes:
    return _imports(17, 17)


# ---- what is left empty


def ir_version_zero() -> bytes:
    model = _parsed(RELU)
    model.ir_version = 0
    return model.SerializeToString()


def nothing_in_the_graph() -> bytes:
    model = _parsed(RELU)
    for field in ("node", "input", "output", "initializer", "value_info"):
        model.graph.ClearField(field)
    return model.SerializeToString()


def input_without_a_type() -> bytes:
    model = _parsed(RELU)
    model.graph.input[0].ClearField("type")
    return model.SerializeToString()


def output_without_a_type() -> bytes:
    model = _parsed(RELU)
    model.graph.output[0].ClearField("type")
    return model.SerializeToString()


def input_of_no_element_type() -> bytes:
    model = _parsed(RELU)
    model.graph.input[0].type.tensor_type.ClearField("elem_type")
    return model.SerializeToString()


# ---- several devices


def _sharded(configuration: str = "pair", tensor: str = "w", axis: int = 1) -> bytes:
    text = '<ir_version: 11, opset_import: ["" : 23]> g (float[2, 4] x, float[4, 8] w) => (float[2, 8] y)'
    model = _parsed(text + " { y = MatMul(x, w) }")
    made = model.configuration.add()
    made.name, made.num_devices = "pair", 2
    of_node = model.graph.node[0].device_configurations.add()
    of_node.configuration_id = configuration
    spec = of_node.sharding_spec.add()
    spec.tensor_name = tensor
    spec.device.extend([0, 1])
    cut = spec.sharded_dim.add()
    cut.axis = axis
    cut.simple_sharding.add().num_shards = 2
    return model.SerializeToString()


def sharded_in_two() -> bytes:
    return _sharded(axis=-1)


def sharded_along_no_axis() -> bytes:
    return _sharded(axis=7)


def sharded_in_no_configuration() -> bytes:
    return _sharded("pairs")


def sharded_tensor_of_another_node() -> bytes:
    return _sharded(tensor="v")


# ---- attributes

SOFTMAX = HEAD + "agraph (float[2, 3] x) => (float[2, 3] y) { y = Softmax<axis = 0>(x) }"


def attribute_twice() -> bytes:
    model = _parsed(SOFTMAX)
    model.graph.node[0].attribute.append(model.graph.node[0].attribute[0])
    return model.SerializeToString()


def attribute_of_two_values() -> bytes:
    model = _parsed(SOFTMAX)
    model.graph.node[0].attribute[0].f = 1.0
    return model.SerializeToString()


def attribute_of_another_type() -> bytes:
    model = _parsed(SOFTMAX)
    model.graph.node[0].attribute[0].type = onnx.AttributeProto.FLOATS
    return model.SerializeToString()


# ---- data of tensors


def _weighted() -> tuple[onnx.ModelProto, onnx.TensorProto]:
    model = _parsed(ADD)
    return model, model.graph.initializer[0]


def data_as_raw_bytes() -> bytes:
    model, weight = _weighted()
    weight.ClearField("float_data")
    weight.raw_data = bytes(8)
    return model.SerializeToString()


def raw_data_too_short() -> bytes:
    model, weight = _weighted()
    weight.ClearField("float_data")
    weight.raw_data = bytes(4)
    return model.SerializeToString()


def raw_data_too_long() -> bytes:
    model, weight = _weighted()
    weight.ClearField("float_data")
    weight.raw_data = bytes(12)
    return model.SerializeToString()


def float_data_too_long() -> bytes:
    model, weight = _weighted()
    weight.float_data.append(3.0)
    return model.SerializeToString()


def tensor_without_data() -> bytes:
    model, weight = _weighted()
    weight.ClearField("float_data")
    return model.SerializeToString()


def raw_and_float_data() -> bytes:
    model, weight = _weighted()
    weight.raw_data = bytes(8)
    return model.SerializeToString()


def negative_dim() -> bytes:
    model, weight = _weighted()
    weight.dims[0] = -2
    return model.SerializeToString()


def unknown_element_type() -> bytes:
    model, weight = _weighted()
    weight.data_type = 99
    return model.SerializeToString()


def int64_in_float_data() -> bytes:
    model, weight = _weighted()
    weight.data_type = onnx.TensorProto.INT64
    return model.SerializeToString()


# ---- external data

TWO_WEIGHTS = (
    HEAD
    + """agraph (float[4] x) => (float[4] y) <float[4] v = {1.0, 2.0, 3.0, 4.0}, float[4] w = {5.0, 6.0, 7.0, 8.0}> {
  a = Add(x, v)
  y = Add(a, w)
}"""
)


def _external(folder: Path, *offsets: str, location: str = "weights.bin", size: int = 32) -> Path:
    """Two weights of 16 bytes each, at these offsets of a file, which is made if its location stays in the folder."""
    model = _parsed(TWO_WEIGHTS)
    for weight, offset in zip(model.graph.initializer, offsets or ("0", "16"), strict=True):
        weight.ClearField("float_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", offset), ("length", "16")):
            weight.external_data.add(key=key, value=value)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    if size and ".." not in location:
        (folder / location).write_bytes(bytes(size))
    return path


def external_data(folder: Path) -> Path:
    return _external(folder)


def missing_external_data(folder: Path) -> Path:
    return _external(folder, size=0)


def external_data_outside(folder: Path) -> Path:
    return _external(folder, location="../weights.bin")


def external_data_behind_a_link(folder: Path) -> Path:
    (folder / "real.bin").write_bytes(bytes(32))
    (folder / "weights.bin").symlink_to("real.bin")
    return _external(folder, size=0)


def external_data_in_a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "weights.bin")
    return _external(folder, size=0)


def external_data_too_short(folder: Path) -> Path:
    return _external(folder, size=20)


def external_data_with_a_bad_offset(folder: Path) -> Path:
    return _external(folder, "0", "-16")


def external_data_with_two_names(folder: Path) -> Path:
    path = _external(folder)
    (folder / "other.bin").hardlink_to(folder / "weights.bin")
    return path


def overlapping_external_data(folder: Path) -> Path:
    return _external(folder, "0", "8")


def one_range_for_two_tensors(folder: Path) -> Path:
    return _external(folder, "16", "16")


def _external_entries(folder: Path, *more: tuple[str, str]) -> Path:
    """Two weights beside the model; of the second these entries are said, too."""
    path = _external(folder)
    model = onnx.ModelProto.FromString(path.read_bytes())
    for key, value in more:
        model.graph.initializer[1].external_data.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    return path


def external_data_of_another_checksum(folder: Path) -> Path:
    return _external_entries(folder, ("checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709"))  # of nothing


def external_data_with_its_checksum(folder: Path) -> Path:
    return _external_entries(folder, ("checksum", hashlib.sha1(bytes(32)).hexdigest()))


def external_data_with_two_locations(folder: Path) -> Path:
    return _external_entries(folder, ("location", "other.bin"))


def external_data_with_an_unknown_key(folder: Path) -> Path:
    return _external_entries(folder, ("compression", "zstd"))


def external_data_that_is_passed_over(folder: Path) -> Path:
    path = _external(folder)
    model = onnx.ModelProto.FromString(path.read_bytes())
    model.graph.initializer[1].ClearField("data_location")
    model.graph.initializer[1].float_data.extend([5, 6, 7, 8])
    path.write_bytes(model.SerializeToString())
    return path


def external_data_between_two_elements(folder: Path) -> Path:
    return _external(folder, "0", "18", size=64)


def one_range_for_two_types(folder: Path) -> Path:
    """Four floats, and in the very same bytes eight halves."""
    path = _external(folder, "16", "16")
    model = onnx.ModelProto.FromString(path.read_bytes())
    weight = model.graph.initializer[1]
    weight.data_type, weight.dims[:] = onnx.TensorProto.FLOAT16, [8]
    path.write_bytes(model.SerializeToString())
    return path


# ---- values of narrow types


def _kept(**fields: object) -> bytes:
    """A model that looks up a stored tensor of these fields."""
    model = _parsed(HEAD + "agraph (int64[2] i) => (y) { y = Gather(w, i) }")
    model.graph.initializer.append(onnx.TensorProto(name="w", **fields))  # type: ignore[arg-type]  # its own fields
    return model.SerializeToString()


def initializer_without_a_name() -> bytes:
    model = _parsed(ADD)
    model.graph.initializer.add(data_type=onnx.TensorProto.FLOAT, dims=[2], float_data=[1, 2])
    return model.SerializeToString()


def bool_of_two() -> bytes:
    return _kept(data_type=onnx.TensorProto.BOOL, dims=[3], raw_data=bytes([1, 0, 2]))


def uint8_of_300() -> bytes:
    return _kept(data_type=onnx.TensorProto.UINT8, dims=[3], int32_data=[7, 300, 1])


def float16_of_20_bits() -> bytes:
    return _kept(data_type=onnx.TensorProto.FLOAT16, dims=[2], int32_data=[15360, 1 << 19])


def padding_that_is_not_zero() -> bytes:
    return _kept(data_type=onnx.TensorProto.INT4, dims=[3], raw_data=bytes([0x21, 0xF3]))


def narrow_types_in_int32_data() -> bytes:
    """The least and the greatest number of each type."""
    model = _parsed(HEAD + "agraph (int64[2] i) => (float[2] y) { y = Cast<to = 1>(i) }")
    kinds = onnx.TensorProto
    for dtype, values in (
        (kinds.BOOL, [0, 1]),
        (kinds.INT8, [-128, 127]),
        (kinds.UINT8, [0, 255]),
        (kinds.INT16, [-32768, 32767]),
        (kinds.UINT16, [0, 65535]),
        (kinds.FLOAT16, [0, 65535]),
        (kinds.BFLOAT16, [0, 65535]),
        (kinds.INT4, [0x78, 0xFF]),
        (kinds.INT32, [-(1 << 31), (1 << 31) - 1]),
    ):
        size = 4 if dtype == kinds.INT4 else 2
        model.graph.initializer.add(name=f"w{dtype}", data_type=dtype, dims=[size], int32_data=values)
    model.graph.initializer.add(name="w", data_type=kinds.UINT32, dims=[2], uint64_data=[0, (1 << 32) - 1])
    return model.SerializeToString()


# ---- sparse tensors


def _sparse(indices: object, dims: tuple[int, ...] = (4,), dtype: str = "int64") -> bytes:
    """A sparse weight of three numbers."""
    model = _parsed(HEAD + "agraph (float[2] x) => (y) { y = Mul(x, x) }")
    values = numpy_helper.from_array(np.array([1, 2, 3], np.float32), "w")
    placed = numpy_helper.from_array(np.array(indices, dtype))
    model.graph.sparse_initializer.append(onnx.helper.make_sparse_tensor(values, placed, dims))
    return model.SerializeToString()


def sparse_weight() -> bytes:
    return _sparse([0, 1, 3])


def sparse_weight_by_axes() -> bytes:
    return _sparse([[0, 0], [0, 1], [1, 0]], (2, 2))


def sparse_index_out_of_range() -> bytes:
    return _sparse([0, 1, 4])


def sparse_index_repeated() -> bytes:
    return _sparse([[0, 0], [0, 1], [0, 1]], (2, 2))


def sparse_indices_unsorted() -> bytes:
    return _sparse([0, 3, 1])


def sparse_indices_missing() -> bytes:
    return _sparse([0, 1])


def sparse_indices_int32() -> bytes:
    return _sparse([0, 1, 3], dtype="int32")


# ---- what was compiled for a device


def _context(folder: Path, mode: int, context: str) -> Path:
    text = (
        '<ir_version: 10, opset_import: ["" : 17, "com.microsoft" : 1]>\n'
        "agraph (float[2, 3] x) => (float[2, 3] y) {\n"
        f'y = com.microsoft.EPContext <embed_mode = {mode}, source = "QNN", ep_cache_context = "{context}"> (x)\n'
        "}"
    )
    path = folder / "model.onnx"
    path.write_bytes(_bytes(text))
    return path


def context_in_a_file(folder: Path) -> Path:
    (folder / "context.bin").write_bytes(b"compiled")
    return _context(folder, 0, "context.bin")


def context_within_the_model(folder: Path) -> Path:
    return _context(folder, 1, "compiled")


def context_that_is_missing(folder: Path) -> Path:
    return _context(folder, 0, "context.bin")


def context_outside(folder: Path) -> Path:
    return _context(folder, 0, "/etc/passwd")


def context_behind_a_link(folder: Path) -> Path:
    (folder / "context.bin").symlink_to("/etc/passwd")
    return _context(folder, 0, "context.bin")


def weights_of_an_engine(folder: Path) -> Path:
    """It was compiled without them, and names the model that has them in a file."""
    text = (
        '<ir_version: 10, opset_import: ["" : 17, "com.microsoft" : 1]>\n'
        "agraph (float[2, 3] x) => (float[2, 3] y) {\n"
        'y = com.microsoft.EPContext <embed_mode = 0, source = "TensorrtExecutionProvider",'
        ' ep_cache_context = "engine.bin", onnx_model_filename = "whole.onnx"> (x)\n'
        "}"
    )
    path = folder / "model.onnx"
    path.write_bytes(_bytes(text))
    (folder / "engine.bin").write_bytes(b"compiled")
    (folder / "whole.bin").write_bytes(bytes(12))
    whole = _parsed(HEAD + "agraph (float[2, 3] x) => (float[2, 3] y) <float[3] w> { y = Mul(x, w) }")
    del whole.graph.value_info[:]
    weight = whole.graph.initializer.add(name="w", data_type=onnx.TensorProto.FLOAT, dims=[3])
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="whole.bin")
    (folder / "whole.onnx").write_bytes(whole.SerializeToString())
    return path


def weights_of_an_engine_that_are_missing(folder: Path) -> Path:
    path = weights_of_an_engine(folder)
    (folder / "whole.bin").unlink()
    return path


# ---- safetensors beside the model


def _safetensors(folder: Path, dtype: str, shape: list[int]) -> Path:
    """A matrix [8, 4] of float32 in a safetensors file whose header says something of its own."""
    head = json.dumps({"w": {"dtype": dtype, "shape": shape, "data_offsets": [0, 128]}}).encode()
    (folder / "w.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(range(128)))
    model = _parsed(HEAD + "agraph (float[2, 8] x) => (float[2, 4] y) <float[8, 4] w> { y = MatMul(x, w) }")
    del model.graph.value_info[:]
    weight = model.graph.initializer.add(name="w", data_type=onnx.TensorProto.FLOAT, dims=[8, 4])
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "w.safetensors"), ("offset", str(8 + len(head))), ("length", "128")):
        weight.external_data.add(key=key, value=value)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def safetensors_that_agree(folder: Path) -> Path:
    return _safetensors(folder, "F32", [8, 1, 4])


def safetensors_of_another_shape(folder: Path) -> Path:
    return _safetensors(folder, "F32", [4, 8])


def safetensors_of_another_type(folder: Path) -> Path:
    return _safetensors(folder, "I32", [8, 4])


# ---- attributes that are no numbers


def _with_attribute(text: str, name: str, value: float) -> bytes:
    model = _parsed(text)
    (attribute,) = (a for a in model.graph.node[0].attribute if a.name == name)
    attribute.f = value
    return model.SerializeToString()


LEAKY = HEAD + "agraph (float[2] x) => (float[2] y) { y = LeakyRelu<alpha = 0.5>(x) }"
SCALED = HEAD + "agraph (float[2, 4] x, float[4] s) => (float[2, 4] y) { y = LayerNormalization<epsilon = 0.5>(x, s) }"
BOUNDED = (
    '<ir_version: 6, opset_import: ["" : 9]>\nagraph (float[2] x) => (float[2] y) { y = Clip<min = 0.0, max = 6.0>(x) }'
)


def epsilon_nan() -> bytes:
    return _with_attribute(SCALED, "epsilon", float("nan"))


def alpha_infinite() -> bytes:
    return _with_attribute(LEAKY, "alpha", float("inf"))


def bound_infinite() -> bytes:
    return _with_attribute(BOUNDED, "max", float("inf"))
