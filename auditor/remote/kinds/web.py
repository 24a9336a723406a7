"""A model, or a manifest of models, behind a URL: ``https://HOST/PATH/model.onnx``."""

from __future__ import annotations

import netrc
import os
import posixpath
from base64 import b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote, urljoin, urlsplit

from ...errors import UsageError
from ..failures import LedAstray, NotThere
from ..http import Web
from ..listing import FetchLimits, FilePart, ListedFile, RemoteRow, RemoteTree
from ..urls import checked_url, shown_url

_NO_HEAD = (400, 401, 403, 405, 501)  # of servers that answer a GET: what is signed for one is not for a HEAD
_CREDENTIALS = "~/.netrc (NETRC) says a name and a password for a host"


class WebTree(RemoteTree):
    """The one file, and what lies beside it by name: a server does not say what else it has."""

    schemes = ("http", "https")
    row = RemoteRow(
        "`https://HOST/PATH/model.onnx`",
        "`~/.netrc`, `NETRC`",
        "nothing: one model",
        "the model, and its external data beside it",
    )
    is_file = True

    def __init__(self, address: str, limits: FetchLimits) -> None:
        super().__init__(shown_url(address), limits)
        try:
            self._url = checked_url(address.partition("#")[0], f"{self.address}:")
        except LedAstray as error:
            raise UsageError(f"{error}; ~/.netrc says a name and a password for a host") from None
        if not urlsplit(self._url).path.lower().endswith(".onnx"):
            raise UsageError(f"{self.address} is not the address of an .onnx file: a server is not looked through")
        self._web = Web(_from_netrc(self._url), limits, what=_CREDENTIALS)

    def files(self) -> Iterator[ListedFile]:
        name = posixpath.basename(unquote(urlsplit(self._url).path))
        yield self._looked_at(name, self._url)

    def find(self, name: str) -> ListedFile | None:
        """What is signed for one file is not signed for another: the query is left out."""
        try:
            return self._looked_at(name, urljoin(self._url.partition("?")[0], quote(os.fsencode(name))))
        except NotThere:
            return None

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        return self._web.pieces(file.address, offset, etag=file.etag)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        return self._web.part(file.address, start, length, etag=etag or file.etag)

    def _looked_at(self, name: str, url: str) -> ListedFile:
        """What a server says of a file; one that answers no HEAD says nothing, and the file is asked for later."""
        answer = self._web.document(url, method="HEAD", headers={"Accept": "*/*"}, expect=(200, *_NO_HEAD))
        said: Mapping[str, str] = answer.headers if answer.status == 200 else {}
        length = said.get("content-length", "")
        size = int(length) if length.isascii() and length.isdecimal() and len(length) < 19 else None
        return ListedFile(name, url, size, etag=said.get("etag", ""), when=said.get("last-modified", ""))


def _from_netrc(url: str) -> Mapping[str, Mapping[str, str]]:
    """As curl and requests find it; a password goes over https, or to this machine."""
    parts = urlsplit(url)
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return {}
    try:
        found = netrc.netrc(path).authenticators(parts.hostname or "")
    except (OSError, netrc.NetrcParseError):
        return {}
    if found is None:
        return {}
    word = b64encode(f"{found[0]}:{found[2]}".encode()).decode()
    return {url: {"Authorization": f"Basic {word}"}}
