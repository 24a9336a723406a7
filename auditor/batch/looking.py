"""Whether a registry that lies elsewhere has changed, asked by a process of its own as all that is asked of servers."""

from __future__ import annotations

import hashlib

from ..errors import AuditorError, ExitCode
from ..remote.errand import Errand
from ..remote.kinds import registry_at
from ..remote.listing import RegistryState, RemoteKind, RemoteTree
from .courier import NotBrought
from .pool import Pool
from .tasks import Returned, WorkerLimits

_SECONDS, _MEMORY = 900.0, 1 << 30


def state_at(errand: Errand, mark: str = "") -> RegistryState | NotBrought:
    """What tells whether anything at the address has changed; ``mark`` is that of the last answer."""
    with Pool(1, WorkerLimits(_SECONDS, _MEMORY)) as pool:
        pool.submit(state_of, errand, mark, tries=1)
        task = next(pool.as_completed())
    match task.result:
        case Returned(RegistryState() | NotBrought() as found):
            return found
    return NotBrought(f"{errand.address}: whoever asks it did not come to an end", ExitCode.INCONCLUSIVE)


def state_of(errand: Errand, mark: str = "") -> RegistryState | NotBrought:
    """In the process that asks."""
    try:
        found = registry_at(errand.address, errand.limits)
        if isinstance(found, RemoteKind):
            return found.state(mark)
        assert isinstance(found, RemoteTree)
        sha = hashlib.sha256()
        for file in found.files():
            sha.update(repr(file).encode("utf-8", "surrogatepass"))
        return RegistryState(sha.hexdigest())
    except AuditorError as error:
        return NotBrought(str(error), error.exit_code)
