"""Serves a mutant to processes that a test starts, or traces them: on PYTHONPATH.

MUTANT_OF_AUDITOR names a marshalled module; LINES_OF_AUDITOR says ``FOLDER:ROOM,ROOM...``, where the lines go and of
what. Neither begins as auditor's own variables do: many tests start processes without those.
"""

import atexit
import importlib.abc
import importlib.machinery
import importlib.util
import marshal
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType


class _Served(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module where it always is, and runs other code for it."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module = module
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is None or found.origin is None:
            return None
        places = found.submodule_search_locations
        return importlib.util.spec_from_file_location(
            fullname, found.origin, loader=self, submodule_search_locations=places
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def serve(module: str, code: CodeType) -> None:
    """From now on, importing the module runs this code."""
    sys.meta_path.insert(0, _Served(module, code))


_file = os.environ.get("MUTANT_OF_AUDITOR")
if _file:
    serve(*marshal.loads(Path(_file).read_bytes()))


def trace(folder: str, rooms: str) -> None:
    """Write the lines that this process runs when it ends."""
    root = str(Path(__file__).parents[3])
    sys.path.append(root)
    from tests.mutation.tracing import Tracer

    sys.path.remove(root)
    tracer = Tracer(rooms.split(","))
    tracer.see_forks(folder)
    atexit.register(tracer.leave, folder)
    tracer.start()


_lines = os.environ.get("LINES_OF_AUDITOR")
if _lines:
    trace(*_lines.split(":", 1))
