"""Messages of onnxruntime as a report may hold them: without the host's paths, colours and clock, and not too long."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

LONGEST = 2000
MOST_WARNINGS, LONGEST_WARNING = 20, 400

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# A place in onnxruntime's sources, with a C++ signature.
_BUILD_PATH = re.compile(r"/onnxruntime_src/\S+:\d+ .*?\)(?:::<lambda\(\)>)?(?: \[with [^\]]*\])? (?=\S)")
_LOG_LINE = re.compile(r"\S+ \S+ \[(?P<level>[VIWEF]):onnxruntime:[^,]*, (?P<place>\S+?):\d+ [^\]]*\] (?P<text>.*)")
_NOISE = ("device_discovery.cc",)  # a machine without a graphics card says so each time


class Cleaner:
    """Knows the files that a run opened, and takes their folders out of what is said about them."""

    def __init__(self, files: Iterable[str]) -> None:
        paths = [Path(file) for file in files]
        folders = {str(place.parent) for path in paths for place in (path, path.absolute(), path.resolve())}
        hidden = folders | {sys.prefix, sys.base_prefix}
        with contextlib.suppress(OSError):  # a folder that has been removed under us
            hidden.add(str(Path.cwd()))
        self._hidden = sorted((f"{folder}/" for folder in hidden if len(folder) > 1), key=len, reverse=True)

    def text(self, message: str, last: bool = False) -> str:
        """The message, or its end, without paths and at most ``LONGEST`` characters."""
        message = _BUILD_PATH.sub("", _COLOUR.sub("", message))
        for folder in self._hidden:
            message = message.replace(folder, "")
        message = message.strip()
        if len(message) <= LONGEST:
            return message
        return f"… {message[2 - LONGEST :]}" if last else f"{message[: LONGEST - 2]} …"

    def warnings(self, noise: bytes) -> tuple[str, ...]:
        """The warnings among what onnxruntime wrote."""
        return self._lines(noise, "W")[:MOST_WARNINGS]

    def errors(self, noise: bytes) -> str:
        """The first error among it; "" where there is none."""
        return next(iter(self._lines(noise, "EF")), "")

    def _lines(self, noise: bytes, levels: str) -> tuple[str, ...]:
        lines = (_LOG_LINE.match(line) for line in _COLOUR.sub("", noise.decode("utf-8", "replace")).splitlines())
        told = (m["text"] for m in lines if m and m["level"] in levels and m["place"] not in _NOISE)
        return tuple(dict.fromkeys(self.text(text)[:LONGEST_WARNING] for text in told))
