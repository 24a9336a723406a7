"""Faults put into models, and what a report says of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from random import Random
from typing import NamedTuple

import onnx

from auditor.pipeline import audit
from auditor.report import Finding, Report, Severity
from auditor.settings import Settings

from . import __path__ as _path
from .bases import model, paths
from .fault import Fault, Place, Subject, registered

_ORDER = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


class Injected(NamedTuple):
    """A model with a fault in it, beside the one without."""

    fault: Fault
    base: str
    sound: Path
    faulty: Path
    places: tuple[Place, ...]


@cache
def all_faults() -> tuple[Fault, ...]:
    """Every fault class, by name."""
    for module in iter_modules(_path):
        if not module.name.startswith("test_"):
            import_module(f"{__package__}.{module.name}")
    return tuple(registered[name] for name in sorted(registered))


def injected(fault: Fault, folder: Path, most: int, seed: int = 1) -> Iterator[Injected]:
    """The fault in up to so many models that have a place for it, drawn by the seed."""
    random = Random(f"{seed} {fault.name}")
    if fault.base is not None:
        bases = [("own", fault.base())]
    else:
        drawn = random.sample(paths(), len(paths()))
        bases = [(path.stem if path.stem != "model" else path.parent.name, model(path)) for path in drawn]
    count = 0
    for name, sound in bases:
        if count == most:
            return
        place = folder / f"{fault.name}-{name}"
        place.mkdir(parents=True)
        subject = Subject(onnx.ModelProto.FromString(sound.SerializeToString()), place)
        where = fault.inject(subject, random)
        if where is None:
            continue
        count += 1
        (place / "sound.onnx").write_bytes(sound.SerializeToString())
        raw = subject.model.SerializeToString() if subject.raw is None else subject.raw
        (place / "faulty.onnx").write_bytes(raw)
        places = (where,) if isinstance(where, Place) else tuple(where)
        yield Injected(fault, name, place / "sound.onnx", place / "faulty.onnx", places)


def report_of(path: Path, fault: Fault) -> Report:
    """The audit of a file without running it."""
    return audit(path, Settings(run=False, **fault.settings))  # type: ignore[arg-type]  # named by the class


def naming(what: Injected, sound: Report, faulty: Report) -> list[Finding]:
    """The findings, new in the faulty model, by which a report names the fault at its place."""
    known = {f.fingerprint for f in sound.findings}
    return [f for f in faulty.findings if f.fingerprint not in known and _names(what, f)]


def _names(what: Injected, finding: Finding) -> bool:
    bad_enough = _ORDER.index(finding.severity) >= _ORDER.index(what.fault.least)
    at = any(_is_at(finding, place) for place in what.places)
    return finding.rule in what.fault.rules and bad_enough and at


def _is_at(finding: Finding, place: Place) -> bool:
    if place == Place():
        return True
    node = not place.node or finding.location.node == place.node
    tensor = not place.tensor or finding.location.tensor == place.tensor
    attribute = not place.attribute or finding.location.attribute == place.attribute
    return node and tensor and attribute
