"""Passwords, keys and tokens in a model's texts.

## What it does
Looks for keys of AWS and Google, tokens of GitHub, GitLab, Hugging Face, Slack, npm, PyPI, Stripe and OpenAI, private
keys, JSON web tokens, passwords in addresses, and words such as `password = ...`: in names, strings, doc strings and
metadata. What it finds it shows in part only.

## Why it matters
A model is copied to many places, and whoever has it has the key. Exporters write what they are given: a path with a
token in it, the environment, a configuration. A key that was published once is no secret any more.

## Fires on
```mutator
metadata_with_a_key
node_with_a_token
```

## Quiet on
```onnx
# Words of a language model.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] token, float[2] secret_keys) => (float[2] y) { ["password/Add"] y = Add(token, secret_keys) }
```

## How to fix
Revoke the key first, then take it out of the model and out of what exports it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.signs import ALL, ALL_BUT_VOCABULARIES, Seen, seen, sign
from ..report import Basis, Found, Location, Severity
from . import rule

_VALUE = r"\s{0,9}['\"]?\s{0,9}(?:=|:(?!:|\d|/))\s{0,9}['\"]?(?!none\b|null\b|true\b|false\b|\{|<|\[)[^\s'\"]{6,}"

SIGNS = (
    sign(
        "a key of AWS",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",
        "akia",
        "asia",
        "abia",
        "acca",
        within=ALL,
        exact=True,
    ),
    sign("a private key", r"-----begin [a-z ]*private key( block)?-----", "private key", within=ALL),
    sign(
        "a token of GitHub",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
        "gh",
        within=ALL,
        exact=True,
    ),
    sign("a token of GitLab", r"\bglpat-[\w-]{16,}", "glpat-", within=ALL),
    sign(
        "a token of Slack",
        r"\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/\w+",
        "xox",
        "hooks.slack",
        within=ALL,
    ),
    sign("a token of Hugging Face", r"\bhf_[A-Za-z0-9]{30,}\b", "hf_", within=ALL, exact=True),
    sign("a key of Google", r"\bAIza[0-9A-Za-z_-]{30,}|\bya29\.[\w-]{20,}", "aiza", "ya29.", within=ALL, exact=True),
    sign(
        "a key of Stripe or OpenAI",
        r"\bsk-[A-Za-z0-9]{20,}|\bsk-(?:proj|ant|svcacct)-[\w-]{20,200}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
        "sk-",
        "sk_",
        "rk_",
        within=ALL,
        exact=True,
    ),
    sign(
        "a token of npm or PyPI",
        r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-AgE[\w-]{20,}",
        "npm_",
        "pypi-",
        within=ALL,
        exact=True,
    ),
    sign("a JSON web token", r"\beyJ[\w-]{8,999}\.eyJ[\w-]{8,999}\.[\w-]*", "eyj", within=ALL, exact=True),
    sign("a password in an address", r"\b[a-z][a-z0-9+.-]{0,20}://[^/\s:@]{1,64}:[^/\s@]{1,128}@[\w.-]", "://"),
    sign(
        "a secret by its name",
        r"\b\w*(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|account[_-]?key|auth[_-]?token|"
        rf"access[_-]?token|private[_-]?key|client[_-]?secret){_VALUE}|"
        r"\bauthorization\s{0,9}:\s{0,9}(?:basic|bearer)\s{1,9}\S{6,}|"
        r"\bbearer\s{1,9}[a-z0-9._~+/-]{20,}",
        "passw",
        "passphrase",
        "secret",
        "key",
        "token",
        "authorization",
        "bearer",
        within=ALL_BUT_VOCABULARIES,
    ),
)

_BY_KEY = frozenset({
    "password", "passwd", "secret", "token", "api_key", "apikey", "access_key", "secret_key", "private_key",
    "access_token", "auth_token", "aws_secret_access_key", "aws_access_key_id", "client_secret", "credentials",
    "hf_token", "github_token", "openai_api_key", "database_url",
})  # fmt: skip


@rule(Severity.WARNING, Basis.SUSPICIOUS)
def secrets_in_text(model: Model) -> Iterator[Found]:
    told = set[str]()
    for one in seen(model, SIGNS):
        told.add(one.text.key)
        yield _found(one.text.what, one.sign.what, shown(one), one)
    for key, value in model.metadata:
        if value and key not in told and key.lower().replace("-", "_") in _BY_KEY:
            yield Found(
                f"the model's metadata under {key!r} holds a secret by its name, {value[:2]!r}...: "
                "whoever has the model has it",
                Location(attribute=f"metadata_props[{key}]"),
                _FIX,
            )


_FIX = "revoke it, then take it out of the model and of what exports it"


def _found(what: str, secret: str, part: str, one: Seen) -> Found:
    return Found(
        f"{what} holds {secret}, {part}{one.others}: whoever has the model has it",
        one.text.where,
        _FIX,
        magnitude=one.number,
    )


def shown(one: Seen) -> str:
    """The beginning of it, which says which one it is and gives nothing away."""
    return repr(one.excerpt[:6]) + "..."
