"""`python -m tests.service.uploads`: how much memory the HTTP process needs for a large upload.

Two files of 2 GiB through the real process, one in one request and one in two: what it holds in memory at most, against
what it held before (after a small upload, so that all code is loaded). Then 100 uploads of one content at once.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .http_process import Served, http_process
from .uploading import PIECE

_BLOCK = 1 << 20
MOST = 16 << 20
"""Bytes by which the process may grow."""


def main() -> int:
    """Print the figures; 1 where a bound is not held."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mebibytes", type=int, default=2048)
    blocks = parser.parse_args().mebibytes
    with tempfile.TemporaryDirectory() as folder, http_process(Path(folder), floor=0, rate=1e6, burst=10**6) as served:
        _upload(served, 8, 1, "warm")
        grown = [_grown(served, blocks, requests) for requests in (1, 2)]
        files = _at_once(served, 100, 4)
    print(f"100 uploads of one content at once: {files} file(s)")
    return 0 if max(grown) <= MOST and files == 1 else 1


def _grown(served: Served, blocks: int, requests: int) -> int:
    """Bytes by which the process was larger at most, while a file came in so many requests."""
    before = _status(served.pid, "VmRSS")
    Path(f"/proc/{served.pid}/clear_refs").write_text("5")  # its peak begins anew (proc(5))
    begun = time.monotonic()
    _upload(served, blocks, requests, str(requests))
    seconds = time.monotonic() - begun
    grown = _status(served.pid, "VmHWM") - before
    mib = 1 << 20
    print(
        f"{blocks} MiB in {requests} request(s): {before / mib:.1f} MiB before, {grown / mib:+.1f} MiB at most, "
        f"{blocks / seconds:.0f} MiB/s (hashed and sent by us, hashed and kept by it)"
    )
    return grown


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _blocks(number: int, name: str) -> Iterator[bytes]:
    """A mebibyte at a time, no two alike."""
    base = bytes(range(256)) * (_BLOCK // 256 - 1)
    for i in range(number):
        yield hashlib.sha256(f"{name} {i}".encode()).digest() * 8 + base


def _upload(served: Served, blocks: int, requests: int, name: str) -> None:
    whole = hashlib.sha256()
    for block in _blocks(blocks, name):
        whole.update(block)
    status, said = served.post("/api/v1/uploads", {"size": blocks * _BLOCK, "sha256": whole.hexdigest()})
    assert status == 201, said
    each = blocks // requests
    content = _blocks(blocks, name)
    for i in range(requests):
        number = each if i < requests - 1 else blocks - i * each
        headers = {"Upload_Offset": str(i * each * _BLOCK), "Content_Length": str(number * _BLOCK)}
        piece = (next(content) for _ in range(number))
        status, _, body = served.ask(
            "PATCH", f"/api/v1/uploads/{said['id']}", piece, Content_Type=PIECE["Content-Type"], **headers
        )
        assert status == 204, body


def _at_once(served: Served, number: int, blocks: int) -> int:
    """How many files there are of a content that so many send at once."""
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: _unless_there(served, blocks), range(number)))
    contents = {hashlib.sha256(b"".join(_blocks(blocks, "one"))).hexdigest()}
    folder = served.storage / "blobs" / "default"
    return sum(one.name in contents for one in folder.rglob("*")) + len(list((served.storage / "uploads").iterdir()))


def _unless_there(served: Served, blocks: int) -> None:
    content = b"".join(_blocks(blocks, "one"))
    said = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    _, upload = served.post("/api/v1/uploads", said)
    if not upload["done"]:
        headers = {"Upload_Offset": "0", "Content_Type": PIECE["Content-Type"]}
        status, _, body = served.ask("PATCH", f"/api/v1/uploads/{upload['id']}", content, **headers)
        assert status == 204, body


if __name__ == "__main__":
    sys.exit(main())
