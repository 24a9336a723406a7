"""Names of dispatchers: one process has one at a time, and the next process takes the one that is free."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from auditor.service.jobs.slots import taken_name

_HOLDS = """
import sys
from pathlib import Path
from auditor.service.jobs.slots import taken_name
with taken_name(Path(sys.argv[1])) as name:
    print(name, flush=True)
    sys.stdin.read()
"""


def test_a_name_is_one_process_s_until_it_is_killed(tmp_path: Path) -> None:
    """A lock of fcntl is a process's: so another one has to hold it."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = other.stdout.readline().strip()
        with taken_name(tmp_path) as mine:
            assert len(mine) == len(theirs) == 32 and mine != theirs
        other.kill()
    with taken_name(tmp_path) as again:
        assert again == theirs
    (tmp_path / "dispatchers/0").write_text("cut short")
    with taken_name(tmp_path) as new:
        assert new not in (mine, theirs) and (tmp_path / "dispatchers/0").read_text() == new
