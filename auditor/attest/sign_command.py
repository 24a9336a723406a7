"""Signing by a command: a key that nobody can hold, in a KMS, a module or an agent."""

from __future__ import annotations

import base64
import binascii
import shlex
import subprocess
from collections.abc import Callable

from ..errors import UsageError
from .keys import Signer, TrustedKey

_SECONDS = 120.0  # somebody may have to touch a token
_LARGEST = 1 << 16


def signer_by_command(command: str, key: TrustedKey) -> Signer:
    """Who signs through a command: the bytes to be signed come to its input, and its output is the signature.

    As bytes, or in base64. It is started without a shell, in the folder and the environment of the caller.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--sign-command: {str(error).lower()} in {command!r}") from None
    if not words:
        raise UsageError("--sign-command takes a command, such as 'openssl dgst -sha256 -sign key.pem'")
    return Signer(key, _signing(words, key))


def _signing(words: list[str], key: TrustedKey) -> Callable[[bytes], bytes]:
    def sign(data: bytes) -> bytes:
        answer = _output(words, data)
        if key.made(answer, data):
            return answer
        try:
            return base64.b64decode(b"".join(answer.split()), validate=True)
        except binascii.Error:
            return answer

    return sign


def _output(words: list[str], data: bytes) -> bytes:
    try:
        done = subprocess.run(words, input=data, stdout=subprocess.PIPE, timeout=_SECONDS, check=False)
    except OSError as error:
        raise UsageError(f"--sign-command: {words[0]} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"--sign-command: {words[0]} did not end in {_SECONDS:g} seconds") from None
    if done.returncode:
        raise UsageError(f"--sign-command: {words[0]} ended with {done.returncode}, and nothing is signed")
    if len(done.stdout) > _LARGEST:
        raise UsageError(f"--sign-command: {words[0]} wrote {len(done.stdout):,} bytes, which no signature has")
    return done.stdout
