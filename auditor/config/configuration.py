"""What a team has written down: ``auditor.toml``, or ``[tool.auditor]`` in pyproject.toml.

The command line wins over the environment, and that over the file. Whatever of it makes no sense is an error before
anything is audited.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import UsageError
from ..policy.globs import matches
from ..policy.policy import Policy
from ..settings import Settings

if TYPE_CHECKING:
    from ..policy.baseline import Baseline
    from ..report import Severity
    from .toml import Path, Toml

OWN, SHARED = "auditor.toml", "pyproject.toml"
BASELINE = "auditor-baseline.json"

ENVIRONMENT: Mapping[str, str] = {
    "AUDITOR_CONFIG": "--config",
    "AUDITOR_DB": "db",
    "AUDITOR_BASELINE": "baseline",
    "AUDITOR_FAIL_ON": "fail-on",
    "AUDITOR_PROVIDER": "provider",
    "AUDITOR_TIMEOUT": "timeout",
    "AUDITOR_MEMORY": "memory",
    "AUDITOR_JOBS": "jobs",
}
"""The variables that are read, and what each of them says."""


class Section(NamedTuple):
    """Part of a policy, for the models that its patterns mean."""

    match: tuple[str, ...]
    says: Mapping[str, Any]  # by the names of Policy's fields


@dataclass(frozen=True)
class Configuration:
    """What is asked of models, and how they are audited where the command line says nothing else."""

    origin: str = ""  # the file, as people know it; "" none
    folder: str = ""  # of that file, from which its paths go; "" is the working directory
    sections: tuple[Section, ...] = ()  # the first for all models, the later ones win
    options: Mapping[str, Any] = field(default_factory=dict)  # by the names of Settings' fields
    db: str | None = None
    jobs: int | None = None
    baseline: str | None = None  # None: the usual file, if it is there; "" none
    forced: Mapping[str, Any] = field(default_factory=dict)  # fields of Policy that the command line says

    def policy(self, path: str, name: str = "") -> Policy:
        """What is asked of the model at a path, which a registry knows under a name."""
        place = self.place(path)
        says: dict[str, Any] = {}
        for section in self.sections:
            if any(matches(pattern, place, name) for pattern in section.match):
                for key, value in section.says.items():
                    says[key] = _together(says[key], value) if key in says else value
        says["waivers"] = tuple(w for w in says.get("waivers", ()) if not w.model or matches(w.model, place, name))
        known = self._baseline.known(self.subject(path, name)) if self._baseline is not None else {}
        run = self.options.get("run", True)
        return Policy(**{**says, **self.forced}, known=known, origin=self.origin, run=run)

    @property
    def same_for_all(self) -> bool:
        """Whether nothing is asked of one model that is not asked of every other."""
        return not self.sections and self._baseline is None

    def settings(self, **said: Any) -> Settings:
        """How models are audited: what the command line says (None says nothing), else what the file does."""
        options = {**self.options, **{key: value for key, value in said.items() if value is not None}}
        if self.options.get("dims") and said.get("dims") is not None:
            options["dims"] = {**self.options["dims"], **said["dims"]}
        return Settings(**options, provider_asked="provider" in options)

    def checked(self) -> Configuration:
        """The same, its baseline read: what is wrong with it is said before anything is audited."""
        _ = self._baseline
        return self

    def overridden(self, fail_on: str | None = None, baseline: str | None = None) -> Configuration:
        """With what the command line says of the policy."""
        changed = self
        if fail_on is not None:
            changed = replace(changed, forced={**self.forced, "fail_on": level("--fail-on", fail_on)})
        if baseline is not None:
            changed = replace(changed, baseline=baseline and os.path.abspath(baseline))
        return changed

    @property
    def asks_nothing(self) -> bool:
        """Whether no policy was written down: reports then stand as they were judged."""
        return not (self.origin or self.forced or self._baseline_path)

    def place(self, path: str) -> str:
        """The model's path from the configuration's folder on, with slashes."""
        return _relative(path, self.folder)

    def subject(self, path: str, name: str = "") -> str:
        """Whose history and baseline a model belongs to: its registry's name for it, else its path."""
        if name:
            return name
        return _relative(path, os.path.dirname(self._baseline_path or "") or self.folder)

    @cached_property
    def _baseline_path(self) -> str | None:
        if self.baseline is not None:
            return self.baseline or None
        usual = os.path.join(self.folder or os.curdir, BASELINE)
        return usual if os.path.lexists(usual) else None

    @cached_property
    def _baseline(self) -> Baseline | None:
        if self._baseline_path is None:
            return None
        from ..policy.baseline import Baseline

        return Baseline.read(self._baseline_path)


def find(named: str | None = None, none: bool = False) -> Configuration:
    """The configuration of this call: the file that is named, else the nearest one, and the environment."""
    found = Configuration()
    if not none:
        named = named or os.environ.get("AUDITOR_CONFIG") or None
        found = read(named) if named else _nearest()
    return _with_environment(found)


def read(path: str) -> Configuration:
    """The configuration in a file."""
    from .toml import read as bytes_in

    data = bytes_in(path)
    if data is None:
        raise UsageError(f"there is no configuration {path}")
    found = _parsed(path, data, named=True)
    if found is None:
        raise UsageError(f"{path} has no table [tool.auditor]")
    return found


def _nearest() -> Configuration:
    """Upwards from the working directory to the root; only a file that is there costs more than a look."""
    try:
        folder = os.getcwd()
    except OSError:  # the folder is gone
        return Configuration()
    while True:
        for name in (OWN, SHARED):
            path = os.path.join(folder, name)
            if os.path.lexists(path):
                from .toml import read as bytes_in

                data = bytes_in(path)
                if data is None and name == OWN:  # it names a file that is gone: no reason to ask for nothing
                    raise UsageError(f"{_relative(path, '')} is a link to a file that is not there")
                if data is None or (name == SHARED and b"auditor" not in data):
                    continue
                found = _parsed(path, data, named=False)
                if found is not None:
                    return found
        above = os.path.dirname(folder)
        if above == folder:
            return Configuration()
        folder = above


def _parsed(path: str, data: bytes, *, named: bool) -> Configuration | None:
    """None for a pyproject.toml that says nothing of us.

    A file that lay on the way and that nobody ``named`` may come with the models: it makes no code run.
    """
    from .keys import PLACES, POLICY, SETTINGS, table
    from .toml import Toml, called

    toml = Toml(called(path), data)
    top: Path = ()
    values: object = toml.values
    if os.path.basename(path) == SHARED:
        top = ("tool", "auditor")
        for key in top:
            if not isinstance(values, dict) or key not in values:
                return None
            values = values[key]
    keys = {**POLICY, **SETTINGS, **PLACES, "models": _models}
    says = table(toml, top, values, keys)
    for key in ("operators", "custom-ops"):
        if key in says and not named:
            raise UsageError(
                f"{toml.at_key((*top, key))}: {key} names code to run: to allow it, name the configuration, "
                f"--config {toml.name} or AUDITOR_CONFIG"
            )
    folder = os.path.dirname(os.path.abspath(path))
    operators = tuple(os.path.join(folder, file) for file in says.get("operators", ()))
    code: dict[str, Any] = {"operators": operators} if operators else {}
    if "custom-ops" in says:
        code["custom_ops"] = _beside(folder, says["custom-ops"])
    return Configuration(
        toml.name,
        folder,
        (Section(("**",), _fields(says, POLICY)), *says.get("models", ())),
        {**_fields(says, SETTINGS), **code},
        _beside(folder, says.get("db")),
        says.get("jobs"),
        _beside(folder, says.get("baseline")),
    )


def _models(toml: Toml, path: Path, value: object) -> tuple[Section, ...]:
    from .keys import PLACES, POLICY, SETTINGS, patterns, refuse, table
    from .toml import dotted

    if not isinstance(value, list):
        refuse(toml, path, value, "tables headed [[models]]")
    sections = []
    for i, inner in enumerate(value):
        at: Path = (*path, i)
        for key in inner if isinstance(inner, dict) else ():
            if key in SETTINGS or key in PLACES:
                raise UsageError(
                    f"{toml.at_key((*at, key))}: {dotted((*at, key))} holds for all models: it stands at the top"
                )
        says = table(toml, at, inner, {"match": patterns, **POLICY})
        if "match" not in says:
            raise UsageError(f'{toml.at(at)}: {dotted(at)} has no match: a pattern, such as "detectors/**"')
        sections.append(Section(says["match"], _fields(says, POLICY)))
    return tuple(sections)


def _fields(says: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in says.items() if key in keys}


def _together(before: Any, value: Any) -> Any:
    """Tables are merged by key, waivers add up; of anything else the later one holds."""
    match before:
        case Mapping():
            return {**before, **value}
        case tuple():
            return before + value
    return value


def _beside(folder: str, path: str | None) -> str | None:
    """A path in a file starts in that file's folder; an address stays as it is."""
    if path is None or "://" in path:
        return path
    return os.path.join(folder, os.path.expanduser(path))


def _relative(path: str, folder: str) -> str:
    """A path from a folder on ("" is the working one, which may be gone), with slashes."""
    try:
        return os.path.relpath(path or os.curdir, folder or os.curdir).replace(os.sep, "/")
    except OSError:
        return path


def _with_environment(found: Configuration) -> Configuration:
    said = dict(_environment())
    if not said:
        return found
    options: dict[str, Any] = {key: said[key] for key in ("provider", "timeout", "memory") if key in said}
    changed = replace(found, options={**found.options, **options}, jobs=said.get("jobs", found.jobs))
    if "db" in said:
        changed = replace(changed, db=said["db"])
    return changed.overridden(said.get("fail-on"), said.get("baseline"))


def _environment() -> Iterator[tuple[str, Any]]:
    from ..wording import bytes_of

    for variable, key in ENVIRONMENT.items():
        word = os.environ.get(variable)
        if not word:
            continue
        match key:
            case "timeout":
                yield key, _number(variable, word)
            case "memory":
                if not (size := bytes_of(word)):
                    raise UsageError(f"{variable} takes a size such as 2G, not {word!r}")
                yield key, size
            case "jobs":
                if not word.isdecimal() or not word.isascii() or int(word[:9]) == 0:
                    raise UsageError(f"{variable} takes a whole number of at least 1, not {word!r}")
                yield key, int(word[:9])
            case "fail-on":
                level(variable, word)
                yield key, word
            case "--config":
                pass
            case _:
                yield key, word


def _number(variable: str, word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UsageError(f"{variable} takes a number of seconds above 0, not {word!r}")
    return number


def level(said_by: str, word: str) -> Severity | None:
    """``error``, ``warning``, ``note``; ``never`` is None."""
    from ..report import Severity

    if word == "never":
        return None
    try:
        return Severity(word)
    except ValueError:
        raise UsageError(f"{said_by} takes error, warning, note or never, not {word!r}") from None
