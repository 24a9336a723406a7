"""Why a bundle of Sigstore is not taken: each reason has a type and a sentence of its own."""

from __future__ import annotations

from .refusals import Refusal


class OtherIdentity(Refusal):
    """Signed by somebody else than who is trusted."""


class OtherIssuer(Refusal):
    """Signed by one of that name, as another issuer says than the trusted one."""


class UntrustedCertificate(Refusal):
    """The signer's certificate is by no authority that is trusted, not for signing, or did not hold at that time."""


class NotTransparent(Refusal):
    """The signer's certificate is in no certificate log that is trusted (its SCT does not hold)."""


class NoLogTime(Refusal):
    """Nobody who is trusted says when it was signed, and the certificate held for minutes only."""


class NotLogged(Refusal):
    """No log that is trusted has the signature: the proof of inclusion, its checkpoint or the promise does not hold."""


class OtherEntry(Refusal):
    """The log has an entry there, and it is of something else."""


class NotVerified(Refusal):
    """Another reason of sigstore-python's."""
