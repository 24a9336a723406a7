"""MLflow: an artifact folder with its ``MLmodel``, or a whole ``mlruns/``.

https://mlflow.org/docs/latest/ml/model/
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any

from ...report import Contract, Port
from ...tuples import NamedTuple
from ..refs import Ref
from .folder import unclaimed, walk
from .parts import plainyaml
from .parts.files import Unusable, make_up, read_text
from .parts.registry import Registry, SourceRow

if TYPE_CHECKING:
    from pathlib import Path

_MLMODEL = "MLmodel"
_TEXT = ("object", "str", "string")


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
            place = unquote(urlsplit(_text(said, "storage_location") or _text(said, "source")).path)
            version = _text(said, "version")
            if place and version:
                known = _Version(_text(said, "name") or model.name, version, tuple(aliases.get(version, ())))
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
    from pathlib import Path

    config = folder / _MLMODEL
    said: plainyaml.Value = {}
    troubles: tuple[str, ...] = ()
    contract: Contract | None = None
    try:
        said = plainyaml.parse(read_text(str(config), plainyaml.LONGEST))
        if not isinstance(said, dict):
            raise Unusable("no map")
        contract = _contract(said)
        troubles = _columns(said)
    except Unusable as error:
        why = str(error) if str(error).startswith(_MLMODEL) else f"{_MLMODEL}: {error}"
        troubles = (why,)
        contract = Contract(origin=_MLMODEL, troubles=troubles)
    flavors = _map(said, "flavors")
    flavor = _map(flavors, "onnx")
    if flavors and not flavor:
        return  # a model of another framework
    file = _text(flavor, "data") or "model.onnx"
    path = folder / file
    if Path(file).is_absolute() or ".." in Path(file).parts:
        troubles += (f"{_MLMODEL} leads to {file!r}, out of the model's folder",)
        path = folder / "model.onnx"
    if path.is_dir():  # with its external data
        path = path / "model.onnx"
    made = make_up(str(path), (str(config),))
    yield Ref(
        _name(folder, top),
        _text(said, "model_uuid") or _text(said, "run_id"),
        str(path),
        made.files,
        _metadata(said, flavor),
        contract,
        (*troubles, *made.troubles),
    )


def _name(folder: Path, top: Path) -> str:
    """Of an artifact, what its folder is called; in a tree, the way to it."""
    return folder.resolve().name if folder == top else folder.relative_to(top).as_posix()


def _metadata(said: plainyaml.Value, flavor: plainyaml.Value) -> dict[str, str]:
    found = {key: _text(said, key) for key in ("run_id", "model_id", "mlflow_version", "utc_time_created")}
    found["onnx_version"] = _text(flavor, "onnx_version")
    providers = flavor.get("providers") if isinstance(flavor, dict) else None
    if isinstance(providers, list):
        found["providers"] = ", ".join(p for p in providers if isinstance(p, str))
    return {key: value for key, value in found.items() if value}


def _contract(said: plainyaml.Value) -> Contract | None:
    """Of a signature of tensors. Columns of a table say nothing of the graph's inputs: MLflow puts them together."""
    signature = _map(said, "signature")
    inputs, outputs = (_ports(_text(signature, side), side) for side in ("inputs", "outputs"))
    return Contract(inputs, outputs, f"{_MLMODEL}'s signature") if inputs or outputs else None


def _columns(said: plainyaml.Value) -> tuple[str, ...]:
    """A signature of a table's columns is not looked at, which is said."""
    signature = _map(said, "signature")
    sides = [
        side for side in ("inputs", "outputs") if _text(signature, side) and not _ports(_text(signature, side), side)
    ]
    sides = [side for side in sides if _text(signature, side) not in ("null", "[]")]
    if not sides:
        return ()
    return (f"{_MLMODEL}'s signature gives {' and '.join(sides)} as columns of a table: not compared with the graph",)


def _ports(text: str, side: str) -> tuple[Port, ...]:
    if not text or text == "null":
        return ()
    try:
        specs = json.loads(text)
        if not isinstance(specs, list):
            raise TypeError("no list")
        return tuple(_port(s, side) for s in specs if s.get("type") == "tensor")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(f"signature.{side} is not a list of tensors and columns: {error}") from None


def _port(spec: Any, side: str) -> Port:
    dtype = str(spec["tensor-spec"]["dtype"])
    if dtype in _TEXT:
        dtype = "string"
    if dtype == "float64" and side == "inputs":  # MLflow feeds it as the model's float32
        dtype = ""
    sizes = tuple(int(n) for n in spec["tensor-spec"]["shape"])
    return Port(str(spec.get("name") or ""), dtype, tuple(None if n < 0 else n for n in sizes))


def _map(value: plainyaml.Value, key: str) -> dict[str, plainyaml.Value]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: plainyaml.Value, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
