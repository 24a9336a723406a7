"""Whose signature holds: a key's, or that of somebody whom Sigstore certified for some minutes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from ..tuples import NamedTuple

if TYPE_CHECKING:
    from .keys import TrustedKey


class TrustedIdentity(NamedTuple):
    """Who is trusted to sign, and who has to have said that it was they: one means nothing without the other."""

    name: str  # an address of electronic mail, or a URI: of a workflow at a ref, of a service's account
    issuer: str  # of OpenID Connect, a URL


class CertifiedIdentity(NamedTuple):
    """Who signed, by a certificate that held when the log took the signature."""

    name: str
    issuer: str
    starts: datetime  # of the certificate
    ends: datetime


SignedBy: TypeAlias = "TrustedKey | CertifiedIdentity"


class SignedPayload(NamedTuple):
    """A payload whose signature holds."""

    payload: bytes
    by: SignedBy
    where: str  # the file and the line, for people
