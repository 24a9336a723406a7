"""Fault classes as a text: a sound model in ONNX's text form, and what stands instead of a part of it.

Two lines a class: its name and what it does, then the part and what takes its place, with the attribute that a report
must name, the opset, or other rules than the table's, where there are such::

    group_of_zero: Conv in no group.
        group = 2 --> group = 0 @group !impossible-shapes
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import onnx

from auditor.report import Severity

from .bases import parsed
from .fault import Kind, Place, Subject, fault


def table(
    module: str,
    kind: Kind,
    text: str,
    place: Place | str,
    rules: str,
    lines: str,
    *,
    opset: int = 17,
    ir: int = 8,
    least: Severity | None = None,
) -> None:
    """Make two lines each a fault class of a module, named at a node (or a place) by one of these rules."""
    at = Place(place) if isinstance(place, str) else place
    told = [line.strip() for line in lines.strip().splitlines()]
    for head, change in zip(told[::2], told[1::2], strict=True):
        name, _, says = head.partition(": ")
        change, _, others = change.partition(" !")
        change, _, attribute = change.partition(" @")
        old, arrow, new = change.partition(" -->")
        new = new.strip()
        assert arrow and text.count(old) == 1, f"{name}: {old!r} must stand once in its model"

        def sound(text: str = text) -> onnx.ModelProto:
            return parsed(text, ir, opset)

        inject = _injecting(text.replace(old, new), at._replace(attribute=attribute or at.attribute), ir, opset)
        inject.__name__, inject.__doc__, inject.__module__ = name, says, module
        fault(kind, *(others or rules).split(), least=least, base=sound)(inject)


def _injecting(text: str, place: Place, ir: int, opset: int) -> Callable[[Subject, Random], Place]:
    def inject(subject: Subject, rng: Random) -> Place:
        subject.model.CopyFrom(parsed(text, ir, opset))
        return place

    return inject
