"""Serves a mutant to processes that a test starts: on PYTHONPATH, with AUDITOR_MUTANT naming a marshalled module."""

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


_file = os.environ.get("AUDITOR_MUTANT")
if _file:
    serve(*marshal.loads(Path(_file).read_bytes()))
