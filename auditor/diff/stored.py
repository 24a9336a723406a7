"""The values of all stored tensors that stand for each other in two models."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from ..model.graph import Model
from ..model.payload_bytes import Raw, opened
from ..model.tensor import Blob, Tensor
from ..tuples import NamedTuple
from .difference import (
    BatchNormFused,
    BatchNormSplit,
    Dequantised,
    ModelDifference,
    Quantised,
    TensorChanged,
    TensorPair,
    Values,
)
from .streamed.values import ComparedTensor, ValueChange

if TYPE_CHECKING:
    from ..weights.reading import Reading
    from .streamed.streams import Quantisation

_BLOCK = 1 << 20

LEFT_OUT = ComparedTensor(ValueChange.NOT_COMPARED, why="left out by --no-weights")


class TensorRow(NamedTuple):
    """Two stored tensors that stand at one place, and what became of their values."""

    pair: TensorPair
    compared: ComparedTensor

    @property
    def recast(self) -> bool:
        """Whether it has another type or other sizes."""
        old, new = self.pair.old, self.pair.new
        return (old.tensor.dtype, old.dims) != (new.tensor.dtype, new.dims)


class StoredValues:
    """Compares pairs as they are asked for, and remembers what came of it. Files are open as long as it is entered."""

    def __init__(self, old: Model, new: Model, *, reads: bool = True) -> None:
        self._models = old, new
        self._reads = reads
        self._found: dict[tuple[int, int], ComparedTensor] = {}
        self._open = ExitStack()

    def __enter__(self) -> StoredValues:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def values(self, pair: TensorPair) -> Values:
        """Whether the two are the same numbers: what aligning asks."""
        found = self.compared(pair)
        if found.what is ValueChange.NOT_COMPARED:
            return Values.UNKNOWN
        return Values.SAME if found.what is ValueChange.IDENTICAL else Values.OTHER

    def compared(self, pair: TensorPair) -> ComparedTensor:
        """What became of the old one."""
        if not self._reads:
            return LEFT_OUT
        key = id(pair.old.tensor), id(pair.new.tensor)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._compared(pair)
        return found

    def _compared(self, pair: TensorPair) -> ComparedTensor:
        from .streamed.comparing import compared_literals, compared_sparse, compared_tensors
        from .streamed.streams import TensorSource

        one, other = (
            TensorSource(model, reading, stored.tensor, known.get(id(stored.tensor)))
            for model, reading, known, stored in zip(
                self._models, self._readings, self._quantisations, (pair.old, pair.new), strict=True
            )
        )
        old, new = pair.old, pair.new
        if old.literal is not None or new.literal is not None:
            return compared_literals(one, other, old.literal, new.literal)
        if old.sparse is not None or new.sparse is not None:
            return compared_sparse(old.sparse, new.sparse, one, other)
        return compared_tensors(one, other)

    @cached_property
    def _readings(self) -> tuple[Reading, Reading]:
        from ..weights.reading import Reading

        old, new = (self._open.enter_context(Reading(model)) for model in self._models)
        return old, new

    @cached_property
    def _quantisations(self) -> tuple[Mapping[int, Quantisation], Mapping[int, Quantisation]]:
        from .streamed.quantisations import quantisations

        old, new = map(quantisations, self._models)
        return old, new

    def rows(self, difference: ModelDifference) -> tuple[TensorRow, ...]:
        """Every pair once, in the order of the alignment; those that changed their type or sizes too."""
        pairs = list(difference.stored)
        for edit in difference.edits:
            match edit.change:
                case TensorChanged(pair=pair):
                    pairs.append(pair)
                case BatchNormFused(tensors=fused) | BatchNormSplit(tensors=fused):
                    pairs += fused
                case Quantised(stored=quantised) | Dequantised(stored=quantised):
                    pairs += quantised
        once = {(id(pair.old.tensor), id(pair.new.tensor)): pair for pair in pairs}
        return tuple(TensorRow(pair, self.compared(pair)) for pair in once.values())


class StoredHashes:
    """A short hash of each stored tensor's values, however they are written."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._open = ExitStack()
        self._known: dict[int, str] = {}  # by where a tensor lies: that of a Constant is asked for twice

    def __enter__(self) -> StoredHashes:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def short(self, tensor: Tensor) -> str:
        """Twelve digits; or why there are none."""
        known = self._known.get(tensor.offset)
        if known is None:
            known = self._known[tensor.offset] = self._short(tensor)
        return known

    def _short(self, tensor: Tensor) -> str:
        from ..errors import CannotLook
        from ..weights.reading import Unread
        from .streamed.streams import TensorSource

        try:
            return TensorSource(self._model, self._reading, tensor).digest().hex()[:12]
        except (Unread, CannotLook) as error:
            return f"(not read: {error})"

    def text(self, blob: Blob) -> str:
        """The same of a string that is too long to be held."""
        from ..errors import CannotLook
        from ..hashing import sha256

        sha, buffer, at = sha256(), memoryview(bytearray(_BLOCK)), 0
        try:
            with opened(self._model, Raw("", blob.offset, blob.length)) as source:
                while at < blob.length:
                    got = source.into(buffer, at)
                    if not got:
                        return "(not read: the file became shorter while it was read)"
                    sha.update(buffer[:got])
                    at += got
        except CannotLook as error:
            return f"(not read: {error})"
        return sha.hexdigest()[:12]

    @cached_property
    def _reading(self) -> Reading:
        from ..weights.reading import Reading

        return self._open.enter_context(Reading(self._model))
