"""How the API's description says what can be asked for next: the links of OpenAPI, from what was just made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..tuples import NamedTuple

_ID = "$response.body#/id"


class Link(NamedTuple):
    """From an answer to an operation: its parameters, and where in the answer they stand."""

    method: str
    path: str
    parameters: Mapping[str, str]


_OF_MODEL = {"model_id": "$response.body#/model/id"}
_OF_VERSION = {**_OF_MODEL, "version_id": _ID}
_OF_UPLOAD = {"upload_id": _ID}
_OF_AUDIT = {"audit_id": _ID}
_OF_WEBHOOK = {"webhook_id": _ID}

LINKS: Mapping[tuple[str, str], tuple[Link, ...]] = {
    ("post", "/models"): (
        Link("get", "/models/{model_id}", _OF_MODEL),
        Link("delete", "/models/{model_id}", _OF_MODEL),
        Link("get", "/models/{model_id}/versions", _OF_MODEL),
        Link("get", "/models/{model_id}/versions/{version_id}", _OF_VERSION),
        Link("post", "/models/{model_id}/versions/{version_id}/acceptance", _OF_VERSION),
        Link("post", "/models/{model_id}/badge", _OF_MODEL),
        Link("delete", "/models/{model_id}/badge", _OF_MODEL),
        Link("get", "/gate", {"model": "$response.body#/model/name", "version": "$response.body#/version"}),
    ),
    ("post", "/uploads"): (
        Link("head", "/uploads/{upload_id}", _OF_UPLOAD),
        Link("patch", "/uploads/{upload_id}", {**_OF_UPLOAD, "Upload-Offset": "$response.body#/offset"}),
    ),
    ("post", "/audits"): (
        Link("get", "/audits/{audit_id}", _OF_AUDIT),
        Link("get", "/audits/{audit_id}/events", _OF_AUDIT),
        Link("delete", "/audits/{audit_id}", _OF_AUDIT),
    ),
    ("post", "/webhooks"): (
        Link("get", "/webhooks/{webhook_id}", _OF_WEBHOOK),
        Link("delete", "/webhooks/{webhook_id}", _OF_WEBHOOK),
        Link("get", "/webhooks/{webhook_id}/deliveries", _OF_WEBHOOK),
        Link("post", "/webhooks/{webhook_id}/test", _OF_WEBHOOK),
    ),
    ("post", "/tokens"): (Link("delete", "/tokens/{token_id}", {"token_id": _ID}),),
}
"""By what makes something: what can be done with it."""


def add_links(paths: dict[str, Any], prefix: str) -> None:
    """Put them into the answers of 2xx that say what was made."""
    for (method, path), links in LINKS.items():
        named = {}
        for link in links:
            operation = paths[prefix + link.path][link.method]["operationId"]
            named[operation] = {"operationId": operation, "parameters": dict(link.parameters)}
        for status, response in paths[prefix + path][method]["responses"].items():
            if status.startswith("2"):
                response["links"] = named
