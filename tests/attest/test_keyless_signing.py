"""``auditor attest --keyless``: against the services of a Sigstore of the tests' own, over HTTP on this machine."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from auditor.attest import keyless_signing
from auditor.attest.envelopes import parse_lines
from auditor.attest.identities import TrustedIdentity
from auditor.attest.sigstore_bundles import sigstore_bundle
from auditor.errors import CannotLook, UsageError

from .conftest import Place, Said, program, said_by_program
from .stand_in_sigstore import IDENTITY, ISSUER, StandIn, new_key, token

pytest.importorskip("sigstore", reason="pip install 'auditor[sigstore]' brings sigstore")

OUT = "m.onnx.sigstore.jsonl"


class Served(NamedTuple):
    place: Place
    instance: StandIn
    url: str

    def trust(self, version: int = 1) -> None:
        """The files that say who is trusted, and where it is signed."""
        (self.place.folder / "root.json").write_text(json.dumps(self.instance.trusted_root()))
        (self.place.folder / "services.json").write_text(json.dumps(self.instance.signing_config(self.url, version)))

    def signed(self, payload: bytes = b"") -> str:
        from auditor.attest.keyless_signing import keyless_signer

        return keyless_signer("token", "root.json", "services.json").signed([payload or self.payload])[0]

    @property
    def payload(self) -> bytes:
        return self.place.audit.payloads()[0]


@pytest.fixture
def served(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in (
        "SIGSTORE_ID_TOKEN",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "BUILDKITE",
        "CIRCLECI",
        "GOOGLE_SERVICE_ACCOUNT_NAME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    instance = StandIn(tmp_path / "instance")
    with instance.serving() as url:
        served = Served(place, instance, url)
        served.trust()
        (place.folder / "token").write_text(token() + "\n")
        yield served


TRUST = ("--trusted-root", "root.json", "--identity", IDENTITY, "--issuer", ISSUER)
SERVICES = ("--keyless", "--signing-config", "services.json", "--trusted-root", "root.json")


def test_a_verdict_is_signed_by_an_identity_and_verified(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("attest", "m.onnx", "--no-run", *SERVICES, "--identity-token", "token", "-o", OUT)
    said = program(served.place.folder, *words)
    assert said.code == 0, said.err
    assert f"PASSED, signed by {IDENTITY} (by {ISSUER})" in said.err
    lines = (served.place.folder / OUT).read_text().splitlines()
    assert [json.loads(line)["mediaType"] for line in lines] == ["application/vnd.dev.sigstore.bundle.v0.3+json"] * 2
    verified = said_by_program(["verify", "m.onnx", "--attestation", OUT, *TRUST, "--max-age", "1d"], capsys)
    assert verified.code == 0 and verified.out.startswith("PASSED  m.onnx\n"), verified
    asked = [path for path, _ in served.instance.requests]
    assert asked == ["/api/v2/signingCert", "/api/v1/log/entries", "/api/v1/log/entries"], "one certificate for both"
    assert all("authorization" not in headers for path, headers in served.instance.requests if "log" in path)
    # Who trusts a key does not trust this, and nobody's is nobody's.
    by_key = said_by_program(["verify", "m.onnx", "--attestation", OUT, "--key", "key.pub"], capsys)
    assert by_key.code == 1 and f"{OUT}:1 is a bundle of Sigstore, which no key signed: --identity" in by_key.err
    nobodys = said_by_program(["verify", "m.onnx", "--attestation", OUT], capsys)
    assert nobodys.code == 2 and "by anybody it is worth nothing" in nobodys.err


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to say the time: apt-get install openssl")
def test_a_log_that_says_no_time_needs_a_clock(served: Served) -> None:
    """Rekor v2, whose entries have neither a time nor a promise."""
    from auditor.attest.keyless import signed_by_identity, trusted_root

    served.trust(version=2)
    with pytest.raises(
        CannotLook, match="nothing is written: bundle must contain an inclusion promise or signed timestamp"
    ):
        served.signed()
    served.instance.keep_time()
    served.trust(version=2)
    text = served.signed()
    bundle = json.loads(text)
    (entry,) = bundle["verificationMaterial"]["tlogEntries"]
    assert "integratedTime" not in entry and entry["kindVersion"] == {"kind": "hashedrekord", "version": "0.0.2"}
    (read,) = map(sigstore_bundle, parse_lines(text.encode(), "it"))
    trusted = TrustedIdentity(IDENTITY, ISSUER)
    (signed,) = signed_by_identity([read], trusted, trusted_root("root.json"))
    assert signed.payload == served.payload


def test_the_identity_of_a_job_signs(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """As GitHub's runner gives it; and of a variable, as GitLab has it."""
    from auditor.attest.keyless_signing import keyless_signer

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(
        UsageError, match=r"the identity token \(of this job\) is not taken: .*ACTIONS_ID_TOKEN_REQUEST"
    ):
        keyless_signer("", "root.json", "services.json")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of the runner")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{served.url}/oidc?x=1")
    assert keyless_signer("", "root.json", "services.json").signed([served.payload])[1] == f"{IDENTITY} (by {ISSUER})"
    assert any("audience=sigstore" in path for path, _ in served.instance.requests)
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", token(sub="another"))
    by = keyless_signer("", "root.json", "services.json").signed([served.payload])[1]
    assert by == f"another (by {ISSUER})" or by.startswith("another")


def test_what_is_wrong_with_a_token_is_said_before_anything_is_audited(
    served: Served, attest: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: None)
    past = int(time.time()) - 900
    for name, text in {
        "expired": token(iat=past, exp=past + 300),
        "elsewhere": token(aud="https://example.org"),
        "none": "no token",
    }.items():
        (served.place.folder / name).write_text(text)
        said = attest("gone.onnx", *SERVICES, "--identity-token", name)
        assert said.code == 2 and f"the identity token ({name}) is not taken: " in said.err, said
        assert text not in said.err and "claims" not in said.err.split(": ")[-1], said
    (served.place.folder / "empty").write_text("\n")
    for words, sentence in {
        ("--identity-token", "empty"): "the identity token (empty) is not taken: ",
        ("--identity-token", "gone"): "there is no identity token gone",
        (): "there is no identity to sign by: give the job one (on GitHub `permissions: id-token: write`)",
    }.items():
        said = attest("gone.onnx", *SERVICES, *words)
        assert said.code == 2 and sentence in said.err and said.err.count("\n") == 1, said
    for file, sentence in {
        "root.json": "root.json is no trusted root of Sigstore: ",
        "services.json": "services.json is no signing configuration of Sigstore: ",
    }.items():
        whole = (served.place.folder / file).read_text()
        (served.place.folder / file).write_text('{"mediaType": "another"}')
        said = attest("gone.onnx", *SERVICES, "--identity-token", "token")
        assert said.code == 2 and sentence in said.err and said.err.count("\n") == 1, said
        (served.place.folder / file).write_text(whole)
    said = attest("gone.onnx", *SERVICES, "--identity-token", "token")
    assert said.code == 3 and "there is no file gone.onnx" in said.err


def test_services_that_do_not_sign_aresaid_by_program_and_never_with_the_token(served: Served) -> None:
    secret = (served.place.folder / "token").read_text().strip()
    answers = served.instance.answers
    served.instance.reason = f"not {secret}"
    for path, answer, sentence in (
        (
            "/api/v2/signingCert",
            (400, json.dumps({"message": f"no: {secret}"}).encode()),
            r"400 Client Error: not \(the token\)",
        ),
        ("/api/v2/signingCert", (200, b"{}"), "Fulcio response missing certificate chain"),
        ("/api/v2/signingCert", (200, b"not JSON"), "nothing is written: "),
        ("/api/v1/log/entries", (500, b""), "500"),
        ("/api/v1/log/entries", (200, b"{}"), "nothing is written: "),
    ):
        answers.clear()
        answers[path] = answer
        with pytest.raises(CannotLook) as refused:
            served.signed()
        assert re.search(sentence, str(refused.value)) and secret not in str(refused.value), refused.value


def test_what_comes_back_is_verified_before_it_is_written(served: Served) -> None:
    """A log that is not the trusted one, and an authority that is not."""
    served.instance.log = new_key()
    with pytest.raises(
        CannotLook, match=r"what Sigstore signed does not verify, and nothing is written: .* no log that"
    ):
        served.signed()
    served.instance.certificates = new_key()
    with pytest.raises(CannotLook, match="Sigstore did not sign it, and nothing is written: SCT verify failed"):
        served.signed()


def test_a_service_that_never_answers_is_left(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    goes = threading.Event()
    monkeypatch.setattr("auditor.attest.keyless_signing._SECONDS", 0.05)

    def wait(*_: Any) -> Any:
        goes.wait()
        return 503, b""

    monkeypatch.setattr(served.instance, "answer", wait)
    try:
        with pytest.raises(CannotLook, match=r"did not answer within 0\.05 seconds, and nothing is written"):
            served.signed()
    finally:
        goes.set()


def test_what_was_signed_is_what_was_to_be_signed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from sigstore import dsse

    real = dsse.Statement
    monkeypatch.setattr(dsse, "Statement", lambda payload: real(payload + b" "))
    with pytest.raises(CannotLook, match="what Sigstore signed is not what was to be signed, and nothing is written"):
        served.signed()


def test_an_answer_that_nobody_expects_of_the_jobs_service_is_one_line(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of GitHub's: what says that it is packed, and is not."""
    from urllib3.exceptions import DecodeError

    def answers() -> str:
        raise DecodeError("not gzip")

    monkeypatch.setattr("sigstore.oidc.detect_credential", answers)
    with pytest.raises(CannotLook, match="the identity of this job cannot be had: not gzip"):
        keyless_signing.keyless_signer()
