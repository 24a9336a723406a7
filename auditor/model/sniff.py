"""What kind of file it is, if not an ONNX model."""

import re

from ..tuples import NamedTuple
from .resemblance import begins_as_model, looks_random


class FileKind(NamedTuple):
    what: str
    fix: str = ""


EXPORT = "export the model to ONNX (in PyTorch: torch.onnx.export)"
_TENSORFLOW = "export the model to ONNX (tf2onnx)"
PYTORCH = FileKind("a PyTorch checkpoint", EXPORT)

_AT_START = (
    (b"PK\x03\x04", FileKind("a zip archive", "unpack it and give the .onnx file within")),
    (b"\x1f\x8b\x08", FileKind("a gzip file", "unpack it with `gunzip`")),
    (b"BZh", FileKind("a bzip2 file", "unpack it with `bunzip2`")),
    (b"\xfd7zXZ\x00", FileKind("an xz file", "unpack it with `unxz`")),
    (b"\x28\xb5\x2f\xfd", FileKind("a zstd file", "unpack it with `unzstd`")),
    (b"\x04\x22\x4d\x18", FileKind("an lz4 file", "unpack it with `unlz4`")),
    (b"Rar!\x1a\x07", FileKind("a rar archive", "unpack it and give the .onnx file within")),
    (b"7z\xbc\xaf\x27\x1c", FileKind("a 7z archive", "unpack it and give the .onnx file within")),
    (b"\x89HDF\r\n\x1a\n", FileKind("an HDF5 file (Keras?)", "export the model to ONNX (for Keras: tf2onnx)")),
    (b"GGUF", FileKind("a GGUF file", EXPORT)),
    (b"ftrt", FileKind("a TensorRT engine", "give the ONNX file that it was built from")),
    (b"\x93NUMPY", FileKind("a NumPy array")),
    (b"PAR1", FileKind("a Parquet file")),
    (b"\xff\xd8\xff", FileKind("a JPEG image")),
    (b"\x89PNG", FileKind("a PNG image")),
    (b"%PDF", FileKind("a PDF document")),
    (b"\x7fELF", FileKind("a program (ELF)")),
)
_LFS = re.compile(rb"version https://git-lfs\S*\s.*?oid (\S+)\s.*?size (\d+)", re.DOTALL)
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95}\](c\x8a\x8cKMX]")
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TENSOR = re.compile(
    rb"(?:\x08[\x80-\xff]{0,9}[\x00-\x7f]){0,32}\x10[\x01-\x1f][\x22\x2a\x32\x3a\x42\x4a\x52\x5a\x62\x6a]"
)
"""TensorProto: sizes, type, then its name or values. In ModelProto field 2 is a text."""
_SAVED_MODEL = re.compile(rb"\x08\x01\x12[\x80-\xff]{0,4}[\x00-\x7f]\n")
"""SavedModel: the schema's version, then a MetaGraphDef that begins with its MetaInfoDef."""
_FROZEN = re.compile(rb"\n[\x80-\xff]{0,3}[\x01-\x7f]\n[\x01-\x7f][A-Za-z0-9_./:-]+\x12[\x01-\x7f][A-Z]\w+")
"""GraphDef: a NodeDef, with its name and op."""
_TEXT_MODEL = re.compile(rb"\s*(?:<\s*ir_version\s*:|ir_version\s*:)")


def kind_of(head: bytes, size: int) -> FileKind | None:
    """What the first bytes of a file say that it is; None where they begin as a model's."""
    if found := _LFS.match(head):
        oid, length = (g.decode("ascii", "replace") for g in found.groups())
        return FileKind(
            f"a Git LFS pointer (oid {oid[:80]}, {int(length[:18]):,} bytes)",
            "fetch the file itself with `git lfs pull`",
        )
    if head.startswith(b"PK\x03\x04") and re.search(rb"/data\.pkl|/version|/\.format_version", head):
        return PYTORCH
    for magic, kind in _AT_START:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ORTM":
        return FileKind("an .ort file (onnxruntime's own format)", "give the .onnx file that it was made from")
    if head[4:8] == b"TFL3":
        return FileKind("a TensorFlow Lite model", "export the model to ONNX (tf2onnx reads .tflite)")
    if head[257:262] == b"ustar":
        return FileKind("a tar archive", "unpack it and give the .onnx file within")
    if _PICKLE.match(head):
        return FileKind("a Python pickle (PyTorch or scikit-learn?)", EXPORT)
    if len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8:
        return FileKind("a safetensors file: weights without a graph", EXPORT)
    if _HTML.match(head):
        return FileKind("an HTML page", "the download met an error or a log-in page: fetch the file anew")
    if head.lstrip().startswith(b"<?xml"):
        return FileKind("an XML file (OpenVINO?)")
    if _TEXT_MODEL.match(head):
        return FileKind(
            "a model in ONNX's text form", "convert it: onnx.parser.parse_model or onnx.load(path, format='textproto')"
        )
    if re.match(rb'\s*[{\[]\s*["{\[\]}]', head) and _is_text(head, size):
        return FileKind("a JSON file", "if it is an ONNX model as JSON, convert it: onnx.load(path, format='json')")
    if _is_text(head, size):
        return FileKind("a text file", "give the .onnx file: an ONNX model is binary")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return FileKind("a text file in UTF-16", "give the .onnx file: an ONNX model is binary")
    if _TENSOR.match(head):
        return FileKind("a single tensor (TensorProto)", "give the model; inputs of its own are given by --inputs")
    if _SAVED_MODEL.match(head):
        return FileKind("a TensorFlow SavedModel", _TENSORFLOW)
    if _FROZEN.match(head):
        return FileKind("a frozen TensorFlow graph", _TENSORFLOW)
    if head and not head.strip(b"\0"):
        return FileKind("nothing but zero bytes", "fetch the file anew: the download or the disk failed")
    return None if begins_as_model(head) else _of_no_format(head)


def _of_no_format(head: bytes) -> FileKind:
    if looks_random(head):
        what = "bytes that look random: encrypted, or compressed in a way that is not known here"
        return FileKind(what, "decrypt or unpack it, or fetch or export the model anew")
    begins = head[:8].hex(" ")
    return FileKind(f"a file of no format that is known here (it begins with {begins})", "give the .onnx file")


def _is_text(head: bytes, size: int) -> bool:
    """Whether it is UTF-8 without control characters; a letter may be cut off where the head ends."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) == size:
            return False
        text = head[: error.start].decode()
    return bool(text) and not _NO_TEXT.search(text)
