"""Weights that lie beside the model: whether their file is there, whose it is, and who else lies in the same bytes."""

from __future__ import annotations

import hashlib
import os
from random import Random

import numpy as np
import onnx
from onnx import TensorProto

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault
from .networks import with_tensors

_PAGE = 4096


def beside() -> onnx.ModelProto:
    """Two dense layers, whose weights a fault puts beside the model."""
    draw = np.random.default_rng(11)
    model = parsed("agraph (float[N, 16] x) => (float[N, 16] y) { a = MatMul(x, v) r = Relu(a) y = MatMul(r, w) }")
    weights = {name: draw.normal(0, 0.1, (16, 16)).astype(np.float32) for name in ("v", "w")}
    return with_tensors(model, **weights)


def _moved_out(subject: Subject, location: str = "weights.bin", **said: str) -> TensorProto:
    """Put the weights into a file, a page each, and let the second say this of its place, besides. Returns that."""
    content = bytearray()
    for tensor in subject.model.graph.initializer:
        offset = len(content)
        raw = tensor.raw_data
        content += raw + bytes(_PAGE - len(raw))
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entries = {"location": "weights.bin", "offset": str(offset), "length": str(len(raw))}
        if tensor.name == "w":
            entries |= {"location": location, **said}
        for key, value in entries.items():
            if value:
                tensor.external_data.add(key=key, value=value)
    (subject.folder / "weights.bin").write_bytes(content)
    return tensor


W = Place(tensor="w")


@fault(Kind.WRONG, "unreadable-external-data", base=beside)
def data_file_missing(subject: Subject, rng: Random) -> Where:
    """The file of a weight is not there."""
    _moved_out(subject, "missing.bin")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_of_another_folder(subject: Subject, rng: Random) -> Where:
    """A weight is to be read from a file above the model's folder."""
    _moved_out(subject, "../../../../etc/passwd")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_of_an_absolute_path(subject: Subject, rng: Random) -> Where:
    """A weight is to be read from an absolute path."""
    _moved_out(subject, "/etc/passwd")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_of_a_windows_path(subject: Subject, rng: Random) -> Where:
    """A weight is to be read from a path above, as Windows writes it."""
    _moved_out(subject, "..\\..\\secret.bin")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_behind_a_link(subject: Subject, rng: Random) -> Where:
    """The file of a weight is a symbolic link to another folder."""
    (subject.folder / "link.bin").symlink_to("/etc/passwd")
    _moved_out(subject, "link.bin")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_is_a_pipe(subject: Subject, rng: Random) -> Where:
    """The file of a weight is a pipe, from which reading never ends."""
    os.mkfifo(subject.folder / "pipe.bin")
    _moved_out(subject, "pipe.bin")
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def data_file_is_a_folder(subject: Subject, rng: Random) -> Where:
    """The file of a weight is a folder."""
    (subject.folder / "folder.bin").mkdir()
    _moved_out(subject, "folder.bin")
    return W


@fault(Kind.WRONG, "unreadable-external-data", base=beside)
def data_file_has_two_names(subject: Subject, rng: Random) -> Where:
    """The file of a weight has another name, perhaps outside of the folder."""
    tensor = _moved_out(subject)
    (subject.folder / "other.bin").hardlink_to(subject.folder / "weights.bin")
    return (Place(tensor=tensor.name), Place(tensor="v"))


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def data_file_cut_off(subject: Subject, rng: Random) -> Where:
    """The file of a weight ends before the weight does."""
    _moved_out(subject)
    os.truncate(subject.folder / "weights.bin", _PAGE + 100)
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def offset_behind_the_end(subject: Subject, rng: Random) -> Where:
    """A weight begins behind the end of its file."""
    _moved_out(subject, offset=str(1 << 40))
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def offset_negative(subject: Subject, rng: Random) -> Where:
    """The offset of a weight is negative."""
    _moved_out(subject, offset="-4096")
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def offset_is_no_number(subject: Subject, rng: Random) -> Where:
    """The offset of a weight is written in hexadecimal digits."""
    _moved_out(subject, offset="0x1000")
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def length_is_no_number(subject: Subject, rng: Random) -> Where:
    """The length of a weight is written as a fraction."""
    _moved_out(subject, length="1024.0")
    return W


@fault(Kind.ILLEGAL, "payload-size-mismatch", base=beside)
def length_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """The length of a weight's data is not what its dims ask for."""
    _moved_out(subject, length="512")
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def location_left_out(subject: Subject, rng: Random) -> Where:
    """A weight lies outside of the model, and nothing says where."""
    _moved_out(subject, "")
    return W


@fault(Kind.ILLEGAL, "unreadable-external-data", base=beside)
def external_without_entries(subject: Subject, rng: Random) -> Where:
    """A weight lies outside of the model, and nothing at all is said of its place."""
    _moved_out(subject).ClearField("external_data")
    return W


@fault(Kind.ILLEGAL, "conflicting-data-fields", base=beside)
def data_inside_and_outside(subject: Subject, rng: Random) -> Where:
    """A weight lies in the model and outside of it."""
    _moved_out(subject).raw_data = bytes(1024)
    return W


@fault(Kind.WRONG, "overlapping-external-data", base=beside)
def ranges_overlap(subject: Subject, rng: Random) -> Where:
    """The ranges of two weights overlap."""
    _moved_out(subject, offset="512")
    return (W, Place(tensor="v"))


@fault(Kind.WRONG, "overlapping-external-data", base=beside)
def one_range_for_two_shapes(subject: Subject, rng: Random) -> Where:
    """Two tensors of different types lie in the very same bytes."""
    tensor = _moved_out(subject, offset="0")
    tensor.dims[:] = [16, 32]
    tensor.data_type = TensorProto.FLOAT16
    graph = subject.model.graph
    graph.node[2].CopyFrom(onnx.helper.make_node("Cast", ["w"], ["wide"], to=TensorProto.FLOAT))
    graph.node.append(onnx.helper.make_node("MatMul", ["r", "wide"], ["y"]))
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = 32
    return (W, Place(tensor="v"))


@fault(Kind.WRONG, "mismatched-checksums", base=beside)
def checksum_of_another_file(subject: Subject, rng: Random) -> Where:
    """The checksum of a weight is not that of its file."""
    _moved_out(subject, checksum=hashlib.sha1(b"another file").hexdigest())
    return W


@fault(Kind.WRONG, "mismatched-checksums", base=beside)
def checksum_is_no_digest(subject: Subject, rng: Random) -> Where:
    """The checksum of a weight is no SHA-1 digest."""
    _moved_out(subject, checksum="crc32:deadbeef")
    return W


@fault(Kind.WRONG, "disputed-external-data", base=beside)
def external_key_unknown(subject: Subject, rng: Random) -> Where:
    """The place of a weight is described by a key that ONNX does not have."""
    _moved_out(subject, compression="zstd")
    return W


@fault(Kind.WRONG, "disputed-external-data", base=beside)
def external_key_twice(subject: Subject, rng: Random) -> Where:
    """The offset of a weight is said twice, and differently."""
    _moved_out(subject).external_data.add(key="offset", value="0")
    return W


@fault(Kind.HOSTILE, "disputed-external-data", base=beside)
def location_twice(subject: Subject, rng: Random) -> Where:
    """A weight has two locations: what one reader checks, another does not read."""
    (subject.folder / "other.bin").write_bytes(bytes(3 * _PAGE))
    _moved_out(subject).external_data.add(key="location", value="other.bin")
    return W


@fault(Kind.WRONG, "disputed-external-data", base=beside)
def external_key_misspelled(subject: Subject, rng: Random) -> Where:
    """The length of a weight is said under a misspelled key."""
    entry = _moved_out(subject).external_data[2]
    entry.key = "lenght"
    return W


@fault(Kind.WRONG, "disputed-external-data", base=beside)
def entries_that_are_passed_over(subject: Subject, rng: Random) -> Where:
    """A weight has a place outside, and data_location says that it lies inside."""
    tensor = _moved_out(subject)
    tensor.ClearField("data_location")
    tensor.raw_data = np.linspace(-1, 1, 256, dtype=np.float32).tobytes()
    return W


@fault(Kind.WRONG, "disputed-external-data", base=beside)
def offset_not_aligned(subject: Subject, rng: Random) -> Where:
    """A weight begins at an offset at which its numbers cannot be mapped."""
    _moved_out(subject, offset=str(_PAGE + 2))
    return W


@fault(Kind.HOSTILE, "disputed-external-data", base=beside)
def data_file_is_the_model(subject: Subject, rng: Random) -> Where:
    """A weight is to be read from the model's own file."""
    _moved_out(subject, "faulty.onnx", offset="0", length="1024")
    subject.model.doc_string = "x" * 2048
    return W


@fault(Kind.HOSTILE, "unreadable-external-data", base=beside)
def location_cut_by_a_zero(subject: Subject, rng: Random) -> Where:
    """A location holds a zero byte: some readers end there."""
    _moved_out(subject, "weights.bin\0.png")
    return W
