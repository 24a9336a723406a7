"""The sizes of the inputs that a caller may choose, and what they are: a batch, or a length."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..tuples import NamedTuple
from .fact import Exact, Shape
from .facts import Facts
from .sizes.dim import Dim
from .troubles import At, Impossible, Misfit

_LENGTH = frozenset(
    {
        "t", "l", "h", "w", "s", "time", "times", "timestep", "timesteps", "seq", "seqlen", "sequence", "len",
        "length", "lengths", "frame", "frames", "step", "steps", "token", "tokens", "past", "sample", "samples",
        "height", "width", "window", "row", "rows", "col", "cols", "chunk", "audio", "wav", "mel", "position",
        "positions", "point", "points", "node", "nodes", "edge", "edges", "src", "tgt", "box", "boxes", "text",
        "prompt",
    }
)  # fmt: skip
_BATCH = frozenset({"n", "b", "bs", "bsz", "batch", "batchsize", "batches", "images"})

_BOXES, _LEADING = ("B", "b"), ("N", "n", "batch", "batch_size")
"""What is no batch where one of these leads: detectors have their boxes there."""

_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})


class OpenAxis(NamedTuple):
    """A named size of an input, where it stands first."""

    name: str
    tensor: str
    axis: int
    batch: bool

    def __str__(self) -> str:
        return f"the batch of {self.tensor!r}" if self.batch else f"the size {self.name} of {self.tensor!r}"


def open_axes(facts: Facts) -> tuple[OpenAxis, ...]:
    """Every size that an input leaves open by a name of its own. What leads is a batch unless it is named as a length.

    Further back a batch is what its name says, or what a recurrent layer takes for one.
    """
    states = _batches_of_states(facts)
    found: dict[str, OpenAxis] = {}
    for tensor, fact in facts.inputs.items():
        sizes = fact.shape or ()
        for axis, size in enumerate(sizes):
            if isinstance(size, Dim) and size.names == {str(size)} and len(sizes) > 1:
                name = str(size)
                said = says_batch(name) and not (axis and name in _BOXES and str(sizes[0]) in _LEADING)
                batch = name in states or said or (axis == 0 and not _words(name) & _LENGTH)
                if name not in found or (batch and not found[name].batch):
                    found[name] = OpenAxis(name, tensor, axis, batch)
    return tuple(found.values())


def says_batch(name: str) -> bool:
    """Whether a size's name is one that people give to a batch."""
    return bool(_words(name) & _BATCH)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()))


def _batches_of_states(facts: Facts) -> frozenset[str]:
    """The names that stand where the state of a recurrent layer has its batch."""
    found = set()
    for case in facts.open:
        if facts.node(case.at).op_type in _RECURRENT and case.parameter.startswith("initial_"):
            wanted = case.expected.shape if isinstance(case.expected, Exact) else ()
            found |= {str(s) for s in wanted[1:2] if isinstance(s, Dim)}
    return frozenset(found)


def with_sizes(facts: Facts, names: Iterable[str], size: int, others: Iterable[str] = (), axis: int = 0) -> Facts:
    """The facts for this size in the place of the names, and on one axis of the inputs ``others``."""
    bound = frozenset(names)
    shapes: dict[str, Shape] = {
        tensor: tuple(size if str(s) in bound else s for s in fact.shape)
        for tensor, fact in facts.inputs.items()
        if fact.shape is not None
    }
    for tensor in others:
        shapes[tensor] = (*shapes[tensor][:axis], size, *shapes[tensor][axis + 1 :])
    return facts.rebind(shapes)


def first_broken(facts: Facts, before: frozenset[At]) -> Misfit | Impossible | None:
    """The first node that is proved not to run, but for those that never did."""
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit | Impossible) and not trouble.declared and trouble.at not in before:
            return trouble
    return None
