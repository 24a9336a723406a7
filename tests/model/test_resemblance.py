"""The first bytes of files: what begins as a model does, what looks random, and the header of safetensors."""

from __future__ import annotations

import json
import os
import random
import struct
from pathlib import Path

import numpy
import onnx
import pytest

from auditor.model.graph import Model
from auditor.model.load import load
from auditor.model.resemblance import begins_as_model, looks_random
from auditor.model.safetensors import HeaderEntry, header

from . import samples
from .rewriting import field, tag, varint

NODE = field(4, b"Relu")
LONG = field(1, field(1, b"x" * 280) + NODE)
"""A node of some 290 bytes: its length takes two bytes."""


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x08\x0a",  # an IR version
        b"\x08\x1f",
        b"\x08\x1f" + b"\xff\x01",  # the highest that is taken for one: what stands behind it is not asked
        field(2, b"pytorch"),
        field(2, "größe".encode()),
        field(2, "größe".encode())[:-2],  # cut off in a letter
        field(2, b"") + b"\x08\x08",  # what says nothing is passed over
        b"\x08\x00" + field(2, b"pytorch"),
        field(7, field(1, NODE)),  # a graph that is filled by a node that is filled by its operator
        field(7, LONG),
        field(7, LONG)[:100],
        field(7, field(2, b"main")),
        field(7, field(5, b"\x08\x02\x10\x01" + field(8, b"w"))),
        field(7, field(5, field(1, b"\x02\x03") + b"\x10\x01")),  # packed sizes
        field(7, b""),
        field(8, b"\x10\x11"),
        field(8, field(1, b"ai.onnx.ml")),
        field(14, field(1, b"key") + field(2, b"value")),
        field(25, field(1, b"name")),
        field(20, field(1, field(2, b"training"))),
        b"\x08",  # cut off in its first field
        b"\x3a\x80",
    ],
)
def test_what_begins_as_a_model(head: bytes) -> None:
    assert begins_as_model(head)


@pytest.mark.parametrize(
    "head",
    [
        b"\x08\x20" + b"\xff\x01",  # IR version 32, and no field of a model behind it
        b"\x0d\0\0\0\0",  # field 1 as a float
        field(3, b"\x01\x02"),  # letters that nobody reads
        field(2, b"\xff\xfe\xfd\xfc"),
        field(2, b"bell\x07"),
        field(9, b"x"),  # a field that ModelProto does not have
        field(7, field(1, b"\x22\x7fRelu")),  # longer than what holds it
        field(7, field(3, b"x")),  # a field that GraphProto does not have
        field(7, tag(2, 0) + b"\x05"),  # a graph's name as a number
        tag(7, 2) + varint(1 << 40) + b"\x0a\x05",  # a terabyte
        b"\x80" * 11,
    ],
)
def test_what_does_not_begin_as_a_model(head: bytes) -> None:
    assert not begins_as_model(head)


INNER = [
    (7, 1), (7, 5), (7, 11), (7, 12), (7, 13), (7, 15), (7, 16), (7, 1, 5), (7, 1, 9), (7, 11, 2), (7, 15, 1),
    (7, 15, 2), (8,), (14,), (20,), (20, 1), (20, 2), (20, 1, 1), (25,), (25, 7), (25, 9), (25, 14), (26,),
]  # fmt: skip
"""Ways to messages in messages of onnx.proto, by the numbers of their fields."""


@pytest.mark.parametrize("way", INNER, ids=str)
def test_a_message_in_a_message_holds_fields_that_onnx_has(way: tuple[int, ...]) -> None:
    """Field 31, which no message of onnx.proto has, and the first field of each, at any depth."""
    for inner, is_one in ((field(31, b"x"), False), (b"", True)):
        for number in reversed(way):
            inner = field(number, inner)
        assert begins_as_model(inner) is is_one


def test_every_model_that_onnx_ships_begins_as_one() -> None:
    """However little of it is there."""
    seen = 0
    for path in sorted((Path(onnx.__file__).parent / "backend/test/data").rglob("*.onnx")):
        data = path.read_bytes()[:1024]
        assert all(begins_as_model(data[:length]) for length in (1, 2, 5, 20, 100, 300, 1024)), path
        seen += 1
    assert seen > 50


@pytest.mark.parametrize("length", [256, 300, 500, 1024])
def test_random_bytes_look_random_from_256_on(length: int) -> None:
    """Of n bytes 256 * (1 - (255/256)^n) values are there, on the average: 162 of 256 bytes."""
    for seed in range(30):
        assert looks_random(random.Random(seed).randbytes(length))
        assert not looks_random(random.Random(seed).randbytes(255))


@pytest.mark.parametrize(
    "head",
    [
        bytes(1024),
        bytes(range(256)),  # each value once: no chance
        b"the quick brown fox jumps over the lazy dog " * 20,
        numpy.arange(256, dtype="<f4").tobytes(),
        random.Random(1).randbytes(512) + bytes(512),
    ],
    ids=["zeros", "each once", "text", "floats", "half of it"],
)
def test_what_has_a_pattern_does_not_look_random(head: bytes) -> None:
    assert not looks_random(head)


# safetensors: eight bytes of length, a JSON object, the tensors


def model(folder: Path) -> Model:
    (folder / "m.onnx").write_bytes(samples.external("w.safetensors").SerializeToString())
    return load(folder / "m.onnx")


def write(folder: Path, said: object, data: bytes = b"") -> None:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    (folder / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def entry(begin: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}


def test_the_header_gives_each_tensor_its_place_in_the_file(tmp_path: Path) -> None:
    said = {"__metadata__": {"format": "pt"}, "second": entry(24, 48), "first": entry(0, 24), "alias": entry(0, 24)}
    write(tmp_path, said, bytes(48))
    start = 8 + len(json.dumps(said))
    assert header(model(tmp_path), "w.safetensors") == (
        HeaderEntry("alias", "F32", (2, 3), start, start + 24),
        HeaderEntry("first", "F32", (2, 3), start, start + 24),
        HeaderEntry("second", "F32", (2, 3), start + 24, start + 48),
    )


@pytest.mark.parametrize(
    "said",
    [
        {"w": {**entry(0, 24), "dtype": 1}},
        {"w": {**entry(0, 24), "shape": "23"}},
        {"w": {**entry(0, 24), "shape": ["two"]}},
        {"w": {**entry(0, 24), "data_offsets": "04"}},
        {"w": {**entry(0, 24), "data_offsets": [0]}},
        {"w": {"dtype": "F32"}},
        {"w": []},
        [],
        b"no JSON",
        b"",
    ],
)
def test_a_header_that_is_none_gives_nothing(tmp_path: Path, said: object) -> None:
    write(tmp_path, said)
    assert header(model(tmp_path), "w.safetensors") == ()


def test_a_header_is_read_up_to_sixteen_mebibytes(tmp_path: Path) -> None:
    """And nothing is read of a file that is not there, or no file."""
    text = json.dumps({"w": entry(0, 24)}).encode()
    for length, found in ((1 << 24, 1), ((1 << 24) + 1, 0)):
        write(tmp_path, text.ljust(length))
        assert len(header(model(tmp_path), "w.safetensors")) == found
    (tmp_path / "w.safetensors").unlink()
    assert header(model(tmp_path), "w.safetensors") == ()
    os.mkfifo(tmp_path / "w.safetensors")
    assert header(model(tmp_path), "w.safetensors") == ()
