"""How the service is run: what its operator says, with what holds where nothing is said."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Mapping
from errno import EADDRINUSE
from typing import Any

from ..config.configuration import Configuration
from ..errors import UsageError
from ..store.tokens import any_token
from ..store.works import Works
from ..tuples import NamedTuple
from .context import ServiceLimits
from .holders import is_left_behind
from .outward.addresses import hosts_of


class Serving(NamedTuple):
    """What `auditor serve` offers, by the names of the table of settings."""

    storage: str
    workers: int
    address: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    no_auth: bool = False
    roots: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    grace: float = 30.0  # seconds
    retention: float | None = None  # days
    metrics_port: int | None = None


_ENDING = 3.0
"""Seconds in which whoever was just killed lets go of its address."""

_LEFT_BEHIND = 60.0
"""The same where only processes of a killed service hold it, which the kernel ends: a busy machine takes its time."""

_LOOK = 0.1


def serving(configured: Configuration) -> tuple[Serving, ServiceLimits]:
    """What is configured, and the rest as it usually is. `UsageError` for a root or a host that is none."""
    said: Mapping[str, Any] = configured.service
    known = {name: value for name, value in said.items() if name in Serving._fields}
    for name in ("names", "hosts", "proxies"):
        known[name] = tuple(sorted(known.get(name, ())))
    hosts_of(known["hosts"])  # a wrong one is said now, not when somebody asks for a model
    known["roots"] = tuple(os.path.abspath(root) for root in known.get("roots", ()))
    for root in known["roots"]:
        if not os.path.isdir(root):
            raise UsageError(f"--root {root}: there is no such folder")
    storage = os.path.abspath(known.pop("storage", None) or _usual_storage())
    for root in known["roots"]:
        here, there = os.path.realpath(root), os.path.realpath(storage)
        if os.path.commonpath((here, there)) in (here, there):
            raise UsageError(f"--root {root}: the storage lies elsewhere, not at {storage}: it has all projects' files")
    workers = known.pop("workers", None) or configured._replace(jobs=None).workers()
    limits = ServiceLimits(**{name: value for name, value in said.items() if name in ServiceLimits._fields})
    return Serving(storage, workers, **known), limits


def _usual_storage() -> str:
    from platformdirs import user_data_dir

    return os.path.join(user_data_dir("auditor", appauthor=False), "service")


def check_open(chosen: Serving, store: Works) -> bool:
    """Whether nobody needs a token; `UsageError` where then others than this machine's users could come.

    On this machine's own addresses nobody needs one as long as there is none.
    """
    if chosen.no_auth:
        return True
    if any_token(store):
        return False
    if not _is_loopback(chosen.address):
        raise UsageError(
            f"--address {chosen.address} is open to other machines, and there is no token yet: make one with "
            "`auditor token create --owner NAME --scope admin`, or say --no-auth"
        )
    return True


def listening(chosen: Serving) -> socket.socket:
    """The socket that listens; `UsageError` where it cannot."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            chosen.address, chosen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--address {chosen.address} is not an address of this machine: {error}") from None
    began = time.monotonic()
    while True:
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind(address)
            made.listen(1024)
        except OSError as error:
            made.close()
            if error.errno == EADDRINUSE and _may_be_let_go(chosen.port, time.monotonic() - began):
                time.sleep(_LOOK)
                continue
            why = error.strerror or error
            where = f"{chosen.address} port {chosen.port}"
            raise UsageError(f"the service cannot listen at {where}: {why}; choose another --port") from None
        return made


def _may_be_let_go(port: int, waited: float) -> bool:
    return waited < _ENDING or (waited < _LEFT_BEHIND and is_left_behind(port))


def url_of(listens: socket.socket) -> str:
    """Where a browser of this machine finds it."""
    host, port = listens.getsockname()[:2]
    if ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(address: str) -> bool:
    """Whether only this machine's own users can come. A name is what it stands for."""
    try:
        found = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return True  # it will not listen there at all
    return all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_loopback for one in found)
