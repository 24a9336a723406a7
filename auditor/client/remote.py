"""What a server is asked for, each request a function: a version, an audit, a verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ..report import Contract
from ..tuples import NamedTuple
from .answers import ServerAnswer
from .connection import ServerConnection

_REPORT = 1 << 28  # bytes of a report
_LONGEST = 60  # seconds that a server is asked to wait
_SOONEST, _LATEST = 0.1, 2.0  # seconds between two looks at an audit
_LEFT = ("done", "failed", "cancelled")


class RemoteVersion(NamedTuple):
    """A version of a model on the server: its id, and what it is called there."""

    id: str
    name: str
    version: str


class RemoteAudit(NamedTuple):
    """An audit on the server as it stood when it was looked at."""

    id: str
    state: str
    stage: str
    why: str
    report: Mapping[str, Any] | None

    @property
    def is_over(self) -> bool:
        return self.state in _LEFT


def address_of(audit_id: str) -> str:
    """Where an audit is on its server."""
    return f"/api/v1/audits/{audit_id}"


def registered(
    connection: ServerConnection, name: str, version: str, files: Mapping[str, str], path: str,
    contract: Contract | None,
) -> RemoteVersion | Sequence[str]:  # fmt: skip
    """The version, made or there already; or the hashes of the files that the server lacks."""
    asked: dict[str, Any] = {"name": name, "version": version, "files": files, "path": path}
    if contract is not None:
        asked["contract"] = contract_document(contract)
    answer = connection.ask("POST", "/api/v1/models", document=asked)
    if answer.status not in (200, 201):
        refusal = answer.refusal()
        if refusal.code != "missing-blobs":
            raise refusal
        missing = refusal.extra.get("missing")
        ours = {*files.values()}
        if not isinstance(missing, list) or not missing or not ours.issuperset(m for m in missing if _is_text(m)):
            raise answer.senseless("it lacks files and does not say which")
        return [digest for digest in dict.fromkeys(files.values()) if digest in missing]
    document = answer.document()
    return RemoteVersion(answer.id_in(document), name, version)


def contract_document(contract: Contract) -> dict[str, Any]:
    """What a registry says, as JSON: the fields of `Contract`, ports by theirs."""
    ports = {side: [port._asdict() for port in getattr(contract, side)] for side in ("inputs", "outputs")}
    return {**contract._asdict(), **ports, "origin": os.path.basename(contract.origin)}


def submitted(connection: ServerConnection, version: RemoteVersion, options: Mapping[str, Any]) -> str:
    """The id of an audit that is asked for, once, however often the request has to be sent."""
    asked = {"version_id": version.id, "options": options} if options else {"version_id": version.id}
    key = {"Idempotency-Key": os.urandom(16).hex()}
    answer = connection.ask("POST", "/api/v1/audits", document=asked, headers=key).expect(200, 202)
    return answer.id_in(answer.document())


def audit_on_server(connection: ServerConnection, audit_id: str) -> RemoteAudit:
    """How the audit stands, with its report where there is one."""
    answer = connection.ask("GET", address_of(audit_id), most=_REPORT).expect(200)
    document = answer.document()
    state, report = _text(document, "state"), document.get("report")
    if state == "done" and not isinstance(report, dict):
        raise answer.senseless("an audit is done, and there is no report")
    return RemoteAudit(
        answer.id_in(document),
        state,
        _text(document, "stage"),
        _text(document, "why"),
        report if isinstance(report, dict) else None,
    )


def awaited(
    connection: ServerConnection, audit_id: str, seconds: float, seen: Callable[[RemoteAudit], None]
) -> RemoteAudit:
    """The audit when it is over, or after so many seconds as it stands then; ``seen`` hears of each look."""
    until = time.monotonic() + seconds
    pause = _SOONEST
    while True:
        audit = audit_on_server(connection, audit_id)
        seen(audit)
        left = until - time.monotonic()
        if audit.is_over or left <= 0:
            return audit
        connection.pause(min(pause, left))
        pause = min(pause * 1.5, _LATEST)


def written_by_server(connection: ServerConnection, audit_id: str, form: str) -> str:
    """The report in a format as the server writes it: one with a picture, of which the server has the model.

    One that it says to ask for again has no picture yet: that is waited for, a while.
    """
    until = time.monotonic() + _PICTURE
    while True:
        answer = connection.ask(
            "GET", f"{address_of(audit_id)}?format={quote(form)}", headers={"Accept": "*/*"}, most=_REPORT
        ).expect(200)
        if answer.retry_after is None or time.monotonic() > until:
            break
        connection.pause(answer.retry_after)
    if answer.cut:
        raise answer.senseless(f"its report is larger than {_REPORT >> 20} MiB")
    return answer.body.decode("utf-8", "replace").translate(_HARMLESS)


_PICTURE = 60.0
"""Seconds after which a report is taken as it is, though its picture is still to come."""

_HARMLESS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


class RemoteVerdict(NamedTuple):
    """What the gate of a server says."""

    verdict: str
    state: str
    name: str
    version: str
    audit_id: str | None
    policy: str
    compared_with: Mapping[str, Any] | None
    reasons: Sequence[Any]


def verdict_on_server(connection: ServerConnection, name: str, version: str | None, wait: float) -> RemoteVerdict:
    """The verdict on a version, or the newest; waited for so many seconds while the audit goes on."""
    until = time.monotonic() + wait
    while True:
        left = max(0.0, until - time.monotonic())
        query = {"model": name, **({"version": version} if version else {})}
        if left >= 1:
            query["wait"] = str(min(_LONGEST, int(left)))
        answer = connection.ask("GET", f"/api/v1/gate?{urlencode(query)}", most=_REPORT).expect(200)
        found = _verdict(answer, name)
        if found.audit_id is not None or found.state not in ("queued", "running") or left < 1:
            return found
        connection.pause(_SOONEST)


def _verdict(answer: ServerAnswer, name: str) -> RemoteVerdict:
    said = answer.document()
    verdict, reasons, before = said.get("verdict"), said.get("reasons"), said.get("compared_with")
    if verdict not in ("pass", "fail", "inconclusive"):
        raise answer.senseless("there is no verdict in its answer")
    model, audit_id = said.get("model"), said.get("audit_id")
    return RemoteVerdict(
        verdict,
        _text(said, "state"),
        _text(model, "name") if isinstance(model, dict) and _text(model, "name") else name,
        _text(said, "version"),
        answer.id_in({"id": audit_id}) if audit_id is not None else None,
        _text(said, "policy"),
        before if isinstance(before, dict) else None,
        reasons if isinstance(reasons, list) else (),
    )


def _text(document: Mapping[str, Any], key: str) -> str:
    found = document.get(key)
    return found if isinstance(found, str) else ""


def _is_text(thing: object) -> bool:
    return isinstance(thing, str)
