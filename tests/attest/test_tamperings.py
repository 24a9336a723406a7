"""What somebody may do to a model or its attestation on the way: each is refused, with a sentence of its own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from onnx import ModelProto, load_model, save_model

from auditor.attest import refusals
from auditor.attest.keys import signed_by_keys
from auditor.attest.policy_text import policy_text, read_policy
from auditor.attest.refusals import Refusal
from auditor.attest.statements import WaivedFinding
from auditor.attest.verification import believed
from auditor.cli.verify import COMMAND
from auditor.cli.words import plain_words
from auditor.policy.policy import Policy

from .conftest import Place, Said, write_keys


class Tampering(NamedTuple):
    """What is done, the sentence with which it is refused, and options of verify that it takes."""

    do: Callable[[Place], None]
    kind: type[Refusal]
    sentence: str
    options: tuple[str, ...] = ()


TAMPERINGS: dict[str, Tampering] = {}


def tampering(
    kind: type[Refusal], sentence: str, *options: str
) -> Callable[[Callable[[Place], None]], Callable[[Place], None]]:
    def kept(do: Callable[[Place], None]) -> Callable[[Place], None]:
        TAMPERINGS[do.__name__] = Tampering(do, kind, sentence, options)
        return do

    return kept


# Files


def flip(place: Place, name: str, at: int = -1) -> None:
    path = place.folder / name
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@tampering(refusals.OtherContent, r"a\.bin is not the file of m\.onnx\.intoto\.jsonl:1: it has the sha256")
def a_byte_of_external_data(place: Place) -> None:
    flip(place, "a.bin", 100)


@tampering(refusals.OtherContent, r"context\.bin is not the file of m\.onnx\.intoto\.jsonl:1: it has the sha256")
def a_byte_of_what_was_compiled(place: Place) -> None:
    flip(place, "context.bin")


@tampering(refusals.OtherModel, r"is of another model: m\.onnx has the sha256 [0-9a-f]{16}…, and m\.onnx had")
def a_byte_of_the_model(place: Place) -> None:
    edited(place, lambda model: setattr(model.graph, "name", "h"))


@tampering(refusals.SwappedFiles, r"a\.bin has what m\.onnx\.intoto\.jsonl:1 has of b\.bin: files were swapped")
def swapped_files(place: Place) -> None:
    a, b = place.folder / "a.bin", place.folder / "b.bin"
    one, other = a.read_bytes(), b.read_bytes()
    a.write_bytes(other), b.write_bytes(one)


@tampering(refusals.FileGone, r"context\.bin cannot be read as a file of m\.onnx: it is not there")
def a_file_taken_away(place: Place) -> None:
    (place.folder / "context.bin").unlink()


@tampering(refusals.FileGone, r"a\.bin cannot be read as a file of m\.onnx: a\.bin is a link")
def a_link_in_a_files_place(place: Place) -> None:
    """It may lead elsewhere by the time that the model is loaded."""
    (place.folder / "a.bin").rename(place.folder / "elsewhere")
    (place.folder / "a.bin").symlink_to("elsewhere")


def edited(place: Place, edit: Callable[[ModelProto], object]) -> None:
    model = load_model(str(place.model), load_external_data=False)
    edit(model)
    save_model(model, str(place.model))


@tampering(refusals.OtherModel, r"is of another model: .*; it names the file 'c\.bin' now")
def a_model_that_names_another_file(place: Place) -> None:
    (place.folder / "b.bin").rename(place.folder / "c.bin")
    edited(place, lambda model: setattr(model.graph.initializer[1].external_data[0], "value", "c.bin"))


@tampering(refusals.OtherModel, r"is of another model: m\.onnx has the sha256")
def an_attestation_of_another_model(place: Place) -> None:
    """A replay: it is whole, and it is of a model that passed."""
    lenet = re.sub(r"[0-9a-f]{8}", "00000000", place.audit.subjects["m.onnx"], count=1)
    signed(place, subjects={**place.audit.subjects, "m.onnx": lenet})


# The envelope


def lines(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.attestation.read_text().splitlines()]


def write(place: Place, *envelopes: dict[str, Any]) -> None:
    place.attestation.write_text("".join(f"{json.dumps(one)}\n" for one in envelopes))


@tampering(refusals.NotAnAttestation, r"jsonl:1 is not JSON, or is cut short: Unterminated string")
def a_truncated_envelope(place: Place) -> None:
    data = place.attestation.read_bytes()
    place.attestation.write_bytes(data[: data.index(b"\n") // 2])


@tampering(refusals.NotAnAttestation, r"holds no envelope: it is empty")
def an_empty_file(place: Place) -> None:
    place.attestation.write_bytes(b"\n")


@tampering(refusals.NotAnAttestation, r"is larger than 16 MiB, which no attestation is")
def a_file_without_an_end(place: Place) -> None:
    with place.attestation.open("r+b") as file:
        file.truncate(1 << 30)


@tampering(refusals.RepeatedKey, r"jsonl:1 says payload twice, and readers differ in which of them counts")
def a_key_twice_in_the_envelope(place: Place) -> None:
    text = place.attestation.read_text()
    place.attestation.write_text(text.replace('{"payload"', '{"payload":"e30=","payload"', 1))


@tampering(
    refusals.UnknownPayload, r"jsonl:1 has a payload of type application/json, not application/vnd\.in-toto\+json"
)
def another_payload_type(place: Place) -> None:
    first, *rest = lines(place)
    write(place, first | {"payloadType": "application/json"}, *rest)


@tampering(refusals.NotBase64, r"jsonl:1: its payload is not base64, or is cut short")
def a_payload_with_a_line_break(place: Place) -> None:
    first, *rest = lines(place)
    write(place, first | {"payload": first["payload"][:40] + "\n" + first["payload"][40:]}, *rest)


@tampering(
    refusals.NotBase64, r"jsonl:1: its sig is not base64 as it is written: the last letter says more than it may"
)
def a_signature_with_bits_behind_its_end(place: Place) -> None:
    """64 bytes end in a letter of two bits: 16 ways to write them, and one is right."""
    first, *rest = lines(place)
    sig = first["signatures"][0]["sig"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = sig[:-3] + letters[letters.index(sig[-3]) + 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(sig)
    write(place, first | {"signatures": [{"sig": other}]}, *rest)


@tampering(refusals.NotSigned, r"jsonl:1 is not signed: anybody may have written it")
def no_signatures(place: Place) -> None:
    first, *rest = lines(place)
    write(place, first | {"signatures": []}, *rest)


@tampering(refusals.BrokenSignature, r"jsonl:1: the signature that says it is by [0-9a-f]{16}… does not fit")
def the_result_flipped(place: Place) -> None:
    first, *rest = lines(place)
    payload = base64.b64decode(first["payload"]).replace(b'"PASSED"', b'"WARNED"', 1)
    write(place, first | {"payload": base64.b64encode(payload).decode()}, *rest)


@tampering(refusals.BrokenSignature, r"jsonl:1: the signature that says it is by [0-9a-f]{16}… does not fit")
def the_signature_of_another_payload(place: Place) -> None:
    first, second = lines(place)
    write(place, first | {"signatures": second["signatures"]}, second)


@tampering(
    refusals.OtherKey, r"jsonl:1 is signed by [0-9a-f]{16}…, and by none of the keys that you trust: [0-9a-f]{16}…"
)
def another_key(place: Place) -> None:
    write_keys(place.folder, "other")
    place.attestation.write_text(place.signer_by("other").signed(place.audit.payloads())[0])


@tampering(refusals.BrokenSignature, r"jsonl:1: the signature that says it is by [0-9a-f]{16}… does not fit")
def another_key_under_the_id_of_a_trusted_one(place: Place) -> None:
    write_keys(place.folder, "other")
    other = place.signer_by("other")
    text = other.signed(place.audit.payloads())[0]
    place.attestation.write_text(text.replace(other.key.keyid, place.trusted.keyid))


@tampering(refusals.BrokenSignature, r"jsonl:1: the signature that says it is by [0-9a-f]{16}… does not fit")
def another_algorithm_in_the_envelope(place: Place) -> None:
    """The signature is a right one of ECDSA; that it is, the envelope says itself."""
    write_keys(place.folder, "other", "p256")
    text = place.signer_by("other").signed(place.audit.payloads())[0]
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        one["alg"] = one["signatures"][0]["alg"] = "ES256"
        one["signatures"][0]["keyid"] = place.trusted.keyid
    write(place, *found)


# What is signed: as a signer would write it who is careless, or has another tool


def signed(place: Place, edit: Callable[[dict[str, Any]], object] | None = None, **said: Any) -> None:
    """The same audit with other fields, or an edited statement, signed by the trusted key."""
    payloads = list(place.audit._replace(**said).payloads())
    if edit is not None:
        statement = json.loads(payloads[0])
        edit(statement)
        payloads[0] = json.dumps(statement).encode()
    place.attestation.write_text("".join(place.signer.envelope(one).line() + "\n" for one in payloads))


@tampering(refusals.RepeatedKey, r"jsonl:1: the statement says predicateType twice")
def a_key_twice_in_the_statement(place: Place) -> None:
    (payload, _) = place.audit.payloads()
    twice = payload.replace(
        b'"predicateType":', b'"predicateType":"https://in-toto.io/attestation/svr/v0.1","predicateType":'
    )
    place.attestation.write_text(place.signer.envelope(twice).line())


@tampering(
    refusals.NotAStatement,
    r"the statement is of type https://in-toto\.io/Statement/v0\.1, not https://in-toto\.io/Statement/v1",
)
def another_type_of_statement(place: Place) -> None:
    signed(place, lambda said: said.update(_type="https://in-toto.io/Statement/v0.1"))


@tampering(
    refusals.UnknownPredicate, r"the statement is of https://slsa\.dev/provenance/v1, which is no verdict of auditor"
)
def another_predicate(place: Place) -> None:
    signed(place, lambda said: said.update(predicateType="https://slsa.dev/provenance/v1"))


@tampering(refusals.NotAStatement, r"is a test result, and not one of auditor: it has no urn:auditor:audit:v1")
def the_test_result_of_another_tool(place: Place) -> None:
    signed(place, lambda said: said["predicate"].pop("urn:auditor:audit:v1"))


@tampering(refusals.NoTestResult, r"jsonl:1 sums up a result that is not there: nothing says what was looked at")
def a_summary_without_its_result(place: Place) -> None:
    write(place, lines(place)[1])


@tampering(refusals.SeveralResults, r"jsonl:2: the statement is a second result: one file says one thing of one model")
def two_results(place: Place) -> None:
    write(place, lines(place)[0], *lines(place))


@tampering(refusals.Contradiction, r"jsonl:2: the statement sums up a result of other files than the one beside it")
def the_summary_of_another_model(place: Place) -> None:
    first = lines(place)[0]
    signed(place, subjects={**place.audit.subjects, "b.bin": "0" * 64})
    write(place, first, lines(place)[1])


@tampering(refusals.Contradiction, r"jsonl:2: the statement sums up a pass, and the result beside it is FAILED")
def the_summary_of_a_pass_beside_a_failure(place: Place) -> None:
    summary = lines(place)[1]
    signed(place, result="FAILED", verdict="fail", reasons=("nan-weights: there are some",), failed=("nan-weights",))
    write(place, *lines(place), summary)


@tampering(refusals.Contradiction, r"says PASSED, verdict fail, 0 failed rules: it contradicts itself")
def a_pass_whose_verdict_is_none(place: Place) -> None:
    signed(place, verdict="fail")


@tampering(refusals.Contradiction, r"says PASSED, verdict pass, 1 failed rule: it contradicts itself")
def a_pass_with_a_failed_rule(place: Place) -> None:
    signed(place, failed=("nan-weights",))


@tampering(refusals.Contradiction, r"names 'n\.onnx' as the model, which is none of its subjects")
def a_model_that_is_no_subject(place: Place) -> None:
    signed(place, model="n.onnx")


@tampering(refusals.BadSubject, r"has a subject '\.\./a\.bin', which is no file's way within a folder")
def a_subject_outside(place: Place) -> None:
    signed(place, lambda said: said["subject"][1].update(name="../a.bin"))


@tampering(refusals.BadSubject, r"has two subjects 'a\.bin'")
def a_subject_twice(place: Place) -> None:
    signed(place, lambda said: said["subject"].append({"name": "a.bin", "digest": {"sha256": "0" * 64}}))


@tampering(refusals.BadSubject, r"has no sha256 of 'a\.bin'")
def a_subject_by_a_weaker_hash(place: Place) -> None:
    signed(place, lambda said: said["subject"][1].update(digest={"md5": "0" * 32}))


@tampering(
    refusals.NotAttested, r"m\.onnx names the file 'context\.bin', of which m\.onnx\.intoto\.jsonl:1 says nothing"
)
def a_subject_taken_away(place: Place) -> None:
    subjects = dict(place.audit.subjects)
    del subjects["context.bin"]
    signed(place, subjects=subjects)


@tampering(refusals.NotNamed, r"is of the file 'tokenizer\.json' too, which m\.onnx does not name")
def a_subject_added(place: Place) -> None:
    signed(place, subjects={**place.audit.subjects, "tokenizer.json": "0" * 64})


# What it says, and what is asked of it


@tampering(refusals.NotPassed, r"says that the model failed: nan-weights: there are some")
def one_that_failed(place: Place) -> None:
    signed(place, result="FAILED", verdict="fail", reasons=("nan-weights: there are some",), failed=("nan-weights",))


@tampering(refusals.LeftOpen, r"says that the audit was inconclusive: run: it was not loaded")
def one_that_was_left_open(place: Place) -> None:
    signed(place, result="FAILED", verdict="inconclusive", reasons=("run: it was not loaded",))


@tampering(
    refusals.TooOld, r"was given on [0-9-]{10}, 31 days ago, and 30 days may be: attest it anew", "--max-age", "30d"
)
def one_that_is_too_old(place: Place) -> None:
    signed(place, attested_at=(datetime.now(UTC) - timedelta(days=31)).isoformat())


@tampering(refusals.FromTheFuture, r"was given at [^ ]*, which has not come yet: set the clock right")
def one_from_the_future(place: Place) -> None:
    signed(place, attested_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())


@tampering(refusals.NotAStatement, r"'2026-01-01' is a time of no place")
def a_time_without_a_zone(place: Place) -> None:
    signed(place, attested_at="2026-01-01")


@tampering(refusals.WaiverOver, r"passed by a waiver of nan-weights that ended on 2026-01-01")
def one_that_passed_by_a_waiver_that_is_over(place: Place) -> None:
    signed(place, waived=(WaivedFinding("nan-weights", "waiver", "2026-01-01"),))


@tampering(refusals.PolicyForged, r"the policy in it is not the one whose digest stands beside it")
def another_policy_under_its_digest(place: Place) -> None:
    other = base64.b64encode(policy_text(Policy())).decode()
    signed(place, lambda said: said["predicate"]["configuration"][0].update(content=other))


@tampering(refusals.LaxerPolicy, 
    r"was judged less strictly than auditor\.toml asks: findings of .* with severity warning did not fail",
    "--policy", "auditor.toml",
)  # fmt: skip
def an_older_policy(place: Place) -> None:
    (place.folder / "auditor.toml").write_text('run = false\nfail-on = "warning"\n')


@tampering(refusals.NotAStatement, r"its configuration has two entries of one name")
def two_policies(place: Place) -> None:
    """Readers differ in which of them counts."""
    signed(place, lambda said: said["predicate"]["configuration"].append(said["predicate"]["configuration"][0]))


@tampering(refusals.NotAStatement, r"is not JSON that everybody reads alike: 1e999 is beyond all numbers")
def a_number_beyond_all_numbers(place: Place) -> None:
    payload = place.audit.payloads()[0].replace(b'"lookedAt":', b'"more":1e999,"lookedAt":')
    place.attestation.write_text(place.signer.envelope(payload).line())


@tampering(
    refusals.NoComparison, r"its policy is written by schema 2, and this auditor reads 1", "--policy", "auditor.toml"
)
def a_policy_that_cannot_be_compared(place: Place) -> None:
    (place.folder / "auditor.toml").write_text("run = false\n")
    signed(place, policy=b'{"schema":2}')


@tampering(
    refusals.LookNotTaken,
    r"auditor\.toml requires golden, and the audit did not look at it$",
    "--policy",
    "auditor.toml",
)
def one_without_a_look_that_is_required(place: Place) -> None:
    (place.folder / "auditor.toml").write_text('run = false\nrequired = ["golden"]\n')


@pytest.mark.parametrize("name", TAMPERINGS)
def test_it_is_refused_with_its_sentence(name: str, place: Place, verify: Callable[..., Said]) -> None:
    done = TAMPERINGS[name]
    done.do(place)
    said = verify(*done.options)
    assert (said.code, said.out) == (done.kind.exit_code, "")
    assert said.err.count("\n") == 1 and re.search(done.sentence, said.err), said.err
    words = plain_words(COMMAND, ["m.onnx", "--attestation", place.attestation.name, "--key", "key.pub", *done.options])
    assert words is not None
    with pytest.raises(done.kind):
        COMMAND.run(words)


def test_without_being_tampered_with_it_is_taken(place: Place, verify: Callable[..., Said]) -> None:
    """Also where it was signed anew as the tests above do it, and under the options that they take."""
    signed(place, lambda said: None)
    (place.folder / "auditor.toml").write_text('run = false\nrequired = ["weights"]\n')
    assert verify("--policy", "auditor.toml", "--max-age", "30d").code == 0


def test_every_kind_of_refusal_is_met() -> None:
    """A file that is written to meanwhile is met in test_attest.py."""
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    assert kinds - {Refusal, refusals.ChangedMeanwhile} == {done.kind for done in TAMPERINGS.values()}


INSTEAD: tuple[Any, ...] = (None, 7, "x", [{}])


def spots(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place within a statement; of a list the first two are enough."""
    if way:
        yield way
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(min(2, len(value))):
            yield from spots(value[key], (*way, key))


@pytest.mark.parametrize("which", [0, 1], ids=["result", "summary"])
def test_whatever_a_trusted_signer_writes_is_read_or_refused(which: int, made: Place) -> None:
    """And is never a fault of ours: each part of a statement gone, or of another type."""
    payloads = made.audit.payloads()
    by, key = made.signer, made.trusted
    other = by.envelope(payloads[1 - which])
    refused = 0
    for way in spots(json.loads(payloads[which])):
        for instead in INSTEAD:
            said = json.loads(payloads[which])
            inner = said
            for step in way[:-1]:
                inner = inner[step]
            inner[way[-1]] = instead
            try:
                audit, _ = believed(signed_by_keys([by.envelope(json.dumps(said).encode()), other], [key]))
                read_policy(audit.policy, "here")
            except Refusal:
                refused += 1
    assert refused > 50
