"""Who asks, and whom: tokens that nobody else reads, addresses that say no more than where."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.client.address import ServerAddress, server_address
from auditor.client.token import chosen_token, usual_file
from auditor.errors import ExitCode, UsageError
from tests.cli.conftest import NAN, Said

from .conftest import Server
from .stand_in import TOKEN

Call = Callable[..., Said]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


def test_a_file_that_is_named_comes_first_then_the_variable_then_the_usual_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_TOKEN", "of-the-variable")
    assert chosen_token(str(file)) == TOKEN
    assert chosen_token(None) == "of-the-variable"
    monkeypatch.setenv("AUDITOR_TOKEN", "")
    assert chosen_token(None) == ""
    usual = Path(usual_file())
    usual.parent.mkdir(parents=True)
    usual.write_text("of-the-usual-file")
    usual.chmod(0o600)
    assert chosen_token(None) == "of-the-usual-file"
    assert usual.parts[-2:] == ("auditor", "token")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_a_file_that_others_may_touch_is_refused(mode: int, file: Path) -> None:
    file.chmod(mode)
    with pytest.raises(UsageError, match=r"others may read the token in .*: chmod 600 "):
        chosen_token(str(file))


def test_a_file_that_cannot_be_read(file: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            chosen_token(str(path))
    os.truncate(file, 5000)
    with pytest.raises(UsageError, match="larger than 4096 bytes"):
        chosen_token(str(file))


@pytest.mark.parametrize("text", ["", "two words", "a\r\nX-Other: b", "\u00e4", "a\0b"])
def test_what_is_no_token_is_not_sent(text: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match="holds no token: `auditor token create` makes one"):
        chosen_token(str(file))


@pytest.mark.parametrize(
    ("text", "address", "back"),
    [
        ("https://a.example", ServerAddress("https", "a.example"), "https://a.example"),
        ("https://A.example:443/", ServerAddress("https", "a.example"), "https://a.example"),
        ("http://a:80", ServerAddress("http", "a"), "http://a"),
        ("http://a:443/x/y/", ServerAddress("http", "a", 443, "/x/y"), "http://a:443/x/y"),
        ("http://[::1]:8000", ServerAddress("http", "::1", 8000), "http://[::1]:8000"),
    ],
)
def test_an_address(text: str, address: ServerAddress, back: str) -> None:
    assert server_address(text) == address
    assert address.text == back


@pytest.mark.parametrize(
    "text",
    [
        "", "a.example", "ftp://a", "file:///etc/passwd", "https://", "https://a/?q", "https://a/#f", "https://a b",
        "https://user:word@a", "https://a:x", "https://a:99999", "https://a\n", "https://[::1", "https://\u00e4",
        "http://a\\b", "unix:///run/a",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--server takes an address"):
        server_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"])
def test_on_this_machine_nobody_listens_on_the_way(host: str) -> None:
    assert not server_address(f"http://{host}:1").shows_tokens


@pytest.mark.parametrize("host", ["a.example", "127.0.0.1.example", "127.example", "10.0.0.1", "localhost.example"])
def test_elsewhere_somebody_may(host: str) -> None:
    assert server_address(f"http://{host}").shows_tokens
    assert not server_address(f"https://{host}").shows_tokens


def test_a_token_in_the_clear_is_a_line(auditor: Call) -> None:
    """The address is one of those that lead nowhere (RFC 6761)."""
    said = auditor("gate", "m", "--server", "http://auditor.invalid")
    assert said.code == ExitCode.INCONCLUSIVE
    assert said.err.startswith(
        "auditor: anybody on the way to http://auditor.invalid can read the token: https keeps it\n"
    )


def test_the_token_goes_with_every_request(server: Server, push: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_TOKEN", "another")
    said = push(NAN)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert said.err == (
        f"auditor: {server.url}: this needs a token that holds: send Authorization: Bearer TOKEN (401 no-token)\n"
    )


def test_where_nobody_needs_a_token_the_servers_own_word_is_shown(
    server: Server, push: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_TOKEN", "")
    server.knows.token = None
    assert push(NAN).code == ExitCode.FINDINGS
    assert server.knows.count("GET", "/api/v1/whoami") == 1
