"""What every route needs, made once by the process that serves them."""

from __future__ import annotations

from collections.abc import Callable

from ..store.history import Walks
from ..store.works import Works
from ..tuples import NamedTuple
from .files.storage import Storage


class ServiceLimits(NamedTuple):
    """What a request, a caller or a project may take. Sizes in bytes, times in seconds."""

    body: int = 1 << 20  # of JSON
    model: int = 1 << 28  # of a model that comes as the body of one request
    upload: int = 64 << 30  # of one file that comes in pieces
    headers: int = 32 << 10
    depth: int = 32  # of JSON
    stall: float = 20.0  # without one byte of a body
    slowest: int = 1024  # bytes a second that a body has to come with, over a stall's time
    connections: int = 512
    rate: float = 50.0  # requests a second of a project, in the long run
    burst: int = 500
    queue: int = 10_000  # audits of a project that wait
    quota: int = 1 << 40  # of a project's files
    floor: int = 1 << 30  # free on the disk, below which nothing is taken
    wait: float = 60.0  # for a verdict, and between two looks of a stream's reader
    stream: float = 300.0  # of events


class Service(NamedTuple):
    """The service as its routes see it."""

    store: Works  # of the project "default"; `in_project` gives another one's
    storage: Storage
    limits: ServiceLimits = ServiceLimits()
    roots: tuple[str, ...] = ()  # folders in which models may be audited where they lie
    hosts: tuple[str, ...] = ()  # from which models may be fetched
    open: bool = False  # nobody needs a token
    secret: bytes = b""  # of this service alone: what it signs is its own
    names: tuple[str, ...] = ()  # hosts by which it may be called, beside the loopback's
    wake: Callable[[], None] = lambda: None  # tells the dispatcher that there is work
    walks: Walks | None = None  # histories that were asked for lately
    until_token: bool = False  # it is open as long as there is no token: the first one closes it

    def __repr__(self) -> str:
        """Without the secret: a log or a traceback may show this."""
        return f"Service(project={self.store.project!r}, storage={str(self.storage.folder)!r}, open={self.open})"
