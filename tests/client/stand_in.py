"""A small server that keeps to the API to the letter, and fails as it is told to.

Every byte that comes is counted, every offset and hash is held to what was said. Audits are made here and now.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from auditor.config.table import LOOKED_AT, RUN, SIZES, in_groups
from auditor.formats import renderer
from auditor.formats.json import document, parse
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.report import Contract, Port
from auditor.settings import Settings

TOKEN = "aud_" + "x" * 43
_BLOCK = 1 << 14
_CSRF, _COOKIE = "the-word-of-this-server", "auditor_csrf=of-nobody"


class Canned(NamedTuple):
    """What is answered once in the place of the real thing."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012  # a field's default
    declared: int | None = None  # the Content-Length that is said, where it is not the body's


class Upload(NamedTuple):
    size: int
    sha256: str
    data: bytearray


class StandIn:
    """What the server knows; tests look into it, and tell it what to do wrong."""

    def __init__(self) -> None:
        self.token: str | None = TOKEN  # None: nobody needs one, and CSRF is held to
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.audits: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []  # method and path of every request
        self.received: list[tuple[str, int, int]] = []  # of uploads: the hash, the offset, how many bytes came
        self.cuts: list[int] = []  # bytes of a longer PATCH after which the connection is cut, once each
        self.loses = 0  # bytes that came last before a cut, and are lost with it
        self.unfinished = 0  # PATCHes whose last byte came, and nothing was made of it
        self.lost_answers = 0  # PATCHes that are done and not answered
        self.canned: list[tuple[str, str, Canned]] = []  # of a method and a path's pattern, once each
        self.most = 1 << 40  # bytes of a PATCH
        self.looks = 0  # that find an audit queued before it is done
        self.keys: dict[str, str] = {}
        self._numbers = 0

    def new_id(self) -> str:
        self._numbers += 1
        return f"{self._numbers:032x}"

    def instead(self, method: str, pattern: str, *canned: Canned) -> None:
        """The next answers to such requests."""
        self.canned += [(method, pattern, one) for one in canned]

    def take(self, method: str, path: str) -> Canned | None:
        for at, (asked, pattern, canned) in enumerate(self.canned):
            if asked == method and re.fullmatch(pattern, path):
                del self.canned[at]
                return canned
        return None

    def count(self, method: str, pattern: str) -> int:
        return sum(one == method and re.fullmatch(pattern, path) is not None for one, path in self.asked)

    def bytes_received(self) -> int:
        return sum(count for _, _, count in self.received)

    # ---- what it does

    def register(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        files = asked["files"]
        assert asked["path"] in files
        for place in files:
            assert not place.startswith("/") and ".." not in place.split("/") and "\\" not in place
        missing = sorted({digest for digest in files.values() if digest not in self.blobs})
        for version in self.versions.values():
            if (version["model"]["name"], version["version"]) == (asked["name"], asked["version"]):
                if version["files"] == files:
                    return 200, version
                return 409, problem(409, "version-exists", "there is such a version", "name another")
        if missing:
            return 422, problem(422, "missing-blobs", "files are missing", "POST /api/v1/uploads", missing=missing)
        made = {**asked, "id": self.new_id(), "model": {"id": self.new_id(), "name": asked["name"]}, "audit": None}
        self.versions[made["id"]] = made
        return 201, made

    def submit(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        if key in self.keys:
            return self.audits[self.keys[key]]
        made: dict[str, Any] = {"id": self.new_id(), "state": "queued", "stage": "", "why": "", "report": None}
        made |= {"looks": self.looks, "options": asked.get("options", {}), "version_id": asked["version_id"]}
        self.audits[made["id"]] = made
        self.keys[key] = made["id"]
        return made

    def looked_at(self, one: dict[str, Any]) -> dict[str, Any]:
        """An audit as it stands; made when it was looked at often enough."""
        if one["state"] == "queued":
            if one["looks"]:
                one["looks"] -= 1
            else:
                one["report"] = self._audit(self.versions[one["version_id"]], one["options"])
                one["state"] = "done"
        return one

    def _audit(self, version: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        rows = {row.key or row.flags[0].split("/")[0].lstrip("-"): row for row in in_groups(LOOKED_AT, SIZES, RUN)}
        fields = {rows[name].name: rows[name].kind.check(said) for name, said in options.items()}
        with tempfile.TemporaryDirectory() as folder:
            for place, digest in version["files"].items():
                path = Path(folder, place)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.blobs[digest])
            contract = version.get("contract")
            if contract is not None:
                ports = {side: tuple(_port(port) for port in contract[side]) for side in ("inputs", "outputs")}
                contract = Contract(**{**contract, "troubles": tuple(contract["troubles"]), **ports})
            report = audit(str(Path(folder, version["path"])), Settings(**fields), contract)
            report = report._replace(model=report.model._replace(path=version["path"]))
        judged = judge(report)
        return document(judged.report, judged.verdict)

    def gate(self, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        names, wanted = query["model"], query.get("version")
        found = [v for v in self.versions.values() if v["model"]["name"] == names[0]]
        found = [v for v in found if wanted is None or v["version"] == wanted[0]]
        if not found:
            return 404, problem(404, "no-such-model", f"there is no model {names[0]}", "GET /api/v1/models lists them")
        version = found[-1]
        of_it = [one for one in self.audits.values() if one["version_id"] == version["id"]]
        one = self.looked_at(of_it[-1]) if of_it else None
        answer = {"model": version["model"], "version": version["version"], "version_id": version["id"]}
        answer |= {"policy": "", "compared_with": None, "findings": 0}
        if one is None or one["report"] is None:
            state = "it was never audited" if one is None else one["state"]
            return 200, {**answer, "verdict": "inconclusive", "state": state, "reasons": [], "audit_id": None}
        judged = judge(parse(one["report"])[0], whole=True)
        reasons = [reason._asdict() for reason in judged.reasons]
        more = {"verdict": judged.verdict.value, "state": "done", "reasons": reasons, "audit_id": one["id"]}
        return 200, {**answer, **more}


def _port(said: dict[str, Any]) -> Port:
    shape = said["shape"]
    return Port(said["name"], said["dtype"], None if shape is None else tuple(shape))


def problem(status: int, code: str, detail: str, mend: str, **more: object) -> dict[str, Any]:
    title = "as a server says it"
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "mend": mend,
        **more,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    knows: StandIn

    def log_message(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def _any(self) -> None:
        method, path = self.command, urlsplit(self.path).path
        self.knows.asked.append((method, path))
        canned = self.knows.take(method, path)
        if canned is not None:
            self._drain()
            self._say(canned.status, canned.body, canned.headers, canned.declared)
            self.close_connection = canned.declared is not None
            return
        if not self._may(method, path):
            return
        if method == "PATCH":
            self._patch(path.rpartition("/")[2])
            return
        asked = json.loads(self._drain() or b"{}")
        status, body, headers = self._answer(method, path, asked)
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        self._say(status, text.encode(), headers)

    def _may(self, method: str, path: str) -> bool:
        if self.knows.token is not None:
            if self.headers["Authorization"] == f"Bearer {self.knows.token}":
                return True
            refusal = problem(401, "no-token", "this needs a token that holds", "send Authorization: Bearer TOKEN")
        else:
            said = (self.headers["X-CSRF-Token"], self.headers["Cookie"], self.headers["Origin"])
            ours = (_CSRF, _COOKIE, f"http://{self.headers['Host']}")
            if method in ("GET", "HEAD") or said == ours:
                return True
            refusal = problem(403, "csrf", "the request does not come from a page of ours", "show X-CSRF-Token")
        self._drain()
        self._say(refusal["status"], json.dumps(refusal).encode(), {})
        return False

    def _answer(self, method: str, path: str, asked: Any) -> tuple[int, Any, dict[str, str]]:
        knows = self.knows
        match method, path.removeprefix("/api/v1/").split("/"):
            case "GET", ["whoami"]:
                return 200, {"csrf": _CSRF}, {"Set-Cookie": f"{_COOKIE}; HttpOnly; SameSite=Strict; Path=/"}
            case "POST", ["uploads"]:
                if asked["sha256"] in knows.blobs:
                    return 200, {"id": knows.new_id(), "offset": asked["size"], "done": True}, {}
                uid = knows.new_id()
                knows.uploads[uid] = Upload(asked["size"], asked["sha256"], bytearray())
                return 201, {"id": uid, "offset": 0, "done": False}, {"Location": f"/api/v1/uploads/{uid}"}
            case "HEAD", ["uploads", uid] if uid in knows.uploads:
                upload = knows.uploads[uid]
                headers = {"Upload-Offset": str(len(upload.data)), "Upload-Length": str(upload.size)}
                return 200, None, headers
            case "HEAD", ["blobs", digest] if digest in knows.blobs:
                return 200, None, {}
            case "POST", ["models"]:
                return *knows.register(asked), {}
            case "POST", ["audits"]:
                return 202, knows.submit(asked, self.headers["Idempotency-Key"]), {}
            case "GET", ["audits", uid] if uid in knows.audits:
                one = knows.looked_at(knows.audits[uid])
                form = parse_qs(urlsplit(self.path).query).get("format")
                return (200, one, {}) if form is None else (200, _page(one["report"], form[0]), {})
            case "GET", ["gate"]:
                return *knows.gate(parse_qs(urlsplit(self.path).query)), {}
        return 404, problem(404, "no-such-thing", f"there is nothing at {path}", "look at the list"), {}

    def _patch(self, uid: str) -> None:
        knows, length = self.knows, int(self.headers["Content-Length"])
        upload = knows.uploads.get(uid)
        assert self.headers["Content-Type"] == "application/offset+octet-stream"
        if upload is None:
            self._drain()
            return self._refuse(404, "no-such-upload", "there is no such upload", "begin one")
        if length > knows.most:
            self.close_connection = True
            return self._refuse(413, "too-large", "that is too much at once", "send less")
        offset = int(self.headers["Upload-Offset"])
        if offset != len(upload.data) or offset + length > upload.size:
            self._drain()
            return self._refuse(409, "wrong-offset", f"the upload is at {len(upload.data)}", "HEAD says where")
        cut = knows.cuts.pop(0) if knows.cuts and knows.cuts[0] < length else None
        came = 0
        while came < length and (cut is None or came < cut):
            block = self.rfile.read(min(_BLOCK, length - came, length if cut is None else cut - came))
            if not block:
                break
            came += len(block)
            upload.data.extend(block)
        knows.received.append((upload.sha256, offset, came))
        if cut is not None:
            del upload.data[max(offset, len(upload.data) - knows.loses) :]
            return self._cut()
        if len(upload.data) == upload.size and knows.unfinished:
            knows.unfinished -= 1
            return self._cut()
        if len(upload.data) == upload.size:
            del knows.uploads[uid]
            if hashlib.sha256(upload.data).hexdigest() != upload.sha256:
                return self._refuse(422, "wrong-digest", "the bytes are not what was said", "hash them anew")
            knows.blobs[upload.sha256] = bytes(upload.data)
        if knows.lost_answers:
            knows.lost_answers -= 1
            return self._cut()
        self._say(204, b"", {"Upload-Offset": str(offset + came)})
        return None

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _refuse(self, status: int, code: str, detail: str, mend: str) -> None:
        self._say(status, json.dumps(problem(status, code, detail, mend)).encode(), {})

    def _drain(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _say(self, status: int, body: bytes, headers: dict[str, str], declared: int | None = None) -> None:
        self.send_response(status)
        kind = "application/json" if status < 400 else "application/problem+json"
        for name, text in {"Content-Type": kind, **headers}.items():
            self.send_header(name, text)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if declared is None else declared))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _page(report: dict[str, Any], form: str) -> Any:
    out = StringIO()
    renderer(form)(*parse(report), out)
    return out.getvalue()


@contextmanager
def serving(knows: StandIn, context: Any = None) -> Iterator[str]:
    """The address while it is served; ``context`` is of TLS."""
    handler = type("Bound", (Handler,), {"knows": knows})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # type: ignore[assignment,method-assign]  # a cut is meant
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
