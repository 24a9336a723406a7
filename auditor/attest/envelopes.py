"""DSSE envelopes, one a line of a bundle.

https://github.com/secure-systems-lab/dsse (v1.0.2) and in-toto's bundle.md. The bundle's page lets a reader pass over
lines that it does not know; a bundle of ours holds nothing else, so such a line is refused instead.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..errors import CannotLook, NothingToAudit, UsageError
from ..files import FileTooLarge, NotARegularFile, read_regular
from ..names import visible
from ..tuples import NamedTuple
from .refusals import NotAnAttestation, NotBase64, NotSigned, UnknownPayload
from .strict_json import strict_object

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST = 1 << 24
"""Bytes of a bundle."""

_MOST_LINES, _MOST_SIGNATURES = 8, 16


class BundleLine(NamedTuple):
    """A line of a file, which is to hold one thing that is signed."""

    text: bytes
    where: str  # the file and the line, for people

    def read(self) -> dict[str, Any]:
        """The object in it, none of it believed yet."""
        return strict_object(self.text, self.where)


class KeySignature(NamedTuple):
    """What a key made of the payload; ``keyid`` is a hint that nothing rests on."""

    keyid: str
    signature: bytes


class Envelope(NamedTuple):
    """A payload with its signatures."""

    payload: bytes
    signatures: tuple[KeySignature, ...]
    where: str = ""  # the file and the line, for people

    @property
    def signed(self) -> bytes:
        """What the signatures are made of."""
        return authenticated(self.payload)

    def line(self) -> str:
        """As JSON, without a line break."""
        signatures = [{"keyid": one.keyid, "sig": _written(one.signature)} for one in self.signatures]
        return json.dumps(
            {"payload": _written(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures},
            separators=(",", ":"),
        )


def authenticated(payload: bytes) -> bytes:
    """The pre-authentication encoding: the type and the payload, each behind its length."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_lines(path: str) -> tuple[BundleLine, ...]:
    """The lines of an attestation that are not empty: one at least, and not many."""
    try:
        data = read_regular(path, MOST)
    except FileNotFoundError:
        raise NothingToAudit(f"there is no attestation {path}: `auditor attest MODEL -o {path}` makes one") from None
    except NotARegularFile as error:
        raise UsageError(f"{path} is not an attestation: it is {error.strerror}") from None
    except FileTooLarge:
        raise NotAnAttestation(f"{path} is larger than {MOST >> 20} MiB, which no attestation is") from None
    except OSError as error:
        raise CannotLook(f"the attestation {path} cannot be read: {error.strerror}") from None
    return parse_lines(data, path)


def parse_lines(data: bytes, path: str) -> tuple[BundleLine, ...]:
    """As `read_lines`, of bytes; ``path`` names them for people."""
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise NotAnAttestation(f"{path} holds no envelope: it is empty")
    if len(lines) > _MOST_LINES:
        raise NotAnAttestation(f"{path} has {len(lines):,} lines, and an attestation has {_MOST_LINES} at most")
    return tuple(BundleLine(line, f"{path}:{number}") for number, line in lines)


def key_envelope(line: BundleLine) -> Envelope:
    """The envelope in a line, which a key signed; none of it is believed yet."""
    found = line.read()
    if "dsseEnvelope" in found or "messageSignature" in found:
        raise NotAnAttestation(
            f"{line.where} is a bundle of Sigstore, which no key signed: --identity and --issuer say whose is trusted"
        )
    return envelope_in(found, line.where)


def envelope_in(found: dict[str, Any], where: str) -> Envelope:
    """The envelope that an object is; ``where`` names it for people."""
    kind, payload = _text(found, "payloadType", where), _text(found, "payload", where)
    if kind != PAYLOAD_TYPE:
        raise UnknownPayload(f"{where} has a payload of type {visible(kind, 60)}, not {PAYLOAD_TYPE}")
    rows = found.get("signatures")
    if not isinstance(rows, list):
        raise NotAnAttestation(f"{where} is not an envelope: it has no list of signatures")
    if not rows:
        raise NotSigned(f"{where} is not signed: anybody may have written it")
    if len(rows) > _MOST_SIGNATURES:
        raise NotAnAttestation(f"{where} has {len(rows):,} signatures, and {_MOST_SIGNATURES} are the most")
    return Envelope(_read(payload, "payload", where), tuple(_signature(row, where) for row in rows), where)


def _signature(row: Any, where: str) -> KeySignature:
    if not isinstance(row, dict) or not isinstance(row.get("keyid", ""), str):
        raise NotAnAttestation(f"{where} is not an envelope: one of its signatures is none")
    return KeySignature(row.get("keyid", ""), _read(_text(row, "sig", where), "sig", where))


def _text(found: dict[str, Any], key: str, where: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise NotAnAttestation(f"{where} is not an envelope: it has no {key}")
    return value


def _read(text: str, key: str, where: str) -> bytes:
    """Standard base64 as it is written, and in no other way."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotBase64(f"{where}: its {key} is not base64, or is cut short") from None
    if _written(data) != text:
        raise NotBase64(f"{where}: its {key} is not base64 as it is written: the last letter says more than it may")
    return data


def _written(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
