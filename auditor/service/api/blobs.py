"""What a project has, by content."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from ...store.uploads import blob_size
from ..auth import Caller, needs, service_of, store_for
from ..context import Service
from ..problems import Problem, problems

router = APIRouter(tags=["blobs"])

_THERE: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is there", "headers": {"Content-Length": {"schema": {"type": "integer"}}}}
}


@router.head("/blobs/{sha256}", responses=_THERE | problems(404), response_class=Response)
def look_at_blob(
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits.")],
    caller: Annotated[Caller, needs("read")],
    service: Annotated[Service, Depends(service_of)],
) -> Response:
    """Whether the project has this content, so that it need not be sent again; `Content-Length` is its size."""
    size = blob_size(store_for(service, caller), sha256)
    if size is None:
        raise Problem(404, "no-such-blob", "this content is not there", "send it: POST /api/v1/uploads")
    return Response(headers={"Content-Length": str(size)})
