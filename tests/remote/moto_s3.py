"""moto's server of S3 for a while, and a client that writes there."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.pace import until
from tests.ports import kept_port, port_of

_EXTRA = "pip install 'auditor[registries]' brings obstore and moto"


@contextmanager
def serving_s3(bucket: str) -> Iterator[tuple[str, Any]]:
    """Its address and the client; a test without the packages is skipped."""
    pytest.importorskip("obstore", reason=_EXTRA)
    pytest.importorskip("moto.server", reason=_EXTRA)
    boto3 = pytest.importorskip("boto3", reason=_EXTRA)
    kept = kept_port()
    port = port_of(kept)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]

    def listens() -> bool:
        assert server.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return False
        return True

    with kept, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until(listens, "the server")
            url = f"http://127.0.0.1:{port}"
            client = boto3.client(
                "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
            )
            client.create_bucket(Bucket=bucket)
            yield url, client
        finally:
            server.kill()
