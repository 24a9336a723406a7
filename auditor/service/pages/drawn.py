"""Templates into answers. Every value is escaped where it is put in; names are made visible and cut before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ... import __version__
from ...formats.parts.page.shell import policy_of
from ...names import prose, visible
from ...tuples import NamedTuple
from ...wording import counted
from .assets import ICON, TEMPLATES, early_script, page_script, page_style
from .visiting import Visitor, with_cookie

Trail = Sequence[tuple[str, str]]
"""Where a page is: titles and addresses from the fleet down; the page itself has no address."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Wording(NamedTuple):
    """A line that a page begins with: what came of what was done."""

    kind: str  # "", error
    text: str


@cache
def templates() -> Environment:
    """All templates. What one wants and is not given is a fault."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    made.filters |= {"name": visible, "sentence": prose, "ago": ago, "clock": clock, "address": in_address}
    made.globals |= {
        "style": Markup(page_style()),
        "early": Markup(early_script()),
        "script": Markup(page_script()),
        "counted": counted,
        "icon": ICON,
        "version": __version__,
    }
    return made


@cache
def page_policy() -> str:
    """The Content-Security-Policy of every page but the reports'."""
    policy = policy_of([page_style()], [early_script(), page_script()], of_site=True)
    return policy + "; connect-src 'self'; frame-ancestors 'none'"


def drawn(
    request: Request,
    template: str,
    title: str,
    visitor: Visitor | None,
    *,
    here: str = "",
    trail: Trail = (),
    status: int = 200,
    **said: Any,
) -> HTMLResponse:
    """A page. ``here`` is the address of the part of the site that it belongs to."""
    text = (
        templates()
        .get_template(template)
        .render(title=title, visitor=visitor, here=here, trail=trail, base=base_of(request), **said)
    )
    headers = {"Content-Security-Policy": page_policy(), "Cache-Control": "no-store"}
    return with_cookie(request, HTMLResponse(text.encode("utf-8", "replace"), status, headers))


def bar(visitor: Visitor | None, here: str, trail: Trail) -> str:
    """What stands above a page that is drawn elsewhere."""
    return templates().get_template("_bar.html").render(visitor=visitor, here=here, trail=trail)


def base_of(request: Request) -> str:
    """The server's own address, as the browser knows it."""
    return str(request.base_url).rstrip("/")


def with_query(path: str, **said: object) -> str:
    """An address with what is said."""
    left = {key: value for key, value in said.items() if value not in (None, "")}
    return f"{path}?{urlencode(left)}" if left else path


def in_address(text: str) -> str:
    """A part of an address."""
    return quote(text, safe="")


def ago(time: str, now: datetime | None = None) -> str:
    """How long that was ago, or the day; the whole time is in `clock`."""
    at = moment_of(time)
    if at is None:
        return visible(time, 40)
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago" if seconds < 14 * _DAY else at.strftime("%d %b %Y").lstrip("0")
    raise AssertionError("a time between a minute and none")


def clock(time: str) -> str:
    """A stored time to the second."""
    at = moment_of(time)
    return visible(time, 40) if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def lasting(begun: str | None, ended: str | None) -> str:
    """From one time to the other."""
    first, last = moment_of(begun or ""), moment_of(ended or "")
    if first is None or last is None:
        return ""
    seconds = (last - first).total_seconds()
    return f"{seconds:.1f} s" if seconds < _MINUTE else f"{seconds / _MINUTE:.0f} min"


def moment_of(time: str) -> datetime | None:
    """A stored time; None of a text that is none."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
