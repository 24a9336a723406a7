"""Files of another kind within a model: programs, archives, pickles.

## What it does
Looks at the first bytes of every stored tensor of 64 bytes and more, of string attributes and of texts: programs of
Linux, Windows, macOS, Java and WebAssembly, archives, pickles, scripts, documents, images.

## Why it matters
A tensor is a good place to carry what must not be seen: scanners of files look at names and ends, and the weights of a
model are large. Nothing in ONNX runs it, but whoever loads the model beside it can. Four bytes of random weights look
like one of these once in a hundred million tensors. On one's own model it is a note; under the profile `untrusted` it
is a warning.

## Fires on
```mutator
tensor_that_is_a_program
tensor_that_is_a_pickle
```

## Quiet on
```mutator
data_as_raw_bytes
```

## How to fix
Take it out. If you did not make the model, find out who did.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import CannotLook
from ..model.dtypes import bytes_of
from ..model.external import DataFile, look
from ..model.graph import Model
from ..model.magic import format_of
from ..model.payload import Raw, opened, read, tensors
from ..model.scopes import scopes
from ..model.tensor import Blob, Tensor
from ..report import Basis, Found, Location, Severity
from . import rule

_LEAST, _HEAD = 64, 512
_STRINGS = 6  # TensorProto.string_data


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def embedded_files(model: Model) -> Iterator[Found]:
    files: dict[str, bool] = {}
    for path, tensor in tensors(model):
        head = _head(model, tensor, files)
        if head and (kind := format_of(head)):
            yield Found(
                f"the data of {tensor.name!r} begins as {kind} does",
                Location(path, tensor=tensor.name, offset=tensor.offset if tensor.offset >= 0 else None),
                _FIX,
            )
    seen = set[int]()  # attributes of equal bytes are one object
    for scope in scopes(model):
        for node, (index, *_) in scope.graph.kinds:
            if id(node.attributes) in seen:
                continue
            seen.add(id(node.attributes))
            for name, value in node.attributes.items():
                kind = _of_value(model, value) if type(value) is str or type(value) is Blob else ""
                if kind:
                    label = scope.graph.label(index)
                    yield Found(
                        f"the attribute {name!r} of {label} begins as {kind} does",
                        Location(scope.path, label, node.op_type, attribute=name, offset=node.offset),
                        _FIX,
                    )


_FIX = "take it out; if you did not make the model, find out who did"


def _of_value(model: Model, value: str | Blob) -> str:
    if isinstance(value, str):
        return format_of(value[:_HEAD].encode("utf-8", "surrogateescape")) if len(value) > 16 else ""
    return format_of(read(model, value.offset, min(value.length, _HEAD)))


def _head(model: Model, tensor: Tensor, files: dict[str, bool]) -> bytes:
    """The first bytes of a tensor's data, where there are enough of them to be a file's."""
    try:
        if tensor.external is not None:
            return _external(model, tensor, files)
        for span in tensor.spans:
            if span.length >= _LEAST:
                head = read(model, span.offset, min(span.length, _HEAD))
                return head[_prefix(head) :] if span.field == _STRINGS else head
    except CannotLook:  # others say so
        pass
    return b""


def _prefix(head: bytes) -> int:
    """How long the tag and the length are behind which a string stands."""
    at = 1
    while at < len(head) and head[at] > 127:
        at += 1
    return at + 1


def _external(model: Model, tensor: Tensor, files: dict[str, bool]) -> bytes:
    where = tensor.external
    length = bytes_of(tensor.dtype, tensor.elements)
    if where is None or length is None or length < _LEAST:
        return b""
    if where.location not in files:
        files[where.location] = isinstance(look(model, where.location), DataFile)
    if not files[where.location]:
        return b""
    with opened(model, Raw(where.location, where.offset, min(length, _HEAD))) as source:
        head = bytearray(min(length, _HEAD))
        return bytes(head[: source.into(memoryview(head), 0)])
