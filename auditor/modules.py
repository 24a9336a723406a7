"""What lies in a package: rules, formats and operators are found by it, so that a new file needs no entry anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterable


def module_names(folders: Iterable[str]) -> list[str]:
    """The names of a package's modules, packages left out, sorted; ``folders`` is its ``__path__``.

    As `pkgutil.iter_modules` has them, which imports inspect to look at each: 5 ms of a small check. In an archive it
    is asked all the same.
    """
    found: set[str] = set()
    for folder in folders:
        try:
            names = os.listdir(folder)  # importing pathlib costs as much
        except OSError:
            from pkgutil import iter_modules

            found.update(module.name for module in iter_modules([folder]) if not module.ispkg)
            continue
        found.update(name.partition(".")[0] for name in names if name.endswith((".py", ".pyc", ".so")))
    return sorted(found - {"__init__"})
