"""The site's picture, as a browser shows it beside the title."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from .assets import ICON, icon

router = APIRouter()


@router.get(ICON)
def picture() -> Response:
    """Anybody may see it."""
    return Response(icon(), media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})
