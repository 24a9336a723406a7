"""Along which axis of each tensor the images of a batch lie, from the inputs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ..model.graph import Graph, captured
from ..tuples import NamedTuple
from .batches import batch_names, with_open_batch
from .fact import Fact, Shape
from .facts import Facts
from .open_axes import OpenAxis, open_axes, says_batch
from .sizes.dim import Dim, evaluate, named
from .troubles import Impossible, Misfit

IMAGES = "images"
"""The name that counts them while they are followed."""

_IMAGE = 4
"""Axes of an image among others."""

_RECURRENT = frozenset({"LSTM", "GRU", "RNN"})
_SIZES_ALONE = frozenset({"Shape", "Size"})
"""Operators whose result hangs on no element of their input."""


_COUNTS = (1, 2, 3, 4, 5, 8, 16, 61)
"""Numbers of images by which rows are counted: ``max(images - 1, 0) + min(images, 1)`` is one to an image."""


class Along(NamedTuple):
    """A tensor whose images lie along an axis, ``each`` rows of it to an image."""

    tensor: str
    axis: int
    each: int = 1


class Images(NamedTuple):
    """Where the images are.

    ``inputs`` are fed image by image, the others whole. ``tensors`` are of the main graph, outputs among them;
    ``apart``: what hangs on no image. ``fixed``: their number where the model leaves no choice. ``sure``: the axis is
    called a batch, has whole images behind it, or is what a recurrent layer takes for one.
    """

    inputs: tuple[Along, ...]
    tensors: tuple[Along, ...]
    apart: frozenset[str]
    fixed: int | None = None
    sure: bool = True


def images_of(facts: Facts, sizes: Mapping[str, Shape]) -> Images | None:
    """Where the images are, the inputs' other ``sizes`` being these; None where no axis of an input can be theirs."""
    certain = _certain(facts)
    doubtful = frozenset(axis.name for axis in open_axes(facts) if axis.batch or _is_symbol(axis))
    best: Images | None = None
    for names in dict.fromkeys(
        (certain | doubtful, certain, *_each(facts, certain), doubtful, *_each(facts, doubtful))
    ):
        found = _followed(facts, names, sizes, sure=bool(names & certain)) if names else None
        if found is not None and (best is None or _answered(facts, found) > _answered(facts, best)):
            best = found
    return best if best is not None or certain or doubtful else _of_a_fixed_number(facts, sizes)


def _each(facts: Facts, names: frozenset[str]) -> Iterator[frozenset[str]]:
    """One name at a time, in the order of the inputs."""
    if len(names) > 1:
        yield from (frozenset({axis.name}) for axis in open_axes(facts) if axis.name in names)


def _certain(facts: Facts) -> frozenset[str]:
    """Names of batches by their words, by images behind them, or by what recurrent layers say of them."""
    said = batch_names(facts) | {axis.name for axis in open_axes(facts) if says_batch(axis.name)}
    said |= {axis.name for axis in open_axes(facts) if _is_symbol(axis) and facts.inputs[axis.tensor].rank == _IMAGE}
    if said:
        return said | {axis.name for axis in open_axes(facts) if axis.batch and axis.axis}
    asked = {axis.name for axis in open_axes(facts)}
    taken: set[str] = set()
    for question in facts.asked_of(_RECURRENT):
        node = question.node
        if not node.domain and node.inputs:
            fact, axis = facts.at(node.inputs[0], question.at.graph), 0 if node.attributes.get("layout") else 1
            size = fact.shape[axis] if fact is not None and fact.shape and axis < len(fact.shape) else None
            taken |= {str(size)} & asked
    return frozenset(taken)


def _is_symbol(axis: OpenAxis) -> bool:
    """Whether torch.export has counted it off: ``s77`` says nothing of what it is, and leads as a batch does."""
    return axis.axis == 0 and re.fullmatch(r"s\d+", axis.name) is not None


def _followed(facts: Facts, names: frozenset[str], sizes: Mapping[str, Shape], *, sure: bool) -> Images | None:
    """Where the images go that these names count; None where a name is no count, or so many do not run."""
    inputs: list[Along] = []
    shapes: dict[str, Shape] = {}
    for tensor, fact in facts.inputs.items():
        shape = fact.shape or ()
        places = [axis for axis, size in enumerate(shape) if isinstance(size, Dim) and str(size) in names]
        if len(places) > 1:  # of a matrix of neighbours: points, and not images
            return None
        known = sizes.get(tensor, shape) if len(sizes.get(tensor, ())) == len(shape) else shape
        if places:
            inputs.append(Along(tensor, places[0]))
            known = (*known[: places[0]], named(IMAGES), *known[places[0] + 1 :])
        if fact.shape is not None:
            shapes[tensor] = known
    return _gone_through(facts, inputs, shapes, None, sure=sure) if inputs else None


def _of_a_fixed_number(facts: Facts, sizes: Mapping[str, Shape]) -> Images | None:
    """Of a model whose number of images is written into it."""
    opened = with_open_batch(facts)
    if opened is None:
        leads = {fact.shape[0] for fact in facts.inputs.values() if fact.shape}
        if leads == {1}:
            inputs = tuple(Along(tensor, 0) for tensor, fact in facts.inputs.items() if fact.shape)
            return Images(inputs, (), frozenset(), fixed=1)
        return None
    followed, name = opened
    fed = [Along(tensor, 0) for tensor, fact in followed.inputs.items() if fact.shape and str(fact.shape[0]) == name]
    count = facts.inputs[fed[0].tensor].shape
    assert count is not None and isinstance(count[0], int)
    shapes = {
        tensor: (named(IMAGES), *sizes.get(tensor, fact.shape)[1:])
        if any(one.tensor == tensor for one in fed)
        else sizes.get(tensor, fact.shape)
        for tensor, fact in facts.inputs.items()
        if fact.shape is not None
    }
    found = _gone_through(facts, fed, shapes, count[0], sure=True)
    return found or Images(tuple(fed), (), frozenset(), fixed=count[0])


def _gone_through(
    facts: Facts, inputs: Iterable[Along], shapes: Mapping[str, Shape], fixed: int | None, *, sure: bool
) -> Images | None:
    bound = facts.rebind(dict(shapes))
    before = {trouble.at for trouble in facts.troubles}
    if any(isinstance(t, Misfit | Impossible) and not t.declared and t.at not in before for t in bound.troubles):
        return None
    fed = tuple(inputs)
    hanging = hanging_on(facts.model.graph, {one.tensor for one in fed})
    tensors = tuple(
        Along(name, *place)
        for name in bound
        if name in hanging and (fact := bound.at(name)) is not None and (place := _along(fact)) is not None
    )
    made = {name for node in facts.model.graph.nodes for name in node.outputs}
    return Images(fed, tensors, frozenset(made - hanging), fixed, sure)


def hanging_on(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """The tensors of a graph that elements of these go into, sizes apart."""
    found = set(names)
    for node in graph.nodes:
        if node.op_type not in _SIZES_ALONE and any(name in found for name in (*node.inputs, *captured(node))):
            found.update(name for name in node.outputs if name)
    return frozenset(found)


def _along(fact: Fact) -> tuple[int, int] | None:
    """The only axis that hangs on the number of images, and its rows to an image."""
    if fact.shape is None or fact.declared:
        return None
    places = [(axis, size) for axis, size in enumerate(fact.shape) if isinstance(size, Dim) and IMAGES in size.names]
    if len(places) != 1 or None in fact.shape:
        return None
    axis, size = places[0]
    try:
        each = evaluate(size, {IMAGES: 1})
        even = all(evaluate(size, {IMAGES: count}) == each * count for count in _COUNTS)
    except (ZeroDivisionError, KeyError):  # KeyError: another size is open, too
        return None
    return (axis, each) if even and each > 0 else None


def _answered(facts: Facts, found: Images) -> int:
    """How many of the outputs have their images along an axis."""
    known = {one.tensor for one in found.tensors}
    return sum(value.name in known for value in facts.model.graph.outputs)
