"""One repository of an OCI registry, asked by the distribution specification v1.1: tags, manifests, blobs, referrers.

https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlencode, urljoin, urlsplit

from ..failures import LedAstray, NotAllowed, NotThatContent, NotUnderstood, TooMuch
from ..http import Web, WebDocument
from ..listing import FetchLimits, FilePart
from ..urls import checked_url, origin_of, shown_url
from .challenges import Challenge, challenge
from .logins import Login, login_for
from .manifests import ACCEPTED, LARGEST
from .references import RepositoryReference, is_tag

CREDENTIALS = "`docker login` and `oras login` keep them in ~/.docker/config.json"

_PAGE = 1000
_NEXT = re.compile(r'\s*<([^<>]{1,8000})>\s*;[^,]{0,1000}\brel="?next"?', re.ASCII | re.IGNORECASE)
_CLIENT = "auditor"


class Distribution:
    """One repository. It asks as nobody first, and logs in where the registry wants it."""

    def __init__(self, reference: RepositoryReference, limits: FetchLimits, *, writes: bool = False) -> None:
        self.base, self._host, self._limits = reference.base, reference.host, limits
        self._scope = f"repository:{reference.repository}:{'pull,push' if writes else 'pull'}"
        self.web = Web({}, limits, what=CREDENTIALS)

    def tags(self) -> Iterator[str]:
        """All of them, page after page, in the registry's order."""
        url, seen, number = f"{self.base}/tags/list?n={_PAGE}", set[str](), 0
        while url:
            answer = self.document(url)
            said = answer.json()
            found = said.get("tags") if isinstance(said, dict) else ()
            if not isinstance(found, list | None) or not isinstance(said, dict):
                raise NotUnderstood(f"{answer.url} does not list tags as a registry does")
            for tag in found or ():
                number += 1
                if number > self._limits.listing:
                    raise TooMuch(f"{self.base} has more than {self._limits.listing:,} tags: name one")
                if is_tag(tag):
                    yield tag
            seen.add(url)
            url = self._next(url, answer)
            if url in seen:
                raise NotUnderstood(f"{self.base} gives the same page of tags again and again")

    def manifest(self, named: str, headers: Mapping[str, str] | None = None) -> tuple[str, bytes]:
        """The digest and the bytes of a manifest, held against the digest that it was asked for by."""
        sent = {"Accept": ", ".join(ACCEPTED), **(headers or {})}
        answer = self.document(f"{self.base}/manifests/{named}", headers=sent, most=LARGEST)
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        said = named if ":" in named else answer.headers.get("docker-content-digest", digest)
        if said.startswith("sha256:") and said != digest:
            raise NotThatContent(f"{answer.url} is not what its digest says: its SHA-256 is {digest[7:]}")
        return digest, answer.body

    def blob_url(self, digest: str) -> str:
        return f"{self.base}/blobs/{digest}"

    def pieces(self, digest: str, offset: int) -> Iterator[bytes]:
        """A blob's bytes from an offset on. A token that expired on the way is renewed once."""
        url = self.blob_url(digest)
        try:
            for piece in self.web.pieces(url, offset):
                offset += len(piece)
                yield piece
        except NotAllowed:
            self._log_in(url)
            yield from self.web.pieces(url, offset)

    def part(self, digest: str, start: int, length: int, etag: str) -> FilePart | None:
        """So many of a blob's bytes, as `Web.part` gives them. A token that expired on the way is renewed once."""
        url = self.blob_url(digest)
        try:
            return self.web.part(url, start, length, etag=etag)
        except NotAllowed:
            self._log_in(url)
            return self.web.part(url, start, length, etag=etag)

    def document(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None,
        most: int = LARGEST, expect: tuple[int, ...] = (200,),
    ) -> WebDocument:  # fmt: skip
        """A small answer of the registry; logs in where it is wanted."""
        for expected in ((*expect, 401), expect):
            answer = self.web.document(url, method=method, headers=headers, body=body, most=most, expect=expected)
            if answer.status != 401 or 401 in expect:
                break
            self._answer(answer.headers.get("www-authenticate", ""), url)
        return answer

    def _log_in(self, url: str) -> None:
        """After a blob was refused, whose answer nobody saw: with what the registry wants of whoever reads."""
        answer = self.web.document(f"{self.base}/tags/list?n=1", expect=(200, 401, 404))
        if answer.status == 401:
            self._answer(answer.headers.get("www-authenticate", ""), url)

    def _answer(self, header: str, url: str) -> None:
        """Do what a challenge asks for; where it is not understood nothing, and the next refusal is told."""
        asked = challenge(header)
        if asked is None:
            return
        login = login_for(self._host)
        if asked.scheme == "basic":
            if login is not None and login.name:
                self.web.allow(self.base, {"Authorization": login.basic})
            return
        token = self._token(asked, login, url)
        self.web.allow(self.base, {"Authorization": f"Bearer {token}"})

    def _token(self, asked: Challenge, login: Login | None, url: str) -> str:
        realm = checked_url(asked.realm, f"{shown_url(url)} sends for a token to")
        if urlsplit(url).scheme == "https" and urlsplit(realm).scheme != "https":
            raise LedAstray(f"{shown_url(url)} sends for a token to http://, where a password would be anybody's")
        query = {"service": asked.service, "scope": asked.scope or self._scope}
        if "push" in self._scope:
            query["scope"] = self._scope
        query = {key: value for key, value in query.items() if value}
        if login is not None and login.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": login.identity_token, "client_id": _CLIENT, **query}
            answer = Web({}, self._limits, what=CREDENTIALS).document(
                realm, method="POST", body=urlencode(form).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )  # fmt: skip
        else:
            known = {} if login is None else {realm: {"Authorization": login.basic}}
            joint = "&" if urlsplit(realm).query else "?"
            answer = Web(known, self._limits, what=CREDENTIALS).document(f"{realm}{joint}{urlencode(query)}")
        said = answer.json()
        token = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NotUnderstood(f"{answer.url} gives no token")
        return token

    def _next(self, url: str, answer: WebDocument) -> str:
        """The next page's address, on the same server; "" behind the last."""
        match = _NEXT.match(answer.headers.get("link", ""))
        if match is None:
            return ""
        found = checked_url(urljoin(url, match[1]), f"{self.base} continues at")
        if origin_of(found) != origin_of(url):
            raise LedAstray(f"{self.base} continues its tags on another server, which is not asked")
        return found


def errors_in(answer: WebDocument) -> str:
    """What a registry says of why not, in its own words; "" where it says nothing."""
    with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        first = json.loads(answer.body)["errors"][0]
        return f"{first.get('code', '')}: {first.get('message', '')}".strip(": ")[:200]
    return ""
