"""What is signed, read by others: in-toto's own classes, and securesystemslib's envelopes in both directions."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from google.protobuf.json_format import Parse
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult as ResultProto
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementProto
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from auditor.attest.envelopes import PAYLOAD_TYPE, key_envelope, parse_lines
from auditor.attest.keys import check_signature
from auditor.attest.statements import PASSED

from .conftest import FILES, KEYS, Place, write_keys


def envelopes(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.attestation.read_text().splitlines()]


def test_its_statements_are_in_totos(made: Place) -> None:
    for envelope in envelopes(made):
        payload = base64.b64decode(envelope["payload"])
        statement = Statement.copy_from_pb(
            Parse(payload, StatementProto())
        )  # a field that it does not have is an error
        statement.validate()
        digests = {row.name: row.digest["sha256"] for row in statement.pb.subject}
        assert digests == {n: hashlib.sha256((made.folder / n).read_bytes()).hexdigest() for n in FILES}


def test_its_result_is_in_totos(made: Place) -> None:
    predicate = json.loads(base64.b64decode(envelopes(made)[0]["payload"]))["predicate"]
    extensions = [key for key in predicate if ":" in key]
    result = Parse(json.dumps({k: v for k, v in predicate.items() if k not in extensions}), ResultProto())
    assert result.result == PASSED and extensions == ["urn:auditor:audit:v1"], "an extension is called by a URI"
    assert "nan-weights" in result.passed_tests and not result.failed_tests
    for row in result.configuration:
        ResourceDescriptor.copy_from_pb(row).validate()
    policy = result.configuration[0]
    assert policy.digest["sha256"] == hashlib.sha256(policy.content).hexdigest()
    assert policy.media_type == "application/json"


@pytest.mark.parametrize("kind", KEYS)
def test_securesystemslib_verifies_what_we_sign(kind: str, place: Place) -> None:
    write_keys(place.folder, "other", kind)
    by = place.signer_by("other")
    line = by.envelope(place.audit.payloads()[0]).line()
    public = load_pem_public_key((place.folder / "other.pub").read_bytes())
    key = SSlibKey.from_crypto(public, keyid=by.key.keyid)
    envelope = Envelope.from_dict(json.loads(line))
    assert set(envelope.verify([key], 1)) == {by.key.keyid}
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([key], 1)


@pytest.mark.parametrize("kind", KEYS)
def test_we_verify_what_securesystemslib_signs(kind: str, place: Place) -> None:
    write_keys(place.folder, "other", kind)
    private = load_pem_private_key((place.folder / "other.pem").read_bytes(), None)
    envelope = Envelope(place.audit.payloads()[0], PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(private))
    (read,) = map(key_envelope, parse_lines(json.dumps(envelope.to_dict()).encode(), "theirs"))
    assert read.signed == envelope.pae()
    trusted = place.signer_by("other").key
    assert check_signature(read, [place.trusted, trusted]) == trusted, "its id of the key is another one: only a hint"
