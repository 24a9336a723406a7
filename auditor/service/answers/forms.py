"""In which form somebody wants a report, and the report in it: what the formats write, word for word."""

from __future__ import annotations

import hashlib
from io import StringIO
from typing import Literal, TypeAlias

from fastapi import Request
from fastapi.responses import Response

from ... import __version__
from ...formats import renderer
from ..problems import Problem
from .verdicts import JudgedAudit

ReportFormat: TypeAlias = Literal["json", "sarif", "junit", "markdown", "csv", "html", "text", "github"]

MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "sarif": "application/sarif+json",
    "junit": "application/xml",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "text": "text/plain",
    "github": "text/plain",
}
"""By format what its answer says that it is."""

AUDIT = "application/json"
"""What is asked for by this media type is the audit, with its report in it; the report alone is `?format=json`."""

_ASKED_BY = {media_type: name for name, media_type in MEDIA_TYPES.items() if name not in ("json", "github")} | {
    "text/xml": "junit",
    "application/xhtml+xml": "html",
}

ALONE = "sandbox allow-scripts allow-popups; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of a report's page that stands alone: its own, in the page, allows its scripts by their hashes."""


def wanted_format(request: Request, said: ReportFormat | None) -> ReportFormat | None:
    """The format of the report that is wanted; None: the audit itself, as JSON. 406 where there is no such form."""
    if said is not None:
        return said
    accept = request.headers.get("accept", "").strip()
    if not accept:
        return None
    for media_range in _by_quality(accept):
        if media_range in (AUDIT, "*/*", "application/*"):
            return None
        if media_range == "text/*":
            return "text"
        if media_range in _ASKED_BY:
            return _ASKED_BY[media_range]  # type: ignore[return-value]  # the keys of MEDIA_TYPES are the formats
    there = ", ".join(sorted({AUDIT, *_ASKED_BY}))
    raise Problem(406, "no-such-form", f"an audit has no form among {accept[:200]!r}", f"there are {there}")


def _by_quality(accept: str) -> list[str]:
    """The media ranges of an Accept header that are wanted at all, the dearest first (RFC 9110, 12.5.1)."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")[:50]):
        media_range, *parameters = (piece.strip() for piece in part.lower().split(";"))
        quality = next((value for p in parameters if (value := _quality(p)) is not None), 1.0)
        if quality > 0:
            found.append((-quality, place, media_range))
    return [media_range for _, _, media_range in sorted(found)]


def _quality(parameter: str) -> float | None:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return None
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def rendered(judged: JudgedAudit, form: ReportFormat) -> Response:
    """The report alone, as `auditor check --format` writes it; the page with its picture is `report_page`'s."""
    out = StringIO()
    renderer(form)(judged.report, judged.verdict, out)
    content = out.getvalue().encode("utf-8", "backslashreplace")
    return Response(content, media_type=MEDIA_TYPES[form])


def etag(*of: object) -> str:
    """A tag of what is said: another one where the parts differ, or the version of auditor."""
    text = "\0".join(map(str, (__version__, *of)))
    return f'"{hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str) -> Response | None:
    """The answer to whoever has this already (RFC 9110, 13.1.2); None to others."""
    said = request.headers.get("if-none-match", "")
    tags = {one.strip().removeprefix("W/") for one in said.split(",")}
    if tag not in tags and "*" not in tags:
        return None
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept"})
