"""Models with what a registry says of them: the contract lies beside the model, pickled, as contract.pickle."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

from onnx import parser

from auditor.report import Contract, Port

_HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
_OPEN = _HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }"
_FIXED = _HEAD + "agraph (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }"
_TWO = _HEAD + "agraph (float[N, 4] x, float[N, 4] z) => (float[N, 4] y) { y = Add(x, z) }"

_X = Port("x", "float32", (None, 4))
_Y = Port("y", "float32", (None, 4))


def _made(folder: Path, text: str, contract: Contract) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(text).SerializeToString())
    (folder / "contract.pickle").write_bytes(pickle.dumps(contract))
    return path


def _served(folder: Path, text: str, x: Port = _X, y: Port = _Y, batch: int = 0) -> Path:
    return _made(folder, text, Contract((x,), (y,), "config.pbtxt", max_batch=batch, open_is_promise=True))


def served_as_it_is(folder: Path) -> Path:
    return _served(folder, _OPEN)


def served_in_batches(folder: Path) -> Path:
    return _served(folder, _OPEN, batch=8)


def served_under_another_name(folder: Path) -> Path:
    return _served(folder, _OPEN, Port("data", "float32", (None, 4)))


def served_as_another_type(folder: Path) -> Path:
    return _served(folder, _OPEN, Port("x", "uint8", (None, 4)))


def served_in_another_shape(folder: Path) -> Path:
    return _served(folder, _OPEN, Port("x", "float32", (None, 3)))


def served_with_another_rank(folder: Path) -> Path:
    return _served(folder, _OPEN, Port("x", "float32", (None, None, 4)), batch=8)


def served_in_batches_with_a_batch_of_one(folder: Path) -> Path:
    return _served(folder, _FIXED, batch=8)


def served_at_any_size_with_a_fixed_one(folder: Path) -> Path:
    return _served(folder, _FIXED)


def served_without_an_input(folder: Path) -> Path:
    return _served(folder, _TWO)


def served_as_another_output(folder: Path) -> Path:
    return _served(folder, _OPEN, y=Port("y", "float32", (None, 5)))


def served_by_a_broken_config(folder: Path) -> Path:
    return _made(folder, _OPEN, Contract(origin="config.pbtxt", troubles=("config.pbtxt: line 3: ...",)))


def signed_with_an_open_size(folder: Path) -> Path:
    return _made(folder, _FIXED, Contract((_X,), (_Y,), "MLmodel's signature"))


def signed_without_a_name(folder: Path) -> Path:
    return _made(folder, _OPEN, Contract((Port("", "float32", (None, 4)),), (), "MLmodel's signature"))


def signed_as_one_tensor_of_two(folder: Path) -> Path:
    return _made(folder, _TWO, Contract((Port("", "float32", (None, 4)),), (), "MLmodel's signature"))


def listed_with_another_hash(folder: Path) -> Path:
    return _made(folder, _OPEN, Contract(origin="ONNX_HUB_MANIFEST.json", sha256=hashlib.sha256(b"").hexdigest()))


def listed_with_its_hash(folder: Path) -> Path:
    sha = hashlib.sha256(parser.parse_model(_OPEN).SerializeToString()).hexdigest()
    return _made(folder, _OPEN, Contract(origin="ONNX_HUB_MANIFEST.json", sha256=sha))
