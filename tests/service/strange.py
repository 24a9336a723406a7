"""A server on loopback that answers byte by byte as a test says, and keeps what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

Answering: TypeAlias = Callable[[socket.socket, bytes], None]
"""What is done with a connection and the request that came over it."""


@dataclass
class Strange:
    port: int
    asked: list[bytes] = field(default_factory=list)  # whole requests, head and body
    connections: int = 0

    def url(self, path: str = "/model.onnx", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def answer(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """An answer as most servers give it."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def saying(*answers: bytes) -> Answering:
    """Those answers in turn, the last of them for ever."""
    left = list(answers)

    def answering(line: socket.socket, request: bytes) -> None:
        line.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answering


def dripping(start: bytes, drop: bytes) -> Answering:
    """A beginning, then a little again and again until nobody listens."""

    def answering(line: socket.socket, request: bytes) -> None:
        line.sendall(start)
        with suppress(OSError):
            while True:
                line.sendall(drop)
                line.settimeout(0.02)
                with suppress(TimeoutError):
                    if not line.recv(1):
                        return

    return answering


@contextmanager
def strange(answering: Answering, context: ssl.SSLContext | None = None) -> Iterator[Strange]:
    """The server; of each connection one request is read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Strange(listening.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listening, made, answering, context), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, made: Strange, answering: Answering, context: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            line, _ = listening.accept()
            made.connections += 1
            with suppress(OSError), line:
                if context is not None:
                    with context.wrap_socket(line, server_side=True) as secret:
                        _talk(secret, made, answering)
                else:
                    _talk(line, made, answering)


def _talk(line: socket.socket, made: Strange, answering: Answering) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        part = line.recv(1 << 16)
        if not part:
            return
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(1 << 16)
    made.asked.append(head + b"\r\n\r\n" + body)
    answering(line, request)
