"""Connections to servers: straight, or through the proxy that the environment names for them.

``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, in small letters first, as curl and requests read them;
this machine itself is always asked straight, as Go's net/http does it. A proxy's name and password stand in its address
and go to it alone.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .failures import NotAllowed, RemoteFailure
from .urls import shown_url

if TYPE_CHECKING:
    from urllib3 import PoolManager

_PORTS = {"http": 80, "https": 443}
_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})")


class Connections:
    """Pools of them, kept from request to request."""

    def __init__(self, **how: Any) -> None:
        """``how``: as urllib3's managers take it."""
        self._how = how
        self._pools: dict[str, PoolManager] = {}  # by the proxy's address; "" straight

    def to(self, url: str) -> PoolManager:
        """Through which a URL is asked. `RemoteFailure` for a proxy that is none."""
        import urllib3

        proxy = proxy_for(url)
        found = self._pools.get(proxy)
        if found is None:
            found = self._pools[proxy] = (
                _through(proxy, self._how) if proxy else urllib3.PoolManager(**self._how)
            )  # fmt: skip
        return found


def proxy_for(url: str) -> str:
    """The address of the proxy that a URL is asked through, ``http://`` before it where nothing is; "" none."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    proxy = _said(f"{parts.scheme}_proxy") or _said("all_proxy")
    if not proxy or _is_this_machine(host) or _is_excepted(host, parts.port or _PORTS[parts.scheme]):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def refused_by_proxy(url: str, status: int) -> RemoteFailure:
    """A proxy that does not let a request through."""
    shown = shown_url(proxy_for(url))
    if status == 407:
        why = "wants a name and a password, or other ones: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"
        return NotAllowed(f"the proxy {shown} {why}")
    return RemoteFailure(f"the proxy {shown} does not lead to {shown_url(url)}: it answers {status}")


def refused_tunnel(url: str, error: Exception) -> RemoteFailure | None:
    """What `refused_by_proxy` says, where that is in an error of urllib3's; None where the proxy did not answer."""
    refused = _TUNNEL.search(str(error))
    return None if refused is None else refused_by_proxy(url, int(refused[1]))


def _through(proxy: str, how: dict[str, Any]) -> PoolManager:
    import urllib3

    try:
        parts = urlsplit(proxy)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise RemoteFailure(
            "the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) is not http://HOST:PORT or "
            "https://HOST:PORT; NO_PROXY names hosts that are asked straight"
        )
    name, word = unquote(parts.username or ""), unquote(parts.password or "")
    headers = urllib3.make_headers(proxy_basic_auth=f"{name}:{word}") if name or word else None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    bare = f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}"
    return urllib3.ProxyManager(bare, proxy_headers=headers, **how)


def _is_this_machine(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _said(variable: str) -> str:
    """In small letters first: there, "" says that there is none."""
    return os.environ.get(variable, os.environ.get(variable.upper(), "")).strip()


def _is_excepted(host: str, port: int) -> bool:
    """Whether ``NO_PROXY`` has a host: its name, a domain around it, with its port, a network that holds it, or *."""
    for one in filter(None, (word.strip().lower().lstrip(".") for word in _said("no_proxy").split(","))):
        name, _, only = one.rpartition(":") if one.count(":") == 1 else (one, "", "")
        if only and only != f"{port}":
            continue
        if one == "*" or host == name or host.endswith(f".{name}") or _is_in(host, name):
            return True
    return False


def _is_in(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network.strip("[]"), strict=False)
    except ValueError:
        return False
