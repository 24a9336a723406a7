"""Signing without a key, and verifying it: against a Sigstore of the tests' own, offline."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from auditor.attest import keyless_refusals, refusals
from auditor.attest.envelopes import key_envelope, parse_lines
from auditor.attest.keys import TrustedKey, signed_by_keys
from auditor.attest.refusals import Refusal
from auditor.attest.statements import AttestedAudit

from .conftest import Place, Said, said_by_program
from .stand_in_sigstore import IDENTITY, ISSUER, StandIn, b64, new_key
from .test_tamperings import TAMPERINGS

pytest.importorskip("sigstore", reason="pip install 'auditor[sigstore]' brings sigstore")

FILE = "m.onnx.intoto.jsonl"
TRUST = ("--identity", IDENTITY, "--issuer", ISSUER, "--trusted-root", "root.json")
Verify = Callable[..., Said]


class Keyless(NamedTuple):
    """A place whose attestation is a bundle a line, by an identity that an instance certified."""

    place: Place
    instance: StandIn
    audit: AttestedAudit  # what is signed

    @property
    def path(self) -> Path:
        return self.place.folder / FILE

    def sign(self, **how: Any) -> None:
        self.write(*(self.instance.bundle(payload, **how) for payload in self.audit.payloads()))

    def write(self, *bundles: dict[str, Any]) -> None:
        self.path.write_text("".join(json.dumps(one) + "\n" for one in bundles))

    def bundles(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def edit(self, do: Callable[[dict[str, Any]], object]) -> None:
        first, *others = self.bundles()
        do(first)
        self.write(first, *others)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    return StandIn(tmp_path_factory.mktemp("sigstore"))


@pytest.fixture
def it(place: Place, instance: StandIn) -> Keyless:
    """A copy that the identity signed; whom the instance trusts stands in ``root.json``."""
    (place.folder / "root.json").write_text(json.dumps(instance.trusted_root()))
    found = Keyless(place, instance, place.audit._replace(attested_at=instance.now.isoformat()))
    found.sign()
    return found


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    def call(*more: str, trust: tuple[str, ...] = TRUST) -> Said:
        return said_by_program(["verify", "m.onnx", "--attestation", FILE, *trust, *more], capsys)

    return call


def test_a_bundle_of_our_statement_is_verified_offline(it: Keyless, verify: Verify) -> None:
    said = verify("--max-age", "30d")
    assert said.code == 0, said.err
    assert said.out.startswith("PASSED  m.onnx\n") and IDENTITY in said.out and ISSUER in said.out
    told = json.loads(verify("--format", "json").out)
    assert (told["identity"], told["issuer"], "keyid" in told) == (IDENTITY, ISSUER, False)


# What may be done to a bundle


class Change(NamedTuple):
    do: Callable[[Keyless], object]
    kind: type[Refusal]
    sentence: str


CHANGES: dict[str, Change] = {}


def change(kind: type[Refusal], sentence: str) -> Callable[[Callable[[Keyless], object]], object]:
    def kept(do: Callable[[Keyless], object]) -> object:
        CHANGES[do.__name__] = Change(do, kind, sentence)
        return do

    return kept


def entry(bundle: dict[str, Any]) -> Any:
    return bundle["verificationMaterial"]["tlogEntries"][0]


def flipped(text: str, at: int = 20) -> str:
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return b64(bytes(data))


@change(
    keyless_refusals.OtherIdentity,
    r"jsonl:1 is signed by .*/other\.yml@refs/heads/main \(by https://token.*\), and not by",
)
def another_workflow(it: Keyless) -> None:
    it.sign(name=IDENTITY.replace("release", "other"))


@change(keyless_refusals.OtherIdentity, r"is signed by someone@example\.org \(by ")
def a_person(it: Keyless) -> None:
    it.sign(name="someone@example.org")


@change(keyless_refusals.OtherIdentity, r"is signed by .*heads/main, https://example\.org/x \(by ")
def a_certificate_of_two(it: Keyless) -> None:
    it.sign(second="https://example.org/x")


@change(keyless_refusals.OtherIdentity, r"is signed by a DNSName \(by ")
def a_name_of_another_kind(it: Keyless) -> None:
    it.sign(kind=x509.DNSName)


@change(keyless_refusals.OtherIssuer, r"is signed by .*, as https://example\.org/evil says, and not as https://token")
def another_issuer(it: Keyless) -> None:
    it.sign(issuer="https://example.org/evil")


@change(
    keyless_refusals.UntrustedCertificate, r"certificate is by no authority that you trust, or did not hold when .* \("
)
def another_authority(it: Keyless) -> None:
    it.sign(by=new_key())


@change(
    keyless_refusals.UntrustedCertificate,
    r"certificate is by no authority that you trust, or did not hold when the log",
)
def a_certificate_that_had_ended_when_it_was_logged(it: Keyless) -> None:
    it.sign(log_at=it.instance.now + timedelta(minutes=11))


@change(keyless_refusals.UntrustedCertificate, r"certificate is not one for signing")
def a_certificate_for_something_else(it: Keyless) -> None:
    it.sign(purpose=ExtendedKeyUsageOID.CLIENT_AUTH)


@change(keyless_refusals.NotTransparent, r"certificate is in no certificate log that you trust")
def a_certificate_that_no_trusted_log_has(it: Keyless) -> None:
    it.sign(scts=new_key())


@change(keyless_refusals.NoLogTime, r"nobody whom you trust says when it was signed")
def an_entry_without_a_time(it: Keyless) -> None:
    """However short the certificate held: then it could be signed by it for ever."""
    it.edit(lambda bundle: entry(bundle).pop("integratedTime"))


@change(keyless_refusals.NoLogTime, r"nobody whom you trust says when it was signed")
def an_entry_without_its_promise(it: Keyless) -> None:
    it.edit(lambda bundle: entry(bundle).pop("inclusionPromise"))


@change(keyless_refusals.NotLogged, r"no log that you trust has it \(SET: invalid inclusion promise")
def another_time_in_the_entry(it: Keyless) -> None:
    later = int(it.instance.now.timestamp()) + 5
    it.edit(lambda bundle: entry(bundle).update(integratedTime=str(later)))


@change(keyless_refusals.NotLogged, r"no log that you trust has it \(inclusion proof contains invalid root hash")
def another_tree(it: Keyless) -> None:
    def done(bundle: dict[str, Any]) -> None:
        proof = entry(bundle)["inclusionProof"]
        proof["hashes"][0] = flipped(proof["hashes"][0])

    it.edit(done)


@change(keyless_refusals.NotLogged, r"no log that you trust has it \(")
def a_root_that_the_checkpoint_does_not_sign(it: Keyless) -> None:
    def done(bundle: dict[str, Any]) -> None:
        proof = entry(bundle)["inclusionProof"]
        note = proof["checkpoint"]["envelope"].splitlines()
        note[2] = flipped(note[2])
        proof["checkpoint"]["envelope"] = "\n".join(note) + "\n"

    it.edit(done)


@change(keyless_refusals.NotLogged, r"no log that you trust has it \(")
def another_log(it: Keyless) -> None:
    it.sign(log=new_key())


@change(keyless_refusals.NotLogged, r"it has no proof that a log has it")
def an_entry_without_its_checkpoint(it: Keyless) -> None:
    it.edit(lambda bundle: entry(bundle)["inclusionProof"].pop("checkpoint"))


@change(keyless_refusals.OtherEntry, r"the log's entry is of something else \(payload hash does not match bundle")
def an_entry_of_another_payload(it: Keyless) -> None:
    it.sign(logged=b"{}")


@change(keyless_refusals.OtherEntry, r"the log's entry is of something else \(signatures do not match bundle")
def an_entry_of_another_signature(it: Keyless) -> None:
    """CVE-2022-36056: what the log has is whole, and is of another signature."""
    first, second = it.bundles()
    other = it.instance.bundle(it.audit.payloads()[0])
    first["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    it.write(first, second)


@change(refusals.BrokenSignature, r"jsonl:1: the signature does not fit: what was signed is not what stands here")
def another_payload(it: Keyless) -> None:
    def done(bundle: dict[str, Any]) -> None:
        payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
        bundle["dsseEnvelope"]["payload"] = b64(payload.replace(b"PASSED", b"WARNED"))

    it.edit(done)


@change(refusals.BrokenSignature, r"jsonl:1: the signature does not fit")
def another_signature(it: Keyless) -> None:
    def done(bundle: dict[str, Any]) -> None:
        signature = bundle["dsseEnvelope"]["signatures"][0]
        signature["sig"] = flipped(signature["sig"])

    it.edit(done)


@change(refusals.NotAnAttestation, r"jsonl:1 has 2 signatures, and a bundle is by one signer")
def a_second_signature(it: Keyless) -> None:
    it.edit(lambda bundle: bundle["dsseEnvelope"]["signatures"].append({"sig": "AAAA"}))


@change(refusals.NotAnAttestation, r"jsonl:1 is of type .*version=0\.1, and no bundle of Sigstore v0\.3")
def an_older_bundle(it: Keyless) -> None:
    it.edit(lambda bundle: bundle.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1"))


@change(refusals.NotAnAttestation, r"jsonl:1 has no dsseEnvelope: what was signed is no statement")
def a_signature_of_a_file(it: Keyless) -> None:
    """As `cosign sign-blob` makes one of the attestation."""

    def done(bundle: dict[str, Any]) -> None:
        signature = bundle.pop("dsseEnvelope")["signatures"][0]["sig"]
        bundle["messageSignature"] = {"signature": signature}

    it.edit(done)


@change(refusals.NotAnAttestation, r"jsonl:1 is no bundle of Sigstore that can be read: .*verificationMaterial")
def no_material(it: Keyless) -> None:
    it.edit(lambda bundle: bundle.pop("verificationMaterial"))


@change(refusals.NotAnAttestation, r"jsonl:1 is no bundle of Sigstore that can be read: ")
def two_entries(it: Keyless) -> None:
    it.edit(lambda bundle: bundle["verificationMaterial"]["tlogEntries"].append(entry(bundle)))


@change(refusals.NotAnAttestation, r"jsonl:1 is no bundle of Sigstore that can be read: ")
def a_key_in_the_place_of_the_certificate(it: Keyless) -> None:
    it.edit(lambda bundle: bundle["verificationMaterial"].update(publicKey={"hint": "x"}))


@change(keyless_refusals.NotVerified, r"jsonl:1 does not hold: ")
def a_certificate_that_is_none(it: Keyless) -> None:
    it.edit(lambda bundle: bundle["verificationMaterial"]["certificate"].update(rawBytes="AAAA"))


@change(refusals.NotAnAttestation, r"jsonl:1 is not JSON, or is cut short")
def a_bundle_cut_short(it: Keyless) -> None:
    it.path.write_text(it.path.read_text().splitlines()[0][:-40])


@change(refusals.RepeatedKey, r"jsonl:1 says verificationMaterial twice")
def a_key_twice(it: Keyless) -> None:
    first = json.dumps(it.bundles()[0])
    it.path.write_text(first[:-1] + ', "verificationMaterial": {}}')


@change(refusals.RepeatedKey, r"jsonl:1 says payload twice")
def a_payload_twice(it: Keyless) -> None:
    first = json.dumps(it.bundles()[0])
    it.path.write_text(first.replace('"payload":', '"payload": "e30=", "payload":', 1))


@change(refusals.NotAnAttestation, r"that can be read: .* dsse_envelope Extra inputs are not permitted$")
def an_envelope_under_two_names(it: Keyless) -> None:
    """Readers of protobuf's JSON take both spellings; ours is of another model, theirs is what was signed."""

    def done(bundle: dict[str, Any]) -> None:
        bundle["dsse_envelope"] = bundle["dsseEnvelope"]
        bundle["dsseEnvelope"] = bundle["dsseEnvelope"] | {"payload": b64(b"{}")}

    it.edit(done)


@change(refusals.Contradiction, r"says that it was given at .*, and who signed it was certified from ")
def a_verdict_dated_otherwise_than_it_was_signed(it: Keyless) -> None:
    earlier = it.instance.now - timedelta(days=1)
    it.sign(at=earlier)


@change(refusals.NotAnAttestation, r"jsonl:2 is an envelope that a key signed, not a bundle of Sigstore: give --key")
def a_line_that_a_key_signed(it: Keyless) -> None:
    first = it.bundles()[0]
    it.write(first, first["dsseEnvelope"])


@pytest.mark.parametrize("name", CHANGES)
def test_a_bundle_is_refused_with_its_sentence(name: str, it: Keyless, verify: Verify) -> None:
    done = CHANGES[name]
    done.do(it)
    said = verify()
    assert (said.code, said.out) == (1, "") and said.err.count("\n") == 1, said
    assert re.search(done.sentence, said.err), said.err
    with pytest.raises(done.kind):
        verified_here()


def verified_here() -> None:
    """As the command does it, with its refusal."""
    from auditor.sessions.verifying import verified_model

    verified_model("m.onnx", {"attestation": FILE, "identity": IDENTITY, "issuer": ISSUER, "trusted_root": "root.json"})


def test_every_kind_of_refusal_is_met() -> None:
    kinds = {kind for kind in vars(keyless_refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    assert kinds - {Refusal} <= {done.kind for done in CHANGES.values()}


OF_BOTH = sorted(TAMPERINGS.keys() - {"another_key", "another_algorithm_in_the_envelope"})


@pytest.mark.parametrize("name", OF_BOTH)
def test_what_is_refused_of_a_key_is_refused_of_an_identity(
    name: str, place: Place, instance: StandIn, verify: Verify
) -> None:
    """The table of tamperings: what the key signed there, the identity signs here; what it did not, stays as it is."""
    done, path, trusted = TAMPERINGS[name], place.folder / FILE, place.trusted
    done.do(place)
    (place.folder / "root.json").write_text(json.dumps(instance.trusted_root()))
    if path.stat().st_size < 1 << 20:
        lines = path.read_bytes().splitlines()
        path.write_bytes(b"\n".join(wrapped(line, trusted, instance) for line in lines if line))
    said = verify(*done.options)
    assert (said.code, said.out, said.err.count("\n")) == (done.kind.exit_code, "", 1), said
    sentence = "the signature does not fit" if done.kind is refusals.BrokenSignature else done.sentence
    assert re.search(sentence, said.err), said.err


def wrapped(line: bytes, trusted: TrustedKey, instance: StandIn) -> bytes:
    """The line as a bundle: signed anew where the key did sign it, when it says that it was."""
    try:
        ((payload, _, _),) = signed_by_keys(map(key_envelope, parse_lines(line, "it")), [trusted])
    except Refusal:
        around = json.dumps({**instance.bundle(b"{}"), "dsseEnvelope": 0}).encode()
        return around.replace(b'"dsseEnvelope": 0', b'"dsseEnvelope": ' + line)
    given = re.search(rb'"(?:attestedAt|timeCreated)": ?"([^"]*\+00:00)"', payload)
    at = datetime.fromisoformat(given[1].decode()).replace(microsecond=0) if given else None
    return json.dumps(instance.bundle(payload, at=at)).encode()
