"""One request to somebody else's server: to addresses that were looked at, within a time, without redirects.

`http.client` over a socket of ours, so that nothing resolves the name again, no proxy of the environment is asked, and
the time holds for all of it: a server that sends a byte now and then comes to its end too.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse

from ... import __version__
from ...errors import AuditorError
from .addresses import IP, Address

_TRIED = 4  # of a host's addresses
_BUFFER = 1 << 16


class NoAnswer(AuditorError):
    """The server was not reached, or did not answer as HTTP servers do, or not in time."""


@contextmanager
def answered(
    address: Address,
    addresses: Sequence[IP],
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    trust: ssl.SSLContext | None = None,
) -> Iterator[HTTPResponse]:
    """The answer to a request whose body is read by the caller, all within so many seconds; `NoAnswer` else.

    ``addresses`` are those of `addresses.checked`; the name stands in Host, in the TLS handshake, and must be in the
    certificate. ``trust`` is by default the system's (SSL_CERT_FILE).
    """
    until = time.monotonic() + seconds
    try:
        with _connected(address, addresses, until, trust) as line:
            connection = HTTPConnection(address.host, address.port)
            connection.sock = line  # it has what http.client uses of a socket
            own = {"Host": address.authority, "User-Agent": f"auditor/{__version__}", "Connection": "close"}
            connection.request(method, address.path, body, {**own, "Accept-Encoding": "identity", **headers})
            with _begun(connection, address) as response:
                yield response
    except TimeoutError:
        raise NoAnswer(f"{address.host} did not answer in {seconds:g} s") from None
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or "it ends amid the handshake"
        raise NoAnswer(f"no TLS with {address.host}: {why}") from None
    except OSError as error:
        raise NoAnswer(f"{address.host} cannot be reached: {error.strerror or type(error).__name__}") from None


def _begun(connection: HTTPConnection, address: Address) -> HTTPResponse:
    try:
        return connection.getresponse()
    except ConnectionError:  # of which `RemoteDisconnected` is one
        raise
    except (HTTPException, ValueError) as error:
        raise NoAnswer(f"{address.host} does not answer as HTTP servers do: {type(error).__name__}") from None


def is_whole(response: HTTPResponse) -> bool:
    """Whether a body that was read to its end came whole: chunks tell their end, and `http.client` raises without."""
    return not response.length


@contextmanager
def _connected(
    address: Address, addresses: Sequence[IP], until: float, trust: ssl.SSLContext | None
) -> Iterator[_Line]:
    raw = _socket(address, addresses, until)
    try:
        if address.scheme == "https":
            context = trust or ssl.create_default_context()
            raw.settimeout(_left(until))  # for the handshake as a whole
            raw = context.wrap_socket(raw, server_hostname=address.host)
        yield _Line(raw, until)
    finally:
        raw.close()


def _socket(address: Address, addresses: Sequence[IP], until: float) -> socket.socket:
    tried = addresses[:_TRIED]
    for left, ip in zip(range(len(tried), 0, -1), tried, strict=True):
        try:
            return socket.create_connection((str(ip), address.port), timeout=_left(until) / left)
        except OSError:
            if left == 1:
                raise
    raise OSError("no address")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Line:
    """What `http.client` uses of a socket; whatever is waited for, it is not for longer than is left."""

    def __init__(self, raw: socket.socket, until: float) -> None:
        self._raw, self._until = raw, until

    def sendall(self, data: bytes) -> None:
        self._raw.settimeout(_left(self._until))  # for all of it
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self._raw, self._until), _BUFFER)

    def close(self) -> None:
        """Whoever made it closes it."""


class _Received(io.RawIOBase):
    def __init__(self, raw: socket.socket, until: float) -> None:
        self._raw, self._until = raw, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # it is a memoryview that comes
        self._raw.settimeout(_left(self._until))
        return self._raw.recv_into(buffer)
