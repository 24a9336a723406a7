"""Serves a mutant to processes that a test starts, or traces them: on PYTHONPATH, or first of all in an isolated one.

MUTANT_OF_AUDITOR names a marshalled module; LINES_OF_AUDITOR says ``FOLDER:ROOM,ROOM...``, where the lines go and of
what. Neither begins as auditor's own variables do: many tests start processes without those.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import marshal
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

VARIABLES = ("MUTANT_OF_AUDITOR", "LINES_OF_AUDITOR")
_HOOK = str(Path(__file__).parent)


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

    def get_code(self, fullname: str) -> CodeType:
        """What ``python -m`` runs."""
        return self._code


def serve(module: str, code: CodeType) -> None:
    """From now on, importing the module runs this code."""
    sys.meta_path.insert(0, _Served(module, code))


def follow() -> None:
    """From now on, a process of Python that this one starts asks the hook first, whatever environment it is given."""
    start = subprocess.Popen.__init__
    if getattr(start, "follows", False):
        return

    def starting(self: subprocess.Popen[Any], args: Any, *more: Any, **named: Any) -> None:
        args, named["env"] = _followed(args, named.get("env"))
        start(self, args, *more, **named)

    starting.follows = True  # type: ignore[attr-defined]  # a mark on a function
    subprocess.Popen.__init__ = starting  # type: ignore[method-assign]  # of this process alone


def _followed(args: Any, env: Any) -> tuple[Any, Any]:
    """A command and its environment; isolated, Python looks at neither PYTHONPATH nor, mostly, any sitecustomize."""
    said = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    if not said or not isinstance(args, list | tuple) or not args or str(args[0]) != sys.executable:
        return args, env
    words = list(map(str, args))
    switches = words[1 : next((n for n, word in enumerate(words[1:], 1) if not _is_switch(word)), len(words))]
    if any(switch in ("-I", "-E") for switch in switches):
        at = len(switches) + 2
        if words[at - 1 : at] == ["-c"]:
            words[at] = _BEFORE.format(said=said, path=sys.path, hook=__file__) + words[at]
            return words, env
    elif env is not None:
        paths = str(env.get("PYTHONPATH", "")).split(os.pathsep)
        env = {**env, **said, "PYTHONPATH": os.pathsep.join(filter(None, (_HOOK, *paths)))}
    return args, env


def _is_switch(word: str) -> bool:
    return word.startswith("-") and word not in ("-c", "-m", "-")


_BEFORE = """\
import os as _os, sys as _sys
_kept = _sys.path[:]
_sys.path[:] = {path!r}
_os.environ.update({said!r})
exec(compile(open({hook!r}).read(), {hook!r}, 'exec'), {{'__name__': 'sitecustomize', '__file__': {hook!r}}})
for _name in {said!r}: del _os.environ[_name]
_sys.path[:] = _kept
"""


def trace(folder: str, rooms: str) -> None:
    """Mark the lines that this process runs."""
    root = str(Path(__file__).parents[3])
    sys.path.append(root)
    from tests.mutation.tracing import LiveTracer

    sys.path.remove(root)
    LiveTracer(rooms.split(","), folder).start()


if __name__ == "sitecustomize":
    if os.environ.get("MUTANT_OF_AUDITOR"):
        serve(*marshal.loads(Path(os.environ["MUTANT_OF_AUDITOR"]).read_bytes()))
    if os.environ.get("LINES_OF_AUDITOR"):
        trace(*os.environ["LINES_OF_AUDITOR"].split(":", 1))
    if any(os.environ.get(name) for name in VARIABLES):
        follow()
