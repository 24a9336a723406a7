"""A small server of files, and of the hub's API, that keeps to them to the letter and fails as it is told to.

Every request is kept with its headers: tests look into them for credentials that went where they should not.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.pace import HANG

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Request(NamedTuple):
    method: str
    path: str  # with its query
    headers: Mapping[str, str]  # names in lower case


class Canned(NamedTuple):
    """What is answered in the place of the real thing."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}  # a field's default
    declared: int | None = None  # the Content-Length that is said, where it is not the body's; -1: none
    endless: bool = False  # the body again and again, until whoever reads it goes


def redirect(url: str, status: int = 302) -> Canned:
    return Canned(status, headers={"Location": url})


class Sparse:
    """A large file of which only some pieces are not zeros."""

    def __init__(self, size: int, pieces: Mapping[int, bytes]) -> None:
        self.size, self.pieces = size, pieces
        self.etag = f"sparse-{size}"
        large = size > 1 << 24  # nobody hashes so much for a test: who fetched all of it would see that it is wrong
        self.sha256 = "5" * 64 if large else hashlib.sha256(self[:]).hexdigest()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        first, end, _ = part.indices(self.size)
        data = bytearray(end - first)
        for at, piece in self.pieces.items():
            low, high = max(at, first), min(at + len(piece), end)
            if low < high:
                data[low - first : high - first] = piece[low - at : high - at]
        return bytes(data)


@dataclass
class Shelf:
    """What a server has; tests look into it, and tell it what to do wrong."""

    files: dict[str, bytes | Sparse] = field(default_factory=dict)  # by path, from "/" on
    repositories: dict[str, dict[str, bytes | Sparse]] = field(default_factory=dict)  # of the hub
    buckets: dict[str, list[str]] = field(default_factory=dict)  # of S3: the names of empty objects
    lfs: int = 64  # bytes from which on a file of a repository is one of LFS
    token: str = ""  # who asks has to show it; "" nobody
    page: int = 1000  # entries of a page
    commit: str = COMMIT  # that the branch main is at
    storage: str = ""  # the address that files of LFS are fetched from; "" here
    etags: bool = True
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes of a file's body after which the connection is cut, once each
    stalls: dict[str, int] = field(default_factory=dict)  # of a path, bytes of its body after which nothing comes
    goes: threading.Event = field(default_factory=threading.Event)  # until this is set, as a request for /go does
    canned: list[tuple[str, Canned, int]] = field(default_factory=list)  # of a path's pattern, so many times
    asked: list[Request] = field(default_factory=list)
    sent: int = 0  # bytes of files
    url: str = ""

    def instead(self, pattern: str, canned: Canned, times: int = 1) -> None:
        """The next answers to requests for such paths."""
        self.canned.append((pattern, canned, times))

    def take(self, path: str) -> Canned | None:
        for at, (pattern, canned, times) in enumerate(self.canned):
            if re.fullmatch(pattern, path):
                self.canned[at : at + 1] = [(pattern, canned, times - 1)] if times > 1 else []
                return canned
        return None

    def count(self, pattern: str, method: str = "GET") -> int:
        return sum(one.method == method and re.fullmatch(pattern, one.path) is not None for one in self.asked)

    def sent_to(self) -> str:
        """All that was ever shown to this server, as one text."""
        return "\n".join(f"{one.method} {one.path} {dict(one.headers)}" for one in self.asked)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._any()

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def _any(self) -> None:
        shelf = self.shelf
        low = {name.lower(): value for name, value in self.headers.items()}
        shelf.asked.append(Request(self.command, self.path, low))
        self.rfile.read(int(low.get("content-length", "0")))
        if self.path == "/go":
            shelf.goes.set()
        canned = shelf.take(self.path)
        if canned is not None:
            self._canned(canned)
        elif shelf.token and low.get("authorization") not in (f"Bearer {shelf.token}", shelf.token):
            self._say(401, b'{"error": "Invalid username or password."}', {"X-Error-Message": "who are you?"})
        else:
            self._answer()

    def _canned(self, canned: Canned) -> None:
        self.send_response(canned.status)
        for name, value in canned.headers.items():
            self.send_header(name, value)
        size = canned.declared if canned.declared is not None else len(canned.body)
        if size >= 0 and not canned.endless:
            self.send_header("Content-Length", str(size))
        self.end_headers()
        self.close_connection = self.close_connection or canned.declared is not None or canned.endless
        if self.command != "HEAD":
            try:
                self.wfile.write(canned.body)
                while canned.endless:
                    self.wfile.write(canned.body)
            except OSError:
                self.close_connection = True

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?", path):
            self._api(found[1], found[2], found[3], query)
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(*found.groups())
        elif path.strip("/") in self.shelf.buckets and "list-type" in query:
            self._bucket(path.strip("/"), query)
        elif path in self.shelf.files:
            self._file(self.shelf.files[path])
        else:
            self._say(404, b"<html>not here</html>", {"Content-Type": "text/html"})

    def _api(self, name: str, what: str | None, revision: str | None, query: Mapping[str, list[str]]) -> None:
        files = self.shelf.repositories.get(name)
        if files is None or (revision or "main") not in ("main", COMMIT, self.shelf.commit):
            code = "RepoNotFound" if files is None else "RevisionNotFound"
            shown = files is not None or self.shelf.token  # to whom it does not know, it does not say what there is
            self._say(404 if shown else 401, b'{"error": "no"}', {"X-Error-Code": code})
        elif what != "tree":
            siblings = [{"rfilename": path} for path in files]
            said = {"id": name, "sha": self.shelf.commit, "siblings": siblings, "private": False, "tags": []}
            tag = f'W/"{hashlib.md5(json.dumps(said).encode(), usedforsecurity=False).hexdigest()}"'
            if self.headers.get("If-None-Match") == tag:
                self._say(304, b"", {"ETag": tag})
            else:
                self._json({**said, "downloads": 0}, {"ETag": tag})
        else:
            at = int(query.get("cursor", ["0"])[0])
            entries = [self._entry(path, files[path]) for path in sorted(files)[at : at + self.shelf.page]]
            more = {}
            if at + self.shelf.page < len(files):
                where = (
                    f"{self.shelf.url}/api/models/{name}/tree/{revision}?recursive=true&cursor={at + self.shelf.page}"
                )
                more["Link"] = f'<{where}>; rel="next"'
            self._json(entries, more)

    def _entry(self, path: str, data: bytes | Sparse) -> dict[str, object]:
        entry: dict[str, object] = {"type": "file", "path": path, "size": len(data), "oid": git(data)}
        if len(data) >= self.shelf.lfs:
            entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
        return entry

    def _bucket(self, name: str, query: Mapping[str, list[str]]) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
        prefix = query.get("prefix", [""])[0]
        keys = [key for key in self.shelf.buckets[name] if key.startswith(prefix)]
        at = int(query.get("continuation-token", ["0"])[0])
        page, after = keys[at : at + self.shelf.page], at + self.shelf.page
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;x&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
        )
        more = f"<NextContinuationToken>{after}</NextContinuationToken>" if after < len(keys) else ""
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>{name}</Name><Prefix>{prefix}</Prefix>'
            f"<KeyCount>{len(page)}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
            f"{more}{rows}</ListBucketResult>"
        )
        self._say(200, text.encode(), {"Content-Type": "application/xml"})

    def _resolve(self, name: str, revision: str, path: str) -> None:
        data = self.shelf.repositories.get(name, {}).get(path)
        if data is None or revision not in ("main", COMMIT, self.shelf.commit):
            self._say(404, b"Entry not found", {"X-Error-Code": "EntryNotFound"})
        elif len(data) < self.shelf.lfs:
            self._file(data, {"X-Repo-Commit": COMMIT}, git(data))
        else:
            digest = sha256(data)
            self.shelf.files[f"/lfs/{digest}"] = data
            headers = {
                "Location": f"{self.shelf.storage or self.shelf.url}/lfs/{digest}?X-Signature=very-secret",
                "X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(data)),
            }  # fmt: skip
            self._say(302, b"Found. Redirecting", headers)

    def _file(self, data: bytes | Sparse, more: Mapping[str, str] | None = None, etag: str = "") -> None:
        known = data.etag if isinstance(data, Sparse) else hashlib.md5(data, usedforsecurity=False).hexdigest()
        tag = f'"{etag or known}"'
        headers = {
            "Accept-Ranges": "bytes",
            "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT",
            **({"ETag": tag} if self.shelf.etags else {}),
            **(more or {}),
        }
        match = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", self.headers.get("Range", "")) if self.shelf.ranges else None
        if match and self.headers.get("If-Range", tag) == tag:
            first = int(match[1])
            end = min(int(match[2]) + 1, len(data)) if match[2] else len(data)
            if first >= len(data):
                self._say(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            self._say(206, data[first:end], {**headers, "Content-Range": f"bytes {first}-{end - 1}/{len(data)}"}, True)
        else:
            self._say(200, data, headers, True)

    def _json(self, document: object, more: Mapping[str, str] | None = None) -> None:
        self._say(200, json.dumps(document).encode(), {"Content-Type": "application/json", **(more or {})})

    def _say(self, status: int, body: bytes | Sparse, headers: Mapping[str, str], is_file: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, quote(value, safe=" !#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.shelf.sent += len(body) if is_file else 0  # as much as was meant to be
        if is_file and self.path in self.shelf.stalls and not self.shelf.goes.is_set():
            first = self.shelf.stalls[self.path]
            self.wfile.write(body[:first])
            self.wfile.flush()
            self.shelf.goes.wait(HANG)
            body = body[first:]
        if is_file and self.shelf.cuts:
            body = body[: self.shelf.cuts.pop(0)]
            self.close_connection = True
        try:
            for at in range(0, len(body), 1 << 20):
                self.wfile.write(body[at : at + (1 << 20)])
        except OSError:  # whoever asked is gone
            self.close_connection = True


def sha256(data: bytes | Sparse) -> str:
    return data.sha256 if isinstance(data, Sparse) else hashlib.sha256(data).hexdigest()


def git(data: bytes | Sparse) -> str:
    """git's hash of a blob."""
    if isinstance(data, Sparse):
        return "5" * 40
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@contextmanager
def serving(shelf: Shelf, host: str = "127.0.0.1") -> Iterator[str]:
    """The address at which a shelf is asked."""
    handler = type("Serves", (Handler,), {"shelf": shelf})
    server = ThreadingHTTPServer((host, 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    shelf.url = f"http://{host}:{server.server_address[1]}"
    try:
        yield shelf.url
    finally:
        shelf.goes.set()
        server.shutdown()
        server.server_close()
        thread.join()
