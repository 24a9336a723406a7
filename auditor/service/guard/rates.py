"""How often a caller may ask.

A bucket of tokens for each caller: ``burst`` requests at once, and ``rate`` a second in the long run. A caller is a
project, so that many tokens of one are one; whoever shows no token, or one that nobody has seen at work yet, is an
address. So a guess at a token counts against the address that guesses.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from ...tuples import NamedTuple
from .asgi import App, Receive, Scope, Send, header, refuse, state_of
from .hosts import PROBES

_MOST = 10_000  # callers that are remembered: the one that has not asked for longest is forgotten first


class Rate(NamedTuple):
    """How often one caller may ask."""

    rate: float = 50.0  # requests a second
    burst: int = 200


class Buckets:
    """What each caller has left."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def take(self, caller: str) -> float:
        """Take one token: 0, or the seconds until there is one."""
        now = self._clock()
        left, then = self._left.pop(caller, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - then) * self._rate.rate)
        enough = left >= 1
        self._left[caller] = (left - 1 if enough else left, now)
        while len(self._left) > _MOST:
            self._left.popitem(last=False)
        return 0.0 if enough else (1 - left) / self._rate.rate


class Rates:
    """Refuses a caller's requests beyond the rate: 429, and when to try again."""

    def __init__(self, app: App, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._buckets = Buckets(rate, clock)
        self._projects: OrderedDict[bytes, str] = OrderedDict()  # by the hash of what a caller showed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        shown = _shown(scope)
        project = self._projects.get(shown)
        wait = self._buckets.take(f"address {_address(scope)}" if project is None else f"project {project}")
        if wait:
            detail, mend = "too many requests", "wait for as many seconds as Retry-After says"
            after = [(b"retry-after", str(math.ceil(wait)).encode())]
            await refuse(scope, send, 429, "rate", detail, mend, after)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self._learn(shown, scope)

    def _learn(self, shown: bytes, scope: Scope) -> None:
        """Whose that is, the routes have found out; what is no longer good counts as nobody's."""
        caller = state_of(scope).get("caller")
        self._projects.pop(shown, None)
        if caller is not None and shown and getattr(caller, "by", "") != "open":
            self._projects[shown] = caller.project
            while len(self._projects) > _MOST:
                self._projects.popitem(last=False)


def _shown(scope: Scope) -> bytes:
    parts = [header(scope["headers"], name) or b"" for name in (b"authorization", b"cookie")]
    return sha256(b"\n".join(parts)).digest() if any(parts) else b""


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])
