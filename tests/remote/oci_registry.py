"""An OCI registry by the distribution specification v1.1, referrers and all, with what tests want to go wrong."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from .loopback import Call, Loopback, Reply, part_of, serving

_ROUTE = re.compile(r"/v2/(?P<name>.+?)/(?P<what>blobs/uploads|blobs|manifests|tags|referrers)/?(?P<rest>.*)")


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Registry:
    """What it has, and how it behaves."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # by digest: the media type, the bytes
    tags: dict[str, str] = field(default_factory=dict)
    referrers: bool = True  # whether it has the API
    cuts: list[int] = field(default_factory=list)  # after how many bytes the next blobs end
    leads_to: str = ""  # where blobs are redirected to
    tokens: list[str] = field(default_factory=list)  # that are good now; the last is given out
    login: str = ""  # the Authorization header that gets a token; "" for anybody
    basic: str = ""  # the Authorization header that is wanted instead of tokens
    host: str = ""
    refresh: str = ""  # the identity token that gets a token

    def answer(self, call: Call) -> Reply:
        if call.path == "/token":
            return self._token(call)
        refused = self._refused(call)
        if refused is not None:
            return refused
        match = _ROUTE.fullmatch(call.path)
        if match is None:
            return Reply(200 if call.path == "/v2/" else 404)
        rest = match["rest"]
        match match["what"]:
            case "tags" if match["name"] != "team/det":
                return _wrong(404, "NAME_UNKNOWN")
            case "tags":
                return self._tags(call)
            case "manifests":
                return self._put_manifest(rest, call) if call.method == "PUT" else self._manifest(rest)
            case "blobs/uploads":
                return self._upload(call, match["name"])
            case "referrers":
                return self._referrers(rest, call) if self.referrers else Reply(404, b"404 page not found")
        return self._blob(rest, call)

    def _refused(self, call: Call) -> Reply | None:
        said = call.headers.get("authorization", "")
        if self.basic:
            return None if said == self.basic else Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
        if not self.tokens or said in [f"Bearer {token}" for token in self.tokens]:
            return None
        scope = "repository:team/det:pull"
        want = f'Bearer realm="http://{self.host}/token",service="registry.test",scope="{scope}"'
        return Reply(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"log in"}]}', {"WWW-Authenticate": want})

    def _token(self, call: Call) -> Reply:
        if call.method == "POST":
            said = parse_qs(call.body.decode())
            if not self.refresh or said.get("refresh_token") != [self.refresh]:
                return Reply(401)
            return Reply(200, json.dumps({"access_token": self.tokens[-1]}).encode())
        if self.login and call.headers.get("authorization") != self.login:
            return Reply(401)
        return Reply(200, json.dumps({"token": self.tokens[-1], "expires_in": 60}).encode())

    def _tags(self, call: Call) -> Reply:
        found = sorted(self.tags)
        last, number = call.one("last"), int(call.one("n") or 10_000)
        left = [tag for tag in found if tag > last]
        headers = {"Content-Type": "application/json"}
        if len(left) > number:
            headers["Link"] = f'<{call.path}?last={left[number - 1]}&n={number}>; rel="next"'
        return Reply(200, json.dumps({"name": "team/det", "tags": left[:number]}).encode(), headers)

    def _manifest(self, named: str) -> Reply:
        digest = self.tags.get(named, named)
        if digest not in self.manifests:
            return _wrong(404, "MANIFEST_UNKNOWN")
        media, data = self.manifests[digest]
        return Reply(200, data, {"Content-Type": media, "Docker-Content-Digest": digest, "ETag": f'"{digest}"'})

    def _put_manifest(self, named: str, call: Call) -> Reply:
        digest = digest_of(call.body)
        self.manifests[digest] = (call.headers["content-type"], call.body)
        if ":" not in named:
            self.tags[named] = digest
        headers = {"Docker-Content-Digest": digest, "Location": f"/v2/team/det/manifests/{digest}"}
        subject = json.loads(call.body).get("subject")
        if subject is not None and self.referrers:
            headers["OCI-Subject"] = subject["digest"]
        return Reply(201, b"", headers)

    def _upload(self, call: Call, name: str) -> Reply:
        if call.method == "POST":
            return Reply(202, b"", {"Location": f"/v2/{name}/blobs/uploads/1?state=x"})
        if digest_of(call.body) != call.one("digest"):
            return _wrong(400, "DIGEST_INVALID")
        self.blobs[call.one("digest")] = call.body
        return Reply(201, b"", {"Location": f"/v2/{name}/blobs/{call.one('digest')}"})

    def _referrers(self, digest: str, call: Call) -> Reply:
        found: list[dict[str, Any]] = []
        for key, (media, data) in self.manifests.items():
            said = json.loads(data)
            if said.get("subject", {}).get("digest") == digest:
                kind = said.get("artifactType") or said["config"]["mediaType"]
                found.append({"mediaType": media, "digest": key, "size": len(data), "artifactType": kind})
        said = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": found}
        return Reply(200, json.dumps(said).encode(), {"Content-Type": said["mediaType"]})

    def _blob(self, digest: str, call: Call) -> Reply:
        if digest not in self.blobs:
            return _wrong(404, "BLOB_UNKNOWN")
        if call.method == "HEAD":
            return Reply(200, b"", {"Docker-Content-Digest": digest})
        if self.leads_to:
            return Reply(307, b"", {"Location": f"{self.leads_to}/{digest}?X-Signature=1"})
        return part_of(self.blobs[digest], call, f'"{digest}"', self.cuts.pop(0) if self.cuts else None)


@contextmanager
def registry(has: Registry) -> Iterator[Loopback]:
    with serving(has.answer) as server:
        has.host = server.host
        yield server


def _wrong(status: int, code: str) -> Reply:
    said = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
    return Reply(status, json.dumps(said).encode(), {"Content-Type": "application/json"})
