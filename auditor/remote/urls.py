"""Addresses of servers: whose they are, how they are shown, and which of them are asked."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from ..names import prose
from .failures import LedAstray

_LONGEST = 8192  # characters of a URL: signed ones are long
_PORTS = {"http": 80, "https": 443}


def shown_url(url: str) -> str:
    """An address for people: without its query, which may be signed, and without a name and password."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "an address that is not one"
    return prose(f"{parts.scheme}://{host}{port}{parts.path}", 300)


def origin_of(url: str) -> str:
    """Scheme, host and port: what a credential belongs to."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def joined(url: str, more: str) -> str:
    """Where a reference leads from a URL; "" where it is none."""
    try:
        return urljoin(url, more)
    except ValueError:
        return ""


def checked_url(url: str, where: str) -> str:
    """An address that somebody else chose; `LedAstray` where it is none that is asked."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or len(url) > _LONGEST or not url.isascii() or not url.isprintable() or set(' "<>\\^`{|}') & set(url):
        raise LedAstray(f"{where} what is not an address: https://HOST/PATH")
    if "@" in parts.netloc:
        raise LedAstray(f"{where} an address with a name or a password in it")
    return url


def is_inner(host: str) -> bool:
    """Whether a host is this machine or its network, by the letter: a name is not looked up."""
    from ipaddress import ip_address  # only a redirect asks

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
