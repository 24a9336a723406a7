"""What is signed: in-toto statements of a verdict, made and read back.

https://in-toto.io/Statement/v1, https://in-toto.io/attestation/test-result/v0.1 and, of a pass, the summary
https://in-toto.io/attestation/svr/v0.1. What these have no place for stands under a key that is a URI, as in-toto's
parsing rules ask of extensions.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..hashing import sha256
from ..names import visible
from ..report import Missed
from ..tuples import NamedTuple
from ..wording import counted
from .refusals import BadSubject, Contradiction, NotAStatement, PolicyForged, UnknownPredicate
from .strict_json import strict_object

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://in-toto.io/attestation/svr/v0.1"
EXTENSION = "urn:auditor:audit:v1"
"""Under which a predicate has what is auditor's own."""

PASSED, WARNED, FAILED = "PASSED", "WARNED", "FAILED"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOTHING: Mapping[str, str] = {}


class WaivedFinding(NamedTuple):
    """A finding that would have failed, had nobody answered for it."""

    rule: str
    by: str  # "baseline" or "waiver"
    expires: str = ""  # ISO 8601, the last day; "" never


class AttestedAudit(NamedTuple):
    """A verdict with what it rests on, as it is signed."""

    model: str  # which of the subjects is the model's own file
    subjects: Mapping[str, str]  # every file's name: its sha256
    result: str  # PASSED, WARNED or FAILED
    verdict: str  # pass, fail or inconclusive
    policy: bytes  # as `policy_text` writes it
    rules: str  # digest of the set of rules
    auditor: str  # version
    attested_at: str  # ISO 8601, UTC: when the verdict was given and signed
    audited_at: str  # when the audit was made that it rests on
    runtime: str = ""  # "onnxruntime 1.32.0"; "" it was not run
    run: str = "not run"  # ok | failed | crashed | timed out | not run
    isolation: Mapping[str, str] = _NOTHING
    reasons: tuple[str, ...] = ()  # why it failed, or is open
    passed: tuple[str, ...] = ()  # rules
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()  # what a policy may require
    not_looked_at: tuple[Missed, ...] = ()
    waived: tuple[WaivedFinding, ...] = ()
    ad_hoc: tuple[str, ...] = ()  # options that were not configured
    policy_origin: str = ""  # the file that it was read from

    @property
    def policy_sha256(self) -> str:
        return sha256(self.policy).hexdigest()

    def payloads(self) -> tuple[bytes, ...]:
        """The statements to be signed: the result, and of a pass its summary."""
        result = _statement(self.subjects, TEST_RESULT, self._result())
        if self.result == FAILED:
            return (result,)
        return result, _statement(self.subjects, SUMMARY, self._summary())

    def _result(self) -> dict[str, Any]:
        policy = {
            "name": "policy",
            "digest": {"sha256": self.policy_sha256},
            "content": base64.b64encode(self.policy).decode("ascii"),
            "mediaType": "application/json",
        }
        if self.policy_origin:
            policy["annotations"] = {"origin": self.policy_origin}
        return {
            "result": self.result,
            "configuration": [policy, {"name": "rules", "digest": {"blake2b64": self.rules}}],
            "passedTests": self.passed,
            "warnedTests": self.warned,
            "failedTests": self.failed,
            EXTENSION: {
                "verdict": self.verdict,
                "reasons": self.reasons,
                "model": self.model,
                "auditor": self.auditor,
                "runtime": self.runtime,
                "run": self.run,
                "isolation": dict(self.isolation),
                "lookedAt": self.looked_at,
                "notLookedAt": [{"what": m.what, "why": m.why, "asked": m.asked} for m in self.not_looked_at],
                "waived": [one._asdict() for one in self.waived],
                "adHoc": self.ad_hoc,
                "auditedAt": self.audited_at,
                "attestedAt": self.attested_at,
            },
        }

    def _summary(self) -> dict[str, Any]:
        """Names that stay the same from version to version; the verifier's has the version and the rules."""
        things = [thing for thing in self.looked_at if thing in _PROPERTIES]
        properties = ["AUDITOR_PASSED", *(f"AUDITOR_LOOKED_AT_{thing.upper()}" for thing in things)]
        return {
            "verifier": {
                "id": f"urn:auditor:{self.auditor}:{self.rules}",
                "policy": {"name": "policy", "digest": {"sha256": self.policy_sha256}},
            },
            "timeCreated": self.attested_at,
            "properties": properties,
        }


_PROPERTIES = ("run", "isolation", "weights", "golden", "contract", "provider")


def _statement(subjects: Mapping[str, str], kind: str, predicate: dict[str, Any]) -> bytes:
    rows = [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects.items()]
    whole = {"_type": STATEMENT, "subject": rows, "predicateType": kind, "predicate": predicate}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False).encode("ascii")


class ReadStatement(NamedTuple):
    """A statement that is of a kind we know; its predicate is not looked into yet."""

    kind: str  # TEST_RESULT or SUMMARY
    subjects: Mapping[str, str]
    predicate: Mapping[str, Any]
    where: str


def read_statement(payload: bytes, where: str) -> ReadStatement:
    """The statement in a payload whose signature holds."""
    where = f"{where}: the statement"
    said = strict_object(payload, where, NotAStatement)
    if said.get("_type") != STATEMENT:
        raise NotAStatement(f"{where} is of type {visible(str(said.get('_type')), 60)}, not {STATEMENT}")
    kind = said.get("predicateType")
    if kind not in (TEST_RESULT, SUMMARY):
        raise UnknownPredicate(f"{where} is of {visible(str(kind), 80)}, which is no verdict of auditor")
    predicate = said.get("predicate")
    if not isinstance(predicate, dict):
        raise NotAStatement(f"{where} has no predicate")
    return ReadStatement(kind, _subjects(said.get("subject"), where), predicate, where)


def _subjects(rows: Any, where: str) -> dict[str, str]:
    if not isinstance(rows, list) or not rows:
        raise BadSubject(f"{where} is of no file: it has no subjects")
    found: dict[str, str] = {}
    for row in rows:
        name = row.get("name") if isinstance(row, dict) else None
        digests = row.get("digest") if isinstance(row, dict) else None
        if not isinstance(name, str) or not isinstance(digests, dict):
            raise BadSubject(f"{where} has a subject without a name or a digest")
        if not _is_inside(name):
            raise BadSubject(f"{where} has a subject {visible(name, 80)!r}, which is no file's way within a folder")
        if name in found:
            raise BadSubject(f"{where} has two subjects {visible(name, 80)!r}")
        digest = digests.get("sha256")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise BadSubject(f"{where} has no sha256 of {visible(name, 80)!r}")
        found[name] = digest
    return found


def _is_inside(name: str) -> bool:
    """A way from a folder on, written in the one way in which it can be."""
    leads_out = name in ("", ".", "..") or name.startswith(("/", "../"))
    return not leads_out and "\0" not in name and posixpath.normpath(name) == name


def read_result(statement: ReadStatement) -> AttestedAudit:
    """The verdict in a test result of auditor's; its parts agree with each other."""
    said, where = statement.predicate, statement.where
    own = said.get(EXTENSION)
    if not isinstance(own, dict):
        raise NotAStatement(f"{where} is a test result, and not one of auditor: it has no {EXTENSION}")
    try:
        policy, rules, origin = _configuration(said["configuration"], where)
        found = AttestedAudit(
            model=_text(own["model"]),
            subjects=statement.subjects,
            result=_text(said["result"]),
            verdict=_text(own["verdict"]),
            policy=policy,
            rules=rules,
            auditor=_text(own["auditor"]),
            attested_at=_text(own["attestedAt"]),
            audited_at=_text(own["auditedAt"]),
            runtime=_text(own["runtime"]),
            run=_text(own["run"]),
            isolation={_text(key): _text(value) for key, value in own["isolation"].items()},
            reasons=_texts(own["reasons"]),
            passed=_texts(said["passedTests"]),
            warned=_texts(said["warnedTests"]),
            failed=_texts(said["failedTests"]),
            looked_at=_texts(own["lookedAt"]),
            not_looked_at=tuple(map(_missed, own["notLookedAt"])),
            waived=tuple(WaivedFinding(*(_text(w[name]) for name in WaivedFinding._fields)) for w in own["waived"]),
            ad_hoc=_texts(own["adHoc"]),
            policy_origin=origin,
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise NotAStatement(f"{where} is not written as auditor writes one: {_missing(error)}") from None
    _agrees(found, where)
    return found


def _configuration(rows: Any, where: str) -> tuple[bytes, str, str]:
    """Policy, digest of the rules, and the file that the policy was read from."""
    by_name = {row["name"]: row for row in rows}
    if len(by_name) < len(rows):
        raise ValueError("its configuration has two entries of one name")
    policy, rules = by_name["policy"], by_name["rules"]
    text = base64.b64decode(_text(policy["content"]), validate=True)
    if policy["digest"]["sha256"] != sha256(text).hexdigest():
        raise PolicyForged(f"{where}: the policy in it is not the one whose digest stands beside it")
    return text, _text(rules["digest"]["blake2b64"]), _text(policy.get("annotations", {}).get("origin", ""))


def _missed(said: Any) -> Missed:
    return Missed(_text(said["what"]), _text(said["why"]), said["asked"] is True)


def _missing(error: Exception) -> str:
    return f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)


def _agrees(found: AttestedAudit, where: str) -> None:
    """The result, the verdict and the lists of tests say one thing."""
    if found.result not in (PASSED, WARNED, FAILED) or found.verdict not in ("pass", "fail", "inconclusive"):
        raise NotAStatement(f"{where} has the result {visible(found.result, 40)!r}, which is none")
    passes = found.result != FAILED
    if passes != (found.verdict == "pass") or (passes and (found.failed or found.reasons)):
        rules = counted(found.failed, "failed rule")
        raise Contradiction(f"{where} says {found.result}, verdict {found.verdict}, {rules}: it contradicts itself")
    if found.model not in found.subjects:
        raise Contradiction(f"{where} names {visible(found.model, 80)!r} as the model, which is none of its subjects")


def check_summary(summary: ReadStatement, found: AttestedAudit) -> None:
    """Contradiction where a summary is not of this result."""
    digest = _within(summary.predicate, "verifier", "policy", "digest", "sha256")
    if found.result == FAILED:
        raise Contradiction(f"{summary.where} sums up a pass, and the result beside it is {FAILED}")
    if summary.subjects != found.subjects:
        raise Contradiction(f"{summary.where} sums up a result of other files than the one beside it")
    if digest != found.policy_sha256 or summary.predicate.get("timeCreated") != found.attested_at:
        raise Contradiction(f"{summary.where} sums up another result than the one beside it")


def _within(said: Any, *keys: str) -> Any:
    """What stands under keys within keys; None where one of them is not there."""
    for key in keys:
        said = said.get(key) if isinstance(said, Mapping) else None
    return said


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is no list of texts")
    return tuple(map(_text, value))


def moment(text: str, where: str) -> datetime:
    """A time as it is written in a statement: with its offset, so that no place's clock is meant."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotAStatement(f"{where}: {visible(text, 40)!r} is no time") from None
    if found.tzinfo is None:
        raise NotAStatement(f"{where}: {visible(text, 40)!r} is a time of no place")
    return found


def names_of(tests: Iterable[str]) -> tuple[str, ...]:
    """Rules, each once, in the order of their names."""
    return tuple(sorted(set(tests)))
