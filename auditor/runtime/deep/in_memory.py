"""What onnxruntime can only write into files: its profile of a session, and the graph that its optimisers made.

The sandbox has no place for a file. So they are files in memory (memfd_create), made before it closes, and onnxruntime
opens them by their names among this process's descriptors, ``/proc/self/fd/7``. It puts a date behind the name of a
profile; a NUL ends the name before that, for the system as for its C++ (measured: onnxruntime 1.32). Nothing is left
behind, however this process ends, and it can write nowhere else. Weights go to the null device: none are wanted.
"""

from __future__ import annotations

import os
from typing import Any

from ...tuples import NamedTuple

_FOLDER = "/proc/self/fd"


class NotWritable(Exception):
    """No file in memory can be had here."""


class FileInMemory:
    """One that can be opened by name."""

    def __init__(self, name: str) -> None:
        self._descriptor = os.memfd_create(name)
        self.path = f"{_FOLDER}/{self._descriptor}"

    def empty(self) -> None:
        """Open it as onnxruntime will: `NotWritable` where the sandbox does not let it."""
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC))
        except OSError as error:
            raise NotWritable(f"no file in memory can be written here ({error.strerror})") from None

    def read(self, most: int) -> bytes:
        """All of it, or its first bytes."""
        parts, at = list[bytes](), 0
        while at < most and (data := os.pread(self._descriptor, min(most - at, 1 << 20), at)):
            parts.append(data)
            at += len(data)
        return b"".join(parts)


class SessionFiles(NamedTuple):
    """Those of one session."""

    profile: FileInMemory
    graph: FileInMemory
    nowhere: int  # a descriptor of the null device

    @classmethod
    def made(cls) -> SessionFiles | None:
        """Before the sandbox closes; None where the system has no such files."""
        if not hasattr(os, "memfd_create"):
            return None
        try:
            return cls(FileInMemory("profile"), FileInMemory("graph"), os.open(os.devnull, os.O_WRONLY))
        except OSError:
            return None

    def set_in(self, options: Any, *, graph: bool) -> None:
        """Options of a session that writes its profile and, where it is wanted, its graph; `NotWritable`."""
        self.profile.empty()
        self.graph.empty()
        options.log_severity_level = 3  # that a graph of its own layouts is for this machine alone is a warning
        options.enable_profiling = True
        options.profile_file_prefix = self.profile.path + "\0"
        if graph:
            options.optimized_model_filepath = self.graph.path
            weights = "session.optimized_model_external_initializers_"
            options.add_session_config_entry(f"{weights}file_name", str(self.nowhere))  # beside the graph's name
            options.add_session_config_entry(f"{weights}min_size_in_bytes", "16")  # else those below 1 KB stay in it
