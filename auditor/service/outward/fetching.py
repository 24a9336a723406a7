"""A model from an allowed host into a folder: streamed, within bounds, and whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from io import FileIO
from pathlib import Path
from urllib.parse import unquote, urljoin

from ...errors import AuditorError
from ...tuples import NamedTuple
from ...wording import in_bytes
from .addresses import Address, Host, RefusedAddress, Resolver, address_of, checked, names_of_system
from .outgoing import NoAnswer, answered, is_whole

_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_BLOCK = 1 << 18
_LOOK_EVERY = 1 << 26  # bytes between two looks at the disk
_LONGEST = 200  # bytes of a file's name


class NotFetched(AuditorError):
    """A model that did not come; the text says why."""


class UrlLimits(NamedTuple):
    """What one model may take. Sizes in bytes, times in seconds."""

    size: int = 64 << 30
    seconds: float = 3600.0
    floor: int = 1 << 30  # free on the disk, below which nothing is taken


USUAL = UrlLimits()


class FetchedFile(NamedTuple):
    """A file that was fetched."""

    path: str
    size: int
    sha256: str


def fetched(
    url: str,
    folder: str | Path,
    hosts: Sequence[Host],
    limits: UrlLimits = USUAL,
    resolver: Resolver = names_of_system,
    trust: ssl.SSLContext | None = None,
) -> FetchedFile:
    """The file behind a URL, in a folder that is there. `NotFetched` or `RefusedAddress`, and then nothing is left."""
    until = time.monotonic() + limits.seconds
    address = allowed_address(url, hosts)
    path = Path(folder) / _file_name(address)
    for _ in range(_REDIRECTS + 1):
        left = until - time.monotonic()
        try:
            with answered(
                address, checked(address, hosts, resolver), "GET", {"Accept": "*/*"}, None, left, trust
            ) as got:
                if got.status in _MOVED:
                    address = _moved(address, got.getheader("Location"), hosts)
                    continue
                return _kept(got, address, path, limits)
        except NoAnswer as error:
            raise NotFetched(str(error)) from None
    raise NotFetched(f"{address.host} leads on and on: at most {_REDIRECTS} redirects are followed")


def allowed_address(url: str, hosts: Sequence[Host]) -> Address:
    """A URL of a host that the operator allows, taken apart; `RefusedAddress` else."""
    address = address_of(url)
    if not any(host.covers(address.host) for host in hosts):
        raise RefusedAddress(f"models are not fetched from {address.host}: the operator allows its hosts one by one")
    return address


def _moved(address: Address, location: str | None, hosts: Sequence[Host]) -> Address:
    if not location:
        raise NotFetched(f"{address.host} leads on, and does not say where")
    new = allowed_address(urljoin(address.url, location.partition("#")[0]), hosts)
    if address.scheme == "https" and new.scheme != "https":
        raise NotFetched(f"{address.host} leads on to http://: what comes so may be anybody's")
    return new


def _kept(response: HTTPResponse, address: Address, path: Path, limits: UrlLimits) -> FetchedFile:
    if response.status != 200:
        raise NotFetched(f"{address.host} answers {response.status}")
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched(f"{address.host} sends the file packed, which was not asked for")
    if response.length is None and not response.chunked:
        raise NotFetched(f"{address.host} does not say how much comes: whether all came would not be known")
    if response.length is not None and response.length > limits.size:
        raise NotFetched(f"the file holds {in_bytes(response.length)}; at most {in_bytes(limits.size)} are fetched")
    _see_to_room(path.parent, limits.floor + (response.length or 0))
    digest, size = hashlib.sha256(), 0
    with _new_file(path) as descriptor:
        for block in _blocks(response):
            digest.update(block)
            size += len(block)
            if size > limits.size:
                raise NotFetched(f"the file holds more than {in_bytes(limits.size)}, which is the most that is fetched")
            if size // _LOOK_EVERY != (size - len(block)) // _LOOK_EVERY:
                _see_to_room(path.parent, limits.floor)
            _write(descriptor, block)
        if not is_whole(response):
            raise NotFetched(f"{address.host} ended before all came: {in_bytes(size)} did")
    return FetchedFile(str(path), size, digest.hexdigest())


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while block := response.read1(_BLOCK):
            yield block
    except HTTPException:
        raise NotFetched("the server ended before all came") from None


@contextmanager
def _new_file(path: Path) -> Iterator[int]:
    """A file that was not there, and is not there afterwards if it did not come to its end."""
    try:
        file = FileIO(path, "x")
    except OSError as error:
        raise NotFetched(f"the file {path.name} cannot be made: {error.strerror}") from None
    with file:
        try:
            yield file.fileno()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _write(descriptor: int, block: bytes) -> None:
    try:
        view = memoryview(block)
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        raise NotFetched(f"the file cannot be written: {error.strerror}") from None


def _see_to_room(folder: Path, wanted: int) -> None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise NotFetched(f"there is no folder for the file: {error.strerror}") from None
    if free < wanted:
        raise NotFetched("the disk has no room for the file: free some space")


def _file_name(address: Address) -> str:
    """What the file is called here: the last part of the path, with the letters that are the same everywhere."""
    last = unquote(address.path.partition("?")[0].rpartition("/")[2])
    name = re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".")[-_LONGEST:] or "model"
    return name if name.lower().endswith(".onnx") else f"{name}.onnx"
