"""Plain folders, globs and single files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from ...wording import listed
from ..refs import NotRead, Ref, Source
from .parts.files import make_up
from .parts.registry import SourceRow

LEFT = ": not audited"
"""How a line on models ends that a registry does not name; in a folder around it they are audited."""

_DATA = r"(?is).*[._]data|.*\.onnx[._]data_\d+|.*\.weights?"
"""How exporters name external data: whatever is named so and belongs to no model is left over."""


OTHERS = (
    ".ort", ".onnxtxt", ".onnx.gz", ".onnx.bz2", ".onnx.xz", ".onnx.zst", ".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2",
    ".tar.xz", ".tar.zst", ".safetensors",
)  # fmt: skip
"""How models in other forms are named, or what they are packed in."""


ROW = SourceRow(
    "folder, file, glob",
    "`*.onnx` with their external data; links to folders are not followed",
    "the way from the folder",
    "missing and left over data",
)


class File:
    """One file."""

    kind = "file"

    def __init__(self, path: str) -> None:
        self.path = path
        self.troubles: list[str] = []

    def models(self) -> Iterator[Ref]:
        yield plain(self.path, _stem(os.path.basename(self.path)))


class Glob:
    """All files that a pattern names; ``**`` stands for any number of folders."""

    kind = "glob"

    def __init__(self, pattern: str) -> None:
        self.path = pattern
        self.troubles: list[str] = []

    def models(self) -> Iterator[Ref]:
        import glob

        for path in sorted(glob.iglob(self.path, recursive=True)):
            if not os.path.isdir(path):
                yield plain(path, _stem(path))


class Folder:
    """Every ``*.onnx`` below a folder. Links to files are models, links to folders are not entered.

    ``within`` recognises a registry by a folder and the names in it: what lies below is the registry's to tell.
    """

    kind = "folder"

    def __init__(
        self, path: str, within: Callable[[str, list[str]], Source | None] = lambda folder, names: None
    ) -> None:
        self.path = path
        self.troubles: list[str] = []
        self._within = within

    def models(self) -> Iterator[Ref]:
        self.troubles.clear()
        claimed: set[str] = set()  # external data of models further up
        told: set[str] = set()  # models that a registry within has listed
        inside = ""
        for folder, names in walk(self.path, self.troubles):
            if folder != self.path and not (inside and folder.startswith(inside)):
                registry = self._within(folder, names)
                if registry is not None:
                    inside = folder + "/"
                    for ref in registry.models():
                        told.add(os.path.normpath(ref.path))
                        claimed.update(map(os.path.normpath, ref.files[1:]))
                        yield ref
                    self.troubles += (t for t in registry.troubles if not t.endswith(LEFT))
            models = [n for n in names if n.lower().endswith(".onnx")]
            if told:
                models = [n for n in models if os.path.normpath(os.path.join(folder, n)) not in told]
            left = [n for n in names if re.fullmatch(_DATA, n)]
            way = "" if folder == self.path else os.path.relpath(folder, self.path) + "/"
            refs = [plain(os.path.join(folder, n), way + _stem(n)) for n in models]
            for ref in refs:
                claimed.update(map(os.path.normpath, ref.files[1:]))
            orphans = [n for n in left if os.path.normpath(os.path.join(folder, n)) not in claimed]
            self.troubles += _passed_over(folder, names, claimed)
            if orphans and not refs:
                self.troubles += (f"{os.path.join(folder, n)}: data of no model" for n in orphans)
            for ref, leftover in zip(refs, _shared_out(models, orphans), strict=True):
                yield ref._replace(troubles=(*ref.troubles, *leftover)) if leftover else ref


def _passed_over(folder: str, names: Iterable[str], claimed: Collection[str]) -> Iterator[str]:
    """A line on models in other forms, which are not audited."""
    others = [
        n for n in names if n.lower().endswith(OTHERS) and os.path.normpath(os.path.join(folder, n)) not in claimed
    ]
    if others:
        yield f"{folder}: passed over, for only .onnx files are audited: {listed(others)}"


def plain(path: str, name: str) -> Ref:
    """A model of which nothing is known but its path."""
    made = make_up(path)
    return Ref(name, "", path, made.files, {}, None, made.troubles)


def walk(path: str, troubles: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder with the names of the files in it, in order. A link to a folder is not followed."""
    todo = [path]
    while todo:
        folder = todo.pop()
        folders, names = [], []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_symlink() and _is_folder(entry):
                        _not_followed(path, entry, troubles)
                    else:
                        names.append(entry.name)
        except OSError as error:
            troubles.append(NotRead(f"{folder}: cannot be entered: {os.strerror(error.errno or 0)}"))
        yield folder, sorted(names)
        todo += (os.path.join(folder, f) for f in sorted(folders, reverse=True) if f != ".git")


def unclaimed(top: str, seen: Collection[str]) -> Iterator[str]:
    """A line on the ``*.onnx`` below a registry that no model of it names: they are not audited."""
    seen = {os.path.normpath(path) for path in seen}
    troubles: list[str] = []
    left = [
        os.path.relpath(path, top)
        for folder, names in walk(top, troubles)
        for name in names
        if name.lower().endswith(".onnx") and os.path.normpath(path := os.path.join(folder, name)) not in seen
    ]
    if left:
        yield f"{top}: no model of the registry names {listed(left)}{LEFT}"
    yield from (trouble for trouble in troubles if isinstance(trouble, NotRead))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _not_followed(top: str, entry: os.DirEntry[str], troubles: list[str]) -> None:
    """What a link within the source leads to is visited there; only a link that leads out leaves something unseen."""
    inside = os.path.realpath(top)
    target = os.path.realpath(entry.path)
    if target != inside and not target.startswith(inside.rstrip("/") + "/") and not inside.startswith(target + "/"):
        troubles.append(f"{entry.path}: a link to the folder {target}, which is not followed")


def _shared_out(models: list[str], orphans: Iterable[str]) -> list[list[str]]:
    """Each leftover file to the model whose name it begins with, else to the first one."""
    shared: list[list[str]] = [[] for _ in models]
    if models:
        for orphan in orphans:
            near = max(range(len(models)), key=lambda i: (_common_start(models[i], orphan), -i))
            shared[near].append(f"{orphan!r} looks like external data, and no model here names it")
    return shared


def _common_start(model: str, orphan: str) -> int:
    return len(_stem(model)) if orphan.startswith(_stem(model)) else 0


def _stem(path: str) -> str:
    return path[:-5] if path.lower().endswith(".onnx") else path
