"""The parts of a configuration's text: what it says of all models, and of those that its patterns mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..tuples import NamedTuple
from .table import KEYS, Fills

if TYPE_CHECKING:
    from .toml import Path, Toml


class Section(NamedTuple):
    """Part of a policy, for the models that its patterns mean."""

    match: tuple[str, ...]
    says: Mapping[str, Any]  # by the names of Policy's fields
    origin: str = ""  # where it is written: "auditor.toml:12"


def refuse_heading(toml: Toml, values: Mapping[str, Any]) -> None:
    """A file of ours that is written as if it were a pyproject.toml."""
    tool = values.get("tool")
    heading: Path = ("tool", "auditor") if isinstance(tool, dict) and "auditor" in tool else ("auditor",)
    if len(heading) == 2 or isinstance(values.get("auditor"), dict):
        said = ".".join(map(str, heading))
        raise UsageError(
            f"{toml.at_key(heading)}: in {toml.name} the keys stand at the top, without [{said}] above: a table "
            "[tool.auditor] is for pyproject.toml"
        )


def folders(registries: Mapping[str, str], folder: str) -> dict[str, str]:
    """Registries by registries, as whole paths."""
    return {os.path.abspath(_beside(folder, at)): os.path.abspath(_beside(folder, of)) for at, of in registries.items()}


def models(toml: Toml, path: Path, value: object) -> tuple[Section, ...]:
    """The tables [[models]], in their order."""
    from .keys import patterns, readers, refuse, table
    from .toml import dotted

    if not isinstance(value, list):
        refuse(toml, path, value, "tables headed [[models]]")
    sections = []
    for i, inner in enumerate(value):
        at: Path = (*path, i)
        for key in inner if isinstance(inner, dict) else ():
            if key in KEYS and KEYS[key].fills != "policy":
                raise UsageError(
                    f"{toml.at_key((*at, key))}: {dotted((*at, key))} holds for all models: it stands at the top"
                )
        says = table(toml, at, inner, {"match": patterns, **readers("policy")})
        if "match" not in says:
            raise UsageError(f'{toml.at(at)}: {dotted(at)} has no match: a pattern, such as "detectors/**"')
        sections.append(Section(says["match"], fields(says, "policy"), f"{toml.name}:{toml.line(at)}"))
    return tuple(sections)


def service(toml: Toml, path: Path, value: object) -> dict[str, Any]:
    """The table [service], by the keys that it has in the table of settings: "service.port"."""
    from .keys import readers, table

    known = {key.removeprefix(SERVICE_KEYS): reader for key, reader in readers("service").items()}
    return {SERVICE_KEYS + key: inner for key, inner in table(toml, path, value, known).items()}


SERVICE_KEYS = "service."
"""How the keys of the table [service] begin."""


def fields(says: Mapping[str, Any], fills: Fills, folder: str = "") -> dict[str, Any]:
    """What fills fields of one thing, by their names; a path in a file goes from that file's folder."""
    found = {}
    for key, value in says.items():
        if key in KEYS and KEYS[key].fills == fills:
            row = KEYS[key]
            found[row.name] = _beside(folder, value) if row.kind.is_path else value
    return found


def _beside(folder: str, path: str | tuple[str, ...] | Mapping[str, str]) -> Any:
    """A path, or several, from a folder on. An address is not a path."""
    if isinstance(path, Mapping):
        return {name: _beside(folder, one) for name, one in path.items()}
    if isinstance(path, tuple):
        return tuple(_beside(folder, one) for one in path)
    return path if "://" in path else os.path.join(folder, os.path.expanduser(path))
