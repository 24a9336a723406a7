"""Which addresses are asked: hostile spellings, what names stand for, and the operator's word."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from auditor.config.configuration import Configuration
from auditor.errors import UsageError
from auditor.service.outward.addresses import (
    RefusedAddress,
    Resolver,
    address_of,
    checked,
    checked_alone,
    host_of,
    hosts_of,
    is_public,
)
from auditor.service.serving import serving

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://example.com", ("https", "example.com", 443, "/")),
        ("HTTPS://Example.COM./a/b?c=/d", ("https", "example.com", 443, "/a/b?c=/d")),
        ("http://example.com:8080/x", ("http", "example.com", 8080, "/x")),
        ("http://example.com:/x", ("http", "example.com", 80, "/x")),
        ("https://example.com?x", ("https", "example.com", 443, "/?x")),
        ("http://93.184.215.14/", ("http", "93.184.215.14", 80, "/")),
        ("http://[2606:2800:21F:CB07::1]:81/", ("http", "2606:2800:21f:cb07::1", 81, "/")),
        ("https://xn--bcher-kva.example/%C3%BC", ("https", "xn--bcher-kva.example", 443, "/%C3%BC")),
        ("https://my_bucket.s3.example.com/m.onnx", ("https", "my_bucket.s3.example.com", 443, "/m.onnx")),
    ],
)
def test_a_url_taken_apart(url: str, parts: tuple[str, str, int, str]) -> None:
    assert address_of(url) == parts


def test_a_url_as_it_is_sent() -> None:
    assert address_of("https://[2606:2800::1]:8443/x?y").authority == "[2606:2800::1]:8443"
    assert address_of("https://Example.com:443/x?y").url == "https://example.com/x?y"


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "https:example.com", "https:/example.com", "https://", "https:///x",
        "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "data:text/plain,x", "jar:http://a/",
        "https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/",
        "https://example.com/#x", "https://example.com#@127.0.0.1/", "https://example.com\\@127.0.0.1/",
        "https://example.com/a b", "https://example.com/\r\nHost: x", "https://example.com/\0", "https://exa\tmple.com/",
        " https://example.com/", "https://example.com/ü", "https://bücher.example/", "https://１２７.0.0.1/",
        "https://example。com/", "https://ⓔxample.com/", "https://%31%32%37.0.0.1/", "https://example.com%00.x/",
        "https://example.com:0/", "https://example.com:65536/", "https://example.com:80:80/", "https://example.com:-1/",
        "https://example.com:8O/", "https://-x.example/", "https://x..example/", "https://.example/",
        "https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/", "https://example.com/" + "a" * 2000,
        "https://[::1/", "https://::1/", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://[v1.x]/",
        "https://[127.0.0.1]/", "https://[]/", 'https://example.com/"', "https://example.com/<x>", "https://a{b}.com/",
        # numbers that some read as 127.0.0.1
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.0x0.0x0.0x1/", "http://0177.0.0.1/",
        "http://017700000001/", "http://127.1/", "http://127.0.1/", "http://0/", "http://127.0.0.1.1/",
        "http://127.0.0.0x1/", "http://0127.0.0.1/", "http://256.0.0.1/", "http://1.2.3.4.0x/", "http://x.123/",
    ],
)  # fmt: skip
def test_what_is_no_url_here(url: str) -> None:
    with pytest.raises(RefusedAddress):
        address_of(url)


def _standing_for(addresses: list[str]) -> Resolver:
    return lambda host, port: addresses


NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "169.254.170.2", "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "224.0.1.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2002:c0a8:101::", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "100::1",
    "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "5f00::1", "4000::1",
]  # fmt: skip
"""Of every row of IANA's two registries of special addresses that is not globally reachable one at least."""


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public(text: str) -> None:
    """As it stands, and as what a name stands for."""
    assert not is_public(ip_address(text))
    url = f"https://[{text}]/" if ":" in text else f"https://{text}/"
    with pytest.raises(RefusedAddress):
        checked(address_of(url), ())
    for answer in ([text], [PUBLIC, text], [text, PUBLIC]):
        with pytest.raises(RefusedAddress) as refused:
            checked(address_of("https://hostile.example/"), (), _standing_for(answer))
        assert text not in str(refused.value), "what our own names stand for is nobody's business"


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", PUBLIC, "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "11.0.0.1", "169.253.1.1",
     "2606:2800:21f::1", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1", "2001:4860::8888"],
)  # fmt: skip
def test_a_public_address(text: str) -> None:
    assert is_public(ip_address(text))
    assert checked(address_of("https://example.com/"), (), lambda host, port: [text]) == (ip_address(text),)


def test_python_agrees() -> None:
    """`ipaddress` is a witness: of IPv4 4,096 addresses spread evenly, of IPv6 every seventh /16."""
    for number in range(0, 1 << 32, 1 << 20):
        ip = ip_address(number)
        assert is_public(ip) == (ip.is_global and not ip.is_multicast), ip
    for number in range(1, 1 << 16, 7):
        six = ip_address(number << 112 | 1)
        if not six.is_global or six.is_multicast or six.is_reserved:
            assert not is_public(six), six


def test_a_name_is_resolved_once() -> None:
    """The second answer of a name that moves (DNS rebinding) is not asked for."""
    answers = [[PUBLIC], ["127.0.0.1"]]
    assert checked(address_of("https://x.example/"), (), lambda host, port: answers.pop(0)) == (ip_address(PUBLIC),)
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize("answer", [[], ["nonsense"], ["fe80::1%eth0"]])
def test_a_name_that_stands_for_nothing(answer: list[str]) -> None:
    with pytest.raises(RefusedAddress):
        checked(address_of("https://x.example/"), (), lambda host, port: answer)


def test_a_name_that_nobody_knows() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(RefusedAddress, match=r"nobody knows the host x\.example"):
        checked(address_of("https://x.example/"), (), unknown)


def test_localhost_is_this_machine() -> None:
    """Through the system's own resolver: every machine knows that name without a network."""
    with pytest.raises(RefusedAddress, match="stands for an address that is not public"):
        checked(address_of("http://localhost:8000/"), ())
    allowed = hosts_of(["localhost=127.0.0.0/8,::1/128"])
    assert all(ip.is_loopback for ip in checked(address_of("http://localhost:8000/"), allowed))


@pytest.mark.parametrize("port", [1, 21, 22, 25, 53, 81, 110, 445, 1023])
def test_a_port_of_another_protocol(port: int) -> None:
    address = address_of(f"https://{PUBLIC}:{port}/")
    with pytest.raises(RefusedAddress, match=f"port {port} "):
        checked_alone(address, ())
    assert checked_alone(address, [host_of(PUBLIC)]) == ip_address(PUBLIC)


@pytest.mark.parametrize(
    ("host", "url", "answer"),
    [
        ("10.1.2.3", "http://10.1.2.3/", None),
        ("127.0.0.1", "http://127.0.0.1:9/", None),
        ("[::1]", "http://[::1]:8000/", None),
        ("::1", "http://[0:0::1]:8000/", None),
        ("models.corp=10.0.0.0/8", "http://models.corp/", "10.9.9.9"),
        ("models.corp=10.0.0.0/8,fd00::/8", "http://models.corp/", "fd00::1"),
        ("models.corp=10.0.0.0/8", "http://models.corp/", "::ffff:10.9.9.9"),
        ("Models.Corp.=10.0.0.0/8", "http://MODELS.corp./", "10.9.9.9"),
        (".corp=10.0.0.0/8", "http://a.b.corp/", "10.9.9.9"),
        (".example.com", "http://a.example.com/", PUBLIC),
    ],
)
def test_what_an_operator_allows(host: str, url: str, answer: str | None) -> None:
    assert checked(address_of(url), [host_of(host)], lambda name, port: [answer or ""])


@pytest.mark.parametrize(
    ("host", "url", "answer"),
    [
        ("10.1.2.3", "http://10.1.2.4/", None),
        ("models.corp", "http://models.corp/", "10.9.9.9"),
        ("models.corp=10.0.0.0/8", "http://models.corp/", "169.254.169.254"),
        ("models.corp=10.0.0.0/8", "http://models.corp/", "127.0.0.1"),
        ("models.corp=10.0.0.0/8", "http://amodels.corp/", "10.9.9.9"),
        ("models.corp=10.0.0.0/8", "http://x.models.corp/", "10.9.9.9"),
        ("models.corp=10.0.0.0/8", "http://10.9.9.9/", None),
        (".corp=10.0.0.0/8", "http://corp/", "10.9.9.9"),
        (".corp=10.0.0.0/8", "http://xcorp/", "10.9.9.9"),
    ],
)
def test_and_what_not(host: str, url: str, answer: str | None) -> None:
    with pytest.raises(RefusedAddress):
        checked(address_of(url), [host_of(host)], lambda name, port: [answer or ""])


@pytest.mark.parametrize(
    "text",
    ["", ".", "*", "*.example.com", "https://example.com", "a b", "x=y", "x=10.0.0.1/8", "0x7f.1", "a:80", "a/b"],
)
def test_a_host_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"write models\.example\.com"):
        host_of(text)


def test_a_service_with_a_wrong_host_does_not_start() -> None:
    configured = Configuration(service={"hosts": frozenset({"models.corp=10.0.0.0/8", "https://models.corp"})})
    with pytest.raises(UsageError, match=r"'https://models\.corp' is not a host"):
        serving(configured)
