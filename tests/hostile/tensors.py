"""Data that does not fit its dims, and external data that lies where it must not."""

from __future__ import annotations

import os
from pathlib import Path

import onnx

from tests.rules import mutators

from .files import add, case
from .wire import WEIGHTED, message, parsed, varint

EXTERNAL = "unreadable-external-data"
SIZE = "payload-size-mismatch"
MALFORMED = "malformed-tensors"

add("raw_data_too_short", mutators.raw_data_too_short, SIZE)
add("raw_data_too_long", mutators.raw_data_too_long, SIZE)
add("float_data_too_long", mutators.float_data_too_long, SIZE)
add("tensor_without_data", mutators.tensor_without_data, SIZE)
add("two_data_fields", mutators.raw_and_float_data, "conflicting-data-fields")
add("negative_dims", mutators.negative_dim, MALFORMED)
add("unknown_element_type", mutators.unknown_element_type, MALFORMED)
add("data_in_the_wrong_field", mutators.int64_in_float_data, MALFORMED)
add("segmented_tensor", mutators.tensor_in_segments, "segmented-tensors", 0)
add("over_2_gib", mutators.sparse_file_over_2_gib, "too-large-for-protobuf", work=300)


def _dims(*dims: int) -> bytes:
    model = parsed(WEIGHTED)
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    return bytes(model.SerializeToString())


add("dims_that_overflow_to_nothing", lambda: _dims(1 << 32, 1 << 32), SIZE)
add("dims_that_overflow_to_their_data", lambda: _dims((1 << 62) + 1, 4), SIZE)
add("dims_of_two_to_the_62", lambda: _dims(1 << 62), SIZE)
add("dims_of_a_negative_product", lambda: _dims(-2, -2), MALFORMED)
add("dims_of_the_lowest_number", lambda: _dims(-(1 << 63)), MALFORMED)
add("dims_of_zero_and_the_largest", lambda: _dims(0, (1 << 63) - 1), SIZE)
add("dims_of_a_thousand_axes", lambda: _dims(*[(1 << 63) - 1] * 1_000), SIZE)


@case(SIZE)
def packed_data_that_is_cut() -> bytes:
    """int32_data whose last number never ends."""
    model = parsed(WEIGHTED.replace("float[4] w = {1.0, 2.0, 3.0, 4.0}", "int32[4] w = {1, 2, 3, 4}"))
    packed = message(5, b"\x01\x02\x03\x04")
    return bytes(model.SerializeToString()).replace(packed, message(5, b"\x01\x02\x03\x84"))


@case(SIZE)
def sparse_tensor_of_nonsense() -> bytes:
    """More values than places, and indices behind the end."""
    model = parsed(WEIGHTED)
    sparse = model.graph.sparse_initializer.add(dims=[2])
    sparse.values.CopyFrom(model.graph.initializer[0])
    sparse.values.name = "s"
    sparse.indices.CopyFrom(onnx.helper.make_tensor("", onnx.TensorProto.INT64, [4], [9, -1, 1 << 62, 9]))
    sparse.indices.dims[0] = 5
    return bytes(model.SerializeToString())


# ---- external data


def external(folder: Path, name: str = "model.onnx", **entries: str) -> Path:
    """One weight of 16 bytes with these entries."""
    model = parsed(WEIGHTED)
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": "weights.bin", "offset": "0", "length": "16", **entries}.items():
        weight.external_data.add(key=key, value=value)
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def _beside(folder: Path, size: int = 16, **entries: str) -> Path:
    (folder / "weights.bin").write_bytes(b"\x00\x00\x80\x3f" * (size // 4))
    return external(folder, **entries)


for name, location in {
    "outside": "../weights.bin",
    "far_outside": "../../../../../../../../etc/passwd",
    "outside_and_back": "sub/../../weights.bin",
    "absolute": "/etc/passwd",
    "of_windows": "C:\\windows\\win.ini",
    "over_the_network": "\\\\server\\share\\w.bin",
    "a_device": "/dev/zero",
    "of_the_kernel": "/proc/self/mem",
    "nowhere": "",
    "the_folder_itself": ".",
    "the_folder_above": "..",
    "with_a_nul": "weights.bin\0.txt",
    "with_a_long_name": "w" * 5_000,
    "with_ansi": "\x1b[31mweights\u202e.bin",
    "missing": "absent.bin",
}.items():
    add(f"external_{name}", lambda folder, location=location: external(folder, location=location), EXTERNAL)

for name, entries in {
    "offset_behind_the_end": {"offset": "17"},
    "offset_negative": {"offset": "-1"},
    "offset_of_letters": {"offset": "0x0"},
    "offset_of_other_digits": {"offset": "\u0661"},
    "offset_of_a_thousand_digits": {"offset": "9" * 5_000},
    "offset_that_overflows": {"offset": str((1 << 64) - 16)},
    "length_that_overflows": {"length": str(1 << 63)},
    "length_of_a_float": {"length": "16.0"},
    "length_of_nothing": {"length": ""},
    "length_too_long": {"length": "17"},
}.items():
    add(f"external_{name}", lambda folder, entries=entries: _beside(folder, **entries), EXTERNAL)

add("external_short", lambda folder: _beside(folder, 12), EXTERNAL)
add("external_empty", lambda folder: _beside(folder, 0), EXTERNAL)
add("external_length_not_of_the_dims", lambda folder: _beside(folder, length="12"), SIZE)
add("external_overlapping", mutators.overlapping_external_data, "overlapping-external-data", 0)
add("external_pipe", mutators.external_data_in_a_pipe, EXTERNAL)
add("external_link", mutators.external_data_behind_a_link, EXTERNAL)
add("external_hard_link", mutators.external_data_with_two_names, EXTERNAL, 0)


@case(EXTERNAL)
def external_is_a_folder(folder: Path) -> Path:
    (folder / "weights.bin").mkdir()
    return external(folder)


@case(EXTERNAL)
def external_link_to_a_device(folder: Path) -> Path:
    (folder / "weights.bin").symlink_to("/dev/zero")
    return external(folder)


@case(EXTERNAL)
def external_behind_a_linked_folder(folder: Path) -> Path:
    (folder / "real").mkdir()
    (folder / "real" / "weights.bin").write_bytes(bytes(16))
    (folder / "sub").symlink_to("real")
    return external(folder, location="sub/weights.bin")


@case(EXTERNAL)
def external_link_to_itself(folder: Path) -> Path:
    (folder / "weights.bin").symlink_to("weights.bin")
    return external(folder)


@case(EXTERNAL)
def external_in_a_false_cache(folder: Path) -> Path:
    """It looks like Hugging Face's cache, but the link leads to a blob of nobody's hash."""
    (folder / "blobs").mkdir()
    (folder / "blobs" / "secret").write_bytes(bytes(16))
    snapshot = folder / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "weights.bin").symlink_to("../../blobs/secret")
    return external(snapshot)


@case("", 0, sound=True, run=True)
def hugging_face_cache(folder: Path) -> Path:
    """Sound: both the model and its data are links into the blobs beside the snapshot."""
    blobs, snapshot = folder / "blobs", folder / "snapshots" / ("0" * 40)
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    _beside(folder)
    for name, blob in (("model.onnx", "a" * 64), ("weights.bin", "b" * 64)):
        (folder / name).rename(blobs / blob)
        (snapshot / name).symlink_to(f"../../blobs/{blob}")
    return snapshot / "model.onnx"


@case("", 0, sound=True)
def model_behind_a_link(folder: Path) -> Path:
    """Sound: a model's own path may be a link."""
    (folder / "real.onnx").write_bytes(parsed(WEIGHTED).SerializeToString())
    (folder / "model.onnx").symlink_to("real.onnx")
    return folder / "model.onnx"


@case("unreadable-model")
def external_data_is_the_model(folder: Path) -> Path:
    """Sparse data in the model's own file, cut in the middle of its graph."""
    path = external(folder, location="model.onnx")
    os.truncate(path, path.stat().st_size - 5)
    return path


@case("conflicting-data-fields")
def external_and_inline(folder: Path) -> Path:
    path = _beside(folder)
    model = onnx.load_model_from_string(path.read_bytes())
    model.graph.initializer[0].raw_data = bytes(16)
    path.write_bytes(model.SerializeToString())
    return path


@case(SIZE)
def raw_data_longer_than_the_rest(folder: Path) -> Path:
    """A weight that says 2^40 elements over a file of a few bytes."""
    model = parsed(WEIGHTED)
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    weight.dims[0] = 1 << 40
    weight.raw_data = varint(1 << 40)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path
