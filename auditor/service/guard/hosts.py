"""The service answers to its own names only.

A web page of anybody's can let its own name point to this machine (DNS rebinding), and is then, for the browser, of one
origin with the service. The header ``Host`` still says the page's name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from .asgi import App, Receive, Scope, Send, header, refuse

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

PROBES = frozenset({"/healthz", "/readyz"})
"""Asked by whatever address a machine has, and they tell nothing."""


class Hosts:
    """Refuses requests to other names. With ``addresses`` any IP address will do: no page has one as its name."""

    def __init__(self, app: App, hosts: Collection[str] = (), addresses: bool = False) -> None:
        self.app = app
        self.hosts = LOOPBACK | {name_of(host) for host in hosts}
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            name = name_of((header(scope["headers"], b"host") or b"").decode("latin-1"))
            if name not in self.hosts and not (self.addresses and _is_address(name)):
                detail = f"this server is not {name or 'a server without a name'}"
                mend = "ask it by a name that it knows, or let it know this one: auditor serve --host NAME"
                await refuse(scope, send, 421, "host", detail, mend)
                return
        await self.app(scope, receive, send)


def name_of(host: str) -> str:
    """A host without its port and brackets, in small letters: "[::1]:8000" is "::1"."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".") if host.count(":") < 2 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
