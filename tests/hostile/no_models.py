"""What is not a model at all, whatever its name says."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import random
import socket
import struct
import zipfile
from pathlib import Path

from tests.rules import mutators

from .files import add, case
from .wire import RELU, WEIGHTED, binary

UNREADABLE = "unreadable-model"


@case(exit=3, coverage="there is no file")
def missing_path(folder: Path) -> Path:
    return folder / "absent.onnx"


@case(exit=3, coverage="there is no file")
def file_as_a_folder(folder: Path) -> Path:
    """A path that goes on behind a file."""
    (folder / "file").write_bytes(b"")
    return folder / "file" / "model.onnx"


@case(exit=3, coverage="there is no file")
def name_too_long(folder: Path) -> Path:
    return folder / ("m" * 300)


@case(exit=3, coverage="there is no file")
def dangling_link(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("absent.onnx")
    return folder / "model.onnx"


@case(exit=4, coverage="cannot read")
def link_to_itself(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("model.onnx")
    return folder / "model.onnx"


@case(UNREADABLE)
def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "model.onnx")
    return folder / "model.onnx"


@case(UNREADABLE)
def a_socket(folder: Path) -> Path:
    where = Path.cwd()
    os.chdir(folder)  # a socket's path may have 107 characters
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("model.onnx")
    finally:
        os.chdir(where)
    return folder / "model.onnx"


@case(UNREADABLE)
def link_to_an_endless_device(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("/dev/zero")
    return folder / "model.onnx"


@case(UNREADABLE)
def link_to_the_terminal(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("/dev/tty")
    return folder / "model.onnx"


@case(UNREADABLE)
def file_of_the_kernel(folder: Path) -> Path:
    """It says that it has no bytes, and has some."""
    (folder / "model.onnx").symlink_to("/proc/self/status")
    return folder / "model.onnx"


add("empty", mutators.empty_file, UNREADABLE)
add("html", mutators.html_page, UNREADABLE)
add("git_lfs", mutators.git_lfs_pointer, UNREADABLE)


@case(UNREADABLE)
def zeros() -> bytes:
    return bytes(5_000)


def _random(seed: int) -> bytes:
    return random.Random(seed).randbytes(3_000)


add("random_1", lambda: _random(1), UNREADABLE)
add("random_2", lambda: _random(2), UNREADABLE)
add("random_3", lambda: _random(3), UNREADABLE)
add("random_4", lambda: _random(4), UNREADABLE)


@case(UNREADABLE)
def a_zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("model.onnx", binary(RELU))
    return held.getvalue()


@case(UNREADABLE)
def a_gzip() -> bytes:
    return gzip.compress(binary(RELU))


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo owned > /dev/null",)


@case(UNREADABLE)
def a_pickle_that_acts() -> bytes:
    return pickle.dumps({"weights": [1.0], "bomb": _Bomb()})


@case(UNREADABLE)
def a_pytorch_checkpoint() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        archive.writestr("archive/version", b"3\n")
    return held.getvalue()


@case(UNREADABLE)
def a_safetensors() -> bytes:
    head = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(8)


@case(UNREADABLE)
def an_ort() -> bytes:
    return b"\x18\x00\x00\x00ORTM" + bytes(200)


@case(UNREADABLE)
def an_hdf5() -> bytes:
    return b"\x89HDF\r\n\x1a\n" + bytes(200)


@case(UNREADABLE)
def a_tflite() -> bytes:
    return b"\x1c\x00\x00\x00TFL3" + bytes(200)


@case(UNREADABLE)
def text_form() -> bytes:
    return RELU.encode()


@case(UNREADABLE)
def prose() -> bytes:
    return b"This is a note to myself: put the model here.\n" * 20


@case(UNREADABLE)
def a_json() -> bytes:
    return b'{"irVersion": "8", "graph": {}}'


@case(UNREADABLE)
def a_byte_of_each_kind() -> bytes:
    return bytes(range(256))


for cut in (1, 2, 5, 9, 17, 40, 60, 80, 100):
    add(f"cut_by_{cut}", lambda cut=cut: binary(WEIGHTED)[:-cut], UNREADABLE)
