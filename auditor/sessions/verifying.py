"""One call of ``auditor verify``: what it asks of an attestation, put together from its options and a policy's file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..attest.envelopes import read_bundle
from ..attest.keys import check_installed, trusted_key
from ..attest.verification import Asking, Verified, verified
from ..errors import UsageError

if TYPE_CHECKING:
    from ..policy.policy import Policy


def verified_model(path: str, said: Mapping[str, Any]) -> Verified:
    """What the attestation says of the model at a path, where all of it holds.

    ``said`` are options by their names. The keys and the policy are those that are named, and no others: nothing that
    lies beside the model, or on the way to it, is believed.
    """
    check_installed()
    file, keys = said.get("attestation"), sorted(said.get("public_keys", ()))
    if not file:
        raise UsageError("--attestation says which file to verify the model by; `auditor attest` makes one")
    if not keys:
        raise UsageError(
            "--key says whose signature is trusted: a public key in PEM (openssl pkey -in key.pem -pubout)"
        )
    policy = _policy(path, said["asked_policy"], said.get("subject", "")) if "asked_policy" in said else None
    age = timedelta(seconds=said["max_age"]) if "max_age" in said else None
    trusted = [trusted_key(key) for key in keys]
    return verified(path, read_bundle(file), trusted, Asking(datetime.now(UTC), policy, age))


def _policy(path: str, file: str, name: str) -> Policy:
    """What a configuration asks of the model: as a trusted one, so that the environment softens nothing."""
    from ..config.configuration import read

    return read(file)._replace(trusted=True).policy(path, name)
