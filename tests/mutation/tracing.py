"""Which lines of the decision code run: a number for each file, with bit n set for line n."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .targets import ROOT

Masks = dict[str, int]


class Tracer:
    """Sees lines from `start` on, in forks and in processes of Python that a test starts, which write what they saw."""

    def __init__(self, rooms: Sequence[str]) -> None:
        import coverage  # the campaign's alone: its own tests do without

        self._rooms = ",".join(rooms)
        include = [str(place / "*") if (place := ROOT / room).is_dir() else str(place) for room in rooms]
        self._coverage = coverage.Coverage(data_file=None, include=include, config_file=False)
        self._coverage._warn_no_data = False  # a test that runs none of the code is one too

    def start(self) -> None:
        self._coverage.erase()
        self._coverage.start()

    def stop(self) -> Masks:
        self._coverage.stop()
        data = self._coverage.get_data()
        masks: Masks = {}
        for name in data.measured_files():
            lines = data.lines(name) or ()
            masks[Path(name).relative_to(ROOT).as_posix()] = sum(1 << line for line in set(lines))
        return masks

    def see_forks(self, folder: str) -> None:
        """From now on, a fork that leaves writes the lines that it ran."""
        leave, here = os._exit, os.getpid()

        def leaving(status: int) -> NoReturn:
            if os.getpid() != here:
                self.leave(folder)
            leave(status)

        os._exit = leaving

    def see_processes(self, folder: str) -> None:
        """From now on, a process of Python that begins traces itself. It has more imported then than it would."""
        os.environ["LINES_OF_AUDITOR"] = f"{folder}:{self._rooms}"
        hooked()

    def leave(self, folder: str) -> None:
        """Write the lines that ran here."""
        said = {name: hex(mask) for name, mask in self.stop().items()}
        (Path(folder) / f"{os.getpid()}.lines").write_text(json.dumps(said))


def hooked() -> None:
    """From now on, a process of Python that begins asks the hook first, unless it is isolated."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    hook = str(Path(__file__).parent / "hook")
    if hook not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (hook, *paths)))


def seen_by_forks(folder: str) -> Masks:
    """What forks left there; it is taken away."""
    masks: Masks = {}
    for path in Path(folder).glob("*.lines"):
        merge(masks, {name: int(mask, 16) for name, mask in json.loads(path.read_text()).items()})
        path.unlink()
    return masks


def merge(into: Masks, more: Masks) -> None:
    for name, mask in more.items():
        into[name] = into.get(name, 0) | mask
