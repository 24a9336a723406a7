"""What is not a model is refused in one line that says what it is and where."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import random
import socket
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError

from auditor.errors import CannotLook, NothingToAudit, Unreadable, UsageError
from auditor.model.file_troubles import TooLargeForProtobuf
from auditor.model.load import load, loads
from auditor.model.wire import ReadLimits
from tests.forked import call
from tests.pace import check_units, cpu_of

from .rewriting import field, tag, varint
from .samples import data, model_with_graph, nested, with_node, with_tensor


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 10)
    return out.getvalue()


def tarred(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return out.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 1234567\n"

IMPOSTORS = {
    "empty": (b"", "empty"),
    "zeros": (b"\0" * 5000, "zero bytes"),
    "html": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "HTML page"),
    "git lfs": (LFS, "Git LFS pointer"),
    "zip": (zipped("model.onnx"), "zip archive"),
    "torch": (zipped("model/data.pkl", "model/version"), "PyTorch checkpoint"),
    "tar": (tarred("model.onnx"), "tar archive"),
    "gzip": (gzip.compress(b"x" * 99), "gzip"),
    "pickle": (pickle.dumps({"weight": [1.0, 2.0]}, protocol=4), "pickle"),
    "old pickle": (pickle.dumps({"weight": [1.0, 2.0]}, protocol=2), "pickle"),
    "safetensors": (struct.pack("<Q", 20) + b'{"w":{"dtype":"F32"}' + b"\0" * 40, "safetensors"),
    "ort": (b"\x24\0\0\0ORTM" + bytes(range(60)), ".ort"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 90, "HDF5"),
    "a plan of TensorRT": (b"ftrt" + b"\0" * 90, "not an ONNX model but a TensorRT engine"),
    "tflite": (b"\x1c\0\0\0TFL3" + b"\0" * 90, "TensorFlow Lite"),
    "lz4": (b"\x04\x22\x4d\x18" + b"\0" * 90, "lz4"),
    "text": (b"put the model here\n", "text file"),
    "text in another script": ("größe: 模型\n".encode() * 99, "text file"),
    "text that is cut off in a letter": (b"x" * 1023 + "ö".encode() * 99, "text file"),
    "text of Windows": ("model\n".encode("utf-16"), "UTF-16"),
    "a golden tensor": (onnx.helper.make_tensor("x", 1, [2], [1.0, 2.0]).SerializeToString(), "a single tensor"),
    "a saved model": (b"\x08\x01\x12" + varint(900) + b"\n" + varint(700) + b"\x12" + b"\0" * 900, "SavedModel"),
    "a frozen graph": (field(1, field(1, b"input/x") + field(2, b"Placeholder")) + b"\0" * 90, "frozen TensorFlow"),
    "no format": (b"\xde\xad\xbe\xef" + bytes(9), "begins with de ad be ef"),
    "json": (b'{"irVersion": "8", "graph": {}}', "JSON"),
    "onnx text": (b'<ir_version: 8, opset_import: ["" : 17]>\nagraph (float[N] x) => (float[N] y) {}', "text form"),
    "textproto": (b"ir_version: 8\ngraph {\n}\n", "text form"),
    "no graph": (b"\x08\x08" + field(8, b"\x10\x11"), "no graph"),
    "a group": (b"\x08\x08" + tag(7, 3) + tag(7, 4), "group"),
    "wire type 6": (b"\x08\x08" + tag(7, 6), "wire type 6"),
    "wire type 7": (with_node(tag(1, 7)), "wire type 7"),
    "field 0": (with_node(b"\x02\x00"), "field number 0"),
    "a long varint": (b"\x08\x08\x28" + b"\x80" * 11 + b"\x01", "more than ten bytes"),
    "an overrun": (with_node(b"\x0a\x7f" + b"x" * 9), "past the end"),
    "half a packed number": (with_tensor(field(1, b"\x80")), "in the middle"),
    "a long name": (with_node(field(4, b"n" * 70_000)), "limit: name"),
    "rank eight million": (with_tensor(b"\x08\x01" * 8_000_000), "limit: rank"),
    "packed rank": (with_tensor(field(1, b"\x01" * 8_000_000)), "limit: rank"),
    "rank of a shape": (
        model_with_graph(field(11, field(2, field(1, field(2, b"\x0a\x00" * 5_000))))),
        "limit: rank",
    ),
    "20,000 deep": (nested(20_000), "limit: nesting"),
    "fields": (b"\x08\x08" * 2_500_000, "limit: fields"),
    "values": (with_node(field(5, field(8, b"\1" * 17_000_000))), "limit: values"),
}


def refused(read: Callable[[], object]) -> None:
    with pytest.raises(Unreadable):
        read()


@pytest.mark.parametrize("name", IMPOSTORS)
def test_what_it_is(name: str, tmp_path: Path) -> None:
    content, expected = IMPOSTORS[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    for read in (partial(load, path), partial(loads, content)):
        start = time.process_time()
        with pytest.raises(Unreadable) as caught:
            read()
        spent = time.process_time() - start
        assert expected in caught.value.why
        assert caught.value.offset is not None
        check_units(200, partial(cpu_of, partial(refused, read)), spent)


def test_lfs_pointer_says_what_to_fetch() -> None:
    with pytest.raises(Unreadable) as caught:
        loads(LFS)
    assert "sha256:4d7a" in caught.value.why
    assert "1,234,567" in caught.value.why
    assert "git lfs pull" in caught.value.fix


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes(seed: int) -> None:
    """Where reading them as protobuf ended says nothing: they are no model that was cut off."""
    with pytest.raises(Unreadable) as caught:
        loads(random.Random(seed).randbytes(5000))
    assert caught.value.why.startswith("not an ONNX model but bytes that look random")
    assert caught.value.offset == 0


@pytest.mark.parametrize("first", [0x08, 0x12, 0x3A, 0x42, 0x72])
def test_random_bytes_behind_a_tag_of_a_model(first: int) -> None:
    for seed in range(50):
        with pytest.raises(Unreadable) as caught:
            loads(bytes([first, 0xC0]) + random.Random(seed).randbytes(5000))
        assert "truncated" not in caught.value.why


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_weights_do_not_look_random(dtype: str) -> None:
    """A file of bare numbers, such as a fallen-off external data file, is not called encrypted."""
    values = np.random.default_rng(0).normal(size=4000) * (30 if dtype == "int8" else 1)
    with pytest.raises(Unreadable) as caught:
        loads(b"\xff" + values.astype(dtype).tobytes())
    assert "no format that is known here" in caught.value.why


def test_a_damaged_model_says_where() -> None:
    """A model that begins well and then breaks is one, wherever its fields stand."""
    whole = onnx.load_model_from_string(data(weights=1000))
    for clear in ((), ("ir_version",), ("ir_version", "producer_name")):
        for name in clear:
            whole.ClearField(name)
        content = whole.SerializeToString()
        with pytest.raises(Unreadable, match="truncated: the file ends at byte"):
            loads(content[:-1000])
        with pytest.raises(Unreadable, match="or a damaged one: wire type 6") as caught:
            loads(content + tag(7, 6))
        assert caught.value.offset == len(content)


def test_truncated() -> None:
    """At every byte before the graph's end the cut is seen and the missing bytes are counted."""
    whole = data(weights=1000)
    end = whole.index(b"\x42\x04\x0a\x00\x10\x11")  # the opset import, which follows the graph
    for cut in [1, 5, 30, end // 2, end - 1]:
        with pytest.raises(Unreadable) as caught:
            loads(whole[:cut])
        assert "truncated" in caught.value.why
        assert caught.value.offset == cut
    assert "at least 1 bytes are missing" in caught.value.why


READ = """
import sys
from auditor.errors import Unreadable
from auditor.model.load import load
try:
    load(sys.argv[1])
except Unreadable as error:
    print(error.why)
"""


def test_four_million_empty_nodes(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(model_with_graph(b"\x0a\x00" * 4_000_000))
    ended = call(str(path), code=READ)
    assert "limit: nodes" in ended.out
    check_units(60, lambda: call(str(path), code=READ).cpu, ended.cpu)
    assert ended.grown < 60


def test_limits_are_the_callers() -> None:
    with pytest.raises(Unreadable, match="more than 1 nodes") as caught:
        loads(data(), limits=ReadLimits(nodes=1))
    assert caught.value.offset is not None and data()[caught.value.offset] == 0x0A


@pytest.mark.parametrize(("number", "is_one"), [((1 << 29) - 1, True), (1 << 29, False), ((1 << 30) - 1, False)])
def test_a_field_has_a_number_that_protobuf_has(number: int, is_one: bool) -> None:
    """At most 536,870,911: https://protobuf.dev/programming-guides/proto3/#assigning."""
    content = with_node(field(4, b"Foo") + tag(number, 0) + b"\x00")
    if is_one:
        assert onnx.load_model_from_string(content).graph.node[0].op_type == "Foo"
        assert loads(content).graph.nodes[0].op_type == "Foo"
    else:
        with pytest.raises(DecodeError):
            onnx.load_model_from_string(content)
        with pytest.raises(Unreadable, match=f"field number {number} in NodeProto"):
            loads(content)


@pytest.mark.parametrize("source", [3, None, ["m.onnx"]])
def test_what_no_model_is_given_as_is_refused(source: Any) -> None:
    with pytest.raises(UsageError, match=f"a model is given as a path, .* and not as {type(source).__name__}$"):
        load(source)


def test_no_such_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data())
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for path in (tmp_path / "nothing", tmp_path / "file" / "below", tmp_path / "dangling", tmp_path / ("n" * 300)):
        with pytest.raises(NothingToAudit):
            load(path)
    with pytest.raises(NothingToAudit):
        load("a\0b")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="auditor batch"):
        load(tmp_path)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(data())

    def refuse(*_args: object, **_more: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CannotLook, match="Permission denied"):
        load(path)


def test_input_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(data())

    def fail(*_args: object) -> NoReturn:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(CannotLook, match="Input/output error"):
        load(path)


def test_not_a_regular_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # a socket's path has 107 bytes at most
        listening.bind("socket")
        for path, kind in ((tmp_path / "pipe", "named pipe"), (tmp_path / "socket", "socket"), ("/dev/zero", "device")):
            with pytest.raises(Unreadable, match=f"not a regular file but .*{kind}"):
                load(path)


def test_model_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(data())
    (tmp_path / "m.onnx").symlink_to("real")
    assert len(load(tmp_path / "m.onnx").graph.nodes) == 2


def test_beyond_protobufs_two_gibibytes(tmp_path: Path) -> None:
    """An initializer of 2.5 GiB, of which the disk holds nothing."""
    size = 5 << 29
    tensor = b"\x08" + varint(size // 4) + b"\x10\x01" + field(8, b"w") + tag(9, 2) + varint(size)
    head = b"\x08\x08" + tag(7, 2) + varint(len(tensor) + size + 1 + len(varint(len(tensor) + size)))
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.write(head + tag(5, 2) + varint(len(tensor) + size) + tensor)
        file.truncate(file.tell() + size)
        file.seek(0, 2)
        file.write(field(8, b"\x10\x11"))
    start = time.process_time()
    model = load(path)
    check_units(10, lambda: cpu_of(lambda: load(path)), time.process_time() - start)
    assert TooLargeForProtobuf(path.stat().st_size) in model.troubles
    assert model.graph.initializers[0].spans[0].length == size
    assert model.opsets == {"": 17}
