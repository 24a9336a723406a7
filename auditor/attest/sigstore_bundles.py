"""Sigstore's bundles, one a line: read strictly before anything else reads them.

https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto, in the JSON form of version 0.3. What is read here is
the envelope; the certificate and what the log said are for `keyless` to believe.
"""

from __future__ import annotations

from ..names import visible
from ..tuples import NamedTuple
from .envelopes import BundleLine, Envelope, envelope_in
from .refusals import NotAnAttestation

MEDIA_TYPES = ("application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3")
"""The second is what the first tools of this version wrote."""


class SigstoreBundle(NamedTuple):
    """An envelope with a certificate and a log's entry, none of it believed yet."""

    envelope: Envelope
    text: bytes  # all of it, as it stands in the file


def sigstore_bundle(line: BundleLine) -> SigstoreBundle:
    """The bundle in a line: no key twice, and one signature of one in-toto statement."""
    found, where = line.read(), line.where
    if "payload" in found:
        raise NotAnAttestation(f"{where} is an envelope that a key signed, not a bundle of Sigstore: give --key")
    kind = found.get("mediaType")
    if kind not in MEDIA_TYPES:
        raise NotAnAttestation(f"{where} is of type {visible(str(kind), 80)}, and no bundle of Sigstore v0.3")
    envelope = found.get("dsseEnvelope")
    if not isinstance(envelope, dict):
        raise NotAnAttestation(f"{where} has no dsseEnvelope: what was signed is no statement")
    read = envelope_in(envelope, where)
    if len(read.signatures) != 1:
        raise NotAnAttestation(f"{where} has {len(read.signatures)} signatures, and a bundle is by one signer")
    return SigstoreBundle(read, line.text)
