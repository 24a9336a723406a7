"""Which cluster is asked, and by which way: whoever reaches a scheduler can run code on its workers and its clients."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...errors import UsageError
from ...tuples import NamedTuple

PATIENCE = 120.0
"""Seconds to wait for a scheduler, and for a worker that can do the work, where nothing else is said."""

ENGINES = ("local", "dask")

_FOR_DASK = {
    "scheduler": "--scheduler", "insecure_scheduler": "--insecure-scheduler", "adaptive": "--adaptive",
    "tls_ca": "--tls-ca", "tls_cert": "--tls-cert", "tls_key": "--tls-key", "engine_wait": "--engine-wait",
}  # fmt: skip


class Cluster(NamedTuple):
    """A scheduler that runs, or none: then workers are started on this machine, for this batch alone."""

    address: str = ""  # tls://host:port or tcp://host:port; "" a cluster of its own
    ca: str = ""  # files of certificates; "" as Dask is configured
    cert: str = ""
    key: str = ""
    adaptive: bool = False  # as many workers as there is work for
    patience: float = PATIENCE

    @property
    def called(self) -> str:
        """As people know it."""
        return f"the scheduler {self.address}" if self.address else "Dask on this machine"


def chosen_cluster(said: Mapping[str, Any]) -> Cluster | None:
    """The cluster that options ask for; None where they ask for none. `UsageError` where they make no sense together.

    ``said`` are values by the names of the table of settings.
    """
    if said.get("engine", "local") == "local":
        for name, flag in _FOR_DASK.items():
            if said.get(name):
                raise UsageError(f"{flag} goes with --engine dask")
        return None
    found = Cluster(
        said.get("scheduler", ""), said.get("tls_ca", ""), said.get("tls_cert", ""), said.get("tls_key", ""),
        said.get("adaptive", False), said.get("engine_wait", PATIENCE),
    )  # fmt: skip
    files = {"--tls-ca": found.ca, "--tls-cert": found.cert, "--tls-key": found.key}
    if found.address:
        _check_address(found.address, insecure=said.get("insecure_scheduler", False))
    elif said.get("insecure_scheduler"):
        raise UsageError("--insecure-scheduler goes with --scheduler tcp://...")
    for flag, file in files.items():
        if not file:
            continue
        if not found.address.startswith("tls://"):
            raise UsageError(f"{flag} goes with --scheduler tls://...")
        if not os.path.isfile(file):
            raise UsageError(f"{flag}: there is no file {file}")
    return found


def _check_address(address: str, *, insecure: bool) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("tcp", "tls") or not host or port is None or parts.path or parts.query or parts.username:
        raise UsageError(f"--scheduler {address!r}: expected tls://HOST:PORT or tcp://HOST:PORT")
    if parts.scheme == "tcp" and not insecure and not _is_here(host):
        raise UsageError(
            f"--scheduler {address}: whoever reaches a scheduler without certificates can run code on its workers and"
            " here; use tls://, or say --insecure-scheduler where only you reach that network"
        )


def _is_here(host: str) -> bool:
    """Whether a host is this machine by its name alone: nobody is asked."""
    from ipaddress import ip_address

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
