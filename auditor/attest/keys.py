"""Keys in PEM, and signatures: Ed25519, and ECDSA on P-256 and P-384.

What a signature is checked by hangs on the trusted key alone, never on what an envelope says. A key is known by the
SHA-256 of its SubjectPublicKeyInfo. `cryptography` is imported where a key is used, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import CannotLook, UsageError
from ..files import read_regular
from ..hashing import sha256
from ..tuples import NamedTuple
from .envelopes import Envelope, KeySignature, authenticated
from .identities import SignedPayload
from .refusals import BrokenSignature, OtherKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PASSWORD = "AUDITOR_KEY_PASSWORD"
"""The variable that has a key's password: a command line is seen by others."""

_LARGEST = 1 << 16  # bytes of a key's file
_TAKEN = "Ed25519, and ECDSA on P-256 or P-384, are taken"
_SHOWN = 16  # letters of a key's id

Password: TypeAlias = Callable[[str], str]
"""Asks for the password of the key in a file."""


class TrustedKey(NamedTuple):
    """Whose signatures count."""

    keyid: str
    public: Ed25519PublicKey | EllipticCurvePublicKey

    def made(self, signature: bytes, signed: bytes) -> bool:
        """Whether the signature is by this key, of these bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, signed)
            else:
                self.public.verify(signature, signed, _ecdsa(self.public.curve.key_size))
        except InvalidSignature:
            return False
        return True


class Signer(NamedTuple):
    """Who signs: ``sign`` makes a signature of bytes, and ``key`` says that it is one."""

    key: TrustedKey
    sign: Callable[[bytes], bytes]

    def envelope(self, payload: bytes) -> Envelope:
        """The payload, signed; UsageError where what came back is no signature by the key."""
        signed = authenticated(payload)
        signature = self.sign(signed)
        if not self.key.made(signature, signed):
            raise UsageError(f"what was to sign gave no signature by the key {short(self.key.keyid)}")
        return Envelope(payload, (KeySignature(self.key.keyid, signature),))

    def signed(self, payloads: Sequence[bytes]) -> tuple[str, str]:
        """An envelope a line, and whose they are."""
        return "".join(f"{self.envelope(payload).line()}\n" for payload in payloads), self.key.keyid


def check_installed() -> None:
    """UsageError where the library of signatures is not here."""
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        raise UsageError("signatures need cryptography: pip install 'auditor[attest]'")


def short(keyid: str) -> str:
    """A key's id as people compare it."""
    return keyid if len(keyid) <= _SHOWN else f"{keyid[:_SHOWN]}…"


def trusted_key(path: str) -> TrustedKey:
    """The public key in a PEM file. A private key is refused: where it is checked, nobody should hold one."""
    data = _pem(path)
    if b"PRIVATE KEY" in data:
        raise UsageError(f"{path} holds a private key: give the public one (openssl pkey -in {path} -pubout)")
    if (usual := _usual(data)) is not None:
        return usual
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return _trusted(load_pem_public_key(data), path)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no public key in PEM: {_TAKEN}") from None


def signer(path: str, password: Password) -> Signer:
    """Who signs with the private key in a PEM file; ``password`` is asked where the file wants one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _pem(path)
    if b"PUBLIC KEY" in data:
        raise UsageError(f"{path} holds a public key, and signing needs the private one (or --sign-command)")
    try:
        try:
            private: Any = load_pem_private_key(data, None)
        except TypeError:  # it is encrypted
            private = load_pem_private_key(data, password(path).encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no private key in PEM that can be read: wrong password? {_TAKEN}") from None
    return _signer(private, path)


def _signer(private: Ed25519PrivateKey | EllipticCurvePrivateKey, path: str) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    key = _trusted(private.public_key(), path)
    if isinstance(private, EllipticCurvePrivateKey):
        algorithm, elliptic = _ecdsa(private.curve.key_size), private
        return Signer(key, lambda data: elliptic.sign(data, algorithm))
    return Signer(key, private.sign)


def _trusted(public: Any, path: str) -> TrustedKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    elliptic = isinstance(public, EllipticCurvePublicKey) and public.curve.name in ("secp256r1", "secp384r1")
    if not elliptic and not isinstance(public, Ed25519PublicKey):
        kind = type(public).__name__.removesuffix("PublicKey").strip("_")
        raise UsageError(f"{path} holds a key of a kind that is not taken ({kind}): {_TAKEN}")
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return TrustedKey(sha256(encoded).hexdigest(), public)


_USUAL = re.compile(rb"\s*-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]{1,400})-----END PUBLIC KEY-----\s*")
_HEADS = {
    bytes.fromhex("302a300506032b6570032100"): ("ed25519", 32),
    bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"): ("p256", 65),
    bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200"): ("p384", 97),
}
"""How a SubjectPublicKeyInfo of each kind begins, and how many bytes the key behind it has (RFC 8410, RFC 5480)."""


def _usual(data: bytes) -> TrustedKey | None:
    """A key that is written as all write it; None where the library has to look.

    That it reads SSH's keys too costs more to import than a signature costs to check.
    """
    found = _USUAL.fullmatch(data)
    if found is None:
        return None
    try:
        encoded = base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error:
        return None
    for head, (kind, length) in _HEADS.items():
        if encoded.startswith(head) and len(encoded) == len(head) + length:
            try:
                return TrustedKey(sha256(encoded).hexdigest(), _public(kind, encoded[len(head) :]))
            except ValueError:  # no point of the curve
                return None
    return None


def _public(kind: str, key: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    if kind == "ed25519":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(key)
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePublicKey

    return EllipticCurvePublicKey.from_encoded_point(SECP256R1() if kind == "p256" else SECP384R1(), key)


def _ecdsa(bits: int) -> Any:
    """The hash that goes with the curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384

    return ECDSA(SHA384() if bits > 256 else SHA256())


def _pem(path: str) -> bytes:
    try:
        return read_regular(path, _LARGEST)
    except FileNotFoundError:
        raise UsageError(f"there is no key {path}") from None
    except OSError as error:
        raise CannotLook(f"the key {path} cannot be read: {error.strerror}") from None


def signed_by_keys(bundle: Iterable[Envelope], keys: Sequence[TrustedKey]) -> tuple[SignedPayload, ...]:
    """What trusted keys signed, where every envelope is by one of them; a `Refusal` for the first that is not."""
    return tuple(SignedPayload(one.payload, check_signature(one, keys), one.where) for one in bundle)


def check_signature(envelope: Envelope, keys: Iterable[TrustedKey]) -> TrustedKey:
    """The trusted key that signed the envelope: one is enough. The ids in an envelope only explain a refusal."""
    signed = envelope.signed
    trusted = {key.keyid: key for key in keys}
    for key in trusted.values():
        if any(key.made(one.signature, signed) for one in envelope.signatures):
            return key
    claimed = next((one.keyid for one in envelope.signatures if one.keyid in trusted), None)
    if claimed is not None:
        raise BrokenSignature(
            f"{envelope.where}: the signature that says it is by {short(claimed)} does not fit: what was signed is not "
            "what stands here"
        )
    by = ", ".join(short(one.keyid) or "a key that is not named" for one in envelope.signatures)
    raise OtherKey(f"{envelope.where} is signed by {by}, and by none of the keys that you trust: "
                   f"{', '.join(map(short, trusted))}")  # fmt: skip
