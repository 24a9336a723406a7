"""Models of a registry that lies elsewhere: listed and fetched ahead by a process of its own, a few of them.

The process that audits asks nobody and has no threads. It holds the lease of each model until it is told that the audit
is over, so that the cache keeps the files.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator

from ..errors import ExitCode
from ..remote.cache import Cache, Lease
from ..remote.errand import Errand
from ..remote.failures import NotThere, RemoteFailure
from ..remote.listing import ListedVersion
from ..tuples import NamedTuple
from .courier import Brought, ListedPage, NotBrought, brought, listed
from .pool import Pool
from .refs import FetchingSource, NotRead, Ref
from .tasks import Died, Overdue, Raised, Result, Returned, Task, TooLarge, WorkerLimits

_AHEAD = 4  # models that are fetched, or wait to be, beside those that are being audited
_PAGE = 64  # models that are listed at once
_MEMORY = 2 << 30  # bytes that the courier may hold
_BESIDE = 300.0  # seconds for what bounds itself otherwise: names that are resolved, a listing's pages


class _Coming(NamedTuple):
    version: ListedVersion
    lease: Lease


class FetchedSource(FetchingSource):
    """A registry at an address; `models` gives what of it is here."""

    kind = "remote"

    def __init__(self, errand: Errand) -> None:
        self.path = errand.address
        self.troubles: list[str] = []
        self._errand = errand
        self._cache: Cache | None = None
        self._pool: Pool | None = None
        self._listing: Task | None = None
        self._listed = 0  # models
        self._ended = False  # all are listed
        self._failure: NotBrought | None = None  # the listing could not go on
        self._versions: deque[ListedVersion] = deque()
        self._coming: dict[Task, _Coming] = {}
        self._ready: deque[Ref] = deque()
        self._leases: dict[str, Lease] = {}  # of models that were given, by their address

    def models(self) -> Iterator[Ref]:
        """Every model, in the order in which they are listed; `RemoteFailure` where not even a first one could be."""
        self.troubles.clear()
        self._cache = Cache(self._errand.cache, self._errand.cache_size)
        limits = WorkerLimits(self._errand.limits.seconds + _BESIDE, _MEMORY)
        with Pool(1, limits) as self._pool:
            try:
                while not self._is_over:
                    self._step(3600.0)
                    while self._ready:
                        yield self._ready.popleft()
            finally:
                self._pool = None
                for lease in (*self._leases.values(), *(coming.lease for coming in self._coming.values())):
                    lease.release()
                self._leases.clear()
                self._coming.clear()
        if self._failure is not None:
            if not self._listed:
                raise (NotThere if self._failure.code is ExitCode.NOTHING else RemoteFailure)(self._failure.why)
            self.troubles.append(NotRead(f"{self.path}: not listed to its end: {self._failure.why}"))

    @property
    def waits(self) -> bool:
        """Whether whoever takes the next model now would have to wait for it."""
        if self._pool is None or self._is_over:
            return False
        if not self._ready:
            self._step(0.0)
        return not self._ready and not self._is_over

    def release(self, ref: Ref) -> None:
        """A model's audit is over: its files may go."""
        lease = self._leases.pop(ref.address, None)
        if lease is not None:
            lease.release()

    @property
    def _is_over(self) -> bool:
        listing = self._listing is not None or not (self._ended or self._failure)
        return not (listing or self._versions or self._coming or self._ready)

    def _step(self, seconds: float) -> None:
        """Keep the courier busy, and take what it has; waits so long at most if nothing is ready."""
        assert self._pool is not None
        self._send()
        for task in self._pool.wait(0.0 if self._ready else seconds):
            if isinstance(task, Task):
                assert task.result is not None
                if task is self._listing:
                    self._listing = None
                    self._take_page(task.result)
                else:
                    self._take_model(self._coming.pop(task), task.result)
        self._send()

    def _send(self) -> None:
        assert self._pool is not None and self._cache is not None
        if self._listing is None and len(self._versions) < _AHEAD and not (self._ended or self._failure):
            self._listing = self._pool.submit(listed, self._errand, self._listed, _PAGE)
        while self._versions and len(self._coming) + len(self._ready) < _AHEAD:
            version = self._versions.popleft()
            entry = _entry_of(version)
            lease = self._cache.lease(entry)
            self._coming[self._pool.submit(brought, self._errand, version, entry)] = _Coming(version, lease)

    def _take_page(self, result: Result) -> None:
        match result:
            case Returned(ListedPage(versions, ended, troubles)):
                self._listed += len(versions)
                self._versions += versions
                self._ended = ended
                self.troubles += troubles
            case Returned(NotBrought() as failure):
                self._failure = failure
            case _:
                self._failure = NotBrought(f"{self.path} was not listed: {_why(result)}", ExitCode.INCONCLUSIVE)

    def _take_model(self, coming: _Coming, result: Result) -> None:
        version, lease = coming
        match result:
            case Returned(Brought(path, files, troubles, partly)):
                ref = _ref(version, path, files, troubles)._replace(partly=partly)
                self._leases[ref.address] = lease
            case Returned(NotBrought(why, _)):
                ref = _ref(version, version.address, (), version.troubles, why)
                lease.release()
            case _:
                why = f"{version.address} was not fetched: {_why(result)}"
                ref = _ref(version, version.address, (), version.troubles, why)
                lease.release()
        self._ready.append(ref)


def _ref(
    version: ListedVersion, path: str, files: tuple[str, ...], troubles: tuple[str, ...], unfetched: str = ""
) -> Ref:
    return Ref(
        version.name, version.version, path, files, version.metadata, version.contract, troubles, version.subject,
        version.registry, version.address, unfetched,
    )  # fmt: skip


def _entry_of(version: ListedVersion) -> str:
    said = (version.address, version.name, version.version, version.identity)
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _why(result: Result) -> str:
    match result:
        case Raised(error, _):
            return f"a fault of auditor: {error.partition(':')[0]}"  # what follows may hold anything
        case Died(how, tries):
            return f"the process that does it ended {tries} times ({how})"
        case Overdue(seconds):
            return f"not within {seconds:g} s"
        case TooLarge(limit):
            return f"it took more than {limit} bytes of memory"
        case _:
            return "what came is not an answer"
