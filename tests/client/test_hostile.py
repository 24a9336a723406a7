"""Whatever a server answers is one line within bounds, and nothing of it moves a terminal."""

from __future__ import annotations

import json
import resource
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.client import connection, remote
from auditor.errors import ExitCode
from auditor.formats import formats
from tests.cli.conftest import NAN, Said

from .conftest import Server
from .stand_in import Canned, StandIn, serving

Call = Callable[..., Said]
ESCAPE = "\x1b[2Jgone\x07\x9b\u202e"
CERTIFICATE = Path(__file__).parent / "certificate.pem"

GARBAGE = {
    "HTML": Canned(200, b"<html><h1>Welcome to the proxy</h1>"),
    "nothing": Canned(200),
    "a list": Canned(200, b"[]"),
    "no UTF-8": Canned(200, b"\xff\xfe{}"),
    "deep": Canned(200, b'{"a":' * 100_000),
    "another object": Canned(200, b"{}"),
    "an id that leads elsewhere": Canned(200, json.dumps({"id": "../../x", "done": False}).encode()),
    "a page of an error": Canned(403, b"<html>\x1b[2J"),
    "a problem that is none": Canned(403, b'{"detail": 1}'),
    "a problem with nothing in it": Canned(422, b'{"status": 422}'),
    "escapes": Canned(422, json.dumps({"status": 422, "detail": ESCAPE, "mend": [1], "code": ESCAPE}).encode()),
    "a long word": Canned(422, json.dumps({"status": 422, "detail": "x" * 100_000}).encode()),
    "lines": Canned(422, json.dumps({"status": 422, "detail": "a\nauditor: b\r::error::c\n##[error]"}).encode()),
    "elsewhere": Canned(302, b"", {"Location": "http://127.0.0.1:1/" + "y" * 5000}),
    "moved": Canned(308, b"", {"Location": "javascript:alert(1)"}),
    "informative": Canned(299, b"{}"),
    "too little": Canned(200, b"{}", {}, 1000),
    "compressed": Canned(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    "a pattern of missing files": Canned(
        422, json.dumps({"status": 422, "code": "missing-blobs", "missing": ["../x"]}).encode()
    ),
    "no missing files": Canned(422, json.dumps({"status": 422, "code": "missing-blobs", "missing": []}).encode()),
}


def one_line(said: Said, *codes: ExitCode) -> None:
    assert said.code in (codes or (ExitCode.USAGE, ExitCode.INCONCLUSIVE)), said
    assert said.out == ""
    assert said.err.startswith("auditor: ")
    assert said.err.count("\n") == 1, said.err
    assert len(said.err) < 2500
    assert said.err.rstrip("\n").isprintable(), ascii(said.err)
    assert "##[" not in said.err


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/models"), ("POST", "/api/v1/uploads"), ("PATCH", ".*"), ("POST", "/api/v1/audits"),
        ("GET", "/api/v1/audits/.*"),
    ],
    ids=["models", "uploads", "upload", "audits", "audit"],
)  # fmt: skip
def test_any_answer_to_a_push_is_one_line(name: str, method: str, path: str, server: Server, push: Call) -> None:
    server.knows.instead(method, path, *[GARBAGE[name]] * 20)
    one_line(push(NAN))


@pytest.mark.parametrize("name", GARBAGE)
def test_any_answer_to_a_gate_is_one_line(name: str, server: Server, auditor: Call) -> None:
    server.knows.instead("GET", "/api/v1/gate", *[GARBAGE[name]] * 20)
    one_line(auditor("gate", "m", "--server", server.url))


@pytest.mark.parametrize("offset", ["", "-1", "x", "1e3", "99999999999999999999", "21856", "\u0661"])
def test_an_offset_that_makes_no_sense(offset: str, server: Server, push: Call) -> None:
    """The file has 21,855 bytes."""
    header = {"Upload-Offset": offset.encode().decode("latin-1")}
    server.knows.instead("PATCH", ".*", *[Canned(204, b"", header)] * 20)
    said = push(NAN)
    one_line(said, ExitCode.INCONCLUSIVE)
    assert ("it has more of a file than there is" if offset == "21856" else "is no number") in said.err


def test_an_offset_that_never_moves_comes_to_an_end(server: Server, push: Call) -> None:
    server.knows.instead("PATCH", ".*", *[Canned(204, b"", {"Upload-Offset": "0"})] * 1000)
    one_line(push(NAN), ExitCode.INCONCLUSIVE)


def test_an_upload_that_is_always_elsewhere_comes_to_an_end(server: Server, push: Call) -> None:
    server.knows.instead("PATCH", ".*", *[Canned(409)] * 1000)
    one_line(push(NAN))


def test_a_server_that_never_has_what_was_sent_comes_to_an_end(server: Server, push: Call) -> None:
    from hashlib import sha256

    digest = sha256(Path(NAN).read_bytes()).hexdigest()
    missing = {"status": 422, "code": "missing-blobs", "missing": [digest]}
    server.knows.instead("POST", "/api/v1/models", *[Canned(422, json.dumps(missing).encode())] * 1000)
    one_line(push(NAN), ExitCode.INCONCLUSIVE)


def test_no_redirect_gets_the_token(server: Server, push: Call) -> None:
    knows = StandIn()
    with serving(knows) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            server.knows.instead("POST", ".*", Canned(status, b"", {"Location": f"{elsewhere}/api/v1/models"}))
            said = push(NAN)
            one_line(said, ExitCode.USAGE)
            assert f"leads on to {elsewhere}/api/v1/models, which is not followed" in said.err
        assert knows.asked == []


def test_a_huge_answer_is_not_read(server: Server, push: Call) -> None:
    """More is sent than is taken; what is taken is bounded, whatever length is said."""
    server.knows.instead("POST", "/api/v1/models", Canned(200, b" " * (connection.SMALL + 1)))
    said = push(NAN)
    one_line(said, ExitCode.INCONCLUSIVE)
    assert "its answer is larger than 4,194,304 bytes" in said.err
    server.knows.instead("POST", "/api/v1/models", *[Canned(200, b"{}", {}, 1 << 60)] * 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one_line(push(NAN))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 16  # KiB


def test_an_answer_that_drips_comes_to_an_end(server: Server, push: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_ANSWER", -1.0)
    said = push(NAN)
    one_line(said, ExitCode.INCONCLUSIVE)
    assert "its answer takes longer than " in said.err


def test_many_headers_are_not_kept(server: Server, push: Call) -> None:
    """Python's own bound is a hundred."""
    headers = {f"X-{number}": "x" * 1000 for number in range(500)}
    server.knows.instead("POST", "/api/v1/models", *[Canned(200, b"{}", headers)] * 20)
    one_line(push(NAN), ExitCode.INCONCLUSIVE)


# ---- what is printed of a report


def poisoned(value: Any, key: str = "") -> Any:
    """With something that moves a terminal in every text, where a report stays one."""
    match value:
        case str() if key not in ("verdict", "severity", "basis", "status"):
            return value + ESCAPE
        case list():
            return [poisoned(one) for one in value]
        case dict():
            return {name + ("" if name in KEYS else ESCAPE): poisoned(one, name) for name, one in value.items()}
    return value


KEYS: set[str] = set()


def keys(value: Any) -> None:
    if isinstance(value, list):
        for one in value:
            keys(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            KEYS.add(name)
            keys(one)


@pytest.fixture
def answer(server: Server, push: Call) -> dict[str, Any]:
    """The audit of a model with a fault, poisoned."""
    push(NAN)
    (audit,) = server.knows.audits.values()
    keys(audit["report"])
    return {**audit, "report": poisoned(audit["report"])}


@pytest.mark.parametrize("form", [form for form in formats() if form != "html"])
def test_nothing_of_a_report_moves_a_terminal(form: str, answer: dict[str, Any], server: Server, push: Call) -> None:
    server.knows.instead("GET", "/api/v1/audits/.*", Canned(200, json.dumps(answer).encode()))
    said = push(NAN, "--format", form)
    assert said.out + said.err
    bad = [c for c in said.out + said.err if c in "\x1b\x07\x9b\u202e"]
    assert bad == []


def test_nothing_of_a_page_does(server: Server, push: Call, answer: dict[str, Any]) -> None:
    whole = Canned(200, json.dumps(answer).encode())
    server.knows.instead("GET", "/api/v1/audits/.*", whole, Canned(200, f"<p>{ESCAPE}\n".encode()))
    said = push(NAN, "--format", "html")
    assert said.out == "<p>\ufffd[2Jgone\ufffd\ufffd\u202e\n"


def test_nothing_of_a_verdict_does(server: Server, auditor: Call, answer: dict[str, Any]) -> None:
    gate = {
        "verdict": "fail", "state": ESCAPE, "audit_id": answer["id"], "version": ESCAPE, "model": {"name": ESCAPE},
        "policy": ESCAPE, "compared_with": {"audit_id": ESCAPE, "when": ESCAPE, "by": ESCAPE, "reason": ESCAPE},
        "reasons": [{"kind": "fail", "text": ESCAPE, "fix": ESCAPE}, ESCAPE, {"kind": ESCAPE}, 3],
    }  # fmt: skip
    for form in ("text", "json", "github"):
        server.knows.instead("GET", "/api/v1/gate", Canned(200, json.dumps(gate).encode()))
        server.knows.instead("GET", "/api/v1/audits/.*", Canned(200, json.dumps(answer).encode()))
        said = auditor("gate", "m", "--server", server.url, "--format", form)
        assert said.code == ExitCode.FINDINGS
        assert [c for c in said.out + said.err if c in "\x1b\x07\x9b\u202e"] == []


def test_a_report_of_a_newer_auditor_is_a_line(server: Server, push: Call, answer: dict[str, Any]) -> None:
    newer = {**answer, "report": {**answer["report"], "schema_version": 99}}
    server.knows.instead("GET", "/api/v1/audits/.*", Canned(200, json.dumps(newer).encode()))
    said = push(NAN)
    assert "upgrade auditor" in said.err
    one_line(said)


def test_a_report_is_bounded(server: Server, push: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_REPORT", 1000)
    said = push(NAN)
    one_line(said, ExitCode.INCONCLUSIVE)
    assert "larger than 1,000 bytes" in said.err


# ---- TLS


@pytest.fixture
def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    return made


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    context: ssl.SSLContext, auditor: Call, pauses: list[float]
) -> None:
    knows = StandIn()
    with serving(knows, context) as url:
        said = auditor("push", NAN, "--server", url)
    one_line(said, ExitCode.INCONCLUSIVE)
    assert "is not trusted: " in said.err
    assert "SSL_CERT_FILE" in said.err
    assert (knows.asked, pauses) == ([], []), "asking again changes nothing"


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(
    context: ssl.SSLContext, auditor: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serving(StandIn(), context) as url:
        assert auditor("push", NAN, "--server", url, "--no-run").code == ExitCode.FINDINGS
        said = auditor("push", NAN, "--server", url.replace("127.0.0.1", "localhost"))
    one_line(said, ExitCode.INCONCLUSIVE)
    assert "is not trusted: " in said.err, "the certificate is for another name"
