"""``auditor verify MODEL``: an attestation held against the model that lies there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from ..config.table import OPTIONS, values
from ..errors import ExitCode
from .command import MODEL, Command, Words, options

if TYPE_CHECKING:
    from ..attest.identities import SignedBy
    from ..attest.verification import Verified


def verify(words: Words) -> int:
    """Verify that a model is the one that passed, by its attestation.

    Held against the model's files are the signature, the hashes, the policy, the age, the looks that the policy
    requires, and the result. Nothing is audited or run, and nothing fetched but the trusted root of Sigstore where
    --identity needs one. Exit codes: 0 all of it holds, 1 something does not,
    2 wrong usage, 3 no such model or attestation, 4 the attested audit was inconclusive, or a file cannot be read.
    """
    from ..sessions.verifying import verified_model

    said = values({name: word for name, word in words.items() if name in OPTIONS})
    found = verified_model(words["model"], said)
    if not said.get("quiet", False):
        _write(words["model"], found, sys.stdout, said.get("verified_form", "text"))
    return ExitCode.PASS


def _write(path: str, found: Verified, out: TextIO, form: str) -> None:
    from ..names import visible

    audit = found.audit
    policy = f"{audit.policy_origin or 'none: findings of severity error fail'} (sha256 {audit.policy_sha256})"
    if form == "json":
        import json

        said = {
            "model": visible(path, 4096), "result": audit.result, **_by(found.by), "policy": policy,
            "rules": audit.rules, "auditor": audit.auditor, "runtime": audit.runtime, "run": audit.run,
            "isolation": dict(audit.isolation), "attested_at": audit.attested_at, "files": dict(audit.subjects),
            "options": list(audit.ad_hoc),
            "not_looked_at": [{"what": missed.what, "why": missed.why} for missed in audit.not_looked_at],
        }  # fmt: skip
        out.write(f"{json.dumps(said)}\n")
        return
    rows = {
        **{label.removesuffix("id"): visible(text, 4096) for label, text in _by(found.by).items()},
        "policy": visible(policy, 200),
        "audited": f"by auditor {visible(audit.auditor, 40)}, attested at {visible(audit.attested_at, 40)}",
        "run": " ".join(filter(None, (visible(audit.run, 40), "by", visible(audit.runtime, 60)))) if audit.runtime
        else "not run",
        **({"options": f"{visible(' '.join(audit.ad_hoc), 200)}, which no configuration said"} if audit.ad_hoc else {}),
        "files": ", ".join(visible(file.name, 80) for file in found.files[:8]) + (", ..." * (len(found.files) > 8)),
    }  # fmt: skip
    out.write(f"{audit.result}  {visible(path, 4096)}\n")
    out.writelines(f"  {label:<8} {text}\n" for label, text in rows.items())


def _by(by: SignedBy) -> dict[str, str]:
    """Whose signature holds."""
    from ..attest.identities import CertifiedIdentity

    return {"identity": by.name, "issuer": by.issuer} if isinstance(by, CertifiedIdentity) else {"keyid": by.keyid}


COMMAND = Command(
    verify,
    (
        "auditor verify m.onnx --attestation m.onnx.intoto.jsonl --key key.pub",
        "auditor verify m.onnx --attestation a.jsonl --key key.pub --max-age 30d",
        "auditor verify m.onnx --attestation b.jsonl --identity $WHO --issuer $ISSUER",
    ),
    (MODEL,),
    options(
        "attestation",
        "public_keys",
        "identity",
        "issuer",
        "trusted_root",
        "offline",
        "asked_policy",
        "max_age",
        "subject",
        "verified_form",
        "quiet",
    ),
)
