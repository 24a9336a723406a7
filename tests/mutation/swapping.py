"""A mutant in a process that has imported everything: its functions' code is put in the place of theirs."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FunctionType

from .mutants import compiled
from .targets import ROOT


class CannotSwap(Exception):
    """The fault changes more than code: the module must be run again."""


class Functions:
    """The functions of the package that this process holds, by file; those made later come out of others' code."""

    def __init__(self) -> None:
        self._of: dict[str, list[FunctionType]] = {}
        package = str(ROOT / "auditor")
        for found in gc.get_objects():
            if type(found) is FunctionType and found.__code__.co_filename.startswith(package):
                self._of.setdefault(found.__code__.co_filename, []).append(found)

    def swap(self, path: str, number: int) -> None:
        """Put a mutant's code into the functions of its file."""
        old = dict(_codes(compiled(path, None)))
        new = dict(_codes(compiled(path, number)))
        changed = {old[key]: code for key, code in new.items() if key in old and old[key] != code}
        done = 0
        for function in self._of.get(str(ROOT / path), ()):
            code = changed.get(function.__code__)
            if code is not None:
                if code.co_freevars != function.__code__.co_freevars:
                    raise CannotSwap(code.co_qualname)
                function.__code__ = code
                done += 1
        if not done:
            raise CannotSwap(path)


_Key = tuple[str, int, int]


def _codes(module: CodeType) -> Iterator[tuple[_Key, CodeType]]:
    """The code of every function below a module, by name, line, and number among those of this name and line."""
    seen: Counter[tuple[str, int]] = Counter()
    waiting = [module]
    while waiting:
        for code in waiting.pop().co_consts:
            if isinstance(code, CodeType):
                at = (code.co_qualname, code.co_firstlineno)
                yield (*at, seen[at]), code
                seen[at] += 1
                waiting.append(code)
