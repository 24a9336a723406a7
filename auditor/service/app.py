"""The application: routes and errors. What stands between the network and it is in `guard`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .. import __version__
from .answers.model_documents import NewVersion
from .api import PREFIX, api
from .context import Service
from .links import add_links
from .pages import pages
from .pages.failing import errors_as_pages
from .problems import HANDLERS, ProblemDocument

_ABOUT = """Audits exported ONNX models before they go live, as `auditor check` does.

Errors are `application/problem+json`. Lists come a page at a time: `next` of one is the `cursor` of the following.
Every answer has an `X-Request-Id`, which stands in the server's log."""


def app(service: Service) -> FastAPI:
    """The application of a service."""
    made = FastAPI(
        title="auditor",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # their pages fetch scripts from elsewhere
        redoc_url=None,
        exception_handlers=dict(HANDLERS),
        redirect_slashes=False,
    )
    made.state.service = service
    made.include_router(api())
    made.include_router(pages())
    errors_as_pages(made)
    made.openapi = lambda: _description(made)  # type: ignore[method-assign]  # as FastAPI's own pages say to do
    return made


def _schemas_of(model: type[BaseModel]) -> dict[str, Any]:
    """The schemas of a body that FastAPI does not know of."""
    _, found = models_json_schema([(model, "validation")], ref_template="#/components/schemas/{model}")
    return dict(found["$defs"])


def _description(made: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with our errors in place of FastAPI's."""
    if made.openapi_schema is None:
        schema = get_openapi(
            title=made.title, version=made.version, description=made.description, routes=made.routes,
        )  # fmt: skip
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = ProblemDocument.model_json_schema()
        schemas |= _schemas_of(NewVersion)  # its route takes other bodies beside it, and reads them itself
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        add_links(schema["paths"], PREFIX)
        made.openapi_schema = schema
    return made.openapi_schema
