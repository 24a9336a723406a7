"""Which lines of the decision code run: a number for each file, with bit n set for line n."""

from __future__ import annotations

import json
import mmap
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from .hook.sitecustomize import follow
from .targets import ROOT

Masks = dict[str, int]


class Tracer:
    """Sees lines from `start` on, in forks, which write what they saw; has processes that a test starts see theirs."""

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


_FILES, _NAME, _LINES = 512, 256, 8192 - 256
"""How many files a process may see, and bytes for the name of each and for its lines; unwritten, they take no room."""


class LiveTracer:
    """Marks each line in memory that a file has too, as it runs: it is known also of a process that is killed, or that
    may write to no file any more when it ends. Forks mark theirs in the same memory."""

    def __init__(self, rooms: Sequence[str], folder: str) -> None:
        self._places = tuple(f"{ROOT / room}{os.sep if (ROOT / room).is_dir() else ''}" for room in rooms)
        self._of: dict[str, Any] = {}  # by the name of a file: what is called for its lines
        with open(Path(folder) / f"{os.getpid()}.seen", "w+b") as file:
            file.truncate(_FILES * (_NAME + _LINES))
            self._seen = mmap.mmap(file.fileno(), 0)

    def start(self) -> None:
        sys.settrace(self._called)
        threading.settrace(self._called)

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if name not in self._of:
            self._of[name] = self._marking(name) if name.startswith(self._places) else None
        return self._of[name]

    def _marking(self, name: str) -> Any:
        seen, at = self._seen, self._place(os.path.relpath(name, ROOT).encode()) + _NAME

        def mark(frame: FrameType, event: str, argument: object) -> Any:
            if frame.f_lineno < _LINES:
                seen[at + frame.f_lineno] = 1
            return mark

        return mark

    def _place(self, name: bytes) -> int:
        """Where a file's lines are: the first place that is free, or is its own in another process already."""
        whole = name.ljust(_NAME, b"\0")
        for at in range(0, len(self._seen), _NAME + _LINES):
            if self._seen[at : at + _NAME] in (whole, bytes(_NAME)):
                self._seen[at : at + _NAME] = whole
                return at
        raise ValueError(f"more than {_FILES} files")


def hooked() -> None:
    """From now on, a process of Python that begins asks the hook first."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    hook = str(Path(__file__).parent / "hook")
    if hook not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (hook, *paths)))
    follow()


def seen_by_forks(folder: str) -> Masks:
    """What forks and processes left there; it is taken away."""
    masks: Masks = {}
    for path in Path(folder).glob("*.lines"):
        with suppress(ValueError):  # it was killed while it wrote
            merge(masks, {name: int(mask, 16) for name, mask in json.loads(path.read_text()).items()})
        path.unlink()
    for path in Path(folder).glob("*.seen"):
        merge(masks, dict(_marked(path)))
        path.unlink()
    return masks


def _marked(path: Path) -> Iterator[tuple[str, int]]:
    with open(path, "rb") as file:
        while name := file.read(_NAME).rstrip(b"\0"):
            lines = file.read(_LINES)
            yield name.decode(), sum(1 << line for line, seen in enumerate(lines) if seen)


def merge(into: Masks, more: Masks) -> None:
    for name, mask in more.items():
        into[name] = into.get(name, 0) | mask
