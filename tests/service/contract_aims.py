"""By operation, how a valid request of schemathesis' becomes one for what is really there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from tests.service.contract_things import JSON, OPTIONS, PIECE, POLICIES, RAW, Things

Aim = Callable[[Things, Any], None]
"""Changes a case. What it sets is valid by the description, too."""


def _model(things: Things, case: Any) -> None:
    case.path_parameters = {"model_id": things.any_version().model_id}


def _spare_model(things: Things, case: Any) -> None:
    case.path_parameters = {"model_id": things.new_version().model_id}


def _version(things: Things, case: Any) -> None:
    one = things.any_version()
    case.path_parameters = {"model_id": one.model_id, "version_id": one.id}


def _audit(things: Things, case: Any) -> None:
    found = things.chance.choice(things.audits) if things.chance.random() < 0.9 else things.waiting_audit()
    case.path_parameters = {"audit_id": found}


def _waiting_audit(things: Things, case: Any) -> None:
    case.path_parameters = {"audit_id": things.waiting_audit()}


def _accept(things: Things, case: Any) -> None:
    things.calm()
    one = things.new_version()
    things.new_audit(one, {})  # the same was audited before: it is done at once
    case.path_parameters = {"model_id": one.model_id, "version_id": one.id}


def _upload(things: Things, case: Any) -> None:
    case.path_parameters = {"upload_id": things.new_upload(b"content %d" % things.next())}


def _piece(things: Things, case: Any) -> None:
    content = b"content %d" % things.next()
    case.path_parameters = {"upload_id": things.new_upload(content)}
    case.headers["Upload-Offset"] = "0"
    case.media_type = PIECE
    case.body = content[: things.chance.choice((1, len(content)))]


def _new_upload(things: Things, case: Any) -> None:
    content = things.content if things.chance.random() < 0.3 else b"content %d" % things.next()
    case.body = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _blob(things: Things, case: Any) -> None:
    case.path_parameters = {"sha256": things.sha256}


def _new_version(things: Things, case: Any) -> None:
    said = {"name": f"sent/{things.next()}", "version": "1"}
    if case.media_type == JSON:
        body = dict(case.body) if isinstance(case.body, dict) else {}
        contract = {"contract": body["contract"]} if body.get("contract") else {}
        case.body = {**said, "files": {"model.onnx": things.sha256}, **contract}
    elif case.media_type == RAW:
        case.query, case.body = {**said, "path": "model.onnx"}, things.content
    else:
        case.body = {**said, "file": things.content}


def _gate(things: Things, case: Any) -> None:
    one = things.any_version()
    case.query = {**case.query, "model": one.name}
    if "version" in case.query:
        case.query["version"] = one.version


def _listed(things: Things, case: Any) -> None:
    case.query = {name: value for name, value in case.query.items() if name != "cursor"}


def _listed_of_model(things: Things, case: Any) -> None:
    _model(things, case)
    _listed(things, case)


def _new_audit(things: Things, case: Any) -> None:
    one = things.any_version()
    options = things.chance.choice(OPTIONS)
    if things.chance.random() < 0.5:
        case.body = {"version_id": one.id, "options": options}
    else:
        case.body = {"model": one.name, "options": options}
    for name in [name for name in case.headers if name.lower() == "idempotency-key"]:
        case.headers[name] = f"key-{things.next()}"


def _policy(things: Things, case: Any) -> None:
    case.body = {"text": things.chance.choice(POLICIES)}


def _rule(things: Things, case: Any) -> None:
    from auditor.rules import all_rules

    case.path_parameters = {"name": things.chance.choice([rule.name for rule in all_rules()])}


def _badge(things: Things, case: Any) -> None:
    case.path_parameters = {"badge": things.new_badge(things.any_version().model_id)}


def _spare_token(things: Things, case: Any) -> None:
    case.path_parameters = {"token_id": things.new_token()}


def _webhook(things: Things, case: Any) -> None:
    case.path_parameters = {"webhook_id": things.webhook}


def _deliveries(things: Things, case: Any) -> None:
    _webhook(things, case)
    _listed(things, case)


def _spare_webhook(things: Things, case: Any) -> None:
    things.few_webhooks()
    case.path_parameters = {"webhook_id": things.new_webhook()}


def _new_webhook(things: Things, case: Any) -> None:
    things.few_webhooks()
    case.body = {"url": f"https://hooks.invalid/{things.next()}"}


AIMS: Mapping[str, Aim] = {
    "POST /audits": _new_audit,
    "GET /audits": _listed,
    "GET /audits/{audit_id}": _audit,
    "GET /audits/{audit_id}/events": _audit,
    "DELETE /audits/{audit_id}": _waiting_audit,
    "GET /badges/{badge}.svg": _badge,
    "HEAD /blobs/{sha256}": _blob,
    "GET /deeds": _listed,
    "GET /gate": _gate,
    "POST /models": _new_version,
    "GET /models": _listed,
    "GET /models/{model_id}": _model,
    "DELETE /models/{model_id}": _spare_model,
    "POST /models/{model_id}/badge": _model,
    "DELETE /models/{model_id}/badge": _model,
    "GET /models/{model_id}/versions": _listed_of_model,
    "GET /models/{model_id}/versions/{version_id}": _version,
    "POST /models/{model_id}/versions/{version_id}/acceptance": _accept,
    "PUT /policy": _policy,
    "GET /rules/{name}": _rule,
    "DELETE /tokens/{token_id}": _spare_token,
    "POST /uploads": _new_upload,
    "HEAD /uploads/{upload_id}": _upload,
    "PATCH /uploads/{upload_id}": _piece,
    "POST /webhooks": _new_webhook,
    "GET /webhooks": _listed,
    "GET /webhooks/{webhook_id}": _webhook,
    "DELETE /webhooks/{webhook_id}": _spare_webhook,
    "GET /webhooks/{webhook_id}/deliveries": _deliveries,
    "POST /webhooks/{webhook_id}/test": _webhook,
}
"""Without the prefix of the API; what stands not here needs no aim."""

CREATING = frozenset({"POST /audits", "POST /models", "POST /uploads", "POST /webhooks", "PUT /policy"})
"""Where a chain of requests may begin: the rest of it goes on with what was answered."""
