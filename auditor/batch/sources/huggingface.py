"""Hugging Face: a repository's folder, or the cache: ``models--org--name/snapshots/<revision>/`` of links into blobs.

https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from ...errors import Unusable
from ..refs import Ref
from .folder import walk
from .parts.files import make_up, read
from .parts.registry import Registry, SourceRow

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = "config.json"
_MARKS = {"model_type", "architectures", "transformers_version", "_name_or_path", "model_max_length"}


class HuggingFace(Registry):
    kind = "huggingface"
    row = SourceRow(
        "Hugging Face repository, cache",
        "`models--*/snapshots/<revision>/`, every variant",
        "repository and variant; the revision",
    )
    asked = 1  # by its content: a config.json is anybody's

    @classmethod
    def is_at(cls, path: str) -> bool:
        from pathlib import Path

        top = Path(path)
        return top.is_dir() and (bool(_repositories(top)) or _is_repository(top))

    @classmethod
    def is_within(cls, folder: str, names: Container[str]) -> bool:
        return (_is_cached(folder) or _CONFIG in names) and cls.is_at(folder)

    @classmethod
    def is_around(cls, folder: str, below: str) -> bool:
        return _is_cached(folder)

    def models(self) -> Iterator[Ref]:
        from pathlib import Path

        self.troubles.clear()
        top = Path(self.path)
        repositories = _repositories(top)
        if not repositories:
            yield from self._revision(top, *_of_snapshot(top))
        for repository in repositories:
            for snapshot in _folders(repository / "snapshots"):
                yield from self._revision(snapshot, *_of_snapshot(snapshot))

    def _revision(self, folder: Path, name: str, revision: str, refs: list[str]) -> Iterator[Ref]:
        """The models of one revision: variants of one another, as a rule."""
        config, said, trouble = _config(folder)
        whole = os.path.abspath(folder)
        cached = any(_is_cached(part) for part in whole.split(os.sep))
        registry = "" if cached else os.path.dirname(whole)  # a cached one's name is the same everywhere
        found = [
            os.path.join(f, n)
            for f, names in walk(str(folder), self.troubles)
            for n in names
            if n.lower().endswith(".onnx")
        ]
        for path in found:
            variant = os.path.relpath(path, folder)
            metadata = {"repository": name, "variant": variant, **said}
            if refs:
                metadata["refs"] = ", ".join(refs)
            made = make_up(path, (config,))
            troubles = (*((trouble,) if trouble else ()), *made.troubles)
            known = f"{name}/{variant[:-5]}"
            yield Ref(known, revision, path, made.files, metadata, None, troubles, known, registry)


def _is_cached(folder: str) -> bool:
    return os.path.basename(folder).startswith("models--")


def _folders(top: Path) -> list[Path]:
    try:
        return sorted(f for f in top.iterdir() if f.is_dir())
    except OSError:
        return []


def _repositories(top: Path) -> list[Path]:
    """The cached repositories at a path: the path itself, or what lies in the cache."""
    if (top / "snapshots").is_dir() and ((top / "blobs").is_dir() or (top / "refs").is_dir()):
        return [top]
    return [f for f in _folders(top) if f.name.startswith("models--") and (f / "snapshots").is_dir()]


def _is_repository(top: Path) -> bool:
    """One revision's files: a snapshot of the cache, or a clone."""
    absolute = top.absolute()
    if absolute.parent.name == "snapshots" and absolute.parent.parent.name.startswith("models--"):
        return True
    return bool(_config(top)[1]) and ((top / "onnx").is_dir() or any(top.glob("*.onnx")))


def _of_snapshot(folder: Path) -> tuple[str, str, list[str]]:
    """Name, revision and what points to it."""
    absolute = folder.absolute()
    if absolute.parent.name != "snapshots":
        return absolute.name, "", []
    repository = absolute.parent.parent
    refs = []
    for path in sorted((repository / "refs").rglob("*")):
        try:
            if read(str(path), 1000).strip() == os.fsencode(absolute.name):
                refs.append(path.relative_to(repository / "refs").as_posix())
        except Unusable:
            continue
    return repository.name.removeprefix("models--").replace("--", "/"), absolute.name, refs


def _config(folder: Path) -> tuple[str, dict[str, str], str]:
    """Path of config.json, what of it is worth keeping, and what is wrong with it."""
    path = folder / _CONFIG
    if not os.path.lexists(path):
        return str(path), {}, ""
    try:
        said = json.loads(read(str(path)))
        if not isinstance(said, dict):
            raise Unusable(f"{_CONFIG} is not an object")
    except Unusable as error:
        return str(path), {}, str(error)
    except (ValueError, RecursionError) as error:
        return str(path), {}, f"{_CONFIG} is not JSON: {error}"
    return str(path), {k: str(said[k])[:200] for k in sorted(_MARKS & said.keys())}, ""
