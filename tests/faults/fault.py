"""What a fault class is: a seeded change of a sound model, and the places where a report must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias

import onnx

from auditor.report import Severity


class Kind(Enum):
    """What is wrong with a model that holds the fault."""

    ILLEGAL = "illegal"  # breaks the ONNX specification
    WRONG = "legal but wrong"
    HOSTILE = "hostile"  # meant to harm who loads, runs or shows it


class Place(NamedTuple):
    """Where the fault lies, by the names that a report uses. Without any: the model as a whole."""

    node: str = ""  # its name, or ``Conv[3]`` for one without (see `label`)
    tensor: str = ""
    attribute: str = ""


@dataclass
class Subject:
    """A model that a fault is put into. What is changed in `model` is written, unless `raw` says the file's bytes."""

    model: onnx.ModelProto
    folder: Path  # beside the file: external data may be written here
    raw: bytes | None = None


Where: TypeAlias = Place | Iterable[Place] | None
"""One of these places must be named; None where the model has no place for the fault."""

Inject: TypeAlias = Callable[[Subject, Random], Where]


@dataclass(frozen=True)
class Fault:
    """A fault class."""

    name: str
    family: str
    kind: Kind
    inject: Inject
    rules: tuple[str, ...]  # the rules that may name it
    least: Severity  # how bad the finding must be at least
    base: Callable[[], onnx.ModelProto] | None  # the sound model that it needs, if not any
    unseen: str = ""  # why no means can see it; it is counted as missed
    settings: dict[str, object] = field(default_factory=dict)  # of the audit, beside run=False

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.inject.__doc__ or "").strip().partition("\n")[0]


registered: dict[str, Fault] = {}


def fault(
    kind: Kind,
    *rules: str,
    least: Severity | None = None,
    base: Callable[[], onnx.ModelProto] | None = None,
    unseen: str = "",
    **settings: object,
) -> Callable[[Inject], Inject]:
    """Make a function a fault class of its module's family, which one of these rules must name.

    ``least`` is an error for what is illegal, and a note for the rest, unless said. ``settings`` are of the audit.
    """
    worst = least or (Severity.ERROR if kind is Kind.ILLEGAL else Severity.NOTE)

    def bind(inject: Inject) -> Inject:
        family = inject.__module__.rpartition(".")[2]
        name = inject.__name__.strip("_")
        assert name not in registered, f"two fault classes are called {name}"
        assert bool(rules) != bool(unseen), f"{name}: say which rules name it, or why none can"
        registered[name] = Fault(name, family, kind, inject, rules, worst, base, unseen, settings)
        return inject

    return bind


def label(graph: onnx.GraphProto, index: int) -> str:
    """A node as a report calls it."""
    node = graph.node[index]
    return node.name or f"{node.op_type}[{index}]"


def nodes(graph: onnx.GraphProto, *op_types: str) -> list[int]:
    """The indices of the nodes of these types."""
    return [i for i, node in enumerate(graph.node) if node.op_type in op_types]
