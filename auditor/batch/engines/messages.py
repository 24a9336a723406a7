"""What the processes of an engine tell each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ...tuples import NamedTuple
from ..tasks import Result, WorkerLimits


class Sight(NamedTuple):
    """A file as it is here. A worker that sees it otherwise must not say anything of it."""

    path: str
    size: int
    mtime_ns: int


class Call(NamedTuple):
    """One task on its way."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    limits: WorkerLimits
    tries: int
    sights: tuple[Sight, ...]


class Parcel(NamedTuple):
    """Tasks that go to one worker together, from a working folder. Only a hand unpacks it."""

    folder: str
    calls: tuple[Call, ...]


class CallDone(NamedTuple):
    """What came of one call; ``result`` None: it was not begun, for the calls before it took long."""

    result: Result | None
    seconds: float


class Begin(NamedTuple):
    """To the bridge, first of all: how the cluster is reached."""

    address: str
    ca: str
    cert: str
    key: str
    jobs: int  # workers of a cluster of its own
    adaptive: bool
    patience: float
    resources: Mapping[str, float]  # what a worker must have that runs models


class Require(NamedTuple):
    """To the bridge: what has to be installed at whoever does the work; `state.installation` has the names."""

    installed: Mapping[str, str]


class Send(NamedTuple):
    """To the bridge: a parcel for any worker, or for one that has the resources."""

    number: int
    parcel: bytes
    runs_models: bool


class Forget(NamedTuple):
    """To the bridge: nobody wants that parcel's answer any more."""

    number: int


class ParcelBack(NamedTuple):
    """From the bridge: a parcel's answer, a pickled list of `CallDone`."""

    number: int
    answer: bytes


class WorkersLost(NamedTuple):
    """From the bridge: so many Dask workers ended that had this parcel."""

    number: int
    deaths: int


class Threads(NamedTuple):
    """From the bridge: how many parcels the workers do at once, now."""

    number: int


class Installed(NamedTuple):
    """From the bridge: what a first worker has, by name."""

    names: Mapping[str, str]


class ForUser(NamedTuple):
    """From the bridge: a line for the user."""

    line: str


class Ended(NamedTuple):
    """From the bridge: it is over, and why."""

    why: str


FromBridge: TypeAlias = ParcelBack | WorkersLost | Threads | Installed | ForUser | Ended
