"""moto's server of S3 for a while, and a client that writes there."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.pace import HANG

_EXTRA = "pip install 'auditor[registries]' brings obstore and moto"


@contextmanager
def serving_s3(bucket: str) -> Iterator[tuple[str, Any]]:
    """Its address and the client; a test without the packages is skipped."""
    pytest.importorskip("obstore", reason=_EXTRA)
    pytest.importorskip("moto.server", reason=_EXTRA)
    boto3 = pytest.importorskip("boto3", reason=_EXTRA)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + HANG
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    assert server.poll() is None and time.monotonic() < until
                    time.sleep(0.1)
            url = f"http://127.0.0.1:{port}"
            client = boto3.client(
                "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
            )
            client.create_bucket(Bucket=bucket)
            yield url, client
        finally:
            server.kill()
