"""A server on loopback whose answers are a function of what is asked: what stands in for registries is made of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit


class Call(NamedTuple):
    """What is asked: the path as it came, the query taken apart, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str) -> str:
        return self.query.get(name, [""])[0]


class Reply(NamedTuple):
    """An answer; ``cut`` ends the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    cut: int | None = None


class Loopback:
    """Answers until it is closed. ``calls`` are those that came, in order."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        self.calls: list[Call] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else an answer waits 40 ms for an acknowledgement

            def _any(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("Content-Length") or 0)
                call = Call(
                    self.command, parts.path, parse_qs(parts.query, keep_blank_values=True),
                    {name.lower(): text for name, text in self.headers.items()}, self.rfile.read(size),
                )  # fmt: skip
                outer.calls.append(call)
                reply = answer(call)
                self.send_response(reply.status)
                for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
                if reply.cut is not None:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = _any

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(answer: Callable[[Call], Reply]) -> Iterator[Loopback]:
    """A server for a while."""
    server = Loopback(answer)
    try:
        yield server
    finally:
        server.close()


def part_of(content: bytes, call: Call, etag: str = "", cut: int | None = None) -> Reply:
    """A file as servers give it: all of it, or from ``Range`` on where ``If-Range`` still names it."""
    headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"} | ({"ETag": etag} if etag else {})
    asked = call.headers.get("range", "")
    if not asked or call.headers.get("if-range", etag) != etag:
        return Reply(200, content, headers, cut)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    start, end = int(first), int(last) if last else len(content) - 1
    if start >= len(content):
        return Reply(416, b"", {**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{min(end, len(content) - 1)}/{len(content)}"
    return Reply(206, content[start : end + 1], headers, cut)
