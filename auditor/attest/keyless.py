"""Sigstore's bundles believed, or refused: certificate, certificate log, time, identity, log entry, signature.

All of the cryptography is sigstore-python's, imported where a bundle is verified and nowhere else. What it says of a
bundle that does not hold becomes one of our refusals; whatever it raises of a stranger's bytes is a refusal too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import CannotLook, UsageError
from ..files import read_regular
from ..names import prose
from .envelopes import PAYLOAD_TYPE
from .identities import CertifiedIdentity, SignedPayload, TrustedIdentity
from .keyless_refusals import (
    NoLogTime,
    NotLogged,
    NotTransparent,
    NotVerified,
    OtherEntry,
    OtherIdentity,
    OtherIssuer,
    UntrustedCertificate,
)
from .refusals import BrokenSignature, NotAnAttestation, Refusal
from .sigstore_bundles import SigstoreBundle

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import ClientTrustConfig, TrustedRoot

_LARGEST = 1 << 20  # bytes of a trusted root
_ISSUERS = ("1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8")  # plain, and as DER: fulcio's docs/oid-info.md
_NAMES, _OTHER_NAME = "2.5.29.17", "1.3.6.1.4.1.57264.1.7"
_PLAIN = ("UniformResourceIdentifier", "RFC822Name")  # of cryptography
_UTF8 = 0x0C  # of DER
_NOISE = re.compile(r"\[type=.*?, input_type=\w+\]|For further information visit \S+", re.DOTALL)  # of pydantic


def check_sigstore_installed() -> None:
    """UsageError where sigstore-python is not here."""
    from importlib.util import find_spec

    if find_spec("sigstore") is None:
        raise UsageError("signatures without a key need sigstore: pip install 'auditor[sigstore]'")
    logging.getLogger("sigstore").addHandler(logging.NullHandler())  # what it has to say is said by a refusal
    logging.getLogger("tuf").addHandler(logging.NullHandler())


def trusted_root(path: str) -> TrustedRoot:
    """Whom Sigstore trusts, from a file: authorities of certificates and of times, and logs."""
    from sigstore.models import TrustedRoot

    try:
        read_regular(path, _LARGEST)
        return TrustedRoot.from_file(path)
    except FileNotFoundError:
        raise UsageError(f"there is no trusted root {path}") from None
    except OSError as error:
        raise CannotLook(f"the trusted root {path} cannot be read: {error.strerror}") from None
    except Exception as error:  # pydantic's, cryptography's and its own
        raise UsageError(f"{path} is no trusted root of Sigstore: {said_by(error)}") from None


def public_trust(offline: bool) -> ClientTrustConfig:
    """Whom the public Sigstore trusts, and where it signs.

    Fetched by The Update Framework; offline as it was fetched before, or came with sigstore-python.
    """
    from sigstore.models import ClientTrustConfig

    try:
        return ClientTrustConfig.production(offline=offline)
    except Exception as error:  # TUF's, the network's, and the folder's that it is kept in
        raise CannotLook(
            f"the trusted root of Sigstore cannot be had: {said_by(error)}; --trusted-root FILE names one, and "
            "--offline takes the last one that was fetched"
        ) from None


def signed_by_identity(
    bundles: Iterable[SigstoreBundle], trusted: TrustedIdentity, root: TrustedRoot
) -> tuple[SignedPayload, ...]:
    """What the trusted identity signed, where every bundle is by it; a `Refusal` for the first that is not."""
    from sigstore.verify import Verifier

    try:
        verifier = Verifier(trusted_root=root)
    except Exception as error:
        raise UsageError(f"the trusted root is of no use: {said_by(error)}") from None
    return tuple(_signed(bundle, trusted, verifier) for bundle in bundles)


def _signed(bundle: SigstoreBundle, trusted: TrustedIdentity, verifier: Any) -> SignedPayload:
    from sigstore.models import Bundle

    where = bundle.envelope.where
    asks = _Asks(trusted, where)
    try:
        read = Bundle.from_json(bundle.text)
        kind, payload = verifier.verify_dsse(read, asks)
    except Refusal:
        raise
    except Exception as error:  # whatever a stranger's bytes bring about in three libraries
        raise _refusal(error, where) from None
    if asks.found is None or kind != PAYLOAD_TYPE or payload != bundle.envelope.payload:
        raise NotVerified(f"{where} does not hold: it was read in two ways")
    return SignedPayload(bundle.envelope.payload, asks.found, where)


class _Asks:
    """What is asked of a certificate once an authority and a log have vouched for it: a policy of sigstore-python's."""

    def __init__(self, trusted: TrustedIdentity, where: str) -> None:
        self._trusted, self._where = trusted, where
        self.found: CertifiedIdentity | None = None

    def verify(self, cert: Certificate) -> None:
        names, issuers = identities_in(cert)
        by, given = ", ".join(names) or "nobody", ", ".join(issuers) or "nobody"
        if names != (self._trusted.name,):
            raise OtherIdentity(prose(f"{self._where} is signed by {by} (by {given}), and not by {self._trusted.name}"))
        if issuers != (self._trusted.issuer,):
            raise OtherIssuer(prose(
                f"{self._where} is signed by {by}, as {given} says, and not as {self._trusted.issuer} does"
            ))  # fmt: skip
        self.found = CertifiedIdentity(*self._trusted, cert.not_valid_before_utc, cert.not_valid_after_utc)


def identities_in(certificate: Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Whom a certificate of Sigstore's names, and the issuers who said so, each once: there should be one of each."""
    names: list[str] = []
    issuers: list[str] = []
    for extension in certificate.extensions:
        if extension.oid.dotted_string == _NAMES:
            names += _names(extension.value)
        elif extension.oid.dotted_string in _ISSUERS:
            value = getattr(extension.value, "value", b"")
            issuers.append(value.decode() if extension.oid.dotted_string == _ISSUERS[0] else _utf8(value))
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(issuers))


def _names(values: Iterable[Any]) -> Iterator[str]:
    for name in values:
        kind = getattr(name, "type_id", None)
        if type(name).__name__ in _PLAIN:
            yield name.value
        elif kind is not None and kind.dotted_string == _OTHER_NAME:
            yield _utf8(name.value)
        else:
            yield f"a {type(name).__name__}"


def _utf8(der: bytes) -> str:
    """A UTF8String of DER."""
    if len(der) >= 2 and der[0] == _UTF8:
        size, start = der[1], 2
        if size & 0x80:  # in as many bytes more
            start += size & 0x7F
            size = int.from_bytes(der[2:start])
        if len(der) == start + size:
            return der[start:].decode()
    raise ValueError("an extension of the certificate is no text")


_REFUSALS: tuple[tuple[str, type[Refusal], str], ...] = (
    ("DSSE: invalid signature", BrokenSignature, "the signature does not fit: what was signed is not what stands here"),
    ("failed to build timestamp certificate chain", UntrustedCertificate,
     "the signer's certificate is by no authority that you trust, or did not hold when the log took the signature"),
    ("invalid signing cert", UntrustedCertificate, "the signer's certificate did not hold when it was signed"),
    ("Key usage", UntrustedCertificate, "the signer's certificate is not one for signing"),
    ("Extended usage", UntrustedCertificate, "the signer's certificate is not one for signing"),
    ("failed to verify SCT", NotTransparent, "the signer's certificate is in no certificate log that you trust"),
    ("not enough sources of verified time", NoLogTime, "nobody whom you trust says when it was signed"),
    ("bundle must contain an inclusion promise", NoLogTime, "nobody whom you trust says when it was signed"),
    ("no Timestamp Authorities", NoLogTime, "nobody whom you trust says when it was signed"),
    ("entry must contain inclusion proof", NotLogged, "it has no proof that a log has it"),
    ("invalid log entry", NotLogged, "no log that you trust has it"),
    ("log entry ", OtherEntry, "the log's entry is of something else"),
    ("transparency log entry is inconsistent", OtherEntry, "the log's entry is of something else"),
    ("Unsupported DSSE log entry type", OtherEntry, "the log's entry is of something else"),
    ("invalid DSSE log entry", OtherEntry, "the log's entry is of something else"),
)  # fmt: skip
"""How sigstore-python's messages begin, and what they are to us."""


def _refusal(error: Exception, where: str) -> Refusal:
    from sigstore.models import InvalidBundle

    said = said_by(error)
    for begins, kind, sentence in _REFUSALS:
        if said.startswith(begins):
            rest = said.removeprefix(begins).lstrip(" :")
            return kind(f"{where}: {sentence} ({rest})" if rest else f"{where}: {sentence}")
    if isinstance(error, InvalidBundle):
        return NotAnAttestation(f"{where} is no bundle of Sigstore that can be read: {said}")
    return NotVerified(f"{where} does not hold: {said}")


def said_by(error: Exception, secret: str = "") -> str:
    """What a library says of an error, in one line, without its links and without what nobody may see."""
    texts = [f"{one}" for one in (error, error.__cause__) if one is not None and f"{one}"]
    text = ": ".join(texts) or type(error).__name__
    if secret:
        text = text.replace(secret, "(the token)")
    return prose(" ".join(_NOISE.sub("", text).split()), 300)
