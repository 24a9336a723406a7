"""The Hugging Face hub: ``hf://ORG/NAME@REV``, or any server that speaks its API (HF_ENDPOINT).

https://huggingface.co/docs/hub/api
"""

from __future__ import annotations

import os
import posixpath
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ...errors import UsageError
from ...files import read_regular
from ...names import prose
from ..failures import NotAllowed, NotThere, NotUnderstood, TooMuch, TooSlow
from ..http import Web, WebDocument
from ..listing import FetchLimits, FilePart, ListedFile, ListedVersion, RegistryState, RemoteKind, RemoteRow
from ..names import checked_name
from ..urls import checked_url, origin_of

_ADDRESS = re.compile(
    r"hf://(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?)"
    r"(?:@(?P<revision>[^@\s?#]{1,200}?))?(?:/(?P<path>[^@\s?#]{1,1000}\.onnx))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;\s*rel="?next"?')
_CONFIG = "config.json"
_CREDENTIALS = "HF_TOKEN says who asks, or the file that `hf auth login` writes"


class HuggingFaceHub(RemoteKind):
    """One repository at one revision: every ``*.onnx`` in it."""

    schemes = ("hf",)
    row = RemoteRow(
        "`hf://ORG/NAME@REV`, `hf://ORG/NAME@REV/onnx/model.onnx`",
        "`HF_TOKEN`, `HF_TOKEN_PATH`, `~/.cache/huggingface/token`; `HF_ENDPOINT` for a hub of your own",
        "the repository's files at the revision's commit, page by page",
        "the `.onnx`, its external data, `config.json`",
    )

    def __init__(self, address: str, limits: FetchLimits) -> None:
        super().__init__(address, limits)
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(f"{prose(address, 200)}: a repository of the hub is hf://ORG/NAME@REVISION")
        self._name, self._revision, self._only = match["name"], match["revision"] or "main", match["path"] or ""
        self._endpoint = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        checked_url(self._endpoint, "HF_ENDPOINT says")
        token = _token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._has_token = bool(token)
        self._web = Web({self._endpoint: headers} if headers else {}, limits, what=_CREDENTIALS)
        self._commit = ""
        self._files: dict[str, ListedFile] = {}

    def versions(self) -> Iterator[ListedVersion]:
        self._listed()
        config = self._files.get(_CONFIG)
        names = [name for name in self._files if name.lower().endswith(".onnx") and self._only in ("", name)]
        if self._only and not names:
            raise NotThere(f"{self.address}: the repository has no such file at that revision")
        said = {"repository": self._name, "revision": self._revision, "endpoint": self._endpoint}
        for name in sorted(names):
            known, file = f"{self._name}/{name[:-5]}", self._files[name]
            yield ListedVersion(
                known, self._commit, f"hf://{self._name}@{self._commit}/{name}", file, (config,) if config else (),
                {**said, "variant": name, **({"sha256": file.sha256} if file.sha256 else {})},
                subject=known, identity=self._commit,
            )  # fmt: skip

    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        if not self._files:
            self._listed()
        return self._files.get(posixpath.normpath(posixpath.join(posixpath.dirname(version.model.name), name)))

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        return self._web.pieces(file.address, offset)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        return self._web.part(file.address, start, length, etag=etag)

    def _listed(self) -> None:
        self._files.clear()
        self._commit = self._resolved()
        where = f"{self._endpoint}/api/models/{self._name}/tree/{self._commit}?recursive=true"
        seen, until = set(), time.monotonic() + self.limits.seconds
        for _ in range(self.limits.listing):
            answer = self._asked(where)
            page = answer.json()
            if not isinstance(page, list):
                raise NotUnderstood(f"{answer.url} answers with what is not a list of files")
            for entry in page:
                self._take(entry)
            if len(self._files) > self.limits.listing:
                break
            more = _NEXT.search(answer.headers.get("link", ""))
            if more is None:
                return
            where = checked_url(more[1], f"{answer.url} names as its next page")
            if origin_of(where) != origin_of(self._endpoint) or where in seen:
                raise NotUnderstood(
                    f"{answer.url} names as its next page what is not one of its own, or was one before"
                )
            if not page:
                raise NotUnderstood(f"{answer.url} is an empty page, and names a next one")
            if time.monotonic() > until:
                raise TooSlow(f"{self.address} was not listed within {self.limits.seconds:g} s (--fetch-timeout)")
            seen.add(where)
        raise TooMuch(f"{self.address} lists more than {self.limits.listing:,} files")

    def _take(self, entry: Any) -> None:
        said: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
        if said.get("type") != "file":
            return
        name = checked_name(said.get("path"), self.address)
        lfs = said.get("lfs") if isinstance(said.get("lfs"), dict) else {}
        size, oid = (lfs or said).get("size"), (lfs or said).get("oid")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise NotUnderstood(f"{self.address} lists {prose(name, 80)!r} without a size")
        sha256 = oid if lfs and isinstance(oid, str) and _SHA256.fullmatch(oid) else ""
        git = oid if not lfs and isinstance(oid, str) and _COMMIT.fullmatch(oid) else ""
        url = f"{self._endpoint}/{self._name}/resolve/{self._commit}/{quote(name)}"
        self._files[name] = ListedFile(name, url, size, sha256, git, etag=oid if isinstance(oid, str) else "")

    def state(self, mark: str = "") -> RegistryState:
        """The commit: all that is listed hangs on it. It is asked for with the ETag of the last answer."""
        if _COMMIT.fullmatch(self._revision):
            return RegistryState(self._revision)
        before, _, etag = mark.partition(" ")
        answer = self._asked(self._url_of_revision, {"If-None-Match": etag} if etag else {})
        commit = before if answer.status == 304 else self._commit_in(answer)
        now = answer.headers.get("etag", etag if answer.status == 304 else "")
        return RegistryState(commit, f"{commit} {now}" if _ETAG.fullmatch(now) else "")

    @property
    def _url_of_revision(self) -> str:
        return f"{self._endpoint}/api/models/{self._name}/revision/{quote(self._revision, safe='')}"

    def _resolved(self) -> str:
        """The commit that a branch, a tag or a commit stands for."""
        if _COMMIT.fullmatch(self._revision):
            return self._revision
        return self._commit_in(self._asked(self._url_of_revision))

    def _commit_in(self, answer: WebDocument) -> str:
        said = answer.json()
        commit = said.get("sha") if isinstance(said, dict) else None
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise NotUnderstood(f"{answer.url} does not say which commit {prose(self._revision, 80)!r} is")
        return commit

    def _asked(self, url: str, condition: Mapping[str, str] | None = None) -> WebDocument:
        """The hub answers 401 for a repository that it does not have, too: it does not say which it is."""
        unchanged = (304,) if condition else ()
        answer = self._web.document(url, headers=condition, expect=(200, 401, 404, *unchanged))
        if answer.status in (200, *unchanged):
            return answer
        if answer.status == 404:
            revision = answer.headers.get("x-error-code") == "RevisionNotFound"
            why = f"has no revision {prose(self._revision, 80)!r}" if revision else "is not there"
            raise NotThere(f"hf://{self._name}: the repository {why}")
        why = "the token was refused: it may have expired" if self._has_token else "there is none, or it is not public"
        raise NotAllowed(f"hf://{self._name} answers 401: {why}; {_CREDENTIALS}")


def _token() -> str:
    """As huggingface_hub looks for it."""
    said = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN")
    if not said:
        home = os.environ.get("HF_HOME") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "huggingface"
        )
        try:
            path = os.path.expanduser(os.environ.get("HF_TOKEN_PATH") or os.path.join(home, "token"))
            said = read_regular(path, 4096).decode("ascii")
        except (OSError, UnicodeDecodeError):
            return ""
    token = "".join(said.split())
    return token if token.isascii() and token.isprintable() else ""
