"""One pass over all stored tensors of a model: statistics of each, and what could not be read."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..model.dtypes import bytes_of, name_of
from ..model.graph import Model
from ..model.tensor import Tensor
from ..report import Missed, WeightRow
from ..threads import WORTH_THREADS, in_threads
from ..tuples import NamedTuple
from ..wording import counted, listed
from .users import Key, Sources, stored

if TYPE_CHECKING:
    from .once import MeasuredFiles
    from .reading import Reading
    from .scan import Scanner

_NONE: Mapping[Any, Any] = {}

WORTH_COMPARING = 1024
"""Bytes from which on equal content is looked for: below, equality is chance or a scalar."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """One tensor's figures.

    ``min``, ``max``, ``mean`` and ``std`` are of its finite elements, NaN where there are none.
    """

    dtype: int
    shape: tuple[int, ...]
    min: float
    max: float
    mean: float
    std: float
    zeros: int
    nan: int
    inf: int
    denormal: int  # not counted in float16, whose denormal numbers cost nothing
    dead_channels: int | None  # slices along the first axis of one number, zero; None: rank below 2, or not looked at
    constant_channels: int | None  # and of any one number, zero included
    alike_channels: int = 0  # slices along the first axis that begin as another does, and not with zeros
    at_limits: int = 0  # of an integer of at most eight bits, those at the ends of its type; 0 where they are few

    @property
    def elements(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def constant(self) -> bool:
        """One number throughout."""
        return self.elements > 0 and not self.nan and not self.inf and self.min == self.max

    @property
    def magnitude(self) -> float:
        """The largest finite magnitude; NaN where nothing is finite."""
        return max(-self.min, self.max)


class Weights(Mapping[Key, Statistics]):
    """Statistics of every stored tensor by graph path and name, in the order of the file."""

    def __init__(
        self,
        model: Model,
        measured: Mapping[Key, tuple[Tensor, Statistics]],
        missed: tuple[Missed, ...],
        sampled: Mapping[Key, tuple[Tensor, Statistics, int]] = _NONE,
    ) -> None:
        """``sampled``: what was read in part, with the number of its elements that were."""
        self.model = model
        self.missed = missed
        self.sampled = sampled
        self._measured = measured
        self._by_tensor = {id(tensor): statistics for tensor, statistics in measured.values()}

    def __getitem__(self, key: Key) -> Statistics:
        return self._measured[key][1]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._measured)

    def __len__(self) -> int:
        return len(self._measured)

    def tensor(self, key: Key) -> Tensor:
        """Of what was measured, or sampled."""
        return self._measured[key][0] if key in self._measured else self.sampled[key][0]

    def seen(self, key: Key) -> tuple[Statistics, int]:
        """What is known of a tensor, and of how many of its elements: a sample proves what is there, and no absence."""
        if key in self._measured:
            statistics = self._measured[key][1]
            return statistics, statistics.elements
        return self.sampled[key][1:]

    def statistics_of(self, tensor: Tensor) -> Statistics | None:
        """The statistics of a tensor of the model; None where it was not measured."""
        return self._by_tensor.get(id(tensor))

    def rows(self) -> tuple[WeightRow, ...]:
        """For the report."""
        return tuple(
            WeightRow(
                f"{key.graph}/{key.tensor}" if key.graph else key.tensor,
                name_of(s.dtype), s.shape, s.min, s.max, s.mean, s.std, s.zeros, s.nan, s.inf,
            )
            for key, s in self.items()
        )  # fmt: skip

    @cached_property
    def sources(self) -> Sources:
        """Who uses which stored tensor."""
        return Sources(self.model)

    @cached_property
    def duplicates(self) -> tuple[tuple[Key, ...], ...]:
        """Groups of tensors of equal type, shape and content that lie in different places of the file."""
        return _duplicates(self.model, self._measured)


class _Read(NamedTuple):
    """What came of one tensor: its figures, of so many blocks of all where not all were read, or why there are none."""

    statistics: Statistics | None
    blocks: int = 0
    of: int = 0
    elements: int = 0  # that were read
    why: str = ""


def measure(model: Model, sample: int = 0, before: MeasuredFiles = _NONE) -> Weights:
    """The statistics of every tensor that the model stores. What cannot be read is in ``missed``.

    ``sample``: of a tensor of more blocks than so many only these are read, evenly spread (0: all of them). External
    files are read several at once, where they are large. ``before``: what an earlier reading said of files, which are
    not read again where they still look as they did then.
    """
    numpy_on_one_thread()
    from .reading import OUT_OF_TIME

    tensors = list(stored(model))
    read = _read(model, [tensor for _, tensor in tensors], sample, before)
    measured: dict[Key, tuple[Tensor, Statistics]] = {}
    sampled: dict[Key, tuple[Tensor, Statistics, int]] = {}
    reasons: dict[str, list[str]] = {}
    for key, tensor in tensors:
        one = read[id(tensor)]
        if one.statistics is None:
            reasons.setdefault(one.why, []).append(key.tensor)
        elif not one.blocks:
            measured.setdefault(key, (tensor, one.statistics))
        else:
            sampled.setdefault(key, (tensor, one.statistics, one.elements))
            why = f"sampled: {one.blocks} of {one.of:,} blocks; NaN and Inf were looked for in these, and nothing else"
            reasons.setdefault(why, []).append(key.tensor)
    missed = tuple(
        Missed(f"the values of {counted(names, 'tensor')}: {listed(names)}", why, asked=why == OUT_OF_TIME)
        for why, names in reasons.items()
    )
    return Weights(model, measured, missed, sampled)


def _read(model: Model, stored: Sequence[Tensor], sample: int, before: MeasuredFiles) -> dict[int, _Read]:
    """By the tensor's identity what came of each; the tensors of a file are read by one thread, in their order."""
    from .reading import Reading, Unread, deadline_for
    from .scan import Scanner

    numbered = {id(tensor): (number, tensor) for number, tensor in enumerate(stored)}
    by_file: dict[str, list[tuple[int, Tensor]]] = {}
    for number, tensor in numbered.values():
        by_file.setdefault(tensor.external.location if tensor.external else "", []).append((number, tensor))
    held = sum(bytes_of(tensor.dtype, tensor.elements) or 0 for _, tensor in numbered.values())
    if held < WORTH_THREADS:
        by_file = {"": [each for group in by_file.values() for each in group]}
    until = deadline_for(model, tuple(by_file))

    def of_file(group: list[tuple[int, Tensor]]) -> dict[int, _Read]:
        scanner, found = Scanner(), {}
        with Reading(model, until, {} if sample else before) as reading:
            for number, tensor in group:
                try:
                    found[id(tensor)] = _of_tensor(number, tensor, reading, scanner, sample)
                except Unread as unread:
                    found[id(tensor)] = _Read(None, why=unread.why)
        return found

    own = of_file(by_file.pop("", []))  # this thread opens the model's own file, which all share
    return {i: each for part in (own, *in_threads(of_file, list(by_file.values()))) for i, each in part.items()}


def numpy_on_one_thread() -> None:
    """Blocks are small: threads of BLAS would only wait for each other. OpenBLAS asks the environment when loaded."""
    if "numpy" in sys.modules or "OPENBLAS_NUM_THREADS" in os.environ:
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        import numpy  # noqa: F401
    finally:
        del os.environ["OPENBLAS_NUM_THREADS"]


def _of_tensor(number: int, tensor: Tensor, reading: Reading, scanner: Scanner, sample: int) -> _Read:
    from .integers import BLOCK
    from .lens import lens
    from .reading import Unread
    from .sample import SampledFill

    seen = lens(tensor.dtype)
    if seen is None:
        raise Unread(f"auditor takes no statistics of {name_of(tensor.dtype)}")
    fill, of = reading.fill(tensor, seen), tensor.elements // BLOCK
    before = reading.said_before(number, fill)
    if before is not None and (before.dtype, before.shape) == (tensor.dtype, tensor.dims):
        return _Read(before)
    if not sample or of <= sample or not reading.is_anywhere(fill):
        return _Read(Statistics(tensor.dtype, tensor.dims, *scanner.scan(seen, tensor.dims, fill)))
    elements = sample * BLOCK
    figures = scanner.scan(seen, (elements,), SampledFill(fill, sample, of, BLOCK * seen.bits_stored // 8))
    return _Read(Statistics(tensor.dtype, tensor.dims, *figures), sample, of, elements)


def _duplicates(model: Model, measured: Mapping[Key, tuple[Tensor, Statistics]]) -> tuple[tuple[Key, ...], ...]:
    """Equal bytes give equal statistics, so only tensors that share them are read again."""
    from .lens import lens
    from .reading import Reading, Unread

    alike: dict[str, list[Key]] = {}
    for key, (tensor, statistics) in measured.items():
        if (bytes_of(tensor.dtype, tensor.elements) or 0) >= WORTH_COMPARING:
            alike.setdefault(repr(statistics), []).append(key)  # as text, for NaN is not equal to itself
    groups: list[tuple[Key, ...]] = []
    with Reading(model) as reading:
        for keys in alike.values():
            by_content: dict[bytes, dict[object, Key]] = {}
            for key in keys if len(keys) > 1 else ():
                tensor = measured[key][0]
                seen = lens(tensor.dtype)
                assert seen is not None  # it was measured
                try:
                    by_content.setdefault(reading.digest(tensor, seen), {}).setdefault(_place(tensor), key)
                except Unread:  # the file changed since
                    continue
            groups += [tuple(places.values()) for places in by_content.values() if len(places) > 1]
    return tuple(groups)


def _place(tensor: Tensor) -> object:
    """What two tensors share if they lie in the same bytes."""
    where = tensor.external
    return tensor.spans if where is None else (posixpath.normpath(where.location), where.offset)
