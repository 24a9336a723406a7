"""``auditor attest MODEL``: the gate's verdict on a model, signed."""

from __future__ import annotations

import os
import sys

from ..config.table import AT_ONCE, DEPTH, POLICY, RUN, SIZES
from .command import MODEL, Command, Words, options
from .writing import written_file


def attest(words: Words) -> int:
    """Sign the verdict on a model, with the hash of each of its files.

    The model is audited and judged as gate does it, and the verdict is written as an in-toto statement in a DSSE
    envelope, whatever it is; with --keyless each in a bundle of Sigstore. Exit codes are those of gate.
    """
    from ..names import visible
    from ..sessions.asked import asked
    from ..sessions.attesting import attested, chosen_signer
    from .terminal import Terminal

    ask = asked(words)
    terminal = Terminal(quiet=ask.said.get("quiet", False))
    by = chosen_signer(ask, _password)
    done = attested(words["model"], ask, by, terminal)
    with written_file(ask.said.get("drawing", "-")) as out:
        out.write(done.text.encode())
    if not terminal.quiet:
        terminal.say(f"{done.audit.result}, signed by {visible(done.by, 4096)}")
        for reason in done.audit.reasons:
            terminal.say(reason)
    return terminal.code(done.gated.code)


def _password(path: str) -> str:
    """From the environment, or from whoever sits at the terminal."""
    from getpass import getpass

    from ..attest.keys import PASSWORD
    from ..errors import UsageError

    if said := os.environ.get(PASSWORD):
        return said
    if not sys.stdin.isatty():
        raise UsageError(f"the key {path} has a password: {PASSWORD} says it")
    return getpass(f"password of {path}: ")


COMMAND = Command(
    attest,
    (
        "auditor attest model.onnx --key key.pem -o model.onnx.intoto.jsonl",
        "auditor attest model.onnx --key kms.pub --sign-command 'kms-sign my-key'",
        "auditor attest model.onnx --keyless -o model.onnx.sigstore.jsonl",
    ),
    (MODEL,),
    options(
        "signing_key", "sign_command", "keyless", "identity_token", "signing_config", "trusted_root", "drawing",
        "subject", "weights", "target_dtype", "runtimes", "try_target", SIZES,
        RUN, DEPTH, POLICY, AT_ONCE, "db", "quiet",
    ),
)  # fmt: skip
