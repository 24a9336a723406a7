"""From a path, or bytes, to a `Model`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import Protocol, TypeAlias

from ..errors import CannotLook, NothingToAudit, Unreadable, UsageError
from ..files import NotARegularFile, open_regular
from ..garbage import uncollected
from .decode import Decoder
from .decode_devices import configurations
from .fields import MESSAGES
from .file_troubles import Concatenated, FunctionTwice, RepeatedField, TooLargeForProtobuf, Trouble
from .graph import Function, Identity, Model
from .holes import Holes, Lacking, PartialFile
from .wire import ReadLimits, Wire

MODEL = MESSAGES["ModelProto"]
PROTOBUF_MOST = (1 << 31) - 1


class Proto(Protocol):
    """An `onnx.ModelProto`, which is known by this alone: nothing here imports onnx."""

    def SerializeToString(self) -> bytes: ...  # protobuf's name


class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self) -> bytes: ...


Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Proto | Model
"""A model: its path, its bytes, a file that holds them, or one that is there already."""


def load(source: Source, limits: ReadLimits | None = None) -> Model:
    """The model of a path, of bytes, of a file that is open for reading them, or of an `onnx.ModelProto`.

    Of a path the weights stay in the file. Without one, nobody knows where external data lies, and none is opened.
    Raises `UsageError` for anything else, `NothingToAudit` where there is no file, `CannotLook` where it cannot be
    read, and `Unreadable` for what is not a model.
    """
    match source:
        case Model():
            return source
        case PartialFile(path, holes):
            return _of_path(path, limits, holes)
        case str() | os.PathLike():
            return _of_path(os.fspath(source), limits)
        case bytes() | bytearray() | memoryview():
            return loads(bytes(source), limits=limits)
    if callable(serialize := getattr(source, "SerializeToString", None)):
        try:
            return loads(serialize(), limits=limits)
        except ValueError as error:  # protobuf writes no more than 2 GiB
            raise UsageError(f"the {type(source).__name__} cannot be written as bytes ({error}): save it, with its "
                             "weights as external data, and give the path") from None  # fmt: skip
    if callable(read := getattr(source, "read", None)):
        data = read()
        if isinstance(data, bytes):
            return loads(data, limits=limits)
        raise UsageError(f"the file gives {type(data).__name__}, and a model is bytes: open it with mode 'rb'")
    raise UsageError(
        f"a model is given as a path, bytes, a file that is open for reading, or an onnx.ModelProto, "
        f"and not as {type(source).__name__}"
    )


def _of_path(path: str, limits: ReadLimits | None, holes: Holes | None = None) -> Model:
    fd, identity = open_model(path)
    try:
        return load_opened(fd, identity, path, limits, holes)
    finally:
        os.close(fd)


def load_opened(
    fd: int, identity: Identity, path: str, limits: ReadLimits | None = None, holes: Holes | None = None
) -> Model:  # fmt: skip
    """The model in an open file, which stays open; ``path`` is where it lies, ``holes`` what of it is not here."""
    lacking = None if holes is None else Lacking(holes)
    return _read(
        identity.size, lambda n, at: os.pread(fd, n, at), limits or ReadLimits(), path, None, identity, lacking
    )


def load_by(size: int, read: Callable[[int, int], bytes], limits: ReadLimits | None = None) -> Model:
    """The model of so many bytes that ``read(length, offset)`` gives, wherever they are; data is not asked for."""
    return _read(size, read, limits or ReadLimits(), "", None, None)


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
    lacking: Lacking | None = None,
) -> Model:
    if size == 0:
        raise Unreadable("the file is empty", 0, "export or fetch the model anew")
    wire = Wire(size, read, limits)
    try:
        with uncollected():
            return _model(wire, path, data, identity, lacking)
    except Unreadable as error:
        from .sniff import kind_of  # its patterns cost a start that meets only models

        other = kind_of(wire.read(0, 1024), size)
        if other is not None:
            raise Unreadable(f"not an ONNX model but {other.what}", 0, other.fix) from None
        if error.fix:
            raise
        fix = "fetch or export the model anew; if it loads elsewhere, tell what wrote it"
        raise Unreadable(f"not an ONNX model, or a damaged one: {error.why}", error.offset, fix) from None


def _model(
    wire: Wire, path: str, data: bytes | None, identity: Identity | None, lacking: Lacking | None
) -> Model:  # fmt: skip
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
        configurations=configurations(wire, fields.get(26, ())),
        shardings=tuple(decoder.shardings),
        troubles=troubles,
        data=data,
        identity=identity,
        payloads=tuple(sorted(wire.payloads)),
        asides=tuple(wire.asides),
        lacking=lacking,
    )


def _together(troubles: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """Where version and graph both stand twice, a second model follows the first: one trouble, not many."""
    twice = {t.field: t for t in troubles if isinstance(t, RepeatedField) and t.message == "ModelProto"}
    if "graph" not in twice or "ir_version" not in twice:
        return troubles
    second = min(t.offset for t in twice.values())
    return (Concatenated(second), *(t for t in troubles if t not in twice.values()))
