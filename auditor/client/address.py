"""Where a server is: the address as its user gives it."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import UsageError
from ..tuples import NamedTuple

_LOOPBACK = ("localhost", "::1")


class ServerAddress(NamedTuple):
    """The parts of ``https://host:port/path``; the path is where a proxy may have put the server, without a slash."""

    scheme: str
    host: str
    port: int | None = None
    path: str = ""

    @property
    def origin(self) -> str:
        """As a browser says where a request comes from."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" if self.port is None else f"{self.scheme}://{host}:{self.port}"

    @property
    def text(self) -> str:
        return self.origin + self.path

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent stays on this machine, by the letter: a name is not looked up."""
        return self.host in _LOOPBACK or (self.host.startswith("127.") and self.host.replace(".", "").isdecimal())

    @property
    def shows_tokens(self) -> bool:
        """Whether anybody on the way can read a token."""
        return self.scheme == "http" and not self.is_loopback


def server_address(text: str) -> ServerAddress:
    """The address of a server; `UsageError` where it is no http or https address, or says more than where."""
    wrong = UsageError(f"--server takes an address, such as https://auditor.example.com, not {text!r}")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise wrong
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not host:
        raise wrong
    if "@" in parts.netloc:
        raise UsageError("--server takes an address without a name and a password: AUDITOR_TOKEN says who asks")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise wrong
    usual = {"http": 80, "https": 443}[parts.scheme]
    return ServerAddress(parts.scheme, host, None if port == usual else port, parts.path.rstrip("/"))
