"""Keys and signatures by themselves: which public keys are read, and whose signature is believed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from auditor.attest.envelopes import Envelope
from auditor.attest.keys import check_signature, signer, trusted_key
from auditor.attest.refusals import BrokenSignature, OtherKey
from auditor.errors import UsageError

from .conftest import write_keys


@pytest.mark.parametrize("names", [("own", "other"), ("other", "own")], ids=["first", "last"])
def test_one_signature_of_several_is_enough(names: tuple[str, str], tmp_path: Path) -> None:
    """DSSE: an envelope may be signed by many, of whom a verifier knows one."""
    for name in names:
        write_keys(tmp_path, name)
    signatures = tuple(
        one for name in names for one in signer(str(tmp_path / f"{name}.pem"), str).envelope(b"{}").signatures
    )
    own = trusted_key(str(tmp_path / "own.pub"))
    assert check_signature(Envelope(b"{}", signatures), [own]) is own
    with pytest.raises(BrokenSignature):
        check_signature(Envelope(b"{ }", signatures), [own])
    write_keys(tmp_path, "third")
    third = trusted_key(str(tmp_path / "third.pub"))
    with pytest.raises(OtherKey):
        check_signature(Envelope(b"{}", signatures), [third])
    assert check_signature(Envelope(b"{}", signatures), [third, own]) is own


def test_a_public_key_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    """RFC 7468 lets text stand before the key; RFC 5480 lets a point be compressed. The id is of the usual form."""
    write_keys(tmp_path, "usual", "p256")
    text = (tmp_path / "usual.pub").read_bytes()
    public = load_pem_public_key(text)
    assert isinstance(public, EllipticCurvePublicKey)
    usual = trusted_key(str(tmp_path / "usual.pub")).keyid
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert usual == hashlib.sha256(der).hexdigest()
    (tmp_path / "told.pub").write_bytes(b"the key of the release team\n" + text)
    assert trusted_key(str(tmp_path / "told.pub")).keyid == usual


def test_a_public_key_of_another_kind_is_refused_by_its_kind(tmp_path: Path) -> None:
    rsa = generate_rsa_key(65537, 1024).public_key()  # it signs nothing
    path = tmp_path / "rsa.pub"
    path.write_bytes(rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(UsageError, match=r"rsa\.pub holds a key of a kind that is not taken \(RSA\): Ed25519, and"):
        trusted_key(str(path))
