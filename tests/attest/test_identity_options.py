"""What ``--keyless`` and ``--identity`` need beside them; all of it is said where sigstore is not installed, too."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib.machinery import ModuleSpec

import pytest

from .conftest import Place, Said

NAME, ISSUER = ("--identity", "ci@example.org"), ("--issuer", "https://accounts.google.com")


@pytest.fixture
def without_sigstore(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra is lacking."""
    find = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "sigstore" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", found)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "--key, or --identity with --issuer, says whose signature is trusted: by anybody it is worth nothing"),
        (NAME, "--identity and --issuer go together: a name means nothing without who says that it is so"),
        (ISSUER, "--identity and --issuer go together"),
        ((*NAME, *ISSUER, "--key", "key.pub"), "give one of the two"),
        (("--key", "key.pub", "--offline"), "--trusted-root and --offline go with --identity and --issuer"),
        (("--key", "key.pub", "--trusted-root", "r"), "--trusted-root and --offline go with --identity and --issuer"),
        ((*NAME, *ISSUER), "signatures without a key need sigstore: pip install 'auditor[sigstore]'"),
    ],
    ids=["nobody", "no issuer", "no identity", "both", "offline", "root", "no extra"],
)
@pytest.mark.usefixtures("without_sigstore")
def test_whom_to_trust_is_said_whole(
    words: tuple[str, ...], sentence: str, place: Place, verify_by: Callable[..., Said]
) -> None:
    said = verify_by(*words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1) and sentence in said.err, said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--keyless", "--key", "key.pem"), "--keyless signs by an identity: without --key and --sign-command"),
        (("--key", "key.pem", "--identity-token", "t"), "--signing-config go with --keyless"),
        ((), "--key says which key signs (`openssl genpkey -algorithm ed25519 -out key.pem` makes one), or --keyless"),
        (("--keyless",), "signatures without a key need sigstore: pip install 'auditor[sigstore]'"),
    ],
    ids=["both", "token", "nobody", "no extra"],
)
@pytest.mark.usefixtures("without_sigstore")
def test_who_signs_is_said_before_anything_is_audited(
    words: tuple[str, ...], sentence: str, place: Place, attest: Callable[..., Said]
) -> None:
    said = attest("m.onnx", *words, "-o", "out")
    assert (said.code, said.err.count("\n")) == (2, 1) and sentence in said.err, said
    assert not (place.folder / "out").exists()


def test_a_bundle_is_nothing_to_who_trusts_keys(place: Place, verify: Callable[..., Said]) -> None:
    place.attestation.write_text('{"mediaType": "x", "verificationMaterial": {}, "dsseEnvelope": {}}')
    said = verify()
    assert said.code == 1 and "is a bundle of Sigstore, which no key signed: --identity and --issuer say" in said.err
