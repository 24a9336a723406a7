"""What a team has written down: ``auditor.toml``, or ``[tool.auditor]`` in pyproject.toml.

The command line wins over the environment, and that over the file. Whatever of it makes no sense is an error before
anything is audited.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..files import is_address
from ..findings.order import RANK
from ..policy.globs import matches
from ..policy.policy import Policy
from ..record import Record
from ..report import JudgedBy
from ..settings import Settings
from ..threads import processors
from .kinds import from_words
from .sections import Section, fields, folders, models, refuse_heading, service
from .table import KEYS, TABLE, VARIABLES

if TYPE_CHECKING:
    from ..policy.baseline import Baseline
    from ..report import Severity
    from .toml import Path

OWN, SHARED = "auditor.toml", "pyproject.toml"
BASELINE = "auditor-baseline.json"
TRUSTED = "AUDITOR_TRUSTED_CONFIG"

_THE_SAME_LOOK = ("timeout", "memory", "require_isolation")
"""Options of an audit that do not change what is looked at, or how."""


_NONE: Mapping[str, Any] = {}


class Configuration(Record):
    """What is asked of models, and how they are audited where the command line says nothing else."""

    origin: str = ""  # the file, as people know it; "" none
    folder: str = ""  # of that file, from which its paths go; "" is the working directory
    sections: tuple[Section, ...] = ()  # the first for all models, the later ones win
    options: Mapping[str, Any] = _NONE  # by the names of Settings' fields
    db: str | None = None
    jobs: int | None = None
    cache: str | None = None  # the folder of what is fetched
    cache_size: int | None = None  # bytes
    fetch_size: int | None = None  # bytes of one file
    fetch_timeout: float | None = None  # seconds for one model
    artifact_root: str | None = None  # a folder of this machine in which a tracking server may name files
    graph_only: bool = False  # of fetched models what holds their graphs, and neither weights nor a run
    baseline: str | None = None  # None: the usual file, if it is there; "" none
    registries: Mapping[str, str] = _NONE  # by a registry's folder: of which one its models are versions
    forced: Mapping[str, Any] = _NONE  # fields of Policy that the command line says
    trusted: bool = False  # named as the one that nothing found on the way can soften
    service: Mapping[str, Any] = _NONE  # how the service is run, by the names of the table's rows
    ad_hoc: tuple[str, ...] = ()  # options of audits that a caller said beside what is configured

    def policy(self, path: str, name: str = "", registry: str = "") -> Policy:
        """What is asked of the model at a path, which a registry knows under a name."""
        place = self.place(path)
        says: dict[str, Any] = {}
        for section in self.sections:
            if any(matches(pattern, place, name) for pattern in section.match):
                self._met.add(section.origin)
                for key, value in section.says.items():
                    says[key] = _together(says[key], value) if key in says else value
        says["waivers"] = tuple(w for w in says.get("waivers", ()) if not w.model or matches(w.model, place, name))
        known = self._baseline.known(self.subject(path, name, registry)) if self._baseline is not None else {}
        by, run = self.judged_by, self.options.get("run", True)
        said = {**says, **self.forced}
        if self.trusted and "fail_on" in self.forced:
            said["fail_on"] = _stricter(self.forced["fail_on"], Policy(**says).fail_on)
        if self.trusted and "untrusted" in (says.get("profile"), self.forced.get("profile")):
            said["profile"] = "untrusted"
        return Policy(**said, known=known, origin=by.policy, baseline=by.baseline, trusted=by.trusted, run=run)

    @property
    def judged_by(self) -> JudgedBy:
        """Whose verdicts this makes."""
        if not self._baseline_path:
            return JudgedBy(self.origin, "", self.trusted)
        from .file import called

        return JudgedBy(self.origin, called(self._baseline_path), self.trusted)

    def registry(self, folder: str) -> str:
        """The registry of whose models those of a registry are versions: itself, unless something else is said."""
        return self.registries.get(folder, folder)

    def unmatched(self) -> Iterator[str]:
        """A line on each part of the policy that meant none of the models that were asked for so far."""
        for section in self.sections:
            if section.origin and section.origin not in self._met:
                yield f"{section.origin}: no model matches {', '.join(map(repr, section.match))}: mend or delete it"

    @cached_property
    def _met(self) -> set[str]:
        return set()

    @property
    def same_for_all(self) -> bool:
        """Whether nothing is asked of one model that is not asked of every other."""
        return not self.sections and self._baseline is None

    def settings(self) -> Settings:
        """How models are audited."""
        return Settings(**self.options, provider_asked="provider" in self.options, ad_hoc=self.ad_hoc)

    def saying_ad_hoc(self, said: Mapping[str, Any]) -> Configuration:
        """As `saying`; what makes an audit another one than it is configured to be is an ad hoc look."""
        new = self.saying(said)
        usual, asked = self.settings(), new.settings()
        looks = (row for row in TABLE if row.fills == "audit" and row.flags and row.name not in _THE_SAME_LOOK)
        differ = (row for row in looks if getattr(usual, row.name) != getattr(asked, row.name))
        return new._replace(ad_hoc=tuple(row.flags[0].rpartition("/")[2] for row in differ))

    def workers(self) -> int:
        """How many models are audited at once: as is said, else one a processor."""
        if self.jobs is not None:
            return self.jobs
        return processors()

    def checked(self) -> Configuration:
        """The same, its baseline read: what is wrong with it is said before anything is audited."""
        _ = self._baseline
        return self

    def saying(self, said: Mapping[str, Any]) -> Configuration:
        """With what the environment, the command line or another caller says, by the names of the table's rows.

        Values are as their kinds return them. A baseline "" is none.
        """
        options, forced, places, served = dict(self.options), dict(self.forced), {}, dict(self.service)
        for row in TABLE:
            if row.name not in said or not (row.flags or row.env):
                continue
            value = said[row.name]
            if row.fills == "audit":
                both = isinstance(value, Mapping) and row.name in options
                options[row.name] = {**options[row.name], **value} if both else value
            elif row.fills == "policy":
                forced[row.name] = value
            elif row.fills == "service":
                served[row.name] = value
            elif row.fills == "place":
                places[row.name] = os.path.abspath(value) if row.name == "baseline" and value else value
        if places.get("graph_only"):
            options |= {"run": False, "weights": False}
        return self._replace(options=options, forced=forced, service=served, **places)

    @property
    def asks_nothing(self) -> bool:
        """Whether no policy was written down: reports then stand as they were judged."""
        return not (self.origin or self.forced or self._baseline_path)

    def place(self, path: str) -> str:
        """The model's path from the configuration's folder on, with slashes."""
        return _relative(path, self.folder)

    def subject(self, path: str, name: str = "", registry: str = "") -> str:
        """Whose entry of the baseline is a model's: its registry's name for it, with the registry, else its path."""
        folder = os.path.dirname(self._baseline_path or "") or self.folder
        if not name:
            return _relative(path, folder)
        return f"{name}@{_relative(registry, folder)}" if registry else name

    @cached_property
    def _baseline_path(self) -> str | None:
        if self.baseline is not None:
            return self.baseline or None
        if self.trusted:  # what merely lies there was not named
            return None
        usual = os.path.join(self.folder or os.curdir, BASELINE)
        return usual if os.path.lexists(usual) else None

    @cached_property
    def _baseline(self) -> Baseline | None:
        if self._baseline_path is None:
            return None
        from ..policy.baseline import Baseline

        return Baseline.read(self._baseline_path)


def find(named: str | None = None, none: bool = False, trusted: str | None = None) -> Configuration:
    """The configuration of this call: the file that is named, else the nearest one, and the environment.

    Where there is a trusted one, no other is read, and the environment only says what it leaves unsaid. With ``none``
    there is no baseline either.
    """
    said = _in_the_environment()
    trusted = trusted or os.environ.get(TRUSTED) or None
    if trusted:
        if named or none:
            other = f"--config {named}" if named else "--no-config"
            raise UsageError(f"{other} takes the place of the trusted configuration {trusted}: name one of them")
        found = read(trusted)._replace(trusted=True)
        there = {*found.options, *(name for name in ("db", "jobs") if getattr(found, name) is not None)}
        return found.saying({n: value for n, value in said.items() if n not in {*there, "fail_on", "baseline"}})
    if none:
        return Configuration(baseline="").saying({**said, "baseline": ""})
    named = named or os.environ.get("AUDITOR_CONFIG") or None
    return (read(named) if named else _nearest()).saying(said)


def _stricter(one: Severity | None, other: Severity | None) -> Severity | None:
    """The level that lets less pass; None lets everything."""
    return min((level for level in (one, other) if level is not None), key=RANK.__getitem__, default=None)


def read(path: str) -> Configuration:
    """The configuration in a file."""
    from .file import read as bytes_in

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
                from .file import read as bytes_in

                data = bytes_in(path)
                if data is None and name == OWN:  # it names a file that is gone: no reason to ask for nothing
                    raise UsageError(f"{_relative(path, '')} is a link to a file that is not there")
                if data is None or (name == SHARED and not _may_ask(data)):
                    continue
                found = _parsed(path, data, named=False)
                if found is not None:
                    return found
        above = os.path.dirname(folder)
        if above == folder:
            return Configuration()
        folder = above


def _may_ask(data: bytes) -> bool:
    """Whether a pyproject.toml can have a table [tool.auditor]; most have none, and reading one costs 8 ms."""
    import re

    if b"auditor" not in data:
        return False
    ways = (
        rb"""tool["']?[ \t]*\.[ \t]*["']?auditor|^[ \t]*\[[ \t]*["']?tool["']?[ \t]*\]|^[ \t]*["']?tool["']?[ \t]*="""
    )
    return re.search(ways, data, re.MULTILINE) is not None


def _parsed(path: str, data: bytes, *, named: bool) -> Configuration | None:
    """None for a pyproject.toml that says nothing of us.

    A file that lay on the way and that nobody ``named`` may come with the models: it makes no code run.
    """
    from .file import called
    from .keys import readers, table
    from .toml import Toml

    toml = Toml(called(path), data)
    top: Path = ()
    values: object = toml.values
    if os.path.basename(path) == SHARED:
        top = ("tool", "auditor")
        for key in top:
            if not isinstance(values, dict) or key not in values:
                return None
            values = values[key]
    elif isinstance(values, dict):
        refuse_heading(toml, values)
    says = table(toml, top, values, {**readers("policy", "audit", "place"), "models": models, "service": service})
    folder = os.path.dirname(os.path.abspath(path))
    for key in says:
        if key in KEYS and KEYS[key].runs_code and not named:
            raise UsageError(
                f"{toml.at_key((*top, key))}: {key} names code to run: to allow it, name the configuration, "
                f"--config {toml.name} or AUDITOR_CONFIG"
            )
    return Configuration(
        toml.name,
        folder,
        (Section(("**",), fields(says, "policy", folder)), *says.get("models", ())),
        fields(says, "audit", folder),
        service=fields(says.get("service", {}), "service", folder),
        **{**fields(says, "place", folder), "registries": folders(says.get("registries", {}), folder)},
    )


def _together(before: Any, value: Any) -> Any:
    """Tables are merged by key, waivers add up; of anything else the later one holds."""
    match before:
        case Mapping():
            return {**before, **value}
        case tuple():
            return before + value
    return value


def _relative(path: str, folder: str) -> str:
    """A path from a folder on ("" is the working one, which may be gone), with slashes; an address stays itself."""
    if is_address(path):
        return path
    try:
        return os.path.relpath(path or os.curdir, folder or os.curdir).replace(os.sep, "/")
    except OSError:
        return path


def _in_the_environment() -> dict[str, Any]:
    """What the variables say, by the names of the table's rows. An empty one says nothing."""
    said = {row.name: (row, variable, os.environ.get(variable)) for variable, row in VARIABLES.items()}
    return {name: from_words(row.kind, variable, word) for name, (row, variable, word) in said.items() if word}
