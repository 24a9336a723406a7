"""A scheduler of Dask and workers, each a process of its own, as a cluster's machines would be."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.installed import path_of_this_tree
from tests.pace import until


class Certificates(NamedTuple):
    """Files: who certifies, and what it certified."""

    ca: Path
    cert: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority of its own, and a certificate of it for this machine."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    made = []
    for subject, public, is_ca in (("authority", ca_key, True), ("localhost", key, False)):
        builder = x509.CertificateBuilder(named("authority"), named(subject), public.public_key(), 1 + is_ca)
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        made.append(builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    found = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    found.ca.write_bytes(made[0])
    found.cert.write_bytes(made[1])
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


class DaskCluster:
    """Ends with its ``with``."""

    def __init__(
        self, folder: Path, workers: int, deaths: int = 3, certificates: Certificates | None = None,
        resources: str = "", nanny: bool = False, threads: int = 1,
    ) -> None:  # fmt: skip
        """``deaths``: of workers, after which a task is given up. With a ``nanny`` a worker that dies is replaced."""
        self.folder, self.number, self.certificates = folder, workers, certificates
        self.resources, self.nanny, self.threads = resources, nanny, threads
        self.workers: list[subprocess.Popen[bytes]] = []
        self._environment = {
            **os.environ,
            "PYTHONPATH": path_of_this_tree(),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(deaths - 1),
        }
        self._port = "0"
        self._start()

    def restart(self) -> None:
        """The scheduler ends with its workers, and all of them come again where they were."""
        self._end()
        self._port = self.address.rpartition(":")[2]
        self._start()

    def kill_worker(self) -> None:
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def close(self) -> None:
        self._end()

    def _start(self) -> None:
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        tls = self.certificates
        flags = ["--tls-ca-file", str(tls.ca), "--tls-cert", str(tls.cert), "--tls-key", str(tls.key)] if tls else []
        flags += ["--no-dashboard"]
        said = ["--scheduler-file", str(file), "--port", self._port, "--protocol", "tls" if tls else "tcp"]
        self.scheduler = self._run("scheduler", "--host", "127.0.0.1", *said, *flags)

        def address() -> str:
            with contextlib.suppress(OSError, ValueError, KeyError):
                return str(json.loads(file.read_text())["address"])
            assert self.scheduler.poll() is None, (self.folder / "log").read_text()
            return ""

        self.address = until(address, "the scheduler")
        flags += ["--nthreads", str(self.threads), "--nanny" if self.nanny else "--no-nanny"]
        flags += ["--local-directory", str(self.folder)]
        flags += ["--resources", self.resources] if self.resources else []
        self.workers = [self._run("worker", self.address, *flags) for _ in range(self.number)]

    def _run(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *words],
                cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _end(self) -> None:
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.workers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
