"""Addresses that somebody else chose: taken apart strictly, resolved once, and never within our own networks.

What a name stands for is asked for once, every address of the answer is looked at, and the connection is made to one
of those (`outgoing`): a name that stands for something else a moment later leads nowhere else.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from ...errors import AuditorError, UsageError
from ...tuples import NamedTuple

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""The addresses that a name stands for. OSError where nobody knows."""

IP: TypeAlias = IPv4Address | IPv6Address

_LONGEST = 2000  # characters of a URL
_PORTS = {"http": 80, "https": 443}
_RESERVED = 1024  # below it lies what answers to other protocols: mail, shells
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?")
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

_NOT_GLOBAL = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a provider's translation
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's hosts answer their guests here
            "169.254.0.0/16",  # and the others' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
"""https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast."""

_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is given out: the rest is local, multicast or reserved
_NOT_GLOBAL_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
"""https://www.iana.org/assignments/iana-ipv6-special-registry. Teredo is in the first one."""

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")


class RefusedAddress(AuditorError):
    """A URL that nobody is asked at; the text says why, and tells nothing of what a name stands for."""


class Address(NamedTuple):
    """Where a request goes."""

    scheme: str  # "http" or "https"
    host: str  # a name in lower case, or an IP address without brackets
    port: int
    path: str  # with the query, as it is sent

    @property
    def authority(self) -> str:
        """As the header Host says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


class Host(NamedTuple):
    """A host that the operator allows: ``models.example.com``, ``.example.com`` for all below it, an IP address.

    A name may stand for public addresses. Where it stands for others these are said: ``models.corp=10.0.0.0/8``.
    """

    name: str  # ".example.com" for all below it
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def covers(self, host: str) -> bool:
        return host == self.name or (self.name.startswith(".") and host.endswith(self.name))


def host_of(text: str) -> Host:
    """A host as an operator writes it. `UsageError` where it is none."""
    name, _, networks = text.strip().lower().partition("=")
    name = name.removesuffix(".")
    try:
        alone = _ip(name.removeprefix("[").removesuffix("]"))
        if alone is None and not _NAME.fullmatch(name.removeprefix(".")):
            raise ValueError("it is neither a name nor an IP address")
        found = tuple(ip_network(one) for one in networks.split(",") if one)
    except (ValueError, RefusedAddress) as error:
        raise UsageError(
            f"{text!r} is not a host: {error}; write models.example.com, .example.com for all below it, or "
            "models.example.com=10.0.0.0/8 for one that lies in your own networks"
        ) from None
    return Host(name, found) if alone is None else Host(str(alone), (*found, ip_network(alone)))


def hosts_of(texts: Iterable[str]) -> tuple[Host, ...]:
    """The hosts that an operator allows."""
    return tuple(map(host_of, texts))


def address_of(url: str) -> Address:
    """A URL taken apart. `RefusedAddress` for all but plain http and https, and for every spelling that is read in
    more than one way: user names, numbers for hosts, characters that are not printed, fragments."""
    if len(url) > _LONGEST:
        raise RefusedAddress(f"the URL has more than {_LONGEST} characters")
    if not url.isascii() or not url.isprintable() or any(c in url for c in ' "<>\\^`{|}'):
        raise RefusedAddress("the URL has characters that stand in none: write them as %41, and a name as xn--")
    match = _URL.fullmatch(url)
    if match is None:
        raise RefusedAddress("the URL is not https://HOST/PATH, without a fragment")
    scheme = match["scheme"].lower()
    if scheme not in _PORTS:
        raise RefusedAddress(f"{scheme}:// is not asked: only https:// and http:// are")
    host, port = _host_and_port(match["authority"], _PORTS[scheme])
    return Address(scheme, host, port, (match["path"] or "/") + (match["query"] or ""))


def _host_and_port(authority: str, usual: int) -> tuple[str, int]:
    if "@" in authority:
        raise RefusedAddress("the URL holds a user name or a password")
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{0,5}))?", authority)
    if match is None:
        raise RefusedAddress("the URL names no host, or no port that there is")
    port = int(match[2]) if match[2] else usual
    if not 0 < port < 1 << 16:
        raise RefusedAddress(f"there is no port {port}")
    host = match[1].lower().removesuffix(".")
    if host.startswith("["):
        inside = _ip(host[1:-1])
        if not isinstance(inside, IPv6Address):
            raise RefusedAddress("what the URL has in brackets is not an IPv6 address")
        return str(inside), port
    if _ip(host) is None and not _NAME.fullmatch(host):
        raise RefusedAddress("the URL's host is not a name that there can be")
    return host, port


def _ip(host: str) -> IP | None:
    """The address that a host is; None for a name. A number in any other form than a.b.c.d is refused: some read
    127.1, 0x7f.0.0.1, 0177.0.0.1 and 2130706433 as an address."""
    if ":" in host:
        try:
            return IPv6Address(host)
        except AddressValueError as error:
            raise RefusedAddress(f"the host is not an IP address: {error}") from None
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
        try:
            return IPv4Address(host)
        except AddressValueError:
            raise RefusedAddress("the host is a number that is not an address of the form a.b.c.d") from None
    return None


def names_of_system(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def checked(address: Address, hosts: Iterable[Host], resolver: Resolver = names_of_system) -> tuple[IP, ...]:
    """The IP addresses that a request may be sent to: all that its host stands for, each of them looked at.

    `RefusedAddress` if one of them is not public, unless the operator's word on the host names it, or if the host
    stands for none.
    """
    alone = checked_alone(address, hosts := tuple(hosts))
    if alone is not None:
        return (alone,)
    networks = _networks(address, hosts)
    found = _resolved(address, resolver)
    if not all(_may_be_asked(one, networks) for one in found):
        raise RefusedAddress(f"{address.host} stands for an address that is not public, and the operator allows none")
    return found


def checked_alone(address: Address, hosts: Iterable[Host]) -> IP | None:
    """What can be said of an address without asking for a name: `RefusedAddress`, or the IP address that it holds."""
    hosts = tuple(hosts)
    if address.port < _RESERVED and address.port not in _PORTS.values() and not any(_covering(address, hosts)):
        raise RefusedAddress(f"port {address.port} is another protocol's")
    alone = _ip(address.host)
    if alone is not None and not _may_be_asked(alone, _networks(address, hosts)):
        raise RefusedAddress(f"{address.host} is an address that is not public, and the operator does not allow it")
    return alone


def _covering(address: Address, hosts: Iterable[Host]) -> Iterator[Host]:
    return (host for host in hosts if host.covers(address.host))


def _networks(address: Address, hosts: Iterable[Host]) -> list[IPv4Network | IPv6Network]:
    return [network for host in _covering(address, hosts) for network in host.networks]


def _may_be_asked(ip: IP, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return is_public(ip) or any(one in network for network in networks for one in {ip, _inner(ip)})


def _resolved(address: Address, resolver: Resolver) -> tuple[IP, ...]:
    try:
        found = tuple(ip_address(text) for text in resolver(address.host, address.port))
    except (OSError, ValueError):
        found = ()
    if not found:
        raise RefusedAddress(f"nobody knows the host {address.host}")
    return found


def is_public(ip: IP) -> bool:
    """Whether an address is anybody's on the internet: not private, local, multicast, reserved, or a form of these."""
    inner = _inner(ip)
    if isinstance(inner, IPv4Address):
        return not any(inner in network for network in _NOT_GLOBAL)
    return inner in _GLOBAL_V6 and not any(inner in network for network in _NOT_GLOBAL_V6)


def _inner(ip: IP) -> IP:
    """The IPv4 address that an IPv6 one is a form of, else itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _MAPPED or ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip in _6TO4:
        return IPv4Address(int(ip) >> 80 & 0xFFFF_FFFF)
    return ip
