"""Identity of a model: by its structure, which is cheap, and by every byte, which is not."""

from __future__ import annotations

import hashlib
import os

from ..errors import CannotLook
from . import external, payload
from .graph import Model

_BLOCK = 1 << 20


def structure(model: Model) -> str:
    """sha256 over the file without the contents of its big tensors; their lengths count, the path does not."""
    sha = hashlib.sha256()
    at = 0
    for offset, length in (*model.payloads, (model.size, 0)):
        for start in range(at, offset, _BLOCK):
            sha.update(payload.read(model, start, min(_BLOCK, offset - start)))
        sha.update(b"%d bytes" % length)
        at = max(at, offset + length)
    return sha.hexdigest()


def content(model: Model) -> str:
    """sha256 over every byte of the model's file and of its external files. CannotLook where one cannot be read."""
    sha = hashlib.sha256()
    _update(sha, model, payload.Raw("", 0, model.size))
    for location in files(model):
        file = external.look(model, location)
        if not isinstance(file, external.DataFile):
            raise CannotLook(f"external data {location!r} cannot be read: {file}")
        sha.update(os.fsencode(f"\0{location}\0{file.size}\0"))
        _update(sha, model, payload.Raw(location, 0, file.size))
    return sha.hexdigest()


def files(model: Model) -> tuple[str, ...]:
    """The external files that the model names, each once, in order of their names."""
    return tuple(sorted({t.external.location for _, t in payload.tensors(model) if t.external is not None}))


def _update(sha: hashlib._Hash, model: Model, place: payload.Raw) -> None:
    buffer = memoryview(bytearray(_BLOCK))
    with payload.opened(model, place) as source:
        at = 0
        while at < place.length:
            got = source.into(buffer, at)
            if not got:
                raise CannotLook("a file became shorter while it was read")
            sha.update(buffer[:got])
            at += got
