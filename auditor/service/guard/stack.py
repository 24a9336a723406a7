"""All guards around an application, in their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from ..context import ServiceLimits
from .access import Access, Answered, log_line
from .asgi import App, Scope, media_type
from .csrf import Csrf
from .faults import Faults
from .headers import SecureHeaders
from .hosts import Hosts
from .pace import Pace, Paced
from .rates import Rate, Rates
from .sizes import SizeGuard
from .texts import Texts

_PIECES = re.compile(r"/api/v1/uploads/[^/]+")
_BYTES = frozenset({"application/offset+octet-stream", "application/octet-stream"})
_WHOLE = frozenset({"/api/v1/models", "/upload"})  # one model in one request: by a program, and by a form
_FORM = 1 << 16  # what a form adds to its file


def guarded(
    app: App,
    limits: ServiceLimits,
    secret: bytes,
    names: Collection[str] = (),
    seen: Callable[[Answered], None] = log_line,
    pages: Collection[str] = (),
    needs_token: bool = False,
) -> App:
    """The application behind its guards: what is said first is the innermost.

    The pace stands outside of whatever may answer before a body has come, and what reads a body inside of what bounds
    it. ``names`` are the service's own, ``pages`` as `SecureHeaders` takes them, ``needs_token`` as `Csrf`.
    """
    app = Texts(app, limits.depth)
    app = Csrf(app, secret, needs_token)
    app = Rates(app, Rate(limits.rate, limits.burst))
    app = SizeGuard(app, body_limit(limits), limits.headers)
    app = Hosts(app, names)
    app = Paced(app, Pace(limits.stall, limits.slowest, limits.stall))
    app = Faults(app)
    app = SecureHeaders(app, pages)
    return Access(app, seen)


def body_limit(limits: ServiceLimits) -> Callable[[Scope], int]:
    """How many bytes the body of a request may have: many only where it says of itself that it is a file.

    Whatever else it is, a guard or a route may take it into memory.
    """

    def most(scope: Scope) -> int:
        kind = media_type(scope["headers"])
        if scope["method"] == "PATCH" and kind in _BYTES and _PIECES.fullmatch(scope["path"]):
            return limits.upload
        if scope["path"] in _WHOLE and kind in ("multipart/form-data", "application/octet-stream"):
            return limits.model + _FORM
        return limits.body

    return most
