"""Identity of a model: by its structure, which is cheap, and by every byte, which is not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import CannotLook
from ..hashing import sha256_of_many
from . import external, payload
from .graph import Model
from .refitted import own_files, refitted

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK = 1 << 20


def structure(model: Model) -> str:
    """sha256 over the file without the contents of its big tensors; their lengths count, the path does not."""
    sha = sha256_of_many(model.size - sum(length for _, length in model.payloads))
    at = 0
    for offset, length in (*model.payloads, (model.size, 0)):
        for start in range(at, offset, _BLOCK):
            sha.update(payload.read(model, start, min(_BLOCK, offset - start)))
        sha.update(b"%d bytes" % length)
        at = max(at, offset + length)
    return sha.hexdigest()


def content(model: Model) -> str:
    """sha256 over every byte of all of the model's files. CannotLook where one is not known, or cannot be read."""
    for named in refitted(model):
        if named.unknown:
            raise CannotLook(f"the files of {named.by.location!r} are not known: {named.unknown}")
    sha = sha256_of_many(model.size)
    _update(sha, model, payload.Raw("", 0, model.size))
    for location in files(model):
        file = external.look(model, location)
        if not isinstance(file, external.DataFile):
            raise CannotLook(f"external data {location!r} cannot be read: {file}")
        sha.update(os.fsencode(f"\0{location}\0{file.size}\0"))
        _update(sha, model, payload.Raw(location, 0, file.size))
    return sha.hexdigest()


def files(model: Model) -> tuple[str, ...]:
    """Every file that the model makes a runtime read, each once, in order of their names.

    External data, what was compiled for a device and lies in a file of its own, and, of an engine without weights,
    the model that has them, with its files.
    """
    return tuple(sorted(own_files(model).union(*(named.files for named in refitted(model)))))


def _update(sha: _Hash, model: Model, place: payload.Raw) -> None:
    buffer = memoryview(bytearray(_BLOCK))
    with payload.opened(model, place) as source:
        at = 0
        while at < place.length:
            got = source.into(buffer, at)
            if not got:
                raise CannotLook("a file became shorter while it was read")
            sha.update(buffer[:got])
            at += got
