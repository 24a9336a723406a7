"""Triton's model repository: ``<model>/config.pbtxt`` and ``<model>/<version>/model.onnx``.

https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...errors import Unusable
from ...report import Contract, Port
from ...tuples import NamedTuple
from ..refs import Ref
from .folder import unclaimed
from .parts.files import make_up, read_text
from .parts.registry import Registry, SourceRow

if TYPE_CHECKING:
    from pathlib import Path

    from .parts.pbtxt import Message, Value

_DTYPES = {"FP16": "float16", "FP32": "float32", "FP64": "float64", "BF16": "bfloat16"}
_CONFIG = "config.pbtxt"


class Triton(Registry):
    """A repository, or one model's folder of it."""

    kind = "triton"
    row = SourceRow(
        "Triton repository",
        "`<model>/config.pbtxt`, `<model>/<version>/model.onnx`",
        "folder and version",
        "names, types, sizes, `max_batch_size`",
    )
    marks = (_CONFIG,)
    asked = 2  # folders with numbers in them are elsewhere, too

    @classmethod
    def is_at(cls, path: str) -> bool:
        from pathlib import Path

        top = Path(path)
        return top.is_dir() and (_is_model(top) or any(_is_model(f) for f in _folders(top)))

    @classmethod
    def is_around(cls, folder: str, below: str) -> bool:
        return (below.isascii() and below.isdecimal()) or super().is_around(folder, below)

    def models(self) -> Iterator[Ref]:
        from pathlib import Path

        self.troubles.clear()
        top = Path(self.path)
        seen: set[str] = set()
        for folder in [top] if _is_model(top) else _folders(top):
            for ref in _versions(folder):
                seen.add(ref.path)
                yield ref
        self.troubles += (t for t in unclaimed(self.path, seen) if t not in self.troubles)


def _folders(top: Path) -> list[Path]:
    try:
        return sorted(f for f in top.iterdir() if f.is_dir())
    except OSError:
        return []


def _is_model(folder: Path) -> bool:
    return os.path.lexists(folder / _CONFIG) or any((v / "model.onnx").exists() for v in _numbered(folder))


def _numbered(folder: Path) -> list[Path]:
    """The versions' folders, the lowest first. Triton takes no number that begins with 0."""
    found = [f for f in _folders(folder) if f.name.isascii() and f.name.isdecimal() and f.name[0] != "0"]
    return sorted(found, key=lambda f: (len(f.name), f.name))


class _Said(NamedTuple):
    """What a config.pbtxt says of a model."""

    backend: str = ""
    file: str = "model.onnx"
    others: tuple[tuple[str, str], ...] = ()  # by compute capability, the file that is served there instead
    policy: Message = MappingProxyType({})
    contract: Contract | None = None
    troubles: tuple[str, ...] = ()


def _versions(folder: Path) -> Iterator[Ref]:
    from pathlib import Path

    name = Path(os.path.abspath(folder)).name  # by the letter: the folder may be a link
    config = folder / _CONFIG
    said = _look(config, name)
    if said.backend and not said.backend.startswith("onnxruntime"):
        return  # another engine's model
    versions = _numbered(folder)
    served = _served(said.policy, [v.name for v in versions])
    for version in versions:
        path = version / said.file
        if path.is_dir():  # a model with its external data
            path = path / "model.onnx"
        if said.backend or _is_onnx(path):
            yield _ref(name, version.name, str(path), str(config), said, version.name in served)
        for capability, file in said.others:
            ref = _ref(name, version.name, str(version / file), str(config), said, version.name in served)
            yield ref._replace(
                subject=f"{name}:{capability}", metadata={**ref.metadata, "compute_capability": capability}
            )
    if not versions and (said.backend or said.contract):
        why = "the model has no version: a folder whose name is a number"
        said = said._replace(troubles=(*said.troubles, why))
        yield _ref(name, "", str(folder / "1" / said.file), str(config), said, False)


def _is_onnx(path: Path) -> bool:
    return path.name.endswith(".onnx") and os.path.lexists(path)


def _look(config: Path, folder: str) -> _Said:
    if not os.path.lexists(config):
        return _Said()
    from .parts.pbtxt import parse

    try:
        fields = parse(read_text(str(config)))
        name, file = _text(fields, "name"), _text(fields, "default_model_filename") or "model.onnx"
        others = tuple((_text(row, "key"), _text(row, "value")) for row in _messages(fields, "cc_model_filenames"))
        for key, named in (("default_model_filename", file), *(("cc_model_filenames", other) for _, other in others)):
            if not named or "/" in named or named in (".", ".."):
                raise Unusable(f"{key} {named!r} is not the name of a file")
        return _Said(
            _text(fields, "backend") or _text(fields, "platform"),
            file,
            others,
            _policy(fields),
            _contract(fields),
            (f"{_CONFIG} names the model {name!r}; the folder is {folder!r}",) if name not in ("", folder) else (),
        )
    except Unusable as error:
        why = str(error) if str(error).startswith(_CONFIG) else f"{_CONFIG}: {error}"
        return _Said(contract=Contract(origin=_CONFIG, troubles=(why,)), troubles=(why,))


def _ref(name: str, version: str, path: str, config: str, said: _Said, served: bool) -> Ref:
    made = make_up(path, (config,))
    troubles = (*said.troubles, *made.troubles)
    registry = os.path.dirname(os.path.dirname(os.path.abspath(config)))  # by the letter
    metadata = {"served": "yes" if served else "no"}
    return Ref(name, version, path, made.files, metadata, said.contract, troubles, name, registry)


def _contract(fields: Message) -> Contract:
    batch = _number(_text(fields, "max_batch_size") or "0")
    inputs = [_port(p, batch) for p in _messages(fields, "input")]
    if inputs:  # else Triton takes all that it needs from the model
        inputs += _fed_by_triton(fields)
    return Contract(
        tuple(inputs),
        tuple(_port(p, batch) for p in _messages(fields, "output")),
        _CONFIG,
        max_batch=batch,
        open_is_promise=True,
    )


def _fed_by_triton(fields: Message) -> Iterator[Port]:
    """Inputs that no request carries: the controls and states of sequences, the sizes of ragged batches."""
    for sequence in _messages(fields, "sequence_batching"):
        for control in _messages(sequence, "control_input"):
            yield Port(_text(control, "name"), "", None)
        for state in _messages(sequence, "state"):
            yield Port(_text(state, "input_name"), "", None)
    for batch in _messages(fields, "batch_input"):
        yield from (Port(name, "", None) for name in batch.get("target_name", []) if isinstance(name, str))


def _port(fields: Message, batch: int) -> Port:
    dtype = _text(fields, "data_type").removeprefix("TYPE_")
    shaped = next(_messages(fields, "reshape"), None)
    dims = fields.get("dims", []) if shaped is None else shaped.get("shape", [])
    sizes = tuple(None if (n := _number(d)) < 0 else n for d in dims)
    shape = None if not sizes and shaped is None else (None, *sizes) if batch > 0 else sizes
    if _text(fields, "allow_ragged_batch") == "true":
        shape = None
    return Port(_text(fields, "name"), _DTYPES.get(dtype, dtype.lower()), shape)


def _policy(fields: Message) -> Message:
    policy = next(_messages(fields, "version_policy"), {})
    for kind in ("specific", "latest"):
        for message in _messages(policy, kind):
            for value in (*message.get("versions", []), *message.get("num_versions", [])):
                _number(value)
    return policy


def _served(policy: Message, versions: list[str]) -> set[str]:
    """By the version policy: the latest one, unless it says otherwise."""
    if "all" in policy:
        return set(versions)
    if specific := next(_messages(policy, "specific"), None):
        return {v for v in specific.get("versions", []) if isinstance(v, str)}
    latest = next(_messages(policy, "latest"), {})
    return set(versions[-max(1, _number(_text(latest, "num_versions") or "1")) :])


def _messages(fields: Message, name: str) -> Iterator[Message]:
    for value in fields.get(name, []):
        if isinstance(value, str):
            raise Unusable(f"{name} is {value!r}, no message")
        yield value


def _text(fields: Message, name: str) -> str:
    """A field's value; the last one counts, as in protobuf."""
    value = (fields.get(name) or [""])[-1]
    if not isinstance(value, str):
        raise Unusable(f"{name} is a message, no value")
    return value


def _number(value: Value) -> int:
    try:
        return int(value) if isinstance(value, str) and len(value) < 20 else _no_number(value)
    except ValueError:
        return _no_number(value)


def _no_number(value: Value) -> int:
    raise Unusable(f"{str(value)[:40]!r} is not a number")
