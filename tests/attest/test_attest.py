"""``auditor attest``: what is signed, by which keys, and what is not signed at all."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from auditor.attest import verification
from auditor.attest.envelopes import key_envelope, parse_lines
from auditor.attest.identities import SignedPayload
from auditor.attest.keys import signed_by_keys, trusted_key
from auditor.attest.model_files import HashedFile, hashed_data, hashed_files
from auditor.attest.policy_text import policy_text, read_policy
from auditor.config.configuration import read
from auditor.model.graph import Model
from auditor.policy.policy import Policy
from auditor.sessions.asked import asked
from auditor.sessions.attesting import judged_files
from auditor.sessions.gating import Gate, Gated
from auditor.sessions.listening import Listener
from tests.pace import HANG

from .conftest import FILES, KEYS, Place, Said, program, write_keys

Verify = Callable[..., Said]


def statements(place: Place) -> list[dict[str, Any]]:
    lines = place.attestation.read_text().splitlines()
    return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]


def test_every_file_is_a_subject_by_its_sha256(made: Place) -> None:
    result, summary = statements(made)
    expected = {name: hashlib.sha256((made.folder / name).read_bytes()).hexdigest() for name in FILES}
    assert {row["name"]: row["digest"] for row in result["subject"]} == {n: {"sha256": d} for n, d in expected.items()}
    assert summary["subject"] == result["subject"]
    assert result["_type"] == summary["_type"] == "https://in-toto.io/Statement/v1"
    assert result["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert summary["predicateType"] == "https://in-toto.io/attestation/svr/v0.1"


def test_the_result_says_what_it_rests_on(made: Place) -> None:
    result = statements(made)[0]["predicate"]
    assert (result["result"], result["failedTests"]) == ("PASSED", [])
    (policy, rules) = result["configuration"]
    text = base64.b64decode(policy["content"])
    assert policy["digest"] == {"sha256": hashlib.sha256(text).hexdigest()} and json.loads(text)["run"] is False
    assert len(rules["digest"]["blake2b64"]) == 16
    more = result["urn:auditor:audit:v1"]
    assert (more["run"], more["runtime"], more["verdict"]) == ("not run", "", "pass")
    assert {"what": "run", "why": "left out by --no-run", "asked": False} in more["notLookedAt"]
    assert "weights" in more["lookedAt"] and "run" not in more["lookedAt"]
    assert more["lookedAt"] == sorted(more["lookedAt"]), "the same audit is written in the same bytes"
    given, audited = (datetime.fromisoformat(more[key]) for key in ("attestedAt", "auditedAt"))
    assert timedelta(0) <= datetime.now(UTC) - given < timedelta(days=1) and audited <= given


def test_it_is_verified(place: Place, verify: Verify) -> None:
    said = verify("--max-age", "30d")
    assert said.code == 0 and said.out.startswith("PASSED  m.onnx\n") and place.trusted.keyid in said.out
    assert verify("--max-age", "999999999w").code == 0, "19 million years"
    told = json.loads(verify("--format", "json").out)
    assert (told["result"], set(told["files"])) == ("PASSED", set(FILES))
    assert verify("--quiet") == Said(0, "", "")


def test_one_of_several_keys_is_enough(place: Place, verify: Verify) -> None:
    write_keys(place.folder, "other", "p256")
    assert verify("--key", "other.pub").code == 0


def test_the_models_own_file_may_have_another_name(place: Place, verify: Verify) -> None:
    """Where it is served it is called so: a subject is matched by its digest."""
    place.model.rename(place.folder / "model.onnx")
    assert verify(model="model.onnx").code == 0


def test_a_model_that_fails_is_attested_so(place: Place, verify: Verify) -> None:
    (place.folder / "a.bin").write_bytes(b"\0\0\xc0\x7f" * 64)  # NaN
    said = program(place.folder, "attest", "m.onnx", "--no-run", "--key", "key.pem", "-o", place.attestation.name)
    assert said.code == 1 and "FAILED, signed by" in said.err
    (result,) = statements(place)  # no summary of a pass
    assert result["predicate"]["result"] == "FAILED" and "nan-weights" in result["predicate"]["failedTests"]
    refused = verify()
    assert refused.code == 1 and "says that the model failed: nan-weights" in refused.err


def test_what_was_left_open_is_failed_with_its_reason(place: Place, verify: Verify) -> None:
    """And exits as the gate does."""
    words = ("attest", "m.onnx", "--no-run", "--key", "key.pem", "-o", place.attestation.name)
    (place.folder / "auditor.toml").write_text('required = ["golden"]\n')
    said = program(place.folder, *words)
    assert said.code == 4
    (result,) = statements(place)
    assert result["predicate"]["result"] == "FAILED" and not result["predicate"]["failedTests"]
    (reason,) = result["predicate"]["urn:auditor:audit:v1"]["reasons"]
    assert reason.startswith("golden: ")
    refused = verify()
    assert refused.code == 4 and f"inconclusive: {reason[:20]}" in refused.err
    (place.folder / "auditor.toml").write_text('fail-on = "never"\n')
    never = program(place.folder, *words)
    assert never.code == 2 and "a policy under which nothing fails (never) attests nothing" in never.err


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_signs_and_is_verified(kind: str, place: Place) -> None:
    from auditor.attest.keys import signer

    write_keys(place.folder, "own", kind, password="of the tests")
    asked: list[str] = []
    by = signer("own.pem", lambda path: asked.append(path) or "of the tests")  # type: ignore[func-returns-value]  # None is no word
    trusted = trusted_key("own.pub")
    assert asked == ["own.pem"] and by.key.keyid == trusted.keyid
    der = base64.b64decode("".join((place.folder / "own.pub").read_text().splitlines()[1:-1]))
    assert trusted.keyid == hashlib.sha256(der).hexdigest(), "of the SubjectPublicKeyInfo"
    envelope = by.envelope(place.audit.payloads()[0])
    (read,) = map(key_envelope, parse_lines(envelope.line().encode(), "own"))
    assert signed_by_keys([read], [trusted]) == (SignedPayload(place.audit.payloads()[0], trusted, read.where),)


SIGNING = """
import sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
signature = load_pem_private_key(open("key.pem", "rb").read(), None).sign(sys.stdin.buffer.read())
sys.stdout.buffer.write({write})
"""


@pytest.mark.parametrize("write", ["signature", "__import__('base64').encodebytes(signature)"], ids=["bytes", "base64"])
def test_a_command_signs_what_comes_to_its_input(write: str, place: Place) -> None:
    from auditor.attest.sign_command import signer_by_command

    (place.folder / "sign.py").write_text(SIGNING.format(write=write))
    command = shlex.join([sys.executable, "sign.py"])
    payload = b'{"a": "$(touch shell)"}'
    envelope = signer_by_command(command, place.trusted).envelope(payload)
    assert place.trusted.made(envelope.signatures[0].signature, envelope.signed)
    signer_by_command(f"{command} ; touch shell", place.trusted).envelope(payload)
    assert not (place.folder / "shell").exists(), "no shell reads the command"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("no-such-program-at-all", "--sign-command: no-such-program-at-all cannot be started"),
        ("false", "--sign-command: false ended with 1, and nothing is signed"),
        ("echo c2lnbmVk", "what was to sign gave no signature by the key"),
        ("'", "--sign-command: no closing quotation"),
    ],
)
def test_a_command_that_does_not_sign_is_said(command: str, sentence: str, place: Place) -> None:
    from auditor.attest.sign_command import signer_by_command
    from auditor.errors import UsageError

    with pytest.raises(UsageError) as refused:
        signer_by_command(command, place.trusted).envelope(b"{}")
    assert sentence in str(refused.value)


def test_what_is_wrong_with_a_key_is_said_before_anything_is_audited(
    place: Place, attest: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    rsa = generate_private_key(65537, 2048)
    (place.folder / "rsa.pem").write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_keys(place.folder, "locked", password="of the tests")
    (place.folder / "none.pem").write_text("-----BEGIN PRIVATE KEY-----\nbm9uZQ==\n-----END PRIVATE KEY-----\n")
    for key, sentence in {
        "rsa.pem": "rsa.pem holds a key of a kind that is not taken (RSA): Ed25519, and ECDSA on P-256 or P-384",
        "none.pem": "none.pem holds no private key in PEM that can be read",
        "key.pub": "key.pub holds a public key, and signing needs the private one",
        "gone.pem": "there is no key gone.pem",
        "locked.pem": "the key locked.pem has a password: AUDITOR_KEY_PASSWORD says it",
    }.items():
        said = attest("gone.onnx", "--key", key)
        assert said.code == 2 and sentence in said.err, said
    monkeypatch.setenv("AUDITOR_KEY_PASSWORD", "another")
    wrong = attest("gone.onnx", "--key", "locked.pem")
    assert wrong.code == 2 and "wrong password?" in wrong.err
    monkeypatch.setenv("AUDITOR_KEY_PASSWORD", "of the tests")
    right = attest("gone.onnx", "--key", "locked.pem")
    assert right.code == 3 and "there is no file gone.onnx" in right.err


def test_verify_hashes_several_files_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.threads.processors", lambda: 3)
    meeting = Barrier(3)

    def met(model: Model | None, name: str, ways: Iterable[str]) -> HashedFile:
        meeting.wait(HANG)
        return hashed_data(model, name, ways)

    monkeypatch.setattr(verification, "hashed_data", met)
    files = verification.checked_files("m.onnx", place.audit, "it")
    assert [file.name for file in files] == ["m.onnx", "a.bin", "b.bin", "context.bin"]


def test_files_that_a_gate_has_not_hashed_are_hashed_before_a_second_verdict(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its database cannot be used: what is signed was hashed before it was judged."""
    asks = asked({"no_config": True, "run": False, "db": str(place.folder)})
    verdicts, verdict_on = [], Gate.verdict_on

    def counted(gate: Gate, path: str) -> Gated:
        verdicts.append(verdict_on(gate, path))
        return verdicts[-1]

    monkeypatch.setattr(Gate, "verdict_on", counted)
    judged = judged_files("m.onnx", asks, Listener())
    assert [gated.states for gated in verdicts] == [(), ()]
    assert [file.sha256 for file in judged.files.files] == [file.sha256 for file in hashed_files("m.onnx").files]


def test_a_pass_is_of_every_file_or_is_not_signed(place: Place) -> None:
    """Also where somebody answers for it that one of them is not there."""
    (place.folder / "context.bin").unlink()
    assert {file.name for file in hashed_files("m.onnx").files} == {"m.onnx", "a.bin", "b.bin"}
    assert set(hashed_files("m.onnx").unread) == {"context.bin"}
    (place.folder / "auditor.toml").write_text(
        '[[waivers]]\nrule = "unreadable-context"\nreason = "it is made later"\nowner = "who"\n'
    )
    said = program(place.folder, "attest", "m.onnx", "--no-run", "--key", "key.pem", "-o", "out.jsonl")
    assert said.code == 4 and not (place.folder / "out.jsonl").exists()
    assert "a pass is of every file: context.bin cannot be read as a file of m.onnx: it is not there" in said.err


def test_a_pass_of_which_nobody_knows_what_it_is_compared_with_is_not_signed(place: Place) -> None:
    words = ("attest", "m.onnx", "--no-run", "--key", "key.pem", "-o", "out.jsonl")
    said = program(place.folder, *words, AUDITOR_DB=str(place.folder / "context.bin"))
    assert said.code == 4 and "nothing is signed" in said.err and not (place.folder / "out.jsonl").exists()


def test_a_policy_is_read_back_as_it_was_written() -> None:
    from auditor.policy.policy import Bounds, HowBad, Waiver
    from auditor.report import Severity

    policy = Policy(
        Severity.WARNING, frozenset({"nan-weights"}), frozenset({"dead-branches"}), {"nan-weights": Severity.NOTE},
        "untrusted", {"macs": Bounds(1e9, None, 0.5, 3)}, {"dtypes": frozenset({"float32"})}, frozenset({"run"}),
        (Waiver("nan-weights", "why", "who", "2027-01-01", "", "head"),), False,
        {"abc": HowBad(Severity.ERROR, 3), "def": HowBad()},
    )  # fmt: skip
    assert read_policy(policy_text(policy), "here") == policy
    assert policy_text(policy._replace(origin="a.toml")) == policy_text(policy._replace(origin="b.toml"))


def test_a_folder_and_a_report_are_no_model(place: Place, tmp_path: Path) -> None:
    (place.folder / "report.json").write_text('{"schema_version": 1}')
    said = program(place.folder, "attest", ".", "--key", "key.pem")
    assert said.code == 2 and "is a folder" in said.err
    said = program(place.folder, "attest", "report.json", "--no-run", "--key", "key.pem", "-o", "out.jsonl")
    assert said.code == 1 and "unreadable-model" in said.err


def test_verifying_imports_no_more_than_it_needs(place: Place) -> None:
    """Its start is what it costs beside hashing: no rules, no report database, no reader of SSH's keys, no NumPy."""
    code = (
        "import sys; from auditor.cli.app import run; "
        "code = run(['verify', 'm.onnx', '--attestation', 'm.onnx.intoto.jsonl', '--key', 'key.pub', '--quiet']); "
        "print(code, *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, *modules = done.stdout.split()
    heavy = ("auditor.rules", "auditor.pipeline", "auditor.store", "auditor.sessions.gating", "auditor.policy.judge",
             "numpy", "sqlalchemy", "typer", "rich", "cryptography.hazmat.primitives.serialization")  # fmt: skip
    assert number == "0" and "cryptography.hazmat.primitives.asymmetric.ed25519" in modules
    assert [name for name in modules if name.startswith(heavy)] == []


def test_a_verdict_is_verified_under_the_policy_that_gave_it(place: Place, verify: Verify) -> None:
    """Waivers and the baseline of the file included, until they are over, or the file asks for more."""
    file = place.folder / "auditor.toml"
    waiver = 'waivers = [{{ rule = "nan-weights", reason = "why", owner = "who", expires = "{day}" }}]\n'
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    more = 'run = false\nbaseline = "known.json"\nlimits = { macs = { max = 1000 } }\n'
    known = {"rule": "stuck-activations", "fingerprint": "abc"}
    (place.folder / "known.json").write_text(json.dumps({"schema_version": 1, "models": {"m.onnx": [known]}}))
    file.write_text(waiver.format(day=tomorrow) + more)
    policy = read(str(file)).policy("m.onnx")
    assert policy.known and policy.waivers and policy.limits
    place.attestation.write_text(place.signer.signed(place.audit._replace(policy=policy_text(policy)).payloads())[0])
    assert verify("--policy", "auditor.toml").code == 0
    for text, sentence in {
        waiver.format(day="2026-01-01") + more: "it waives nan-weights, for which you have no waiver that still holds",
        waiver.format(day=tomorrow) + more.replace("1000", "900"): "limits.macs.max was 1000, and 900 is asked for",
        waiver.format(day=tomorrow) + more.replace("known.json", "none.json"): "its baseline knows the finding 'abc'",
    }.items():
        (place.folder / "none.json").write_text('{"schema_version": 1, "models": {}}')
        file.write_text(text)
        refused = verify("--policy", "auditor.toml")
        assert refused.code == 1 and sentence in refused.err, refused
