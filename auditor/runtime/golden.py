"""Golden vectors: inputs and expected outputs that lie beside a model, as ONNX's zoo and its tests keep them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from .request import Golden

_FOLDER = re.compile(r"test_data_set_(\d+)")
_FILE = re.compile(r"(input|output)_(\d+)\.pb")
MOST_SETS, MOST_FILES = 16, 1024


def vectors_beside(model: str | Path, inputs: int = MOST_FILES, outputs: int = MOST_FILES) -> tuple[Golden, ...]:
    """The sets ``test_data_set_N/{input,output}_N.pb`` in the model's folder. Links are not followed.

    ``inputs`` and ``outputs`` say how many the model has; of files beyond them one is taken, for the report.
    """
    try:
        sets = sorted(
            (int(named[1]), entry)
            for entry in Path(model).parent.iterdir()
            if (named := _FOLDER.fullmatch(entry.name)) and entry.is_dir() and not entry.is_symlink()
        )
    except OSError:
        return ()
    vectors = (_vector(entry, inputs + 1, outputs + 1) for _, entry in sets[:MOST_SETS])
    return tuple(vector for vector in vectors if vector.outputs)


def _vector(folder: Path, inputs: int, outputs: int) -> Golden:
    found: dict[str, list[tuple[int, str]]] = {"input": [], "output": []}
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            named = _FILE.fullmatch(entry.name)
            if named and entry.is_file() and not entry.is_symlink():
                found[named[1]].append((int(named[2]), str(entry.absolute())))
    fed, expected = (tuple(path for _, path in sorted(found[kind])) for kind in ("input", "output"))
    return Golden(folder.name, fed[:inputs], expected[:outputs])
