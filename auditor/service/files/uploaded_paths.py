"""The paths of a model's files as they were uploaded: names only, which are to become files below one folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from unicodedata import category

from ...errors import UsageError

PART = 255
"""Bytes of a file's or a folder's name: Linux takes no more."""
DEPTH = 16
LONGEST = 1024
"""Bytes of a whole path: with the storage's folder before it, it stays below the 4,096 that Linux takes."""
FILES = 10_000


def check_paths(paths: Collection[str]) -> None:
    """`UsageError` unless they can stand in one folder together, and nowhere else."""
    if not paths:
        raise UsageError("a model has at least one file")
    if len(paths) > FILES:
        raise UsageError(f"a model has at most {FILES:,} files, not {len(paths):,}")
    for path in paths:
        _check(path)
    folders = {"/".join(parts[:i]) for parts in (path.split("/") for path in paths) for i in range(1, len(parts))}
    both = next((path for path in paths if path in folders), None)
    if both is not None:
        raise UsageError(f"{both!r} is a file and a folder at once")


def model_among(paths: Iterable[str], said: str | None) -> str:
    """Which of them is the model: as somebody says, else the only one, else the only ``.onnx``."""
    known = list(paths)
    if said is not None:
        if said not in known:
            raise UsageError(f"path says {said!r}, which is not among the files")
        return said
    found = known if len(known) == 1 else [path for path in known if path.lower().endswith(".onnx")]
    if len(found) != 1:
        raise UsageError(f"{len(found)} of the files end in .onnx: say by path which one is the model")
    return found[0]


def is_plain(text: str) -> bool:
    """Whether a text has no character that moves or hides others: controls, formats, surrogates, ends of lines."""
    return not any(category(c).startswith("C") or category(c) in ("Zl", "Zp") for c in text)


def _check(path: str) -> None:
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        raise UsageError(f"the path {path!r} is not text that UTF-8 can say") from None
    parts = encoded.split(b"/")
    if not path or path.startswith("/"):
        raise UsageError(f"the path {path!r} is not relative")
    if any(part in (b"", b".", b"..") for part in parts):
        raise UsageError(f"the path {path!r} has a part that is empty, . or ..")
    if "\\" in path or not is_plain(path):
        raise UsageError(f"the path {path!r} has a backslash or a character that cannot be seen")
    if len(parts) > DEPTH or len(encoded) > LONGEST or any(len(part) > PART for part in parts):
        raise UsageError(
            f"the path {path[:100]!r}... is too long: at most {DEPTH} parts of {PART} bytes, {LONGEST:,} in all"
        )
