"""From a path, or bytes, to a `Model`."""

from __future__ import annotations

import errno
import gc
import os
import stat
from collections.abc import Callable

from ..errors import CannotLook, NothingToAudit, Unreadable, UsageError
from ..files import NotARegularFile, open_regular
from .decode import Decoder
from .fields import MESSAGES
from .file_troubles import Concatenated, FunctionTwice, RepeatedField, TooLargeForProtobuf, Trouble
from .graph import Function, Identity, Model
from .wire import ReadLimits, Wire

MODEL = MESSAGES["ModelProto"]
PROTOBUF_MOST = (1 << 31) - 1


def load(path: str | os.PathLike[str], limits: ReadLimits | None = None) -> Model:
    """The model at path; its weights stay in the file."""
    path = os.fspath(path)
    fd, identity = open_model(path)
    try:
        return _read(identity.size, lambda n, at: os.pread(fd, n, at), limits or ReadLimits(), path, None, identity)
    finally:
        os.close(fd)


def loads(data: bytes, path: str = "", limits: ReadLimits | None = None) -> Model:
    """The model in the bytes; ``path`` says in whose folder its external data lies."""
    return _read(len(data), lambda n, at: data[at : at + n], limits or ReadLimits(), path, data, None)


def open_model(path: str) -> tuple[int, Identity]:
    """A descriptor of the model's file, and what it is, to know it again."""
    try:
        fd, found = open_regular(path)
    except NotARegularFile as error:
        if stat.S_ISDIR(error.mode):
            raise UsageError(f"{path} is a folder: use `auditor batch {path}`") from None
        raise Unreadable(error.strerror) from None
    except OSError as error:
        if "\0" in path:
            raise NothingToAudit(f"there is no file {path!r}") from None
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise NothingToAudit(f"there is no file {path}") from None
        raise CannotLook(f"cannot read {path}: {error.strerror}") from None
    return fd, Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _read(
    size: int,
    read: Callable[[int, int], bytes],
    limits: ReadLimits,
    path: str,
    data: bytes | None,
    identity: Identity | None,
) -> Model:
    if size == 0:
        raise Unreadable("the file is empty", 0, "export or fetch the model anew")
    wire = Wire(size, read, limits)
    collecting = gc.isenabled()
    gc.disable()  # all that is built here stays: collecting would only go over it again and again
    try:
        return _model(wire, path, data, identity)
    except Unreadable as error:
        from .sniff import kind_of  # its patterns cost a start that meets only models

        other = kind_of(wire.read(0, 1024), size)
        if other is not None:
            raise Unreadable(f"not an ONNX model but {other.what}", 0, other.fix) from None
        if error.fix:
            raise
        fix = "fetch or export the model anew; if it loads elsewhere, tell what wrote it"
        raise Unreadable(f"not an ONNX model, or a damaged one: {error.why}", error.offset, fix) from None
    finally:
        if collecting:
            gc.enable()


def _model(wire: Wire, path: str, data: bytes | None, identity: Identity | None) -> Model:
    fields = wire.message(MODEL, [(0, wire.size)])
    if 7 not in fields:
        raise Unreadable("not an ONNX model: it holds no graph", 0)
    decoder = Decoder(wire, fields.get(1, 0))
    graph = decoder.graph(fields[7], 1)
    functions: dict[tuple[str, str, str], Function] = {}
    for extent in fields.get(25, ()):
        function = decoder.function(extent, 1)
        key = (function.domain, function.name, function.overload)
        if functions.setdefault(key, function) is not function:
            wire.note(FunctionTwice(":".join(filter(None, key)), function.offset))
    for extent in fields.get(20, ()):
        decoder.training(extent, 1)
    producer = " ".join(filter(None, (fields.get(2, ""), fields.get(3, ""))))
    imports = decoder.imports(fields.get(8, ()))
    metadata = decoder.entries(fields.get(14, ()))
    troubles = _together(wire.troubles)
    if wire.size > PROTOBUF_MOST:
        troubles = (TooLargeForProtobuf(wire.size), *troubles)
    return Model(
        path=path,
        size=wire.size,
        ir_version=fields.get(1, 0),
        imports=imports,
        producer=producer,
        graph=graph,
        functions=functions,
        metadata=metadata,
        troubles=troubles,
        data=data,
        identity=identity,
        payloads=tuple(sorted(wire.payloads)),
    )


def _together(troubles: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """Where version and graph both stand twice, a second model follows the first: one trouble, not many."""
    twice = {t.field: t for t in troubles if isinstance(t, RepeatedField) and t.message == "ModelProto"}
    if "graph" not in twice or "ir_version" not in twice:
        return troubles
    second = min(t.offset for t in twice.values())
    return (Concatenated(second), *(t for t in troubles if t not in twice.values()))
