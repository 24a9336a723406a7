"""One call of ``auditor attest``: a model hashed, judged as its gate judges it, and its verdict signed."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..attest.keys import Password, check_installed, signer, trusted_key
from ..attest.model_files import HashedModel, check_unchanged, files_hashed_at, hashed_files
from ..errors import CannotLook, ExitCode, Unreadable, UsageError
from ..model.load import open_model
from ..report import Verdict
from ..tuples import NamedTuple
from .asked import Asked
from .gating import Gate, Gated
from .listening import Listener

if TYPE_CHECKING:
    from ..attest.signing import Signs
    from ..attest.statements import AttestedAudit


class JudgedFiles(NamedTuple):
    """A verdict, and the hashes of the very files that it is on."""

    gated: Gated
    files: HashedModel


class Attested(NamedTuple):
    """A verdict that was signed, and the lines of its attestation."""

    gated: Gated
    audit: AttestedAudit
    text: str
    by: str  # whose signature it is


def chosen_signer(ask: Asked, password: Password) -> Signs:
    """Who signs; what is wrong with the key, or with the identity, is said before anything is audited."""
    key, command = ask.said.get("signing_key"), ask.said.get("sign_command")
    of_identity = {name: ask.said.get(name, "") for name in ("identity_token", "trusted_root", "signing_config")}
    if ask.said.get("keyless", False):
        if key or command:
            raise UsageError("--keyless signs by an identity: without --key and --sign-command")
        from ..attest.keyless_signing import keyless_signer

        return keyless_signer(*of_identity.values())
    if any(of_identity.values()):
        raise UsageError("--identity-token, --trusted-root and --signing-config go with --keyless")
    check_installed()
    if not key:
        raise UsageError(
            "--key says which key signs (`openssl genpkey -algorithm ed25519 -out key.pem` makes one), or --keyless "
            "that this job's identity does"
        )
    if not command:
        return signer(key, password)
    from ..attest.sign_command import signer_by_command

    return signer_by_command(command, trusted_key(key))


def attested(path: str, ask: Asked, by: Signs, listener: Listener) -> Attested:
    """The verdict of the gate on the model at a path, signed whatever it is."""
    from ..attest.signing import attested_audit
    from ..batch.state import runtime_version

    judged = judged_files(path, ask, listener)
    gated, files = judged.gated, judged.files
    if gated.subject.policy.fail_on is None:
        raise UsageError(f"{path}: a policy under which nothing fails (never) attests nothing")
    passes = gated.judgement.verdict is Verdict.PASS
    if passes and gated.code is not ExitCode.PASS:
        raise CannotLook(f"{path}: without the report database nobody knows what was accepted; nothing is signed")
    if passes and files.unread:
        raise CannotLook(f"a pass is of every file: {next(iter(files.unread.values()))}; nothing is signed")
    audit = attested_audit(gated.judgement, gated.subject.policy, files, runtime_version(), datetime.now(UTC))
    return Attested(gated, audit, *by.signed(audit.payloads()))


def judged_files(path: str, ask: Asked, listener: Listener) -> JudgedFiles:
    """The gate's verdict on a model, of the same bytes as the hashes; ChangedMeanwhile where a file was written to.

    The gate has hashed the files to know them: it is asked what they were, and nothing is read again.
    """
    with suppress(Unreadable):  # the gate says why
        os.close(open_model(path)[0])  # what is no file is said before anything is hashed
    at = time.time_ns()
    with (
        Gate(ask.configured, ask.limits(), ask.said.get("subject"), None, listener) as gate,
        listener.auditing(path),
    ):
        gated = gate.verdict_on(path)
        files = files_hashed_at(path, {state.look: state.digest for state in gated.states}, at)
        if files is None:  # the gate has no hash of one of them
            files = hashed_files(path)
            gated = gate.verdict_on(path)
    check_unchanged(files)
    return JudgedFiles(gated, files)
