"""MLflow: an artifact folder with its ``MLmodel``, or a whole ``mlruns/``.

https://mlflow.org/docs/latest/ml/model/
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from ... import plainyaml
from ...errors import Unusable
from ...mlmodel import NAME as _MLMODEL
from ...mlmodel import model_said, text_of, unread
from ...tuples import NamedTuple
from ..refs import Ref
from .folder import unclaimed, walk
from .parts.files import make_up, read_text
from .parts.registry import Registry, SourceRow

if TYPE_CHECKING:
    from pathlib import Path


class MLflow(Registry):
    kind = "mlflow"
    row = SourceRow(
        "MLflow artifact, `mlruns/`",
        "`MLmodel` and what it names",
        "as registered, else the artifact's folder",
        "the signature's tensors",
    )
    marks = (_MLMODEL,)

    @classmethod
    def is_at(cls, path: str) -> bool:
        from pathlib import Path

        top = Path(path)
        return top.is_dir() and (os.path.lexists(top / _MLMODEL) or top.name == "mlruns" or _has_experiments(top))

    @classmethod
    def is_within(cls, folder: str, names: Container[str]) -> bool:
        return super().is_within(folder, names) or os.path.basename(folder) == "mlruns"

    def models(self) -> Iterator[Ref]:
        from pathlib import Path

        self.troubles.clear()
        top = Path(self.path)
        registered = _registered(top)
        seen: set[str] = set()
        for folder, names in walk(self.path, self.troubles):
            if _MLMODEL in names:
                for ref in _model(Path(folder), top):
                    seen.add(ref.path)
                    called = _called(ref, registered.get(Path(folder).relative_to(top).as_posix(), []))
                    yield called._replace(registry=os.path.abspath(self.path)) if called.subject else called
        self.troubles += (t for t in unclaimed(self.path, seen) if t not in self.troubles)


def _has_experiments(top: Path) -> bool:
    try:
        return any(f.name.isdecimal() and (f / "meta.yaml").is_file() for f in top.iterdir())
    except OSError:
        return False


class _Version(NamedTuple):
    """A version of a registered model."""

    name: str
    version: str
    aliases: tuple[str, ...]


def _registered(top: Path) -> dict[str, list[_Version]]:
    """What the registry in the tree calls the artifacts, by their ways from the top: the newest version first."""
    from urllib.parse import unquote, urlsplit

    found: dict[str, list[_Version]] = {}
    for model in _folders(top / "models"):
        aliases: dict[str, list[str]] = {}
        for alias in _names(model / "aliases"):
            aliases.setdefault(_value(model / "aliases" / alias), []).append(alias)
        for folder in _folders(model):
            said = _yaml(folder / "meta.yaml")
            place = unquote(urlsplit(text_of(said, "storage_location") or text_of(said, "source")).path)
            version = text_of(said, "version")
            if place and version:
                known = _Version(text_of(said, "name") or model.name, version, tuple(aliases.get(version, ())))
                found.setdefault(_way(place, top), []).append(known)
    for versions in found.values():
        versions.sort(key=lambda v: (len(v.version), v.version), reverse=True)
    return found


def _way(place: str, top: Path) -> str:
    """From the top to the place; a tree that was moved since is known by its last ``mlruns``."""
    from pathlib import Path

    try:
        return Path(place).relative_to(top.resolve()).as_posix()
    except ValueError:
        return place.rpartition("/mlruns/")[2]


def _called(ref: Ref, versions: list[_Version]) -> Ref:
    """Under the name and version that it is registered as, if it is."""
    if not versions:
        return ref
    newest = versions[0]
    metadata = {**ref.metadata, "artifact": ref.name}
    if newest.aliases:
        metadata["aliases"] = ", ".join(newest.aliases)
    if len(versions) > 1:
        metadata["also"] = ", ".join(f"{v.name} {v.version}" for v in versions[1:])
    return ref._replace(name=newest.name, version=newest.version, metadata=metadata, subject=newest.name)


def _yaml(path: Path) -> plainyaml.Value:
    """A file of the registry; what cannot be read says nothing: the artifact is audited under its own name."""
    try:
        return plainyaml.parse(read_text(str(path), plainyaml.LONGEST))
    except Unusable:
        return {}


def _value(path: Path) -> str:
    try:
        return read_text(str(path), 1000).strip()
    except Unusable:
        return ""


def _folders(top: Path) -> list[Path]:
    return [top / n for n in _names(top) if (top / n).is_dir()]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(f.name for f in folder.iterdir())
    except OSError:
        return []


def _model(folder: Path, top: Path) -> Iterator[Ref]:
    config = folder / _MLMODEL
    try:
        said = model_said(read_text(str(config), plainyaml.LONGEST))
    except Unusable as error:
        said = unread(str(error))
    if said.is_another:
        return
    path = folder / said.file
    if path.is_dir():  # with its external data
        path = path / "model.onnx"
    made = make_up(str(path), (str(config),))
    troubles = (*said.troubles, *made.troubles)
    yield Ref(_name(folder, top), said.version, str(path), made.files, said.metadata, said.contract, troubles)


def _name(folder: Path, top: Path) -> str:
    """Of an artifact, what its folder is called; in a tree, the way to it."""
    return folder.resolve().name if folder == top else folder.relative_to(top).as_posix()
