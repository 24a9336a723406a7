"""A proxy of the tests' own, and certificates for the names that it leads to servers of this machine."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest


class Proxy:
    """Leads names to servers of this machine, and keeps what it was asked."""

    def __init__(self, wants: str = "") -> None:
        self.leads: dict[str, str] = {}  # HOST:PORT to the one that is meant
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []
        self.wants = wants
        self.url = ""


class _Leads(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def _is_let_in(self) -> bool:
        low = {name.lower(): value for name, value in self.headers.items()}
        self.proxy.asked.append((self.command, self.path, low))
        if self.proxy.wants in ("", low.get("proxy-authorization")):
            return True
        self.send_response(407)
        self.send_header("Proxy-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def do_CONNECT(self) -> None:
        if not self._is_let_in():
            return
        where = self.proxy.leads.get(self.path)
        if where is None:
            self.send_error(403)
            return
        host, _, port = where.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copied, args=(there, self.connection), daemon=True)
            back.start()
            _copied(self.connection, there)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        if not self._is_let_in():
            return
        parts = urlsplit(self.path)
        asked = http.client.HTTPConnection(self.proxy.leads[parts.netloc])
        on = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        asked.request("GET", f"{parts.path}?{parts.query}".rstrip("?"), headers=on)
        found = asked.getresponse()
        body = found.read()
        self.send_response(found.status)
        for name, value in found.getheaders():
            if name.lower() not in ("date", "server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        asked.close()


def _copied(source: socket.socket, to: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def serving_proxy(wants: str = "") -> Iterator[Proxy]:
    found = Proxy(wants)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Proxies", (_Leads,), {"proxy": found}))
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    found.url = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_of(host: str, folder: Path) -> tuple[Path, Path]:
    x509 = pytest.importorskip("cryptography.x509", reason="pip install 'auditor[attest]' brings cryptography")
    from datetime import UTC, datetime, timedelta

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return certificate, private
