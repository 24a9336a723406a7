"""How well a run of a model is confined on this machine: what `auditor.runtime.sandbox` says of a child."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

_CONFINED = (
    "import json; from auditor.runtime import sandbox as s; print(json.dumps(s.confine(s.cpu_profile((), 1 << 34, 9))))"
)
_SECONDS = 60


@cache
def isolation() -> dict[str, str]:
    """Each layer with "yes" or "no: why", and the ``level``: full, partial, none; unknown where no child answers.

    Measured once: a child gives up its rights, and ends.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CONFINED],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        said = json.loads(done.stdout)
        return {str(layer): str(word) for layer, word in said.items()}
    except (OSError, ValueError, subprocess.SubprocessError):
        return {"level": "unknown"}
