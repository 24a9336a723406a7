"""The API's page, made of its OpenAPI document: nothing is fetched, and nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ...tuples import NamedTuple
from ..api import PREFIX
from ..auth import service_of
from ..context import Service
from .drawn import drawn
from .visiting import visitor_of

router = APIRouter()

DOCS = f"{PREFIX}/docs"
"""Where the page is: below the API, and yet a page."""

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_REF = "#/components/schemas/"


class ApiField(NamedTuple):
    """A parameter, or a field of a body."""

    name: str
    place: str  # query, path, header; "" of a body
    type: str
    required: bool
    about: str


class ApiBody(NamedTuple):
    """What a request carries, in one media type."""

    media: str
    type: str
    fields: tuple[ApiField, ...]


class Said(NamedTuple):
    """An answer that is no error."""

    status: str
    about: str
    type: str


class Operation(NamedTuple):
    """A route."""

    id: str
    method: str
    path: str
    summary: str
    about: tuple[str, ...]
    parameters: tuple[ApiField, ...]
    bodies: tuple[ApiBody, ...]
    answers: tuple[Said, ...]
    errors: tuple[str, ...]


@router.get(DOCS)
def docs_page(request: Request, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Anybody may read it, as they may read the document."""
    document = request.app.openapi()
    said: dict[str, Any] = {
        "about": _paragraphs(document["info"].get("description", "")),
        "groups": groups_of(document),
        "schemas": schemas_of(document),
    }
    visitor = visitor_of(request, service)
    return drawn(request, "docs.html", "API", visitor, here=DOCS, **said)


def groups_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations by their first tag, in the document's order."""
    groups: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(_operation(document, path, method, item[method]))
    return [{"tag": tag, "operations": operations} for tag, operations in groups.items()]


def schemas_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The named schemas that have fields."""
    named = document.get("components", {}).get("schemas", {})
    return [
        {
            "name": name,
            "about": " ".join(_paragraphs(schema.get("description", ""))[:1]),
            "fields": _fields(document, schema),
        }
        for name, schema in sorted(named.items())
        if schema.get("properties")
    ]


def _operation(document: Mapping[str, Any], path: str, method: str, said: Mapping[str, Any]) -> Operation:
    answers, errors = [], []
    for status, answer in said.get("responses", {}).items():
        if status >= "400":
            errors.append(f"{status} {answer.get('description', '')}")
            continue
        types = [type_of(one.get("schema", {})) for one in answer.get("content", {}).values()]
        answers.append(Said(status, answer.get("description", ""), " or ".join(dict.fromkeys(filter(None, types)))))
    parameters = tuple(
        ApiField(
            one["name"], one["in"], type_of(one.get("schema", {})), one.get("required", False),
            one.get("description", one.get("schema", {}).get("description", "")),
        )
        for one in said.get("parameters", ())
    )  # fmt: skip
    bodies = tuple(
        ApiBody(media, type_of(one.get("schema", {})), _fields(document, _resolved(document, one.get("schema", {}))))
        for media, one in said.get("requestBody", {}).get("content", {}).items()
    )
    first, *rest = _paragraphs(said.get("description", "")) or [said.get("summary", "")]
    key = f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}"
    return Operation(
        key, method.upper(), path, first, tuple(rest), parameters, bodies, tuple(answers), tuple(errors),
    )  # fmt: skip


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).removeprefix(_REF)
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {}).get(name, schema)
    return found


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[ApiField, ...]:
    required = schema.get("required", ())
    return tuple(
        ApiField(name, "", type_of(one), name in required, one.get("description", ""))
        for name, one in schema.get("properties", {}).items()
    )


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(filter(None, map(type_of, schema[key]))))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "anything" if not schema else ""))
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {type_of(schema['additionalProperties'])}"
    bounds = " ".join(_bounds(schema))
    return f"{kind} ({bounds})" if bounds else kind


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    for key, word in (("minimum", "at least"), ("maximum", "at most"), ("maxLength", "up to")):
        if key in schema:
            yield f"{word} {schema[key]:,}{' characters' if key == 'maxLength' else ''}"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()).replace("`", "") for part in text.split("\n\n") if part.strip()]
