"""One call of ``auditor verify``: what it asks of an attestation, put together from its options and a policy's file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..attest.envelopes import key_envelope, read_lines
from ..attest.identities import SignedPayload, TrustedIdentity
from ..attest.keys import check_installed, signed_by_keys, trusted_key
from ..attest.verification import Asking, Verified, verified
from ..errors import UsageError

if TYPE_CHECKING:
    from ..policy.policy import Policy

_LONGEST = timedelta.max.total_seconds() // 2  # whoever asks for a longer age asks for none


def verified_model(path: str, said: Mapping[str, Any]) -> Verified:
    """What the attestation says of the model at a path, where all of it holds.

    ``said`` are options by their names. The keys, the identity and the policy are those that are named, and no others:
    nothing that lies beside the model, or on the way to it, is believed.
    """
    file = said.get("attestation")
    if not file:
        raise UsageError("--attestation says which file to verify the model by; `auditor attest` makes one")
    signed = _signed(file, said)
    policy = _policy(path, said["asked_policy"], said.get("subject", "")) if "asked_policy" in said else None
    age = timedelta(seconds=min(said["max_age"], _LONGEST)) if "max_age" in said else None
    return verified(path, signed, Asking(datetime.now(UTC), policy, age))


def _signed(file: str, said: Mapping[str, Any]) -> tuple[SignedPayload, ...]:
    """What is signed in a file by whom the options trust: by keys, or by an identity."""
    keys, name, issuer = sorted(said.get("public_keys", ())), said.get("identity", ""), said.get("issuer", "")
    if keys and (name or issuer):
        raise UsageError("--key trusts a key, and --identity whom Sigstore certified: give one of the two")
    if bool(name) != bool(issuer):
        raise UsageError("--identity and --issuer go together: a name means nothing without who says that it is so")
    if name:
        return _by_identity(
            file, TrustedIdentity(name, issuer), said.get("trusted_root", ""), said.get("offline", False)
        )
    if said.get("trusted_root") or said.get("offline"):
        raise UsageError("--trusted-root and --offline go with --identity and --issuer")
    if not keys:
        raise UsageError(
            "--key, or --identity with --issuer, says whose signature is trusted: by anybody it is worth nothing "
            "(a public key in PEM: openssl pkey -in key.pem -pubout)"
        )
    check_installed()
    trusted = [trusted_key(key) for key in keys]
    return signed_by_keys([key_envelope(line) for line in read_lines(file)], trusted)


def _by_identity(file: str, trusted: TrustedIdentity, root_file: str, offline: bool) -> tuple[SignedPayload, ...]:
    from ..attest.keyless import check_sigstore_installed, public_trust, signed_by_identity, trusted_root
    from ..attest.sigstore_bundles import sigstore_bundle

    check_sigstore_installed()
    bundles = [sigstore_bundle(line) for line in read_lines(file)]
    root = trusted_root(root_file) if root_file else public_trust(offline).trusted_root
    return signed_by_identity(bundles, trusted, root)


def _policy(path: str, file: str, name: str) -> Policy:
    """What a configuration asks of the model: as a trusted one, so that the environment softens nothing."""
    from ..config.configuration import read

    return read(file)._replace(trusted=True).policy(path, name)
