"""``WWW-Authenticate`` as registries write it: where a token is had, and for what.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import re

from ...tuples import NamedTuple

_LONGEST = 8192  # characters
_SCHEME = re.compile(r"\s*,?\s*(Bearer|Basic)\b", re.ASCII | re.IGNORECASE)
_PARAMETER = re.compile(r"""\s*,?\s*([A-Za-z0-9_-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))""", re.ASCII)


class Challenge(NamedTuple):
    """What a registry wants of whoever asks. ``scheme`` is "bearer" or "basic"."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def challenge(header: str) -> Challenge | None:
    """The first that is understood, of Bearer before Basic; None where there is none."""
    found: list[Challenge] = []
    text, at = header[:_LONGEST], 0
    while (scheme := _SCHEME.match(text, at)) is not None:
        at = scheme.end()
        said: dict[str, str] = {}
        while (pair := _PARAMETER.match(text, at)) is not None:
            value = pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2])
            said[pair[1].lower()] = value
            at = pair.end()
        found.append(Challenge(scheme[1].lower(), *(said.get(key, "") for key in ("realm", "service", "scope"))))
    bearer = [one for one in found if one.scheme == "bearer" and one.realm]
    return next(iter((*bearer, *(one for one in found if one.scheme == "basic"))), None)
